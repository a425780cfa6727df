#include <inttypes.h>
#include <linux/if.h>
#include <string.h>

#include "agent/bird/bird.h"
#include "agent/bird/sessions.h"
#include "agent/fence.h"
#include "agent/latency/latency.h"
#include "agent/status/status.h"
#include "lib/mesh/state_keys.h"
#include "lib/net/port_holder.h"

/* ---- devices and peers ---- */

static json_t *endpoint(const struct wg_endpoint *e)
{
	char text[ADDRESS_TEXT_MAX];

	if (e->address.family == FAMILY_NONE)
		return json_null();
	return json_sprintf(e->address.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
			    address_format(&e->address, text), e->port);
}

/* One that is about to change its key is there twice. */
static bool is_next_key(const struct membership_facts *m, uint32_t index, const struct wg_peer *w)
{
	const struct state_peer *p = index != 0 ? state_peer_at(m->from->view, index) : NULL;

	return p != NULL && memcmp(p->key, w->key.bytes, sizeof(p->key)) != 0;
}

static json_t *role_of(const struct membership_facts *m, uint32_t index)
{
	const struct router_facts *r = facts_router(m, index);

	if (index == 0)
		return json_null();
	return json_string(r == NULL ? "member" : r->gateway ? "gateway" : "router");
}

/* What was measured of it, inside the mesh. */
static void put_measured(const struct agent *a, const struct membership_facts *m,
			 const struct address *at, json_t *o)
{
	const struct latency_peer *e = latency_find(a, &m->id, at);
	uint32_t us = e != NULL ? latency_peer_us(e) : 0;

	json_object_set_new(o, "latency_us", us != 0 ? json_integer(us) : json_null());
	json_object_set_new(o, "loss_percent",
			    e != NULL && e->decided > 0 ? json_integer(latency_peer_loss(e))
							: json_null());
}

static json_t *peer(const struct agent *a, const struct picture *p,
		    const struct membership_facts *m, const struct state_keys *keys,
		    const struct wg_peer *w)
{
	uint32_t index = state_keys_find(keys, w->key.bytes); /* 0: nobody of the mesh */
	char key[WG_KEY_TEXT_MAX], text[PREFIX_TEXT_MAX], at_text[ADDRESS_TEXT_MAX];
	struct address at = {0};
	json_t *allowed = json_array(), *o;
	int64_t age = (p->input.now.ms - w->last_handshake.ms) / 1000;

	if (index != 0)
		at = state_peer_address(m->from->view, index);
	for (size_t i = 0; i < w->nallowed; i++)
		json_array_append_new(allowed, json_string(prefix_format(&w->allowed[i], text)));
	o = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "name",
		      index != 0 ? state_name_at(m->from->view, index) : "", "address",
		      at.family != FAMILY_NONE ? json_string(address_format(&at, at_text))
					       : json_null(),
		      "public_key", wg_key_format(&w->key, key), "endpoint", endpoint(&w->endpoint),
		      "handshake_age",
		      w->last_handshake.ms != 0 ? json_integer(age > 0 ? age : 0) : json_null(),
		      "allowed_ips", allowed);
	json_object_set_new(o, "next_key", json_boolean(is_next_key(m, index, w)));
	json_object_set_new(o, "role", role_of(m, index));
	json_object_set_new(o, "path",
			    w->endpoint.address.family != FAMILY_NONE ? json_string("direct")
								      : json_null());
	put_measured(a, m, &at, o);
	json_object_set_new(o, "rx_bytes", json_sprintf("%" PRIu64, w->rx_bytes));
	json_object_set_new(o, "tx_bytes", json_sprintf("%" PRIu64, w->tx_bytes));
	return o;
}

/* Who has the port that the device should have; null while it has it, or could. */
static json_t *port_taken_by(const struct membership_facts *m, const struct desired_device *dev,
			     const struct wg_device *now, bool up)
{
	uint16_t own = (uint16_t)(m->self->base_port + dev->slot);
	struct port_holder holder;
	char who[PORT_HOLDER_TEXT_MAX];

	if ((up && now != NULL && now->listen_port == own) ||
	    port_holder_find(PORT_UDP, own, &holder, NULL) != 0)
		return json_null();
	return json_string(port_holder_format(&holder, who));
}

static json_t *device(const struct agent *a, const struct picture *p,
		      const struct membership_facts *m, const struct state_keys *keys,
		      const struct desired_device *dev)
{
	const struct wg_device *now = observation_wg(&p->seen, dev->name);
	const struct link *l = link_by_index(&p->seen.links, dev->index);
	bool up = l != NULL && (l->flags & IFF_UP) != 0;
	json_t *peers = json_array();

	for (size_t k = 0; now != NULL && k < now->peers.n; k++)
		json_array_append_new(peers, peer(a, p, m, keys, &now->peers.at[k]));
	return json_pack("{s:s, s:i, s:b, s:i, s:o, s:i, s:o}", "name", dev->name, "slot",
			 dev->slot, "up", up, "port", now != NULL ? now->listen_port : 0,
			 "port_taken_by", port_taken_by(m, dev, now, up), "mtu",
			 l != NULL ? (int)l->mtu : 0, "peers", peers);
}

json_t *status_devices(const struct agent *a, const struct picture *p,
		       const struct membership_facts *m)
{
	json_t *list = json_array();
	struct state_keys keys;

	state_keys_make(&keys, m->from->view);
	for (size_t i = 0; i < p->desired.devices.n; i++)
		if (p->desired.devices.at[i].membership == m)
			json_array_append_new(list,
					      device(a, p, m, &keys, &p->desired.devices.at[i]));
	state_keys_fini(&keys);
	return list;
}

/* ---- BIRD ---- */

static json_t *session(const struct member *m, const struct bird_protocol *b)
{
	char text[ADDRESS_TEXT_MAX];
	int64_t ms;
	bool held = bird_holds(m, b->name, &ms);
	json_t *o = json_pack("{s:s, s:s, s:o, s:I, s:s, s:s, s:b, s:b}", "name", b->name,
			      "description", b->description, "neighbour",
			      b->neighbour.family != FAMILY_NONE
				      ? json_string(address_format(&b->neighbour, text))
				      : json_null(),
			      "as", (json_int_t)b->neighbour_as, "state",
			      b->bgp_state[0] != '\0' ? b->bgp_state : b->info, "since", b->since,
			      "established", bird_protocol_is_up(b), "held", held);

	json_object_set_new(o, "held_s",
			    held && ms >= 0 ? json_integer((ms + 999) / 1000) : json_null());
	return o;
}

static json_t *sessions(const struct member *m, const char *socket)
{
	struct bird_protocols p;
	struct arena arena;
	json_t *list = json_array();

	if (!bird_sessions_ask(socket, "show protocols all", &arena, &p))
		p.list.n = 0;
	for (size_t i = 0; i < p.list.n; i++)
		if (strcmp(p.list.at[i].kind, "BGP") == 0)
			json_array_append_new(list, session(m, &p.list.at[i]));
	bird_protocols_fini(&p);
	arena_fini(&arena);
	return list;
}

static json_t *bfd(const char *socket)
{
	struct bird_bfd p;
	struct arena arena;
	json_t *list = json_array();
	char text[ADDRESS_TEXT_MAX];

	if (!bird_sessions_ask_bfd(socket, &arena, &p))
		p.list.n = 0;
	for (size_t i = 0; i < p.list.n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "address",
						      address_format(&p.list.at[i].address, text),
						      "device", p.list.at[i].device, "state",
						      p.list.at[i].state));
	bird_bfd_fini(&p);
	arena_fini(&arena);
	return list;
}

json_t *status_bird(const struct agent *a, const struct member *m)
{
	char socket[PATH_TEXT_MAX];

	bird_socket_path(&a->config, &m->id, socket);
	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "state", bird_state(m), "pid",
			 (int)bird_pid(m), "socket", socket, "refused",
			 m->bird_error[0] != '\0' ? json_string(m->bird_error) : json_null(),
			 "sessions", sessions(m, socket), "bfd", bfd(socket));
}

/* ---- fences ---- */

json_t *status_guard(const struct agent *a)
{
	uint64_t counts[GUARD_REASON_COUNT] = {0};
	json_t *list = json_array();

	if (a->guard == NULL || guard_counters(a->guard, counts, NULL) != 0)
		return list;
	for (int i = 0; i < GUARD_REASON_COUNT; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:s}", "reason",
						guard_reason_name((enum guard_reason)i), "packets",
						json_sprintf("%" PRIu64, counts[i]), "text",
						guard_reason_text((enum guard_reason)i)));
	return list;
}

json_t *status_fence(void)
{
	struct fence_count counts[FENCE_REASON_COUNT];
	json_t *list = json_array();

	fence_read_counts(counts);
	for (size_t i = 0; i < FENCE_REASON_COUNT; i++)
		if (counts[i].known)
			json_array_append_new(list,
					      json_pack("{s:s, s:o, s:s}", "reason",
							fence_counters[i], "packets",
							json_sprintf("%" PRIu64, counts[i].packets),
							"text", fence_texts[i]));
	return list;
}
