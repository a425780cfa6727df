#include "test/unit/agent/machine_kernel.h"

#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "agent/plan/names.h"
#include "test/test.h"

static struct link *link_at(struct machine_case *c, int index)
{
	for (size_t i = 0; i < c->seen.links.n; i++)
		if (c->seen.links.at[i].index == index)
			return &c->seen.links.at[i];
	TEST_FAIL("no link %d", index);
	return &c->seen.links.at[0];
}

static void apply_device(struct machine_case *c, const struct device_op *op)
{
	struct link l = {.mtu = 1420};

	switch (op->kind) {
	case DEVICE_OP_CREATE:
		l.index = c->next_index++;
		snprintf(l.name, sizeof(l.name), "%s", op->device->name);
		names_alias(&op->device->membership->id, l.alias);
		vec_push(&c->seen.links, l);
		vec_push(&c->seen.confs, (struct seen_conf){0, 0});
		vec_push(&c->seen.devices, (struct wg_device){0});
		memcpy(c->seen.devices.at[c->seen.devices.n - 1].name, l.name, sizeof(l.name));
		break;
	case DEVICE_OP_ALIAS:
		names_alias(&op->device->membership->id, link_at(c, op->device->index)->alias);
		break;
	case DEVICE_OP_MTU:
		link_at(c, op->device->index)->mtu = op->device->mtu;
		break;
	case DEVICE_OP_UP:
		link_at(c, op->device->index)->flags |= IFF_UP;
		break;
	}
}

static void forget_opened(struct machine_case *c, const char *device)
{
	for (size_t i = 0; i < c->in.nopened; i++)
		if (strcmp(c->opened[i], device) == 0) {
			memmove(c->opened[i], c->opened[--c->in.nopened], LINK_NAME_MAX);
			return;
		}
}

static void apply_sysctl(struct machine_case *c, const struct desired_sysctl *s)
{
	if (s->back)
		forget_opened(c, s->device);
	else if (s->device[0] != '\0' && !s->on_mesh_device)
		snprintf(c->opened[c->in.nopened++], LINK_NAME_MAX, "%s", s->device);
	if (s->device[0] == '\0')
		c->seen.hash_policy = s->value;
	for (size_t i = 0; i < c->seen.links.n; i++)
		if (strcmp(c->seen.links.at[i].name, s->device) == 0)
			*(strcmp(s->name, "forwarding") == 0 ? &c->seen.confs.at[i].forwarding
							     : &c->seen.confs.at[i].rp_filter) =
				s->value;
}

/* wg_device_fini() frees it. */
static struct wg_peer peer_copy(const struct wg_peer *p)
{
	struct wg_peer out = *p;

	out.allowed = mem_alloc((p->nallowed + 1) * sizeof(*p->allowed));
	for (size_t i = 0; i < p->nallowed; i++)
		out.allowed[i] = p->allowed[i];
	return out;
}

/* What only the device knows of a peer that it has already. */
static void keep_heard(const struct wg_device *dev, struct wg_peer *p)
{
	const struct wg_peer *old = wg_device_peer(dev, &p->key);

	if (old != NULL && !p->again) {
		p->last_handshake = old->last_handshake;
		p->tx_bytes = old->tx_bytes;
		if (!p->set_endpoint && old->endpoint.address.family != FAMILY_NONE)
			p->endpoint = old->endpoint;
	}
	p->again = p->set_endpoint = p->greet = false;
}

/* What the device should be is what it is then: the operations themselves are lib/net's, and tested
 * there. */
static void apply_wg(struct machine_case *c, const struct device_wg_ops *w)
{
	for (size_t i = 0; i < c->seen.devices.n; i++) {
		struct wg_device *dev = &c->seen.devices.at[i];
		wg_peer_vec peers = {0};

		if (strcmp(dev->name, w->device->name) != 0)
			continue;
		for (size_t k = 0; k < w->device->wg.peers.n; k++) {
			vec_push(&peers, peer_copy(&w->device->wg.peers.at[k]));
			keep_heard(dev, &peers.at[k]);
		}
		wg_device_fini(dev);
		*dev = w->device->wg;
		dev->peers.at = peers.at;
		dev->peers.n = peers.n;
		dev->peers.cap = peers.cap;
	}
}

/* What is desired of these kinds is what is there then. Copies outlive the plan. */
static void apply_tables(struct machine_case *c, const struct desired *d)
{
	c->seen.rules.n = c->seen.routes.n = 0;
	for (size_t i = 0; i < d->rules.n; i++)
		vec_push(&c->seen.rules, d->rules.at[i]);
	for (size_t i = 0; i < d->routes.n; i++) {
		struct route r = d->routes.at[i];

		if (r.nhops > 0)
			r.hops = arena_copy(&c->seen.arena, r.hops, r.nhops * sizeof(*r.hops));
		vec_push(&c->seen.routes, r);
	}
}

static void apply_addresses(struct machine_case *c, const struct operations *o)
{
	for (size_t i = 0; i < o->addresses_delete.n; i++)
		for (size_t k = 0; k < c->seen.addresses.n; k++)
			if (&c->seen.addresses.at[k] == o->addresses_delete.at[i])
				c->seen.addresses.at[k].device = -1;
	for (size_t i = 0; i < o->addresses_add.n; i++)
		vec_push(&c->seen.addresses, *o->addresses_add.at[i]);
	for (size_t k = 0; k < c->seen.addresses.n;)
		if (c->seen.addresses.at[k].device == -1)
			c->seen.addresses.at[k] = c->seen.addresses.at[--c->seen.addresses.n];
		else
			k++;
	vec_sort(&c->seen.addresses, ifaddr_compare);
}

static void forget_device(struct machine_case *c, const char *name)
{
	for (size_t i = 0; i < c->seen.devices.n; i++)
		if (strcmp(c->seen.devices.at[i].name, name) == 0) {
			wg_device_fini(&c->seen.devices.at[i]);
			c->seen.devices.at[i] = c->seen.devices.at[--c->seen.devices.n];
		}
}

static void apply_deletions(struct machine_case *c, const struct operations *o)
{
	for (size_t i = 0; i < o->devices_delete.n; i++) {
		forget_device(c, o->devices_delete.at[i]->name);
		((struct link *)(uintptr_t)o->devices_delete.at[i])->index = -1;
	}
	for (size_t k = 0; k < c->seen.links.n;)
		if (c->seen.links.at[k].index == -1) {
			c->seen.links.n--;
			c->seen.links.at[k] = c->seen.links.at[c->seen.links.n];
			c->seen.confs.at[k] = c->seen.confs.at[c->seen.links.n];
		} else {
			k++;
		}
}

void machine_apply(struct machine_case *c, const struct desired *d, const struct operations *o)
{
	for (size_t i = 0; i < o->wg.n; i++)
		apply_wg(c, &o->wg.at[i]);
	for (size_t i = 0; i < o->sysctls.n; i++)
		apply_sysctl(c, o->sysctls.at[i]);
	apply_addresses(c, o);
	if (o->rules.n > 0 || o->routes.n > 0)
		apply_tables(c, d);
	if (o->fence) {
		c->seen.fence_stands = true;
		digest_of(buf_text(&d->fence), d->fence.len, &c->seen.fence);
	}
	apply_deletions(c, o);
	for (size_t i = 0; i < o->devices.n; i++)
		apply_device(c, &o->devices.at[i]);
}
