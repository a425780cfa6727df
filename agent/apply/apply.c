#include "agent/apply/apply.h"

#include <stdio.h>
#include <string.h>

struct round {
	struct agent *agent;
	const struct desired *desired;
	struct fault *first; /* what is returned */
	int code;
};

/* What a device lacks is its membership's trouble; the rest is that of all. */
static void note(struct round *r, const struct desired_device *dev, int code,
		 const struct fault *why)
{
	struct member *m =
		dev != NULL ? member_find(&r->agent->members, &dev->membership->id) : NULL;

	if (code == 0)
		return;
	troubles_note(&r->agent->troubles, "a change failed", dev != NULL ? dev->name : "",
		      fault_text(why, code));
	if (m != NULL && m->error[0] == '\0')
		snprintf(m->error, sizeof(m->error), "%s", fault_text(why, code));
	if (m == NULL && r->code == 0) {
		r->code = code;
		*r->first = *why;
	}
}

static void do_devices(struct round *r, const struct operations *o, bool up)
{
	for (size_t i = 0; i < o->devices.n; i++) {
		const struct device_op *op = &o->devices.at[i];
		struct fault f = {0};

		if ((op->kind == DEVICE_OP_UP) == up)
			note(r, op->device, apply_device(r->agent, op, &f), &f);
	}
}

static void do_sysctls(struct round *r, const struct operations *o)
{
	for (size_t i = 0; i < o->sysctls.n; i++) {
		struct fault f = {0};

		note(r, NULL, apply_sysctl(r->agent, o->sysctls.at[i], &f), &f);
	}
}

static void do_rules(struct round *r, const struct operations *o, enum rule_op_kind kind)
{
	rule_op_vec some = {0};
	struct fault f = {0};

	for (size_t i = 0; i < o->rules.n; i++)
		if (o->rules.at[i].kind == kind)
			vec_push(&some, o->rules.at[i]);
	if (some.n > 0)
		note(r, NULL, rule_apply(r->agent->rtnl, some.at, some.n, &f), &f);
	vec_free(&some);
}

static bool do_fences(struct round *r, const struct operations *o)
{
	struct fault f = {0}, g = {0};
	int fence = 0, guard;

	if (o->fence)
		fence = fence_load(&r->agent->fence, &r->desired->fence, &f);
	note(r, NULL, fence, &f);
	guard = apply_guard(r->agent, r->desired, &g);
	note(r, NULL, guard, &g);
	return fence == 0 && guard == 0;
}

static void do_addresses(struct round *r, const struct operations *o)
{
	for (size_t i = 0; i < o->addresses_add.n; i++) {
		struct fault f = {0};

		note(r, NULL, ifaddr_add(r->agent->rtnl, o->addresses_add.at[i], &f), &f);
	}
	for (size_t i = 0; i < o->addresses_delete.n; i++) {
		struct fault f = {0};

		note(r, NULL, ifaddr_delete(r->agent->rtnl, o->addresses_delete.at[i], &f), &f);
	}
}

static void do_routes(struct round *r, const struct operations *o)
{
	struct fault f = {0};

	if (o->routes.n > 0)
		note(r, NULL, route_apply(r->agent->rtnl, o->routes.at, o->routes.n, &f), &f);
}

static void do_wg(struct round *r, const struct operations *o)
{
	for (size_t i = 0; i < o->wg.n; i++) {
		struct fault f = {0};

		note(r, o->wg.at[i].device, apply_wg(r->agent, &o->wg.at[i], &f), &f);
	}
}

static void do_deletions(struct round *r, const struct operations *o)
{
	for (size_t i = 0; i < o->devices_delete.n; i++) {
		struct fault f = {0};

		note(r, NULL, apply_device_delete(r->agent, o->devices_delete.at[i], &f), &f);
	}
	for (size_t i = 0; i < o->processes_end.n; i++)
		wireguard_go_stop(&r->agent->wireguard_go, &r->agent->config,
				  o->processes_end.at[i]->name);
}

static void do_filter(struct round *r)
{
	struct fault f = {0};

	note(r, NULL, apply_filter(r->agent, r->desired, &f), &f);
}

int apply_operations(struct agent *a, const struct desired *d, const struct operations *o,
		     struct fault *f)
{
	struct round r = {.agent = a, .desired = d, .first = f};
	bool fenced;

	do_devices(&r, o, false);
	do_sysctls(&r, o);
	do_rules(&r, o, RULE_OP_ADD);
	fenced = do_fences(&r, o);
	do_addresses(&r, o);
	if (fenced)
		do_devices(&r, o, true);
	do_routes(&r, o);
	if (fenced)
		do_wg(&r, o);
	do_deletions(&r, o);
	do_rules(&r, o, RULE_OP_DELETE);
	do_filter(&r);
	return r.code;
}
