/* GET /machine: what a machine is to know of itself, from memory; with a long poll. */
#include <stdlib.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/shared.h"
#include "controller/controller.h"
#include "controller/http/answer.h"

struct wire_membership {
	const char *id, *mesh, *mesh_name, *cidr, *address;
	int64_t number, base_port;
	bool needs_key;
	uint64_t view_revision, membership_revision;
};

struct wire {
	const char *id, *name, *revision;
	struct json_rows memberships;
};

#define IN(member) offsetof(struct wire_membership, member)

static const struct json_row membership_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, IN(id)),
	JSON_ROW("mesh", MEMBER_TEXT, IN(mesh)),
	JSON_ROW("mesh_name", MEMBER_TEXT, IN(mesh_name)),
	JSON_ROW("cidr", MEMBER_TEXT, IN(cidr)),
	JSON_ROW("number", MEMBER_NUMBER, IN(number)),
	JSON_ROW("address", MEMBER_TEXT, IN(address)),
	JSON_ROW("base_port", MEMBER_NUMBER, IN(base_port)),
	JSON_ROW("needs_key", MEMBER_FLAG, IN(needs_key)),
	JSON_ROW("view_revision", MEMBER_COUNTER, IN(view_revision)),
	JSON_ROW("membership_revision", MEMBER_COUNTER, IN(membership_revision)),
	{0}};

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct wire, id)),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct wire, name)),
	JSON_ROW("revision", MEMBER_TEXT, offsetof(struct wire, revision)),
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct wire, memberships),
		 .rows = membership_rows, .row_size = sizeof(struct wire_membership)),
	{0}};

static void fill(struct call *c, const struct published_membership *m, struct wire_membership *w)
{
	const struct mesh mesh = {.cidr = m->cidr};
	struct address address = alloc_address(&mesh, m->index);

	*w = (struct wire_membership){
		.id = format_id(c->arena, &m->id),
		.mesh = format_id(c->arena, &m->mesh_id),
		.mesh_name = arena_strdup(c->arena, m->mesh_name),
		.cidr = format_prefix(c->arena, &m->cidr),
		.address = format_address(c->arena, &address),
		.number = m->number,
		.base_port = BASE_PORT(m->number),
		.needs_key = !m->has_key,
		.view_revision = m->view_revision,
		.membership_revision = m->image_revision,
	};
}

/* Its revision is the hash of all else that it says: nothing has to be counted or kept. */
static void set_revision(struct call *c, struct wire *w)
{
	json_t *json = json_encode(answer_rows, w);
	char *text = json_dumps(json, JSON_COMPACT), hex[DIGEST_TEXT_MAX];
	struct digest digest;

	digest_of(text, strlen(text), &digest);
	w->revision = arena_printf(c->arena, "%.32s", digest_format(&digest, hex));
	c->etag = arena_printf(c->arena, "\"%s\"", w->revision);
	free(text);
	json_decref(json);
}

int machine_self_get(struct call *c)
{
	struct publish *publish = c->controller->publish;
	struct wire_membership *memberships;
	struct published_machine m;
	struct wire w;

	publish_machine_asked(publish, c->who.token, c->now);
	if (!publish_is_ready(publish))
		return fault_set(&c->fault, ERR_BUSY, "the images are being rendered");
	if (publish_machine_get(publish, c->who.token, c->arena, &m) != 0)
		return fault_set(&c->fault, ERR_NOT_FOUND, "this machine was removed");
	memberships = arena_array(c->arena, m.n, sizeof(*memberships));
	for (size_t i = 0; i < m.n; i++)
		fill(c, &m.memberships[i], &memberships[i]);
	w = (struct wire){
		.id = format_id(c->arena, &m.id),
		.name = m.name,
		.revision = "",
		.memberships = {memberships, m.n},
	};
	set_revision(c, &w);
	c->park = c->wait_ms > 0 && !c->waited && c->if_none_match != NULL &&
		  answer_etag_matches(c->if_none_match, c->etag);
	if (!c->park)
		c->json = json_encode(answer_rows, &w);
	return 0;
}
