/* What Skein needs, in ufw, where that is active: the ports of our devices, BGP and BFD on them,
 * and what is forwarded where ufw would drop it. A rule of the same words that somebody else has is
 * his, whether it lets in or not: it stays as it is. */
#include "lib/net/ufw.h"

#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "lib/base/log.h"

#define BFD_PORT 3784

static const struct ufw ufw = {0};

/* A pattern of ours as iptables has it: a plus for the asterisk. */
static const char *pattern(const char *name, char out[LINK_NAME_MAX])
{
	size_t len = strlen(name);

	snprintf(out, LINK_NAME_MAX, "%s", name);
	if (len > 0 && len < LINK_NAME_MAX && out[len - 1] == '*')
		out[len - 1] = '+';
	return out;
}

static void want(ufw_rule_vec *out, const char *rule)
{
	if (!saved_has_rule(out, rule))
		saved_push_rule(out, rule);
}

/* ufw admits no BGP or BFD that begins at the other end. */
static void want_sessions(const struct membership_facts *m, const char *device, ufw_rule_vec *out)
{
	char rule[UFW_RULE_MAX];

	snprintf(rule, sizeof(rule), "in on %s to any port %u proto tcp", device,
		 m->mesh->bgp_port);
	want(out, rule);
	snprintf(rule, sizeof(rule), "in on %s to any port %d proto udp", device, BFD_PORT);
	want(out, rule);
}

static void want_passage(const struct passage *p, ufw_rule_vec *out)
{
	char rule[UFW_RULE_MAX], in[LINK_NAME_MAX], to[LINK_NAME_MAX];

	snprintf(rule, sizeof(rule), "route in on %s%s%s", pattern(p->in, in),
		 p->out[0] != '\0' ? " out on " : "", pattern(p->out, to));
	want(out, rule);
}

static void gather(struct agent *a, const struct desired *d, const passage_list *passages,
		   ufw_rule_vec *out)
{
	char rule[UFW_RULE_MAX], trunks[LINK_NAME_MAX];

	for (size_t i = 0; i < d->devices.n; i++) {
		const struct desired_device *dev = &d->devices.at[i];

		/* A plain member's trunks start their tunnels themselves. */
		if (dev->wg.listen_port == 0 || (dev->slot != 0 && !dev->membership->router))
			continue;
		snprintf(rule, sizeof(rule), "%u/udp", dev->wg.listen_port);
		want(out, rule);
	}
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		want_sessions(m, m->main, out);
		snprintf(trunks, sizeof(trunks), "%.10st+", m->main);
		if (m->ntrunks > 0)
			want_sessions(m, trunks, out);
	}
	for (size_t i = 0; i < passages->n; i++)
		want_passage(passages->at[i], out);
	/* While ours are there, nothing is dropped: that is no reason to take them away. */
	for (size_t i = 0; i < d->passages.n; i++) {
		ufw_rule_vec one = {0};

		want_passage(&d->passages.at[i], &one);
		if (saved_has_rule(&a->saved.ufw, one.at[0].text))
			want(out, one.at[0].text);
		vec_free(&one);
	}
}

static int close_unwanted(struct agent *a, const ufw_rule_vec *wanted, struct fault *f)
{
	ufw_rule_vec *ours = &a->saved.ufw;
	int code = 0;

	for (size_t i = 0; i < ours->n && code == 0;) {
		if (saved_has_rule(wanted, ours->at[i].text)) {
			i++;
			continue;
		}
		code = ufw_delete(&ufw, ours->at[i].text, SAVED_UFW_COMMENT, f);
		if (code == 0)
			ours->at[i] = ours->at[--ours->n];
	}
	return code;
}

static int open_rule(struct agent *a, const char *text, const char *list, struct fault *f)
{
	enum ufw_rule rule = ufw_find(list, text, SAVED_UFW_COMMENT);
	int code = rule == UFW_NONE ? ufw_allow(&ufw, text, SAVED_UFW_COMMENT, f) : 0;

	if (code != 0)
		return code;
	if (rule == UFW_REFUSED)
		log_warn("a rule of ufw's refuses what Skein needs: it stays", LOG_S("rule", text));
	/* Ours without a note: the agent ended in between. */
	saved_push_rule(rule == UFW_NONE || rule == UFW_OURS ? &a->saved.ufw : &a->ufw_left, text);
	return 0;
}

static int open_missing(struct agent *a, const ufw_rule_vec *wanted, struct fault *f)
{
	struct buf list;
	bool listed = false;
	int code = 0;

	buf_init(&list);
	for (size_t i = 0; i < wanted->n && code == 0; i++) {
		const char *text = wanted->at[i].text;

		if (saved_has_rule(&a->saved.ufw, text) || saved_has_rule(&a->ufw_left, text))
			continue;
		if (!listed && !ufw_active(&ufw))
			break;
		if (!listed)
			code = ufw_list(&ufw, &list, f);
		listed = true;
		if (code == 0)
			code = open_rule(a, text, buf_text(&list), f);
	}
	buf_fini(&list);
	return code;
}

int apply_ufw(struct agent *a, const struct desired *d, const passage_list *passages,
	      struct fault *f)
{
	const size_t before = a->saved.ufw.n;
	ufw_rule_vec wanted = {0};
	int closed, opened, stored = 0;
	bool changed;
	size_t kept;

	gather(a, d, passages, &wanted);
	closed = close_unwanted(a, &wanted, f);
	kept = a->saved.ufw.n;
	changed = kept != before;
	opened = open_missing(a, &wanted, f);
	changed = changed || a->saved.ufw.n != kept;
	if (changed) /* whatever else failed: leave has to know */
		stored = saved_store(&a->saved, &a->config, f);
	vec_free(&wanted);
	return closed != 0 ? closed : opened != 0 ? opened : stored;
}
