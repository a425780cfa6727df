#include "agent/plan/desired.h"

#include <string.h>

#include "agent/plan/move.h"
#include "agent/plan/shadow.h"

void desired_make(const struct plan_input *in, struct desired *out)
{
	memset(out, 0, sizeof(*out));
	arena_init(&out->arena);
	buf_init(&out->fence);
	facts_gather(in, &out->arena, &out->facts);
	shadows_gather(&out->facts);
	moves_find(&out->facts);
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
	moves_remember(&out->facts, &out->moves);
	desired_wake(out, moves_wake(&out->facts));
}

void desired_wake(struct desired *d, struct mono at)
{
	if (at.ns != 0 && (d->wake.ns == 0 || mono_reached(at, d->wake)))
		d->wake = at;
}

void desired_fini(struct desired *d)
{
	for (size_t i = 0; i < d->devices.n; i++)
		vec_free(&d->devices.at[i].wg.peers);
	vec_free(&d->devices);
	vec_free(&d->paths);
	vec_free(&d->follows);
	vec_free(&d->addresses);
	vec_free(&d->routes);
	vec_free(&d->rules);
	vec_free(&d->sysctls);
	vec_free(&d->passages);
	vec_free(&d->birds);
	vec_free(&d->moves);
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
