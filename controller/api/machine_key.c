/* POST /machines/{id}/rotate-key: an operator has a machine go on under other keys. */
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"
#include "controller/rotation.h"

struct request {
	const char *membership;
};

static const struct json_row request_rows[] = {
	JSON_ROW("membership", MEMBER_TEXT, offsetof(struct request, membership)), {0}};

/* The rotation that is under way goes on as it is. */
static int begin(struct call *c, struct membership *m)
{
	if (m->rotation != ROTATION_NONE)
		return 0;
	rotation_begin(m, c->now);
	return store_rotation_set(c->store, m, &c->fault);
}

static int begin_one(struct call *c, const struct machine *machine, const char *text)
{
	struct membership m = {0};
	int code = resource_find(c, &membership_resource, text, &m);

	if (code == 0 && m.machine != machine->row)
		code = fault_set(&c->fault, ERR_INVALID, "membership: %.40s is not of machine '%s'",
				 text, machine->name);
	if (code == 0 && !m.has_key)
		code = fault_set(&c->fault, ERR_CONFLICT,
				 "membership: machine '%s' has said no key for it yet",
				 machine->name);
	return code != 0 ? code : begin(c, &m);
}

static int begin_all(struct call *c, const struct machine *machine)
{
	struct membership *list = NULL;
	size_t n = 0, nkeys = 0;
	int code = store_membership_list(c->store, c->arena, machine->row, 0, NULL, &list, &n,
					 &c->fault);

	for (size_t i = 0; i < n && code == 0; i++) {
		nkeys += list[i].has_key;
		code = list[i].has_key ? begin(c, &list[i]) : 0;
	}
	if (code == 0 && nkeys == 0)
		code = fault_set(&c->fault, ERR_CONFLICT, "machine '%s' has said no key yet",
				 machine->name);
	return code;
}

/* Who is out has no key that anybody would use. */
static int refuse_out(struct call *c, const struct machine *m)
{
	if (!m->revoked && !m->frozen)
		return 0;
	return fault_set(&c->fault, ERR_CONFLICT, "machine '%s' is %s", m->name,
			 m->revoked ? "revoked" : "frozen: unfreeze it first");
}

static int begin_asked(struct call *c, const struct machine *m)
{
	struct request in = {0};
	int code = c->body_len > 0 ? call_decode(c, request_rows, &in, NULL) : 0;

	if (code == 0)
		code = refuse_out(c, m);
	if (code != 0)
		return code;
	return in.membership != NULL ? begin_one(c, m, in.membership) : begin_all(c, m);
}

int machine_rotate_key(struct call *c)
{
	struct machine m;
	json_t *before = NULL;
	int code = machine_resource.find(c, &c->id, &m);

	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no such machine");
	if (code != 0)
		return code;
	before = machine_resource.encode(c, &m);
	code = begin_asked(c, &m);
	if (code == 0) {
		call_touch_machine(c, m.row);
		call_set_version(c, m.version);
		c->json = machine_resource.encode(c, &m);
		code = call_audit(c, &m.id, before, c->json);
	}
	json_decref(before);
	return code;
}
