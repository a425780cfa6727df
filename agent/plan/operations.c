#include "agent/plan/operations.h"

#include <linux/if.h>
#include <string.h>

#include "agent/plan/names.h"

static void push_device(struct operations *o, enum device_op_kind kind,
			const struct desired_device *dev)
{
	vec_push(&o->devices, (struct device_op){kind, dev});
}

static void plan_device_ops(const struct desired *d, const struct observation *seen,
			    struct operations *out)
{
	char alias[LINK_ALIAS_MAX];

	for (size_t i = 0; i < d->devices.n; i++) {
		const struct desired_device *dev = &d->devices.at[i];
		const struct link *l = link_by_index(&seen->links, dev->index);

		if (l == NULL) {
			push_device(out, DEVICE_OP_CREATE, dev);
			continue;
		}
		if (strcmp(l->alias, names_alias(&dev->membership->id, alias)) != 0)
			push_device(out, DEVICE_OP_ALIAS, dev);
		if (l->mtu != dev->mtu)
			push_device(out, DEVICE_OP_MTU, dev);
	}
	for (size_t i = 0; i < d->devices.n; i++) {
		const struct link *l = link_by_index(&seen->links, d->devices.at[i].index);

		if (l != NULL && (l->flags & IFF_UP) == 0)
			push_device(out, DEVICE_OP_UP, &d->devices.at[i]);
	}
	for (size_t i = 0; i < seen->links.n; i++) {
		struct id owner;

		if (observation_owner(seen, &seen->links.at[i], &owner) &&
		    desired_device(d, seen->links.at[i].name) == NULL)
			vec_push(&out->devices_delete, &seen->links.at[i]);
	}
}

/* The device would come up after all, and be nobody's. */
static void plan_process_ops(const struct desired *d, const struct observation *seen,
			     struct operations *out)
{
	for (size_t i = 0; i < seen->started.n; i++) {
		const struct seen_started *s = &seen->started.at[i];

		if (desired_device(d, s->name) == NULL &&
		    link_by_name(&seen->links, s->name) == NULL)
			vec_push(&out->processes_end, s);
	}
}

static int value_now(const struct desired_sysctl *s, const struct observation *seen)
{
	if (s->device[0] == '\0')
		return seen->hash_policy;
	for (size_t i = 0; i < seen->links.n && i < seen->confs.n; i++)
		if (strcmp(seen->links.at[i].name, s->device) == 0)
			return strcmp(s->name, "forwarding") == 0 ? seen->confs.at[i].forwarding
								  : seen->confs.at[i].rp_filter;
	return -1;
}

static void plan_sysctl_ops(const struct desired *d, const struct observation *seen,
			    struct operations *out)
{
	for (size_t i = 0; i < d->sysctls.n; i++)
		if (d->sysctls.at[i].back ||
		    value_now(&d->sysctls.at[i], seen) != d->sysctls.at[i].value)
			vec_push(&out->sysctls, &d->sysctls.at[i]);
}

static const struct desired_device *device_at(const struct desired *d, int index)
{
	for (size_t i = 0; i < d->devices.n; i++)
		if (d->devices.at[i].index == index && index != 0)
			return &d->devices.at[i];
	return NULL;
}

/* Only addresses of our devices are anybody's business; IPv6 link-local ones are the kernel's. */
static void plan_address_ops(const struct desired *d, const struct observation *seen,
			     struct operations *out)
{
	size_t i = 0, k = 0;

	while (i < d->addresses.n || k < seen->addresses.n) {
		const struct ifaddr *want = i < d->addresses.n ? &d->addresses.at[i] : NULL;
		const struct ifaddr *have = k < seen->addresses.n ? &seen->addresses.at[k] : NULL;
		int order = want == NULL ? 1 : have == NULL ? -1 : ifaddr_compare(want, have);

		if (order < 0)
			vec_push(&out->addresses_add, want);
		else if (order > 0 && have != NULL && have->local.family == FAMILY_IPV4 &&
			 device_at(d, have->device) != NULL)
			vec_push(&out->addresses_delete, have);
		i += order <= 0;
		k += order >= 0;
	}
}

static void plan_wg_ops(const struct desired *d, const struct observation *seen,
			struct operations *out)
{
	for (size_t i = 0; i < d->devices.n; i++) {
		struct device_wg_ops w = {.device = &d->devices.at[i]};
		const struct wg_device *now = observation_wg(seen, w.device->name);

		if (w.device->index == 0 || now == NULL)
			continue;
		wg_plan(&w.device->wg, now, &w.ops);
		if (w.ops.n > 0)
			vec_push(&out->wg, w);
	}
}

void operations_plan(struct desired *desired, struct observation *seen, struct operations *out)
{
	struct digest digest;

	memset(out, 0, sizeof(*out));
	plan_device_ops(desired, seen, out);
	plan_process_ops(desired, seen, out);
	plan_sysctl_ops(desired, seen, out);
	rule_plan(&desired->rules, &seen->rules, &out->rules);
	digest_of(buf_text(&desired->fence), desired->fence.len, &digest);
	out->fence = !seen->fence_stands || !digest_equal(&digest, &seen->fence);
	plan_address_ops(desired, seen, out);
	route_plan(&desired->routes, &seen->routes, &out->routes);
	plan_wg_ops(desired, seen, out);
}

void operations_fini(struct operations *o)
{
	for (size_t i = 0; i < o->wg.n; i++)
		vec_free(&o->wg.at[i].ops);
	vec_free(&o->devices);
	vec_free(&o->sysctls);
	vec_free(&o->rules);
	vec_free(&o->addresses_add);
	vec_free(&o->addresses_delete);
	vec_free(&o->routes);
	vec_free(&o->wg);
	vec_free(&o->devices_delete);
	vec_free(&o->processes_end);
}

size_t operations_count(const struct operations *o)
{
	size_t n = o->devices.n + o->sysctls.n + o->rules.n + o->fence + o->addresses_add.n +
		   o->addresses_delete.n + o->routes.n + o->devices_delete.n + o->processes_end.n;

	for (size_t i = 0; i < o->wg.n; i++)
		n += o->wg.at[i].ops.n;
	return n;
}
