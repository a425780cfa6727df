/* The settings that routing needs, and no others. Forwarding is never switched on for the machine,
 * only for the devices that take part. */
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"
#include "agent/plan/lans.h"

static void add(struct desired *d, const char *device, const char *name, int value, bool ours)
{
	struct desired_sysctl s = {.name = name, .value = value, .on_mesh_device = ours};

	snprintf(s.device, sizeof(s.device), "%s", device);
	vec_push(&d->sysctls, s);
}

/* What was opened for a network that is not announced any more forwards nothing, as before: the
 * fence holds those that are (fences.c). Where the whole machine forwards by now, somebody else's
 * firewall does. */
static void add_closed(struct desired *d, const lan_vec *lans)
{
	const struct plan_input *in = d->facts.in;

	for (size_t i = 0; i < in->nopened && in->seen->ip_forward != 1; i++) {
		struct desired_sysctl s = {.name = "forwarding", .back = true};
		bool lan = false;

		for (size_t k = 0; k < lans->n; k++)
			lan = lan || strcmp(lans->at[k]->name, in->opened[i]) == 0;
		snprintf(s.device, sizeof(s.device), "%s", in->opened[i]);
		if (!lan)
			vec_push(&d->sysctls, s);
	}
}

void plan_sysctls(struct desired *d)
{
	lan_vec lans = {0};
	bool several = false;

	for (size_t i = 0; i < d->facts.n; i++)
		several = several || d->facts.memberships[i].nrouters > 1;
	for (size_t i = 0; i < d->devices.n; i++) {
		if (d->devices.at[i].index == 0)
			continue;
		add(d, d->devices.at[i].name, "forwarding", 1, true);
		/* The greater of this and `all` holds: loose wins over strict. */
		add(d, d->devices.at[i].name, "rp_filter", 2, true);
	}
	lans_all(&d->facts, &lans);
	for (size_t i = 0; i < lans.n; i++)
		add(d, lans.at[i]->name, "forwarding", 1, false);
	add_closed(d, &lans);
	if (several) /* T has several next hops: a flow keeps to one by its ports */
		add(d, "", "fib_multipath_hash_policy", 1, false);
	vec_free(&lans);
}
