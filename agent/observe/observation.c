#include "agent/observe/observation.h"

#include <string.h>

void observation_init(struct observation *o)
{
	memset(o, 0, sizeof(*o));
	arena_init(&o->arena);
	o->hash_policy = -1;
	o->ip_forward = -1;
}

void observation_fini(struct observation *o)
{
	for (size_t i = 0; i < o->devices.n; i++)
		wg_device_fini(&o->devices.at[i]);
	vec_free(&o->links);
	vec_free(&o->confs);
	vec_free(&o->addresses);
	vec_free(&o->main);
	vec_free(&o->path_mtus);
	vec_free(&o->routes);
	vec_free(&o->learned);
	vec_free(&o->rules);
	vec_free(&o->devices);
	vec_free(&o->started);
	arena_fini(&o->arena);
}

const struct wg_device *observation_wg(const struct observation *o, const char *name)
{
	for (size_t i = 0; i < o->devices.n; i++)
		if (strcmp(o->devices.at[i].name, name) == 0)
			return &o->devices.at[i];
	return NULL;
}

bool observation_owner(const struct observation *o, const struct link *l, struct id *out)
{
	const size_t len = strlen(ALIAS_PREFIX);

	if (strncmp(l->alias, ALIAS_PREFIX, len) == 0 && id_parse(l->alias + len, out))
		return true;
	for (size_t i = 0; i < o->started.n; i++)
		if (strcmp(o->started.at[i].name, l->name) == 0) {
			*out = o->started.at[i].membership;
			return true;
		}
	return false;
}
