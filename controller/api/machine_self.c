/* GET /machine: what a machine is to know of itself, and what it is asked, from memory; with a long
 * poll. */
#include <stdlib.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/shared.h"
#include "controller/controller.h"
#include "controller/http/answer.h"
#include "controller/rotation.h"

#define REVISION_LENGTH 32

struct wire_membership {
	const char *id, *mesh, *mesh_name, *cidr, *address, *rotation;
	int64_t number, base_port;
	bool needs_key;
	uint64_t view_revision, membership_revision;
};

struct wire {
	const char *id, *name, *revision;
	struct json_rows memberships;
	json_t *questions; /* NULL: none */
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
	JSON_ROW("rotation", MEMBER_TEXT, IN(rotation)),
	JSON_ROW("view_revision", MEMBER_COUNTER, IN(view_revision)),
	JSON_ROW("membership_revision", MEMBER_COUNTER, IN(membership_revision)),
	{0}};

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, offsetof(struct wire, id)),
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct wire, name)),
	JSON_ROW("revision", MEMBER_TEXT, offsetof(struct wire, revision)),
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct wire, memberships),
		 .rows = membership_rows, .row_size = sizeof(struct wire_membership)),
	JSON_ROW("questions", MEMBER_RAW, offsetof(struct wire, questions)),
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
		.rotation = rotation_text(m->rotation),
		.view_revision = m->view_revision,
		.membership_revision = m->image_revision,
	};
}

/* What the answer says of a membership, but for what follows from it. */
struct hashed {
	struct id id, mesh;
	char mesh_name[NAME_TEXT_MAX];
	uint32_t number, index;
	uint32_t has_key, rotation;
	uint64_t view_revision, image_revision;
};

/* Its revision is the hash of all else that it says: nothing has to be counted or kept. Agents ask
 * all the time, and mostly for this alone; so it is made without the answer. */
static const char *revision_of(struct call *c, const struct published_machine *m)
{
	size_t size = NAME_TEXT_MAX + m->n * sizeof(struct hashed);
	char *bytes = arena_alloc(c->arena, size), *hex = arena_alloc(c->arena, DIGEST_TEXT_MAX);
	struct hashed *at = (struct hashed *)(void *)(bytes + NAME_TEXT_MAX);
	struct digest digest;

	memcpy(bytes, m->name, strlen(m->name));
	for (size_t i = 0; i < m->n; i++) {
		const struct published_membership *x = &m->memberships[i];

		at[i].id = x->id;
		at[i].mesh = x->mesh_id;
		memcpy(at[i].mesh_name, x->mesh_name, strlen(x->mesh_name));
		at[i].number = x->number;
		at[i].index = x->index;
		at[i].has_key = x->has_key;
		at[i].rotation = x->rotation;
		at[i].view_revision = x->view_revision;
		at[i].image_revision = x->image_revision;
	}
	digest_of(bytes, size, &digest);
	digest_format(&digest, hex);
	hex[REVISION_LENGTH] = '\0';
	return hex;
}

static bool is_known(struct call *c, const char *revision)
{
	char *etag = arena_alloc(c->arena, REVISION_LENGTH + 3);

	etag[0] = etag[REVISION_LENGTH + 1] = '"';
	memcpy(etag + 1, revision, REVISION_LENGTH);
	c->etag = etag;
	return c->if_none_match != NULL && answer_etag_matches(c->if_none_match, etag);
}

/* Questions are no part of the revision: they are taken once. */
static void answer(struct call *c, const struct published_machine *m, const char *revision)
{
	struct wire_membership *memberships = arena_array(c->arena, m->n, sizeof(*memberships));
	const struct wire w = {
		.id = format_id(c->arena, &m->id),
		.name = m->name,
		.revision = revision,
		.memberships = {memberships, m->n},
		.questions = questions_take(c->controller->questions, c->who.token),
	};

	for (size_t i = 0; i < m->n; i++)
		fill(c, &m->memberships[i], &memberships[i]);
	c->json = json_encode(answer_rows, &w);
	c->status = 200;
}

/* Which start of the agent asks counts once for each request, when it comes; not when it is looked
 * at again after a change, for by then the agent may be another one. Where it is not the only one,
 * that has to be written. */
static int look_for_twin(struct call *c)
{
	struct address other;

	if (c->start == NULL)
		return 0;
	if (strlen(c->start) > TWINS_START_MAX)
		return fault_set(&c->fault, ERR_TOO_LARGE, "Skein-Start: %d characters at most",
				 TWINS_START_MAX);
	if (twins_seen(c->controller->twins, c->who.token, c->start, &c->client, mono_now(),
		       &other)) {
		c->twin = arena_copy(c->arena, &other, sizeof(other));
		c->elsewhere = ROUTE_WRITE;
	}
	c->start = NULL;
	return 0;
}

/* On the writer thread. This request is answered still, now; the next one is refused. */
static int freeze(struct call *c)
{
	c->elsewhere = ROUTE_MEMORY;
	c->waited = true;
	return machine_freeze(c, c->twin);
}

int machine_self_get(struct call *c)
{
	struct publish *publish = c->controller->publish;
	struct published_machine m;
	const char *revision;
	int code = c->twin == NULL ? look_for_twin(c) : freeze(c);

	if (code != 0 || c->elsewhere != ROUTE_MEMORY)
		return code;

	publish_machine_asked(publish, c->who.token, c->now);
	if (!publish_is_ready(publish))
		return fault_set(&c->fault, ERR_BUSY, "the images are being rendered");
	if (publish_machine_get(publish, c->who.token, c->arena, &m) != 0)
		return fault_set(&c->fault, ERR_NOT_FOUND, "this machine was removed");
	revision = revision_of(c, &m);
	if (is_known(c, revision) && !questions_wait(c->controller->questions, c->who.token))
		c->park = c->wait_ms > 0 && !c->waited;
	else
		answer(c, &m, revision);
	return 0;
}
