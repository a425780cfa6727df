/* /meshes. The CIDR is immutable; name, default, mode and timers can be changed. */
#include <string.h>

#include "controller/alloc.h"
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"
#include "lib/mesh/bfd_pace.h"

#define BGP_PORT	      179
#define BFD_INTERVAL_MS	      250
#define BFD_MULTIPLIER	      3
#define KEY_ROTATION_DAYS     90
#define KEY_ROTATION_DAYS_MAX 3650

struct wire {
	const char *id, *created_at, *name, *cidr, *cidr6, *organization;
	bool is_default, route_reflector;
	int64_t asn, bgp_port, bfd_interval_ms, bfd_multiplier, stable_for_s, key_rotation_days,
		members, gateways;
	struct json_texts warnings;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, AT(id)),
	JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
	JSON_ROW("name", MEMBER_TEXT, AT(name)),
	JSON_ROW("cidr", MEMBER_TEXT, AT(cidr)),
	JSON_ROW("cidr6", MEMBER_TEXT, AT(cidr6)),
	JSON_ROW("default", MEMBER_FLAG, AT(is_default)),
	JSON_ROW("route_reflector", MEMBER_FLAG, AT(route_reflector)),
	JSON_ROW("asn", MEMBER_NUMBER, AT(asn)),
	JSON_ROW("bgp_port", MEMBER_NUMBER, AT(bgp_port)),
	JSON_ROW("bfd_interval_ms", MEMBER_NUMBER, AT(bfd_interval_ms)),
	JSON_ROW("bfd_multiplier", MEMBER_NUMBER, AT(bfd_multiplier)),
	JSON_ROW("stable_for_s", MEMBER_NUMBER, AT(stable_for_s)),
	JSON_ROW("key_rotation_days", MEMBER_NUMBER, AT(key_rotation_days)),
	JSON_ROW("members", MEMBER_NUMBER, AT(members)),
	JSON_ROW("gateways", MEMBER_NUMBER, AT(gateways)),
	JSON_ROW("organization", MEMBER_TEXT, AT(organization)),
	JSON_ROW("warnings", MEMBER_TEXTS, AT(warnings)),
	{0}};

/* In this order: bit i of `present`. cidr and cidr6 are taken by POST only. */
enum { NAME, DEFAULT, REFLECTOR, PORT, INTERVAL, MULTIPLIER, STABLE, KEY_DAYS, CIDR, CIDR6 };

static const struct json_row request_rows[] = {
	[NAME] = JSON_ROW("name", MEMBER_TEXT, AT(name)),
	[DEFAULT] = JSON_ROW("default", MEMBER_FLAG, AT(is_default)),
	[REFLECTOR] = JSON_ROW("route_reflector", MEMBER_FLAG, AT(route_reflector)),
	[PORT] = JSON_ROW("bgp_port", MEMBER_NUMBER, AT(bgp_port), .min = 1, .max = 65535),
	[INTERVAL] = JSON_ROW("bfd_interval_ms", MEMBER_NUMBER, AT(bfd_interval_ms),
			      .min = BFD_INTERVAL_MIN_MS, .max = BFD_INTERVAL_MAX_MS),
	[MULTIPLIER] =
		JSON_ROW("bfd_multiplier", MEMBER_NUMBER, AT(bfd_multiplier), .min = 2, .max = 50),
	[STABLE] = JSON_ROW("stable_for_s", MEMBER_NUMBER, AT(stable_for_s),
			    .max = STATE_STABLE_MAX_MS / 1000),
	[KEY_DAYS] = JSON_ROW("key_rotation_days", MEMBER_NUMBER, AT(key_rotation_days),
			      .max = KEY_ROTATION_DAYS_MAX),
	[CIDR] = JSON_ROW("cidr", MEMBER_TEXT, AT(cidr)),
	[CIDR6] = JSON_ROW("cidr6", MEMBER_TEXT, AT(cidr6)),
	{0}};

static bool given(uint64_t present, int row)
{
	return (present >> row & 1) != 0;
}

static json_t *encode(struct call *c, const void *x)
{
	const struct mesh *m = x;
	struct organization o;
	struct wire w = {
		.id = format_id(c->arena, &m->id),
		.created_at = format_time(c->arena, m->created_at),
		.name = m->name,
		.cidr = format_prefix(c->arena, &m->cidr),
		.cidr6 = format_prefix(c->arena, &m->cidr6),
		.is_default = m->is_default,
		.route_reflector = m->route_reflector,
		.asn = m->asn,
		.bgp_port = m->bgp_port,
		.bfd_interval_ms = m->bfd_interval_ms,
		.bfd_multiplier = m->bfd_multiplier,
		.stable_for_s = m->stable_for_s,
		.key_rotation_days = m->key_rotation_days,
		.members = (int64_t)m->nmembers,
		.gateways = (int64_t)m->ngateways,
	};

	if (store_organization_get(c->store, m->organization, &o, NULL) == 0)
		w.organization = format_id(c->arena, &o.id);
	w.warnings.at = arena_array(c->arena, MESH_WARNINGS_MAX, sizeof(*w.warnings.at));
	mesh_warn(c, m, &w.warnings);
	return json_encode(answer_rows, &w);
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_mesh_find(c->store, c->organization, id, x, &c->fault);
}

static int find_name(struct call *c, const char *name, void *x)
{
	return store_mesh_find_name(c->store, c->organization, name, x, &c->fault);
}

/* The default CIDR, unless it is taken: then one is suggested. */
static int choose_cidr(struct call *c, struct prefix *out)
{
	struct mesh *meshes;
	struct prefix *taken, suggestion;
	char text[PREFIX_TEXT_MAX];
	bool clash = false;
	size_t n = 0;
	int code =
		store_mesh_list(c->store, c->arena, c->organization, NULL, &meshes, &n, &c->fault);

	if (code != 0)
		return code;
	*out = alloc_cidr_default();
	taken = arena_array(c->arena, n, sizeof(*taken));
	for (size_t i = 0; i < n; i++) {
		taken[i] = meshes[i].cidr;
		clash = clash || prefix_overlaps(out, &taken[i]);
	}
	if (!clash)
		return 0;
	code = alloc_cidr_suggest(taken, n, &suggestion, &c->fault);
	if (code != 0)
		return code;
	c->problem_extra = json_object();
	json_object_set_new(c->problem_extra, "suggestion",
			    json_string(prefix_format(&suggestion, text)));
	return fault_set(&c->fault, ERR_OVERLAP,
			 "the default CIDR " ALLOC_CIDR_DEFAULT
			 " is taken by another mesh: say which, for example %s",
			 text);
}

/* One mesh of an organization at most is the default one. */
static int take_default(struct call *c, row_t mesh)
{
	struct mesh old;
	int code = store_mesh_default(c->store, c->organization, &old, NULL);

	if (code == ERR_NOT_FOUND)
		return 0;
	if (code == 0 && old.row != mesh) {
		old.is_default = false;
		code = store_mesh_update(c->store, &old, &c->fault);
	}
	return code;
}

static void apply(struct mesh *m, const struct wire *w, uint64_t present)
{
	if (given(present, NAME))
		snprintf(m->name, sizeof(m->name), "%s", w->name);
	if (given(present, DEFAULT))
		m->is_default = w->is_default;
	if (given(present, REFLECTOR))
		m->route_reflector = w->route_reflector;
	if (given(present, PORT))
		m->bgp_port = (uint16_t)w->bgp_port;
	if (given(present, INTERVAL))
		m->bfd_interval_ms = (uint32_t)w->bfd_interval_ms;
	if (given(present, MULTIPLIER))
		m->bfd_multiplier = (uint32_t)w->bfd_multiplier;
	if (given(present, STABLE))
		m->stable_for_s = (uint32_t)w->stable_for_s;
	if (given(present, KEY_DAYS))
		m->key_rotation_days = (uint32_t)w->key_rotation_days;
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct mesh *at = NULL;
	int code = store_mesh_list(c->store, c->arena, c->organization, p, &at, &out->n, &c->fault);

	out->at = at;
	return code;
}

/* The first mesh of an organization is its default one, if nothing is said. */
static int default_unless_said(struct call *c, struct mesh *m, uint64_t present)
{
	struct mesh other;
	int code;

	if (given(present, DEFAULT))
		return 0;
	code = store_mesh_default(c->store, c->organization, &other, NULL);
	m->is_default = code == ERR_NOT_FOUND;
	return code == ERR_NOT_FOUND ? 0 : code;
}

int mesh_create(struct call *c)
{
	struct mesh m = {
		.organization = c->organization,
		.route_reflector = true,
		.bgp_port = BGP_PORT,
		.bfd_interval_ms = BFD_INTERVAL_MS,
		.bfd_multiplier = BFD_MULTIPLIER,
		.stable_for_s = STABLE_FOR_S,
		.key_rotation_days = KEY_ROTATION_DAYS,
		.created_at = c->now,
	};
	struct wire w = {0};
	uint64_t present;
	int code = call_decode(c, request_rows, &w, &present);

	if (code == 0 && !given(present, NAME))
		code = fault_set(&c->fault, ERR_INVALID, "'name' is missing");
	if (code == 0)
		code = resource_check_name(c, &mesh_resource, w.name, 0);
	if (code == 0 && given(present, CIDR6))
		code = fault_set(&c->fault, ERR_UNSUPPORTED, "cidr6: IPv6 is not supported yet");
	if (code == 0)
		code = given(present, CIDR) ? alloc_cidr_parse(w.cidr, &m.cidr, &c->fault)
					    : choose_cidr(c, &m.cidr);
	if (code != 0)
		return code;
	apply(&m, &w, present);
	code = default_unless_said(c, &m, present);
	if (code == 0 && m.is_default)
		code = take_default(c, 0);
	if (code == 0)
		code = alloc_asn(c->store, &m.asn, &c->fault);
	if (code == 0)
		code = store_mesh_insert(c->store, &m, &c->fault);
	if (code != 0)
		return code;
	call_touch_mesh(c, m.row);
	return resource_created(c, &mesh_resource, &m);
}

static int check_update(struct call *c, const struct mesh *m, const struct wire *w,
			uint64_t present)
{
	if (given(present, CIDR) || given(present, CIDR6))
		return fault_set(&c->fault, ERR_CONFLICT,
				 "the CIDR of a mesh cannot be changed: make another mesh");
	return given(present, NAME) ? resource_check_name(c, &mesh_resource, w->name, m->row) : 0;
}

static int update(struct call *c, void *x)
{
	struct mesh *m = x;
	struct wire w = {0};
	uint64_t present = 0;
	int code = call_decode(c, request_rows, &w, &present);

	if (code == 0)
		code = check_update(c, m, &w, present);
	if (code == 0 && given(present, DEFAULT) && w.is_default)
		code = take_default(c, m->row);
	if (code != 0)
		return code;
	apply(m, &w, present);
	code = store_mesh_update(c->store, m, &c->fault);
	call_touch_mesh(c, m->row);
	if (code == 0 && given(present, NAME))
		code = touch_members(c, m->row);
	return code;
}

/* The values that `cascade` may have. */
static int parse_cascade(struct call *c, bool *cascade)
{
	const char *text = call_query(c, "cascade");

	*cascade = text != NULL && strcmp(text, "true") == 0;
	if (text == NULL || *cascade || strcmp(text, "false") == 0)
		return 0;
	return fault_set(&c->fault, ERR_INVALID, "cascade: want true or false");
}

static int drop(struct call *c, void *x)
{
	struct mesh *m = x;
	bool cascade;
	int code = parse_cascade(c, &cascade);

	if (code == 0 && m->nmembers > 0 && !cascade)
		code = fault_set(&c->fault, ERR_CONFLICT,
				 "mesh '%s' has %llu member%s: remove them first, or delete with "
				 "cascade (--cascade, ?cascade=true)",
				 m->name, (unsigned long long)m->nmembers,
				 m->nmembers == 1 ? "" : "s");
	if (code == 0)
		code = touch_members(c, m->row);
	if (code == 0)
		code = touch_peered(c, m->row);
	call_touch_mesh(c, m->row);
	return code != 0 ? code : store_mesh_delete_cascade(c->store, m->row, &c->fault);
}

const struct resource mesh_resource = {
	.noun = "mesh",
	RESOURCE_RECORD(struct mesh),
	.encode = encode,
	.list = list,
	.find = find,
	.find_name = find_name,
	.update = update,
	.remove = drop,
};
