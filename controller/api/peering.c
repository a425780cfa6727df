/* /peerings: what may pass between two meshes, each way. Nothing does without one. */
#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"

#define PREFIXES_MAX 256

struct wire {
	const char *id, *created_at, *mesh_a, *mesh_b;
	struct json_texts prefixes_a, prefixes_b, warnings;
};

#define AT(member) offsetof(struct wire, member)

static const struct json_row answer_rows[] = {JSON_ROW("id", MEMBER_TEXT, AT(id)),
					      JSON_ROW("created_at", MEMBER_TEXT, AT(created_at)),
					      JSON_ROW("mesh_a", MEMBER_TEXT, AT(mesh_a)),
					      JSON_ROW("mesh_b", MEMBER_TEXT, AT(mesh_b)),
					      JSON_ROW("prefixes_a", MEMBER_TEXTS, AT(prefixes_a)),
					      JSON_ROW("prefixes_b", MEMBER_TEXTS, AT(prefixes_b)),
					      JSON_ROW("warnings", MEMBER_TEXTS, AT(warnings)),
					      {0}};

static const struct json_row create_rows[] = {
	JSON_ROW("mesh_a", MEMBER_TEXT, AT(mesh_a), .required = true),
	JSON_ROW("mesh_b", MEMBER_TEXT, AT(mesh_b), .required = true),
	JSON_ROW("prefixes_a", MEMBER_TEXTS, AT(prefixes_a), .max = PREFIXES_MAX),
	JSON_ROW("prefixes_b", MEMBER_TEXTS, AT(prefixes_b), .max = PREFIXES_MAX),
	{0}};

enum { PREFIXES_A, PREFIXES_B };

static const struct json_row update_rows[] = {
	[PREFIXES_A] = JSON_ROW("prefixes_a", MEMBER_TEXTS, AT(prefixes_a), .max = PREFIXES_MAX),
	[PREFIXES_B] = JSON_ROW("prefixes_b", MEMBER_TEXTS, AT(prefixes_b), .max = PREFIXES_MAX),
	{0}};

static struct json_texts texts_of(struct call *c, const struct prefix *at, size_t n)
{
	struct json_texts texts = {.at = arena_array(c->arena, n, sizeof(*texts.at)), .n = n};

	for (size_t i = 0; i < n; i++)
		texts.at[i] = format_prefix(c->arena, &at[i]);
	return texts;
}

static json_t *encode(struct call *c, const void *record)
{
	const struct peering *x = record;
	struct mesh a, b;
	struct wire w = {
		.id = format_id(c->arena, &x->id),
		.created_at = format_time(c->arena, x->created_at),
		.prefixes_a = texts_of(c, x->prefixes_a, x->nprefixes_a),
		.prefixes_b = texts_of(c, x->prefixes_b, x->nprefixes_b),
	};

	if (store_mesh_get(c->store, x->mesh_a, &a, NULL) == 0 &&
	    store_mesh_get(c->store, x->mesh_b, &b, NULL) == 0) {
		w.mesh_a = format_id(c->arena, &a.id);
		w.mesh_b = format_id(c->arena, &b.id);
		w.warnings = peering_warn(c, x, &a, &b);
	}
	return json_encode(answer_rows, &w);
}

static int list(struct call *c, const struct page *p, struct resource_rows *out)
{
	struct peering *at = NULL;
	row_t mesh;
	int code = resource_query(c, &mesh_resource, "mesh", &mesh);

	if (code == 0)
		code = store_peering_list(c->store, c->arena, c->organization, mesh, p, &at,
					  &out->n, &c->fault);
	out->at = at;
	return code;
}

static int find(struct call *c, const struct id *id, void *x)
{
	return store_peering_find(c->store, c->arena, c->organization, id, x, &c->fault);
}

/* What a mesh shows must be told from what is the other's own. */
static int parse_prefixes(struct call *c, const char *what, const struct json_texts *texts,
			  const struct mesh *other, struct prefix **out, size_t *n)
{
	char cidr[PREFIX_TEXT_MAX];
	prefix_vec v = {0};
	struct prefix p;
	int code = 0;

	for (size_t i = 0; i < texts->n && code == 0; i++) {
		code = parse_prefix_ipv4(c, what, texts->at[i], &p);
		if (code == 0 && prefix_overlaps(&p, &other->cidr))
			code = fault_set(&c->fault, ERR_OVERLAP,
					 "%s: %s overlaps the CIDR %s of mesh '%s', to which it "
					 "would be shown",
					 what, texts->at[i], prefix_format(&other->cidr, cidr),
					 other->name);
		vec_push(&v, p);
	}
	vec_sort(&v, prefix_compare);
	for (size_t i = 1; i < v.n && code == 0; i++)
		if (prefix_equal(&v.at[i - 1], &v.at[i]))
			code = fault_set(&c->fault, ERR_INVALID, "%s: %s is named twice", what,
					 prefix_format(&v.at[i], cidr));
	*out = arena_copy(c->arena, v.at, v.n * sizeof(*v.at));
	*n = v.n;
	vec_free(&v);
	return code;
}

static int refuse_second(struct call *c, const struct mesh *a, const struct mesh *b)
{
	struct peering old;
	int code = store_peering_between(c->store, c->arena, a->row, b->row, &old, NULL);

	if (code == 0)
		return call_exists(c, &old.id, "peering",
				   arena_printf(c->arena, "%s, %s", a->name, b->name));
	return code == ERR_NOT_FOUND ? 0 : code;
}

static int check_meshes(struct call *c, const struct mesh *a, const struct mesh *b)
{
	int code;

	if (a->row == b->row)
		return fault_set(&c->fault, ERR_INVALID, "a mesh has no peering with itself");
	code = refuse_second(c, a, b);
	return code != 0 ? code : overlap_check_meshes(c, a, b);
}

static int check_something_passes(struct call *c, const struct peering *x)
{
	if (x->nprefixes_a + x->nprefixes_b > 0)
		return 0;
	return fault_set(&c->fault, ERR_INVALID,
			 "prefixes_a and prefixes_b are empty: nothing would pass");
}

static void touch(struct call *c, const struct peering *x)
{
	call_touch_mesh(c, x->mesh_a);
	call_touch_mesh(c, x->mesh_b);
}

int peering_create(struct call *c)
{
	struct peering x = {.organization = c->organization, .created_at = c->now};
	struct wire in = {0};
	struct mesh a, b;
	int code = call_decode(c, create_rows, &in, NULL);

	if (code == 0)
		code = resource_find(c, &mesh_resource, in.mesh_a, &a);
	if (code == 0)
		code = resource_find(c, &mesh_resource, in.mesh_b, &b);
	if (code == 0)
		code = check_meshes(c, &a, &b);
	if (code == 0)
		code = parse_prefixes(c, "prefixes_a", &in.prefixes_a, &b, &x.prefixes_a,
				      &x.nprefixes_a);
	if (code == 0)
		code = parse_prefixes(c, "prefixes_b", &in.prefixes_b, &a, &x.prefixes_b,
				      &x.nprefixes_b);
	if (code == 0)
		code = check_something_passes(c, &x);
	if (code != 0)
		return code;
	x.mesh_a = a.row;
	x.mesh_b = b.row;
	code = store_peering_insert(c->store, &x, &c->fault);
	if (code != 0)
		return code;
	touch(c, &x);
	return resource_created(c, &peering_resource, &x);
}

static int apply(struct call *c, struct peering *x, const struct wire *in, uint64_t present)
{
	struct mesh a, b;
	int code = store_mesh_get(c->store, x->mesh_a, &a, &c->fault);

	if (code == 0)
		code = store_mesh_get(c->store, x->mesh_b, &b, &c->fault);
	if (code == 0 && (present >> PREFIXES_A & 1) != 0)
		code = parse_prefixes(c, "prefixes_a", &in->prefixes_a, &b, &x->prefixes_a,
				      &x->nprefixes_a);
	if (code == 0 && (present >> PREFIXES_B & 1) != 0)
		code = parse_prefixes(c, "prefixes_b", &in->prefixes_b, &a, &x->prefixes_b,
				      &x->nprefixes_b);
	return code != 0 ? code : check_something_passes(c, x);
}

static int update(struct call *c, void *record)
{
	struct peering *x = record;
	struct wire in = {0};
	uint64_t present = 0;
	int code = call_decode(c, update_rows, &in, &present);

	if (code == 0)
		code = apply(c, x, &in, present);
	if (code == 0)
		code = store_peering_update(c->store, x, &c->fault);
	touch(c, x);
	return code;
}

static int drop(struct call *c, void *record)
{
	struct peering *x = record;

	touch(c, x);
	return store_peering_delete(c->store, x->row, &c->fault);
}

const struct resource peering_resource = {
	.noun = "peering",
	RESOURCE_RECORD(struct peering),
	.encode = encode,
	.list = list,
	.find = find,
	.update = update,
	.remove = drop,
};
