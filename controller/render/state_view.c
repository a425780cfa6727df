/* The view: what all members of a mesh see alike (lib/mesh/state.h). Who is no peer (no key yet, or
 * revoked) is a zeroed record; what it is approved for stays listed, so that it is never sent in
 * clear. */
#include <stdlib.h>
#include <string.h>

#include "controller/render/prepared.h"

#define ADD(w, type, v) state_writer_section(w, type, (v)->at, (v)->n, sizeof((v)->at[0]))

static void add_mesh(const struct render *r, struct state_writer *w)
{
	const struct mesh *m = &r->rows->mesh;
	struct state_mesh mesh = {
		.cidr = state_prefix_of(&m->cidr),
		.asn = m->asn,
		.bgp_port = m->bgp_port,
		.route_reflector = m->route_reflector,
		.bfd_multiplier = (uint8_t)m->bfd_multiplier,
		.bfd_interval_ms = m->bfd_interval_ms,
	};

	if (m->cidr6.family != FAMILY_NONE)
		mesh.cidr6 = state_prefix_of(&m->cidr6);
	memcpy(mesh.name, m->name, strnlen(m->name, sizeof(mesh.name) - 1));
	state_writer_section(w, STATE_MESH, &mesh, 1, sizeof(mesh));
}

/* An endpoint that is none would make every agent refuse the image: it is left out. */
static void fill_endpoints(const struct membership *m, struct state_peer *out)
{
	for (size_t i = 0; i < m->nendpoints && i < STATE_ENDPOINTS_MAX; i++) {
		const struct endpoint *e = &m->endpoints[i];
		struct state_endpoint *to = &out->endpoints[out->nendpoints];
		static const uint8_t none[16];

		if (e->type < STATE_ENDPOINT_CONFIGURED || e->type > STATE_ENDPOINT_PEER ||
		    e->port == 0 || e->device > STATE_SLOT_MAX ||
		    memcmp(e->address.bytes, none, sizeof(none)) == 0 ||
		    (e->address.family != FAMILY_IPV4 && e->address.family != FAMILY_IPV6))
			continue;
		*to = (struct state_endpoint){.port = e->port,
					      .type = e->type,
					      .family = e->address.family,
					      .device = e->device};
		memcpy(to->address, e->address.bytes, sizeof(to->address));
		out->nendpoints++;
	}
}

static void fill_peer(const struct render *r, size_t member, struct state_peer *out)
{
	const struct membership *m = &r->rows->memberships[member];

	memcpy(out->key, m->key.bytes, sizeof(out->key));
	out->flags = STATE_PEER_PRESENT;
	if (m->has_next_key) {
		memcpy(out->next_key, m->next_key.bytes, sizeof(out->next_key));
		out->flags |= STATE_PEER_HAS_NEXT_KEY;
	}
	out->role = r->plan->role[member];
	out->slot = m->slot;
	out->routing = STATE_ROUTING_BGP;
	out->base_port = BASE_PORT(m->number);
	fill_endpoints(m, out);
}

/* As far as the last membership, and some seats more, an eighth at most: so that one who joins
 * moves nothing that lies behind the peers, and a delta is what he brings. */
static size_t seats(const struct mesh_rows *rows)
{
	size_t n = rows->nmemberships, step = 16;
	size_t count = n > 0 ? (size_t)rows->memberships[n - 1].index + 1 : 0;
	size_t all = (size_t)1 << (32 - rows->mesh.cidr.length);

	while (count / step >= 16)
		step *= 2;
	count = (count + step - 1) / step * step;
	return count < all ? count : all;
}

/* By index. */
static void add_peers(const struct render *r, struct state_writer *w)
{
	const struct mesh_rows *rows = r->rows;
	size_t count = seats(rows);
	struct state_peer *peers = mem_alloc(count * sizeof(*peers));
	char(*names)[STATE_NAME_SIZE] = mem_alloc(count * sizeof(*names));

	for (size_t i = 0; i < r->npeers; i++) {
		size_t m = r->peers[i];

		fill_peer(r, m, &peers[rows->memberships[m].index]);
		memcpy(names[rows->memberships[m].index], rows->names[m],
		       strnlen(rows->names[m], STATE_NAME_SIZE - 1));
	}
	state_writer_section(w, STATE_PEERS, peers, count, sizeof(*peers));
	state_writer_section(w, STATE_NAMES, names, count, sizeof(*names));
	free(peers);
	free(names);
}

static void add_prefixes(const struct render *r, struct state_writer *w)
{
	VEC(struct state_announced) prefixes = {0};

	for (size_t i = 0; i < r->holdings->n; i++) {
		const struct holding *x = &r->holdings->at[i];
		const struct announcement *a = render_announcement(r, x);
		struct state_announced p = {.prefix = state_prefix_of(&x->prefix),
					    .peer = r->rows->memberships[x->member].index,
					    .priority = a->priority};

		if (r->plan->sole[x->announcement])
			p.flags |= STATE_ANNOUNCED_SOLE;
		if (a->nusers > 0)
			p.flags |= STATE_ANNOUNCED_LIMITED;
		if (a->direct_when_lost && x->prefix.length == 0)
			p.flags |= STATE_ANNOUNCED_DIRECT;
		vec_push(&prefixes, p);
	}
	ADD(w, STATE_PREFIXES, &prefixes);
	vec_free(&prefixes);
}

static void add_allowed(const struct render *r, struct state_writer *w)
{
	VEC(struct state_allowed) allowed = {0};

	for (size_t i = 0; i < r->npeers; i++) {
		size_t m = r->peers[i];
		const struct prefix_list *list = &r->plan->allowed[m];
		struct prefix host = render_host(r, m);

		for (size_t k = 0; k < list->n && !render_is_router(r, m); k++)
			if (!prefix_equal(&list->at[k], &host))
				vec_push(&allowed,
					 (struct state_allowed){state_prefix_of(&list->at[k]),
								r->rows->memberships[m].index});
	}
	ADD(w, STATE_ALLOWED, &allowed);
	vec_free(&allowed);
}

static void add_remotes(const struct render *r, struct state_writer *w)
{
	VEC(struct state_remote) remotes = {0};
	VEC(struct state_let_in) let_in = {0};

	for (size_t i = 0; i < r->rows->nremotes; i++) {
		const struct remote_rows *x = &r->rows->remotes[i];
		struct state_remote remote = {.cidr = state_prefix_of(&x->mesh.cidr),
					      .asn = x->mesh.asn};

		memcpy(remote.peering, x->peering.bytes, sizeof(remote.peering));
		memcpy(remote.mesh, x->mesh.id.bytes, sizeof(remote.mesh));
		vec_push(&remotes, remote);
		for (size_t k = 0; k < r->let_in[i].n; k++)
			vec_push(&let_in,
				 (struct state_let_in){state_prefix_of(&r->let_in[i].at[k]),
						       (uint32_t)i});
	}
	ADD(w, STATE_REMOTES, &remotes);
	ADD(w, STATE_LET_IN, &let_in);
	vec_free(&remotes);
	vec_free(&let_in);
}

/* An agent of the version before, which does not know the section, has the usual pace. */
static void add_pace(const struct render *r, struct state_writer *w)
{
	const struct state_pace pace = {.stable_ms = r->rows->mesh.stable_for_s * 1000};

	if (pace.stable_ms != STATE_STABLE_MS)
		state_writer_section(w, STATE_PACE, &pace, 1, sizeof(pace));
}

void render_view(const struct render *r, struct buf *body)
{
	struct state_writer *w = state_writer_new(STATE_KIND_VIEW);

	add_mesh(r, w);
	add_peers(r, w);
	add_prefixes(r, w);
	add_allowed(r, w);
	add_remotes(r, w);
	add_pace(r, w);
	state_writer_body(w, body);
	state_writer_free(w);
}
