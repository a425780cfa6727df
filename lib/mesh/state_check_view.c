/* What the records of a view may hold. */
#include <inttypes.h>
#include <string.h>

#include "lib/mesh/bfd_pace.h"
#include "lib/mesh/name.h"
#include "lib/mesh/state_format.h"

static int check_peer_index(const struct state_image *s, uint32_t peer, struct fault *f)
{
	uint64_t n = state_count(s, STATE_PEERS);

	return peer < n ? 0 : WRONG("peer %" PRIu32 " of %" PRIu64, peer, n);
}

static int check_name(const char name[STATE_NAME_SIZE], bool may_be_empty, struct fault *f)
{
	size_t len = strnlen(name, STATE_NAME_SIZE);

	if (len == STATE_NAME_SIZE || !state_zero(name + len, STATE_NAME_SIZE - len))
		return WRONG("a name does not end, or is not zero behind its end");
	return len == 0 && may_be_empty ? 0 : name_check(name, "name", f);
}

static int check_mesh(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_mesh *m = record;

	(void)s;
	(void)index;
	if (state_check_cidr(&m->cidr, f) != 0)
		return ERR_INVALID;
	if (m->cidr6.family == FAMILY_NONE
		    ? !state_zero(&m->cidr6, sizeof(m->cidr6))
		    : m->cidr6.family != FAMILY_IPV6 || state_check_prefix(&m->cidr6, f) != 0)
		return WRONG("its IPv6 prefix is none");
	if (m->asn == 0 || m->bgp_port == 0 || m->route_reflector > 1 || m->bfd_multiplier == 0 ||
	    m->bfd_interval_ms == 0 || m->bfd_interval_ms > BFD_INTERVAL_MAX_MS || m->reserved != 0)
		return WRONG("AS number, port, mode, BFD or reserved bytes are wrong");
	return check_name(m->name, false, f);
}

static int check_endpoint(const struct state_endpoint *e, struct fault *f)
{
	size_t size = e->family == FAMILY_IPV4 ? 4 : e->family == FAMILY_IPV6 ? 16 : 0;

	if (size == 0 || state_zero(e->address, size) ||
	    !state_zero(e->address + size, sizeof(e->address) - size))
		return WRONG("the address of an endpoint");
	if (e->type < STATE_ENDPOINT_CONFIGURED || e->type > STATE_ENDPOINT_PEER || e->port == 0 ||
	    e->device > STATE_SLOT_MAX || e->reserved != 0)
		return WRONG("type, port, device or reserved byte of an endpoint");
	return 0;
}

/* The first address of a mesh and its last are nobody's. */
static int check_place(const struct state_image *s, uint64_t index, bool present, struct fault *f)
{
	uint64_t n;
	const struct state_mesh *mesh = state_records(s, STATE_MESH, &n);
	uint64_t last = (UINT64_C(1) << (32 - mesh->cidr.length)) - 1;

	if (index > last || (present && (index == 0 || index == last)))
		return WRONG("no address of the mesh is its own");
	return 0;
}

static int check_peer(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_peer *p = record;
	bool present = (p->flags & STATE_PEER_PRESENT) != 0;
	bool next = (p->flags & STATE_PEER_HAS_NEXT_KEY) != 0;
	int code = check_place(s, index, present, f);

	if (code != 0)
		return code;
	if (!present)
		return state_zero(p, sizeof(*p)) ? 0 : WRONG("absent, and not zero");
	if ((p->flags & ~(uint32_t)(STATE_PEER_PRESENT | STATE_PEER_HAS_NEXT_KEY)) != 0 ||
	    !state_zero(p->reserved, sizeof(p->reserved)))
		return WRONG("unknown flags, or reserved bytes that are not zero");
	if (state_zero(p->key, sizeof(p->key)) ||
	    state_zero(p->next_key, sizeof(p->next_key)) == next)
		return WRONG("its keys do not fit its flags");
	if (p->routing > STATE_ROUTING_STATIC || p->nendpoints > STATE_ENDPOINTS_MAX)
		return WRONG("routing %u, %u endpoints", p->routing, p->nendpoints);
	code = state_check_seat(p->role, p->slot, p->base_port, f);
	for (size_t i = 0; code == 0 && i < p->nendpoints; i++)
		code = check_endpoint(&p->endpoints[i], f);
	if (code == 0 &&
	    !state_zero(&p->endpoints[p->nendpoints],
			(STATE_ENDPOINTS_MAX - p->nendpoints) * sizeof(struct state_endpoint)))
		code = WRONG("unused endpoints are not zero");
	return code;
}

static int check_peer_name(const struct state_image *s, const void *record, uint64_t index,
			   struct fault *f)
{
	int code = check_peer_index(s, (uint32_t)index, f);

	return code != 0 ? code : check_name(record, true, f);
}

static int check_announced(const struct state_image *s, const void *record, uint64_t index,
			   struct fault *f)
{
	const struct state_announced *a = record, *before = index > 0 ? a - 1 : a;
	int order = state_compare_prefixes(&before->prefix, &a->prefix), code;

	if ((a->flags & ~(uint32_t)(STATE_ANNOUNCED_SOLE | STATE_ANNOUNCED_LIMITED |
				    STATE_ANNOUNCED_DIRECT)) != 0)
		return WRONG("unknown flags");
	if ((a->flags & STATE_ANNOUNCED_DIRECT) != 0 && a->prefix.length > 0)
		return WRONG("direct, and no exit");
	code = state_check_prefix(&a->prefix, f);
	if (code == 0)
		code = check_peer_index(s, a->peer, f);
	if (order == 0)
		order = state_compare_numbers(before->peer, a->peer);
	return code != 0 ? code : state_check_ascends(index, order, f);
}

static int check_allowed(const struct state_image *s, const void *record, uint64_t index,
			 struct fault *f)
{
	const struct state_allowed *a = record, *before = index > 0 ? a - 1 : a;
	int order = state_compare_numbers(before->peer, a->peer);
	int code = state_check_prefix(&a->prefix, f);

	if (code == 0)
		code = check_peer_index(s, a->peer, f);
	if (order == 0)
		order = state_compare_prefixes(&before->prefix, &a->prefix);
	return code != 0 ? code : state_check_ascends(index, order, f);
}

static int check_remote(const struct state_image *s, const void *record, uint64_t index,
			struct fault *f)
{
	const struct state_remote *r = record;

	(void)s;
	(void)index;
	if (state_zero(r->peering, 16) || state_zero(r->mesh, 16) || r->asn == 0)
		return WRONG("peering, mesh or AS number is zero");
	return state_check_cidr(&r->cidr, f);
}

static int check_let_in(const struct state_image *s, const void *record, uint64_t index,
			struct fault *f)
{
	const struct state_let_in *l = record;

	(void)index;
	if (l->remote >= state_count(s, STATE_REMOTES))
		return WRONG("remote %" PRIu32 " is none", l->remote);
	return state_check_prefix(&l->prefix, f);
}

static int check_pace(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_pace *p = record;

	(void)s;
	if (index > 0)
		return WRONG("there is one already");
	if (p->stable_ms > STATE_STABLE_MAX_MS || p->reserved != 0)
		return WRONG("stable after %" PRIu32 " ms, or reserved bytes", p->stable_ms);
	return 0;
}

#define VIEW STATE_KIND_VIEW
#define MAY  0u
#define MUST STATE_SECTION_MANDATORY

const struct state_rule state_view_rules[STATE_TYPES_MAX] = {
	[STATE_MESH] = {"mesh", VIEW, sizeof(struct state_mesh), 16, MUST, true, false, check_mesh},
	[STATE_PEERS] = {"peers", VIEW, sizeof(struct state_peer), STATE_PAGE, MUST, false, true,
			 check_peer},
	[STATE_NAMES] = {"names", VIEW, STATE_NAME_SIZE, 16, 0, false, true, check_peer_name},
	[STATE_PREFIXES] = {"prefixes", VIEW, sizeof(struct state_announced), 16, MUST, false,
			    false, check_announced},
	[STATE_ALLOWED] = {"allowed", VIEW, sizeof(struct state_allowed), 16, MUST, false, false,
			   check_allowed},
	[STATE_REMOTES] = {"remotes", VIEW, sizeof(struct state_remote), 16, MUST, false, false,
			   check_remote},
	[STATE_LET_IN] = {"let in", VIEW, sizeof(struct state_let_in), 16, MUST, false, false,
			  check_let_in},
	[STATE_PACE] = {"pace", VIEW, sizeof(struct state_pace), 16, MAY, false, false, check_pace},
};
