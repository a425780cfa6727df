/* /unknown-machines: those that joined after the backup was made that was restored. They have no
 * token that anybody knows, so they show what only they have: their membership image, signed by
 * this controller in the time that it has forgotten. */
#include <sodium.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/controller.h"
#include "lib/mesh/state_excerpt.h"

struct wire {
	const char *id, *created_at, *name, *machine, *mesh, *mesh_name, *address, *seen_at,
		*seen_from;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {JSON_ROW("id", MEMBER_TEXT, AT(id)),
					      JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
					      JSON_ROW("name", MEMBER_TEXT, AT(name)),
					      JSON_ROW("machine", MEMBER_TEXT, AT(machine)),
					      JSON_ROW("mesh", MEMBER_TEXT, AT(mesh)),
					      JSON_ROW("mesh_name", MEMBER_TEXT, AT(mesh_name)),
					      JSON_ROW("address", MEMBER_TEXT, AT(address)),
					      JSON_ROW("seen_at", MEMBER_TEXT, AT(seen_at)),
					      JSON_ROW("seen_from", MEMBER_TEXT, AT(seen_from)),
					      {0}};

struct shown {
	const char *name, *image;
};

static const struct json_row shown_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, offsetof(struct shown, name), .required = true),
	JSON_ROW("image", MEMBER_TEXT, offsetof(struct shown, image), .required = true,
		 .max = sodium_base64_ENCODED_LEN(STATE_EXCERPT_MAX,
						  sodium_base64_VARIANT_ORIGINAL)),
	{0}};

static json_t *encode(struct call *c, const void *x)
{
	const struct unknown_machine *u = x;
	struct address address;
	struct mesh mesh;
	struct wire w = {
		.id = format_id(c->arena, &u->id),
		.created_at = format_time(c->arena, u->created_at),
		.name = u->name,
		.machine = format_id(c->arena, &u->machine),
		.seen_at = format_time(c->arena, u->seen_at),
		.seen_from = u->seen_from,
	};

	if (store_mesh_get(c->store, u->mesh, &mesh, NULL) != 0)
		return json_encode(answer_rows, &w);
	address = alloc_address(&mesh, u->index);
	w.mesh = format_id(c->arena, &mesh.id);
	w.mesh_name = mesh.name;
	w.address = format_address(c->arena, &address);
	return json_encode(answer_rows, &w);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct unknown_machine *at = NULL;
	int code =
		store_unknown_list(c->store, c->arena, c->organization, p, &at, &out->n, &c->fault);

	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_unknown_find(c->store, c->organization, id, x, &c->fault);
}

static int forget(struct call *c, void *x)
{
	return alloc_forget(c->store, x, c->now, c->controller->config->address_rest_ms, &c->fault);
}

/* ---- one shows itself ---- */

static int open_image(struct call *c, const char *text, struct state_root *root,
		      struct state_self *self)
{
	uint8_t bytes[STATE_EXCERPT_MAX];
	size_t len;

	if (sodium_base642bin(bytes, sizeof(bytes), text, strlen(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return fault_set(&c->fault, ERR_INVALID,
				 "image: want an excerpt of a membership image in base64");
	return state_excerpt_open(bytes, len, keys_signer(&c->controller->keys), root, self,
				  &c->fault);
}

/* It was made after a backup that was restored since: else it is known, or was removed. */
static int check_lost(struct call *c, const struct id *membership)
{
	struct membership known;
	bool lost;
	int code = store_membership_find(c->store, 0, membership, &known, NULL);

	if (code == 0)
		return fault_set(&c->fault, ERR_EXISTS,
				 "the membership is known, and the machine's token is not: join "
				 "again");
	if (code == ERR_NOT_FOUND)
		code = store_restored_before(c->store, id_time(membership), &lost, &c->fault);
	if (code == 0 && !lost)
		code = fault_set(&c->fault, ERR_NOT_FOUND, "this machine was removed");
	return code;
}

static int fill(struct call *c, const struct state_root *root, const struct state_self *self,
		const char *name, struct unknown_machine *out)
{
	char from[ADDRESS_TEXT_MAX];
	struct id id;
	struct mesh mesh;
	int code;

	*out = (struct unknown_machine){
		.index = self->peer, .created_at = c->now, .seen_at = c->now};
	memcpy(id.bytes, root->mesh, sizeof(id.bytes));
	code = store_mesh_find(c->store, 0, &id, &mesh, NULL);
	if (code == ERR_NOT_FOUND)
		return fault_set(&c->fault, code, "the mesh is not known either");
	if (code != 0)
		return code;
	code = name_check(name, "name", &c->fault);
	if (code == 0 && (self->peer == 0 || self->peer > alloc_last_index(&mesh.cidr)))
		code = fault_set(&c->fault, ERR_INVALID, "no address of the mesh");
	out->organization = mesh.organization;
	out->mesh = mesh.row;
	memcpy(out->id.bytes, root->membership, sizeof(out->id.bytes));
	memcpy(out->machine.bytes, self->machine, sizeof(out->machine.bytes));
	snprintf(out->name, sizeof(out->name), "%.*s", NAME_MAX_LENGTH, name);
	snprintf(out->seen_from, sizeof(out->seen_from), "%s", address_format(&c->client, from));
	return code;
}

static int audit(struct call *c, const struct unknown_machine *x)
{
	json_t *after = encode(c, x);
	int code;

	c->organization = x->organization;
	c->who.role = ROLE_MACHINE; /* so much it has proved */
	c->who.id = x->machine;
	code = call_audit(c, &x->id, NULL, after);
	json_decref(after);
	return code;
}

int unknown_show(struct call *c)
{
	struct unknown_machine x;
	struct state_root root;
	struct state_self self;
	struct shown in = {0};
	struct id membership;
	bool fresh = false;
	int code = call_decode(c, shown_rows, &in, NULL);

	if (code == 0)
		code = open_image(c, in.image, &root, &self);
	if (code != 0)
		return code;
	memcpy(membership.bytes, root.membership, sizeof(membership.bytes));
	code = check_lost(c, &membership);
	if (code == 0)
		code = fill(c, &root, &self, in.name, &x);
	if (code == 0)
		code = store_unknown_put(c->store, &x, &fresh, &c->fault);
	if (code != 0 || !fresh)
		return code;
	code = alloc_reserve(c->store, &x, c->now, c->controller->config->address_rest_ms,
			     &c->fault);
	return code != 0 ? code : audit(c, &x);
}

const struct resource unknown_resource = {
	.noun = "unknown machine",
	RESOURCE_RECORD(struct unknown_machine),
	.encode = encode,
	.list = list,
	.find = find,
	.remove = forget,
};
