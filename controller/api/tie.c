/* GET /machines/{id}/sessions, /paths: how a machine sees its neighbours, as it reported last. */
#include "controller/api/tie.h"

#include <stdlib.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/call.h"

/* A machine reports every minute; two that are missing are no accident. */
#define STALE_MS INT64_C(150000)

const char *const peer_path_words[] = {
	[PEER_PATH_NONE] = "none",	 [PEER_PATH_DIRECT] = "direct",
	[PEER_PATH_RELAYED] = "relayed", [PEER_PATH_TRANSIT] = "transit",
	[PEER_PATH_TRANSIT + 1] = NULL,
};

const char *const peer_handshake_words[] = {
	[PEER_HANDSHAKE_NEVER] = "never",
	[PEER_HANDSHAKE_OLD] = "old",
	[PEER_HANDSHAKE_LIVE] = "live",
	[PEER_HANDSHAKE_LIVE + 1] = NULL,
};

struct wire_session {
	const char *membership, *mesh, *mesh_name, *name, *neighbour, *machine_name, *sibling,
		*state, *bfd, *since, *error;
};

struct wire_path {
	const char *membership, *mesh, *mesh_name, *address, *machine_name, *path, *endpoint,
		*handshake;
	int64_t slot;
	json_t *latency_ms, *loss_percent;
};

#define SESSION(member) offsetof(struct wire_session, member)

static const struct json_row session_rows[] = {
	JSON_ROW("membership", MEMBER_TEXT, SESSION(membership)),
	JSON_ROW("mesh", MEMBER_TEXT, SESSION(mesh)),
	JSON_ROW("mesh_name", MEMBER_TEXT, SESSION(mesh_name)),
	JSON_ROW("name", MEMBER_TEXT, SESSION(name)),
	JSON_ROW("neighbour", MEMBER_TEXT, SESSION(neighbour)),
	JSON_ROW("machine_name", MEMBER_TEXT, SESSION(machine_name)),
	JSON_ROW("sibling", MEMBER_TEXT, SESSION(sibling)),
	JSON_ROW("state", MEMBER_TEXT, SESSION(state)),
	JSON_ROW("bfd", MEMBER_TEXT, SESSION(bfd)),
	JSON_ROW("since", MEMBER_TEXT, SESSION(since)),
	JSON_ROW("error", MEMBER_TEXT, SESSION(error)),
	{0}};

#define PATH(member) offsetof(struct wire_path, member)

static const struct json_row path_rows[] = {
	JSON_ROW("membership", MEMBER_TEXT, PATH(membership)),
	JSON_ROW("mesh", MEMBER_TEXT, PATH(mesh)),
	JSON_ROW("mesh_name", MEMBER_TEXT, PATH(mesh_name)),
	JSON_ROW("address", MEMBER_TEXT, PATH(address)),
	JSON_ROW("machine_name", MEMBER_TEXT, PATH(machine_name)),
	JSON_ROW("slot", MEMBER_NUMBER, PATH(slot)),
	JSON_ROW("path", MEMBER_TEXT, PATH(path)),
	JSON_ROW("endpoint", MEMBER_TEXT, PATH(endpoint)),
	JSON_ROW("handshake", MEMBER_TEXT, PATH(handshake)),
	JSON_ROW("latency_ms", MEMBER_RAW, PATH(latency_ms)),
	JSON_ROW("loss_percent", MEMBER_RAW, PATH(loss_percent)),
	{0}};

/* ---- whose ---- */

/* A machine's memberships and their meshes: read once for a list. */
struct owner {
	struct machine machine;
	struct membership *memberships;
	struct mesh *meshes;
	size_t n;
};

static int find_owner(struct call *c, struct owner *o)
{
	int code = store_machine_find(c->store, c->organization, &c->id, &o->machine, &c->fault);

	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no machine %s", format_id(c->arena, &c->id));
	if (code == 0)
		code = store_membership_list(c->store, c->arena, o->machine.row, 0, NULL,
					     &o->memberships, &o->n, &c->fault);
	o->meshes = arena_array(c->arena, o->n, sizeof(*o->meshes));
	for (size_t i = 0; i < o->n && code == 0; i++)
		code = store_mesh_get(c->store, o->memberships[i].mesh, &o->meshes[i], &c->fault);
	return code;
}

static const struct mesh *mesh_of(const struct owner *o, row_t membership, const struct id **id)
{
	size_t i = 0;

	while (i + 1 < o->n && o->memberships[i].row != membership)
		i++;
	*id = &o->memberships[i].id;
	return &o->meshes[i];
}

static const char *peer_address(struct call *c, const struct mesh *mesh, uint32_t index)
{
	struct address a = alloc_address(mesh, index);

	return format_address(c->arena, &a);
}

/* The list, and how old it may be. */
static void finish(struct call *c, const struct owner *o, json_t *items, row_t last, bool more)
{
	struct wall seen = o->machine.seen_at;

	call_answer_list(c, items, last, more);
	json_object_set_new(c->json, "reported_at",
			    seen.ms != 0 ? json_string(format_time(c->arena, seen)) : json_null());
	json_object_set_new(c->json, "stale", json_boolean(c->now.ms - seen.ms > STALE_MS));
}

/* ---- sessions ---- */

static const char *or_null(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

/* "e_1": the gateway's own BIRD of the mesh in which it has that number. */
static const char *sibling_mesh(const struct owner *o, const char *name)
{
	unsigned long number = strtoul(name + 2, NULL, 10);

	for (size_t i = 0; i < o->n; i++)
		if (o->memberships[i].number == number)
			return o->meshes[i].name;
	return NULL;
}

static int encode_session(struct call *c, const struct owner *o, const struct bgp_session *x,
			  json_t *items)
{
	const struct id *membership;
	const struct mesh *mesh = mesh_of(o, x->membership, &membership);
	struct wire_session w = {
		.membership = format_id(c->arena, membership),
		.mesh = format_id(c->arena, &mesh->id),
		.mesh_name = mesh->name,
		.name = x->name,
		.state = x->state,
		.bfd = or_null(x->bfd),
		.since = format_time(c->arena, x->since),
		.error = or_null(x->error),
	};
	int code = 0;

	if (x->peer != 0) {
		w.neighbour = peer_address(c, mesh, x->peer);
		code = store_peer_name(c->store, c->arena, mesh->row, x->peer, &w.machine_name,
				       &c->fault);
	}
	if (x->peer == 0)
		w.sibling = sibling_mesh(o, x->name);
	json_array_append_new(items, json_encode(session_rows, &w));
	return code;
}

int tie_sessions(struct call *c)
{
	struct owner o = {0};
	struct bgp_session *list = NULL;
	struct page page;
	json_t *items;
	size_t n = 0, shown;
	int code = call_page(c, &page);

	if (code == 0)
		code = find_owner(c, &o);
	if (code == 0)
		code = store_session_list(c->store, c->arena, o.machine.row, &page, &list, &n,
					  &c->fault);
	if (code != 0)
		return code;
	items = json_array();
	shown = n == (size_t)page.limit ? n - 1 : n;
	for (size_t i = 0; i < shown && code == 0; i++)
		code = encode_session(c, &o, &list[i], items);
	finish(c, &o, items, shown > 0 ? list[shown - 1].row : 0, shown < n);
	return code;
}

/* ---- paths ---- */

static const char *endpoint(struct call *c, const struct peer_path *x)
{
	struct address a = {.family = x->endpoint.family};

	if (a.family == FAMILY_NONE)
		return NULL;
	memcpy(a.bytes, x->endpoint.bytes, sizeof(a.bytes));
	return arena_printf(c->arena, a.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
			    format_address(c->arena, &a), x->port);
}

static int encode_path(struct call *c, const struct owner *o, const struct peer_path *x,
		       json_t *items)
{
	const struct id *membership;
	const struct mesh *mesh = mesh_of(o, x->membership, &membership);
	struct wire_path w = {
		.membership = format_id(c->arena, membership),
		.mesh = format_id(c->arena, &mesh->id),
		.mesh_name = mesh->name,
		.address = peer_address(c, mesh, x->peer),
		.slot = x->slot,
		.path = x->kind != PEER_PATH_NONE && x->kind <= PEER_PATH_TRANSIT
				? peer_path_words[x->kind]
				: NULL,
		.endpoint = endpoint(c, x),
		.handshake = x->handshake <= PEER_HANDSHAKE_LIVE
				     ? peer_handshake_words[x->handshake]
				     : NULL,
		.latency_ms = x->latency_ms != 0 ? json_integer(x->latency_ms) : json_null(),
		.loss_percent = x->loss_percent != PEER_LOSS_UNKNOWN ? json_integer(x->loss_percent)
								     : json_null(),
	};
	int code =
		store_peer_name(c->store, c->arena, mesh->row, x->peer, &w.machine_name, &c->fault);

	json_array_append_new(items, json_encode(path_rows, &w));
	return code;
}

int tie_paths(struct call *c)
{
	struct owner o = {0};
	struct peer_path *list = NULL;
	struct page page;
	json_t *items;
	size_t n = 0, shown;
	int code = call_page(c, &page);

	if (code == 0)
		code = find_owner(c, &o);
	if (code == 0)
		code = store_path_list(c->store, c->arena, o.machine.row, &page, &list, &n,
				       &c->fault);
	if (code != 0)
		return code;
	items = json_array();
	shown = n == (size_t)page.limit ? n - 1 : n;
	for (size_t i = 0; i < shown && code == 0; i++)
		code = encode_path(c, &o, &list[i], items);
	finish(c, &o, items, shown > 0 ? list[shown - 1].row : 0, shown < n);
	return code;
}
