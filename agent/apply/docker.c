/* Docker sets the policy of FORWARD to drop, and keeps the chain DOCKER-USER, which FORWARD enters
 * first, for its user's rules: it never changes them. It works with iptables, whose tables are
 * nftables' own on Debian; a rule with the words of iptables stays readable to it (measured with
 * 1.8.9). Ours come last, before what ends the chain: what the user has decided, is. */
#include <inttypes.h>
#include <stdio.h>

#include "agent/apply/apply.h"
#include "lib/base/log.h"
#include "lib/net/nft.h"

#define CHAIN "ip filter DOCKER-USER"

static void put_add(struct buf *b, const struct passage *p, uint64_t before)
{
	buf_printf(b, "%s rule " CHAIN, before != 0 ? "insert" : "add");
	if (before != 0)
		buf_printf(b, " handle %" PRIu64, before);
	buf_printf(b, " iifname \"%s\"", p->in);
	if (p->out[0] != '\0')
		buf_printf(b, " oifname \"%s\"", p->out);
	buf_puts(b, " counter accept comment \"" SAVED_UFW_COMMENT "\"\n");
}

static int change(const struct passage_ops *ops, uint64_t before, struct fault *f)
{
	struct buf script;
	int code;

	buf_init(&script);
	for (size_t i = 0; i < ops->add.n; i++)
		put_add(&script, ops->add.at[i], before);
	for (size_t i = 0; i < ops->remove.n; i++)
		buf_printf(&script, "delete rule " CHAIN " handle %" PRIu64 "\n",
			   ops->remove.at[i]);
	code = nft_apply(buf_text(&script), f);
	buf_fini(&script);
	if (code == 0)
		log_info("Docker's chain for the user's rules", LOG_U("accepted", ops->add.n),
			 LOG_U("taken_back", ops->remove.n));
	else
		fault_prefix(f, "DOCKER-USER");
	return code;
}

int apply_docker(struct agent *a, const struct filter *p, const passage_list *wanted, bool *changed,
		 struct fault *f)
{
	filter_accept_vec have = {0};
	struct passage_ops ops;
	passage_vec want = {0};
	uint64_t end;
	int code = 0;

	*changed = false;
	a->docker_clean = false;
	filter_accepts(p, "ip", "filter", "DOCKER-USER", SAVED_UFW_COMMENT, &have, &end);
	if (filter_has_chain(p, "ip", "filter", "DOCKER-USER"))
		for (size_t i = 0; i < wanted->n; i++)
			vec_push(&want, *wanted->at[i]);
	passages_compare(&want, &have, &ops);
	*changed = ops.add.n + ops.remove.n > 0;
	if (*changed)
		code = change(&ops, end, f);
	a->docker_clean = code == 0 && want.n == 0;
	passage_ops_fini(&ops);
	vec_free(&want);
	vec_free(&have);
	return code;
}
