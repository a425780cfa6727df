#include "agent/plan/desired.h"

#include <string.h>

#include "agent/plan/shadow.h"

void desired_make(const struct plan_input *in, struct desired *out)
{
	memset(out, 0, sizeof(*out));
	arena_init(&out->arena);
	buf_init(&out->fence);
	facts_gather(in, &out->arena, &out->facts);
	shadows_gather(&out->facts);
	plan_devices(out);
	plan_peers(out);
	plan_mtu(out);
	plan_addresses(out);
	plan_routes(out);
	plan_rules(out);
	plan_sysctls(out);
	plan_fence(out);
	plan_passages(out);
	plan_guard(out);
	plan_birds(out);
}

void desired_fini(struct desired *d)
{
	for (size_t i = 0; i < d->devices.n; i++)
		vec_free(&d->devices.at[i].wg.peers);
	vec_free(&d->devices);
	vec_free(&d->paths);
	vec_free(&d->addresses);
	vec_free(&d->routes);
	vec_free(&d->rules);
	vec_free(&d->sysctls);
	vec_free(&d->passages);
	vec_free(&d->birds);
	buf_fini(&d->fence);
	arena_fini(&d->arena);
}

const struct desired_device *desired_device(const struct desired *d, const char *name)
{
	for (size_t i = 0; i < d->devices.n; i++)
		if (strcmp(d->devices.at[i].name, name) == 0)
			return &d->devices.at[i];
	return NULL;
}
