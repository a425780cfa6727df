/* A membership has one main device, and a trunk for each slot that a router of the mesh has. */
#include <stdio.h>
#include <string.h>

#include "agent/plan/desired.h"

/* A router's ports are what others reckon with. A plain member starts its tunnels itself, so a port
 * that somebody else took (51820… lies in the ephemeral range) is left to him: any free one does.
 * What failed may show as no port, or as the taken one on a device that cannot go up. */
static void plan_port(struct wg_device *wg, const struct membership_facts *m,
		      const struct wg_device *now, uint8_t slot)
{
	uint16_t own = (uint16_t)(m->self->base_port + slot);

	wg->any_port = !m->router && (m->from->ports_taken >> slot & 1) != 0;
	if (!wg->any_port)
		wg->listen_port = own;
	else if (now != NULL && now->listen_port != own)
		wg->listen_port = now->listen_port;
}

static void add(struct desired *d, const struct membership_facts *m, const char *name, uint8_t slot,
		int index)
{
	const struct config *c = d->facts.in->config;
	struct desired_device dev = {
		.membership = m,
		.slot = slot,
		.index = index,
	};

	snprintf(dev.name, sizeof(dev.name), "%s", name);
	snprintf(dev.wg.name, sizeof(dev.wg.name), "%s", name);
	dev.wg.has_private_key = true;
	dev.wg.public_key = m->from->public_key;
	plan_port(&dev.wg, m, observation_wg(d->facts.in->seen, name), slot);
	dev.wg.fwmark = (uint32_t)c->mark;
	vec_push(&d->devices, dev);
}

void plan_devices(struct desired *d)
{
	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		add(d, m, m->main, 0, m->index);
		for (size_t t = 0; t < m->ntrunks; t++) {
			add(d, m, m->trunks[t].name, m->trunks[t].slot, m->trunks[t].index);
			d->devices.at[d->devices.n - 1].leaving = m->trunks[t].leaving;
		}
	}
}
