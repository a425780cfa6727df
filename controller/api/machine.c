/* /machines: hosts that enrolled. They make themselves (POST /enroll); operators rename, revoke and
 * remove them. */
#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"
#include "controller/controller.h"
#include "lib/base/log.h"

struct wire {
	const char *id, *created_at, *name, *seen_at;
	bool online, revoked, frozen, drained, idle;
	struct json_texts frozen_from;
	json_t *memberships;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
	JSON_ROW("name", MEMBER_TEXT, AT(name)),
	JSON_ROW("seen_at", MEMBER_TEXT, AT(seen_at)),
	JSON_ROW("online", MEMBER_FLAG, AT(online)),
	JSON_ROW("revoked", MEMBER_FLAG, AT(revoked)),
	JSON_ROW("frozen", MEMBER_FLAG, AT(frozen)),
	JSON_ROW("frozen_from", MEMBER_TEXTS, AT(frozen_from)),
	JSON_ROW("drained", MEMBER_FLAG, AT(drained)),
	JSON_ROW("idle", MEMBER_FLAG, AT(idle)),
	JSON_ROW("memberships", MEMBER_RAW, AT(memberships)),
	{0}};

static const struct json_row request_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, AT(name), .required = true), {0}};

static json_t *encode(struct call *c, const void *x)
{
	const struct machine *m = x;
	const char *const from[] = {m->seen_from, m->other_from};
	struct wall seen = publish_machine_seen(c->controller->publish, m->row);
	struct wire w = {
		.id = format_id(c->arena, &m->id),
		.created_at = format_time(c->arena, m->created_at),
		.name = m->name,
		.revoked = m->revoked,
		.frozen = m->frozen,
		.drained = m->drained,
		.idle = m->idle,
		.frozen_from = {arena_copy(c->arena, from, sizeof(from)), m->frozen ? 2 : 0},
		.memberships = membership_encode_all(c, m->row),
	};

	if (seen.ms < m->seen_at.ms)
		seen = m->seen_at;
	w.seen_at = format_time(c->arena, seen);
	w.online = !m->revoked && seen.ms != 0 && c->now.ms - seen.ms < PUBLISH_ONLINE_MS;
	return json_encode(answer_rows, &w);
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_machine_find(c->store, c->organization, id, x, &c->fault);
}

static int find_name(struct call *c, const char *name, void *x)
{
	return store_machine_find_name(c->store, c->organization, name, x, &c->fault);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct machine *at = NULL;
	int code =
		store_machine_list(c->store, c->arena, c->organization, p, &at, &out->n, &c->fault);

	out->at = at;
	return code;
}

/* The meshes of a machine show its name, or it. */
static int touch_meshes(struct call *c, row_t machine, row_t **meshes, size_t *n)
{
	struct membership *list = NULL;
	int code = store_membership_list(c->store, c->arena, machine, 0, NULL, &list, n, &c->fault);

	*meshes = arena_array(c->arena, *n, sizeof(**meshes));
	for (size_t i = 0; i < *n && code == 0; i++) {
		(*meshes)[i] = list[i].mesh;
		call_touch_mesh(c, list[i].mesh);
	}
	call_touch_machine(c, machine);
	return code;
}

static int update(struct call *c, void *x)
{
	struct machine *m = x;
	struct wire w = {0};
	row_t *meshes;
	size_t n = 0;
	int code = call_decode(c, request_rows, &w, NULL);

	if (code == 0)
		code = resource_check_name(c, &machine_resource, w.name, m->row);
	if (code == 0)
		code = touch_meshes(c, m->row, &meshes, &n);
	if (code != 0)
		return code;
	snprintf(m->name, sizeof(m->name), "%s", w.name);
	return store_machine_update(c->store, m, &c->fault);
}

static int reassign(struct call *c, const row_t *meshes, size_t n)
{
	int code = 0;

	for (size_t i = 0; i < n && code == 0; i++)
		code = slots_assign(c, meshes[i]);
	return code;
}

static int drop(struct call *c, void *x)
{
	struct machine *m = x;
	row_t *meshes;
	size_t n = 0;
	int code = touch_meshes(c, m->row, &meshes, &n);

	if (code == 0)
		code = alloc_remove_machine(c->store, m->row, c->now,
					    c->controller->config->address_rest_ms, &c->fault);
	return code != 0 ? code : reassign(c, meshes, n);
}

/* DELETE /machine: it leaves. */
int machine_self_leave(struct call *c)
{
	struct machine m;
	int code = store_machine_get(c->store, c->who.token, &m, &c->fault);

	return code != 0 ? code : resource_remove(c, &machine_resource, &m);
}

/* Its memberships go, so that every peer drops it; the machine stays, to be told that it was
 * revoked, and so that its identity cannot enrol again. */
static int revoke(struct call *c, void *x)
{
	struct membership *list = NULL;
	struct machine *m = x;
	row_t *meshes;
	size_t n = 0;
	int code = touch_meshes(c, m->row, &meshes, &n);

	if (code == 0)
		code = store_membership_list(c->store, c->arena, m->row, 0, NULL, &list, &n,
					     &c->fault);
	for (size_t i = 0; i < n && code == 0; i++)
		code = alloc_leave(c->store, &list[i], c->now,
				   c->controller->config->address_rest_ms, &c->fault);
	m->revoked = true;
	if (code == 0)
		code = store_machine_update(c->store, m, &c->fault);
	return code != 0 ? code : reassign(c, meshes, n);
}

/* The operator knows which one is the machine, and has ended the other; else it is frozen again. */
static int unfreeze(struct call *c, void *x)
{
	struct machine *m = x;
	row_t *meshes;
	size_t n = 0;
	int code;

	if (!m->frozen)
		return fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is not frozen", m->name);
	code = touch_meshes(c, m->row, &meshes, &n);
	m->frozen = false;
	m->seen_from[0] = m->other_from[0] = '\0';
	if (code == 0)
		code = store_machine_update(c->store, m, &c->fault);
	twins_forget(c->controller->twins, m->row);
	return code;
}

/* Its ways come after all others', in all its meshes, until it is brought back; whatever it is
 * there. Said again, it changes nothing. */
static int set_drained(struct call *c, struct machine *m, bool drained)
{
	row_t *meshes;
	size_t n = 0;
	int code;

	if (m->revoked)
		return fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is revoked", m->name);
	if (m->drained == drained)
		return 0;
	m->drained = drained;
	m->idle = false;
	code = touch_meshes(c, m->row, &meshes, &n);
	return code != 0 ? code : store_machine_update(c->store, m, &c->fault);
}

static int drain(struct call *c, void *x)
{
	return set_drained(c, x, true);
}

static int undrain(struct call *c, void *x)
{
	return set_drained(c, x, false);
}

/* The controller does it, of itself. */
static int audit_freeze(struct call *c, const struct machine *m)
{
	json_t *after = json_pack("{s:s, s:[s, s]}", "name", m->name, "frozen_from", m->seen_from,
				  m->other_from);
	char *text = json_dumps(after, JSON_COMPACT);
	const struct audit_entry entry = {
		.organization = m->organization,
		.at = c->now,
		.actor = "controller",
		.action = "machine.freeze",
		.resource = format_id(c->arena, &m->id),
		.after = text,
	};
	int code = store_audit_insert(c->store, &entry, &c->fault);

	json_decref(after);
	free(text);
	return code;
}

/* Its identity is in two places, and nobody here knows which is the right one: peers drop it, and
 * its token is refused, until an operator says that it may go on, or revokes it. */
int machine_freeze(struct call *c, const struct address *other)
{
	struct machine m;
	row_t *meshes;
	size_t n = 0;
	int code = store_machine_get(c->store, c->who.token, &m, &c->fault);

	if (code != 0 || m.frozen || m.revoked)
		return code;
	code = touch_meshes(c, m.row, &meshes, &n);
	m.frozen = true;
	address_format(&c->client, m.seen_from);
	address_format(other, m.other_from);
	if (code == 0)
		code = store_machine_update(c->store, &m, &c->fault);
	if (code == 0)
		code = audit_freeze(c, &m);
	if (code == 0)
		log_warn("a machine's identity is in two places: frozen", LOG_S("machine", m.name),
			 LOG_S("from", m.seen_from), LOG_S("and", m.other_from));
	return code;
}

const struct resource machine_resource = {
	.noun = "machine",
	RESOURCE_RECORD(struct machine),
	.encode = encode,
	.list = list,
	.find = find,
	.find_name = find_name,
	.update = update,
	.revoke = revoke,
	.unfreeze = unfreeze,
	.drain = drain,
	.undrain = undrain,
	.remove = drop,
};
