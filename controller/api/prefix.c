/* /prefixes: what a membership may announce. A machine says what it would (POST /mesh/report), an
 * operator approves it, or approves at once what no machine has said yet. */
#include "controller/api/check.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"

#define PRIORITY	 100
#define PRIORITY_MAX	 1000
#define USERS_MAX	 1000
#define LENGTH_MIN	 8 /* half of the internet would come before a default route, and be no exit */
#define STABLE_FOR_MAX_S (STATE_STABLE_MAX_MS / 1000)
#define SHADOWED_MAX	 1000 /* counted; more are "1000" */

struct wire {
	const char *id, *created_at, *membership, *machine_name, *mesh, *prefix, *unwell;
	int64_t priority, shadowed, stable_for_s;
	bool announced, approved, direct_when_lost, translated;
	struct json_texts users;
	struct check_wire check; /* of a request */
	json_t *checked;	 /* of an answer */
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
	JSON_ROW("membership", MEMBER_TEXT, AT(membership)),
	JSON_ROW("machine_name", MEMBER_TEXT, AT(machine_name)),
	JSON_ROW("mesh", MEMBER_TEXT, AT(mesh)),
	JSON_ROW("prefix", MEMBER_TEXT, AT(prefix)),
	JSON_ROW("priority", MEMBER_NUMBER, AT(priority)),
	JSON_ROW("users", MEMBER_TEXTS, AT(users)),
	JSON_ROW("announced", MEMBER_FLAG, AT(announced)),
	JSON_ROW("approved", MEMBER_FLAG, AT(approved)),
	JSON_ROW("direct_when_lost", MEMBER_FLAG, AT(direct_when_lost)),
	JSON_ROW("translated", MEMBER_FLAG, AT(translated)),
	JSON_ROW("stable_for_s", MEMBER_NUMBER, AT(stable_for_s)),
	JSON_ROW("check", MEMBER_RAW, AT(checked)),
	JSON_ROW("unwell", MEMBER_TEXT, AT(unwell)),
	JSON_ROW("shadowed", MEMBER_NUMBER, AT(shadowed)),
	{0}};

static const struct json_row create_rows[] = {
	JSON_ROW("membership", MEMBER_TEXT, AT(membership), .required = true),
	JSON_ROW("prefix", MEMBER_TEXT, AT(prefix), .required = true),
	JSON_ROW("priority", MEMBER_NUMBER, AT(priority), .min = 1, .max = PRIORITY_MAX),
	JSON_ROW("users", MEMBER_TEXTS, AT(users), .max = USERS_MAX),
	JSON_ROW("direct_when_lost", MEMBER_FLAG, AT(direct_when_lost)),
	JSON_ROW("translated", MEMBER_FLAG, AT(translated)),
	JSON_ROW("stable_for_s", MEMBER_NUMBER, AT(stable_for_s), .max = STABLE_FOR_MAX_S),
	JSON_ROW("check", MEMBER_OBJECT, AT(check), .rows = check_rows),
	{0}};

enum { APPROVED, PRIORITY_ROW, USERS, DIRECT, TRANSLATED, STABLE, CHECK };

static const struct json_row update_rows[] = {
	[APPROVED] = JSON_ROW("approved", MEMBER_FLAG, AT(approved)),
	[PRIORITY_ROW] =
		JSON_ROW("priority", MEMBER_NUMBER, AT(priority), .min = 1, .max = PRIORITY_MAX),
	[USERS] = JSON_ROW("users", MEMBER_TEXTS, AT(users), .max = USERS_MAX),
	[DIRECT] = JSON_ROW("direct_when_lost", MEMBER_FLAG, AT(direct_when_lost)),
	[TRANSLATED] = JSON_ROW("translated", MEMBER_FLAG, AT(translated)),
	[STABLE] =
		JSON_ROW("stable_for_s", MEMBER_NUMBER, AT(stable_for_s), .max = STABLE_FOR_MAX_S),
	[CHECK] = JSON_ROW("check", MEMBER_OBJECT, AT(check), .rows = check_rows),
	{0}};

static json_t *encode(struct call *c, const void *record)
{
	const struct announcement *x = record;
	struct membership m, user;
	struct machine machine;
	uint32_t shadowed = 0;
	struct mesh mesh;
	struct wire w = {
		.id = format_id(c->arena, &x->id),
		.created_at = format_time(c->arena, x->created_at),
		.prefix = format_prefix(c->arena, &x->prefix),
		.priority = x->priority,
		.announced = x->announced,
		.approved = x->approved,
		.direct_when_lost = x->direct_when_lost,
		.translated = x->translated,
		.stable_for_s = x->stable_for_s,
		.checked = check_encode(c, &x->check),
		.unwell = x->unwell[0] != '\0' ? x->unwell : NULL,
	};

	if (store_membership_get(c->store, x->membership, &m, NULL) == 0 &&
	    store_machine_get(c->store, m.machine, &machine, NULL) == 0 &&
	    store_mesh_get(c->store, m.mesh, &mesh, NULL) == 0) {
		w.membership = format_id(c->arena, &m.id);
		w.machine_name = machine.name;
		w.mesh = format_id(c->arena, &mesh.id);
		store_shadowed_count(c->store, mesh.row, &x->prefix, SHADOWED_MAX, &shadowed, NULL);
		w.shadowed = shadowed;
	}
	w.users.at = arena_array(c->arena, x->nusers, sizeof(*w.users.at));
	for (size_t i = 0; i < x->nusers; i++)
		if (store_membership_get(c->store, x->users[i], &user, NULL) == 0)
			w.users.at[w.users.n++] = format_id(c->arena, &user.id);
	return json_encode(answer_rows, &w);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct announcement *at = NULL;
	row_t mesh, membership;
	int code = resource_query(c, &mesh_resource, "mesh", &mesh);

	if (code == 0)
		code = resource_query(c, &membership_resource, "membership", &membership);
	if (code == 0)
		code = store_announcement_list(c->store, c->arena, c->organization, mesh,
					       membership, p, &at, &out->n, &c->fault);
	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_announcement_find(c->store, c->arena, c->organization, id, x, &c->fault);
}

/* ---- rules ---- */

/* What nobody can announce: what no router forwards, or what is every machine's own. */
static int check_range(struct call *c, const struct prefix *p)
{
	static const struct {
		uint32_t address;
		uint8_t length;
	} refused[] = {{0x7f000000, 8}, {0xa9fe0000, 16}, {0xe0000000, 3}};
	char text[PREFIX_TEXT_MAX];

	if (p->length > 0 && p->length < LENGTH_MIN)
		return fault_set(&c->fault, ERR_INVALID,
				 "prefix %s is wider than /%d: all of the internet is 0.0.0.0/0, "
				 "an exit",
				 prefix_format(p, text), LENGTH_MIN);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct prefix r = prefix_ipv4(refused[i].address, refused[i].length);

		if (prefix_contains(&r, p))
			return fault_set(&c->fault, ERR_INVALID,
					 "prefix %s is loopback, link-local or multicast",
					 prefix_format(p, text));
	}
	return 0;
}

/* An exit is for those who are named: else a typing mistake would take every machine's traffic. */
static int check_exit(struct call *c, const struct announcement *x)
{
	if (x->prefix.length > 0 && x->direct_when_lost)
		return fault_set(&c->fault, ERR_INVALID,
				 "direct_when_lost: is for an exit (0.0.0.0/0)");
	if (x->prefix.length > 0 || x->nusers > 0)
		return 0;
	return fault_set(&c->fault, ERR_INVALID,
			 "an exit (0.0.0.0/0) names who uses it, with 'users' (--user)");
}

/* An exit translates always. */
static int check_translated(struct call *c, const struct announcement *x)
{
	if (!x->translated || x->prefix.length > 0)
		return 0;
	return fault_set(&c->fault, ERR_INVALID,
			 "translated: an exit (0.0.0.0/0) translates in any case");
}

static int parse_users(struct call *c, const struct json_texts *texts, const struct mesh *mesh,
		       struct announcement *x)
{
	struct membership user;
	int code = 0;

	x->users = arena_array(c->arena, texts->n, sizeof(*x->users));
	x->nusers = 0;
	for (size_t i = 0; i < texts->n && code == 0; i++) {
		code = resource_find(c, &membership_resource, texts->at[i], &user);
		if (code == 0 && user.mesh != mesh->row)
			code = fault_set(&c->fault, ERR_INVALID,
					 "users: membership %s is not in mesh '%s'", texts->at[i],
					 mesh->name);
		for (size_t k = 0; k < x->nusers && code == 0; k++)
			if (x->users[k] == user.row)
				code = fault_set(&c->fault, ERR_INVALID,
						 "users: membership %s is named twice",
						 texts->at[i]);
		if (code == 0)
			x->users[x->nusers++] = user.row;
	}
	return code;
}

static int check_approval(struct call *c, const struct mesh *mesh, const struct announcement *x)
{
	int code = check_range(c, &x->prefix);

	if (code == 0)
		code = check_exit(c, x);
	if (code == 0)
		code = check_translated(c, x);
	return code != 0 ? code : overlap_check_prefix(c, mesh, &x->prefix);
}

/* ---- changes ---- */

/* Approves what the machine has announced, or, where it has not, makes the row. */
static int approve(struct call *c, struct announcement *x)
{
	struct announcement old;
	char text[PREFIX_TEXT_MAX];
	int code = store_announcement_of(c->store, c->arena, x->membership, &x->prefix, &old, NULL);

	x->approved = true;
	if (code == ERR_NOT_FOUND)
		return store_announcement_insert(c->store, x, &c->fault);
	if (code != 0)
		return code;
	if (old.approved)
		return call_exists(c, &old.id, "prefix of this membership",
				   prefix_format(&x->prefix, text));
	old.approved = true;
	old.priority = x->priority;
	old.direct_when_lost = x->direct_when_lost;
	old.translated = x->translated;
	old.stable_for_s = x->stable_for_s;
	old.check = x->check;
	old.users = x->users;
	old.nusers = x->nusers;
	*x = old;
	return store_announcement_update(c->store, x, &c->fault);
}

int prefix_create(struct call *c)
{
	struct announcement x = {.created_at = c->now};
	struct wire in = {.priority = PRIORITY, .stable_for_s = STABLE_FOR_S};
	struct membership m;
	struct mesh mesh;
	int code = call_decode(c, create_rows, &in, NULL);

	if (code == 0)
		code = resource_find(c, &membership_resource, in.membership, &m);
	if (code == 0)
		code = store_mesh_get(c->store, m.mesh, &mesh, &c->fault);
	if (code == 0)
		code = parse_prefix_ipv4(c, "prefix", in.prefix, &x.prefix);
	if (code == 0)
		code = parse_users(c, &in.users, &mesh, &x);
	x.direct_when_lost = in.direct_when_lost;
	x.translated = in.translated;
	x.stable_for_s = (uint32_t)in.stable_for_s;
	if (code == 0 && in.check.type != NULL)
		code = check_read(c, &in.check, &x.prefix, &x.check);
	if (code == 0)
		code = check_approval(c, &mesh, &x);
	if (code != 0)
		return code;
	x.membership = m.row;
	x.priority = (uint32_t)in.priority;
	code = approve(c, &x);
	if (code == 0)
		code = slots_assign(c, mesh.row);
	return code != 0 ? code : resource_created(c, &prefix_resource, &x);
}

static int find_mesh(struct call *c, const struct announcement *x, struct mesh *mesh)
{
	struct membership m;
	int code = store_membership_get(c->store, x->membership, &m, &c->fault);

	return code != 0 ? code : store_mesh_get(c->store, m.mesh, mesh, &c->fault);
}

static int update(struct call *c, void *record)
{
	struct announcement *x = record;
	struct wire in = {0};
	struct mesh mesh;
	uint64_t present = 0;
	int code = call_decode(c, update_rows, &in, &present);

	if (code == 0)
		code = find_mesh(c, x, &mesh);
	if (code != 0)
		return code;
	if ((present >> APPROVED & 1) != 0)
		x->approved = in.approved;
	if ((present >> PRIORITY_ROW & 1) != 0)
		x->priority = (uint32_t)in.priority;
	if ((present >> DIRECT & 1) != 0)
		x->direct_when_lost = in.direct_when_lost;
	if ((present >> TRANSLATED & 1) != 0)
		x->translated = in.translated;
	if ((present >> STABLE & 1) != 0)
		x->stable_for_s = (uint32_t)in.stable_for_s;
	if ((present >> CHECK & 1) != 0)
		code = check_read(c, &in.check, &x->prefix, &x->check);
	if (code == 0 && (present >> USERS & 1) != 0)
		code = parse_users(c, &in.users, &mesh, x);
	if (code == 0 && x->approved)
		code = check_approval(c, &mesh, x);
	if (code == 0)
		code = store_announcement_update(c->store, x, &c->fault);
	return code != 0 ? code : slots_assign(c, mesh.row);
}

/* What its machine still announces comes back, not approved, with the next report. */
static int drop(struct call *c, void *record)
{
	struct announcement *x = record;
	struct mesh mesh;
	int code = find_mesh(c, x, &mesh);

	if (code == 0)
		code = store_announcement_delete(c->store, x->row, &c->fault);
	return code != 0 ? code : slots_assign(c, mesh.row);
}

const struct resource prefix_resource = {
	.noun = "prefix",
	RESOURCE_RECORD(struct announcement),
	.encode = encode,
	.list = list,
	.find = find,
	.update = update,
	.remove = drop,
};
