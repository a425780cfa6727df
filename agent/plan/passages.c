/* A gateway passes on whatever comes out of the mesh: the guard has decided where it may go, before
 * any rule. A network that the machine announces is named with its device, each way. Trunks are one
 * pattern, for they come and go. */
#include "agent/plan/passages.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/offers.h"

/* The names of a membership's devices. */
struct ends {
	char pattern[2][LINK_NAME_MAX];
	size_t n;
};

static void gather_ends(const struct membership_facts *m, struct ends *out)
{
	memcpy(out->pattern[0], m->main, LINK_NAME_MAX);
	snprintf(out->pattern[1], LINK_NAME_MAX, "%.10st*", m->main);
	out->n = m->ntrunks > 0 ? 2 : 1;
}

static void add(struct desired *d, const struct membership_facts *m, const char *in,
		const char *out, const char *state)
{
	struct passage p = {.membership = m, .state = state};

	for (size_t i = 0; i < d->passages.n; i++)
		if (strcmp(d->passages.at[i].in, in) == 0 &&
		    strcmp(d->passages.at[i].out, out) == 0)
			return;
	snprintf(p.in, sizeof(p.in), "%s", in);
	snprintf(p.out, sizeof(p.out), "%s", out);
	vec_push(&d->passages, p);
}

/* `to` and `back` are what conntrack makes of a flow from the mesh. */
static void add_lan(struct desired *d, const struct membership_facts *m, const struct ends *e,
		    const struct link *lan, const char *to, const char *back)
{
	for (size_t i = 0; i < e->n; i++) {
		/* A gateway's way in has it, as far as that is not tracked. */
		if (!m->gateway || strcmp(to, "untracked") != 0)
			add(d, m, e->pattern[i], lan->name, to);
		add(d, m, lan->name, e->pattern[i], back);
	}
}

static void add_membership(struct desired *d, const struct membership_facts *m)
{
	struct ends e;

	gather_ends(m, &e);
	for (size_t i = 0; i < e.n && m->gateway; i++)
		add(d, m, e.pattern[i], "", "untracked");
	for (size_t i = 0; i < m->napproved; i++)
		for (size_t k = 0; k < m->approved[i].lans.n; k++)
			add_lan(d, m, &e, m->approved[i].lans.at[k],
				offers_translated(&m->approved[i]) ? "new" : "untracked",
				offers_translated(&m->approved[i]) ? "established" : "untracked");
	if (m->exit != NULL)
		add_lan(d, m, &e, m->exit, "new", "established");
}

void plan_passages(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++)
		if (d->facts.memberships[i].index != 0) /* else nothing passes yet */
			add_membership(d, &d->facts.memberships[i]);
}

/* ---- judging ---- */

static bool is_named(const char *pattern, const char *device)
{
	size_t len = strlen(pattern);

	if (len > 0 && pattern[len - 1] == '*')
		return strncmp(pattern, device, len - 1) == 0;
	return strcmp(pattern, device) == 0;
}

typedef VEC(const char *) name_vec;

/* Those of `pattern` that are there. To anywhere is to the meshes, by their main devices. */
static void gather_devices(const struct desired *d, const char *pattern, name_vec *out)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		const struct desired_device *dev = &d->devices.at[i];

		if (pattern[0] == '\0' ? dev->slot == 0 && dev->membership->gateway
				       : is_named(pattern, dev->name))
			vec_push(out, dev->name);
	}
	if (out->n == 0) /* a LAN device */
		vec_push(out, pattern);
}

enum filter_verdict passage_judge(const struct desired *d, const struct passage *way,
				  const struct filter *p, const char *without, const char *table,
				  struct filter_place *where)
{
	struct filter_packet packet = {
		.state = way->state,
		.protocol = IPPROTO_TCP, /* ICMP has rules of its own in many */
		.without = without,
		.table = table,
	};
	static const char *const hooks[] = {"prerouting", "forward"};
	enum filter_verdict worst = FILTER_PASSES;
	name_vec in = {0}, out = {0};

	gather_devices(d, way->in, &in);
	gather_devices(d, way->out, &out);
	for (size_t i = 0; i < 2 * in.n * out.n; i++) {
		struct filter_place at;
		enum filter_verdict v;

		packet.hook = hooks[i % 2];
		packet.in = in.at[i / 2 / out.n];
		packet.out = out.at[i / 2 % out.n];
		v = filter_judge(p, &packet, &at);
		if (v > worst && where != NULL)
			*where = at;
		worst = v > worst ? v : worst;
	}
	vec_free(&in);
	vec_free(&out);
	return worst;
}

/* ---- comparing ---- */

static bool is_same(const struct passage *p, const struct filter_accept *a)
{
	return !a->dead && strcmp(p->in, a->in) == 0 && strcmp(p->out, a->out) == 0;
}

static bool has_rule(const filter_accept_vec *have, size_t n, const struct passage *p)
{
	for (size_t i = 0; i < n; i++)
		if (is_same(p, &have->at[i]))
			return true;
	return false;
}

/* Wanted, and not there a second time. */
static bool is_needed(const passage_vec *want, const filter_accept_vec *have, size_t at)
{
	for (size_t i = 0; i < want->n; i++)
		if (is_same(&want->at[i], &have->at[at]))
			return !has_rule(have, at, &want->at[i]);
	return false;
}

void passages_compare(const passage_vec *want, const filter_accept_vec *have,
		      struct passage_ops *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < want->n; i++)
		if (!has_rule(have, have->n, &want->at[i]))
			vec_push(&out->add, &want->at[i]);
	for (size_t i = 0; i < have->n; i++)
		if (!is_needed(want, have, i))
			vec_push(&out->remove, have->at[i].handle);
}

void passage_ops_fini(struct passage_ops *ops)
{
	vec_free(&ops->add);
	vec_free(&ops->remove);
}
