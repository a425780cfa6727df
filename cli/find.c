/* From the names that people use to the ids that the API takes. */
#include <string.h>

#include "cli/api.h"
#include "lib/base/buf.h"
#include "lib/mesh/id.h"
#include "lib/mesh/name.h"

#define NAMES_SHOWN 8

static const struct {
	const char *path, *noun;
} kinds[] = {
	[API_ORGANIZATION] = {"/organizations", "organization"},
	[API_MESH] = {"/meshes", "mesh"},
	[API_MACHINE] = {"/machines", "machine"},
};

static int not_found(struct cli *c, enum api_kind kind, const char *name, const json_t *items)
{
	struct buf names;
	size_t i;
	const json_t *item;
	int code;

	buf_init(&names);
	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		if (i == NAMES_SHOWN)
			break;
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", api_text(item, "name"));
	}
	if (names.len == 0)
		code = fault_set(&c->fault, ERR_NOT_FOUND, "no %s '%.63s': there is none at all",
				 kinds[kind].noun, name);
	else
		code = fault_set(&c->fault, ERR_NOT_FOUND, "no %s '%.63s'; there %s %s%s",
				 kinds[kind].noun, name, json_array_size(items) == 1 ? "is" : "are",
				 buf_text(&names),
				 json_array_size(items) > NAMES_SHOWN ? ", …" : "");
	buf_fini(&names);
	return code;
}

int api_find(struct cli *c, enum api_kind kind, const char *name, const json_t **out)
{
	struct id id;
	json_t *items;
	size_t i;
	json_t *item;
	int code;

	if (id_parse(name, &id)) {
		char text[ID_TEXT_MAX];

		return api_get(c, api_path(c, "%s/%s", kinds[kind].path, id_format(&id, text)),
			       out);
	}
	code = name_check(name, kinds[kind].noun, &c->fault);
	if (code == 0)
		code = api_list(c, kinds[kind].path, 0, &items);
	if (code != 0)
		return code;
	json_array_foreach(items, i, item) {
		if (strcmp(api_text(item, "name"), name) == 0) {
			*out = item;
			return 0;
		}
	}
	return not_found(c, kind, name, items);
}

int api_find_id(struct cli *c, enum api_kind kind, const char *name, const char **id)
{
	const json_t *object = NULL;
	int code = api_find(c, kind, name, &object);

	if (code == 0)
		*id = api_text(object, "id");
	return code;
}

int api_check_id(struct cli *c, const char *text, const char **id)
{
	char formatted[ID_TEXT_MAX];
	struct id parsed;

	if (!id_parse(text, &parsed))
		return fault_set(&c->fault, ERR_USAGE,
				 "'%.40s' is no id; the list shows them, as "
				 "01890a5d-ac96-774b-bcce-b302099a8057",
				 text);
	*id = arena_strdup(&c->arena, id_format(&parsed, formatted));
	return 0;
}

static int several(struct cli *c, const char *machine, const json_t *items)
{
	struct buf names;
	size_t i;
	const json_t *item;
	int code;

	buf_init(&names);
	json_array_foreach((json_t *)(uintptr_t)items, i, item) {
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", api_text(item, "mesh_name"));
	}
	code = fault_set(&c->fault, ERR_USAGE,
			 "'%.63s' is in several meshes (%s): say which with --mesh", machine,
			 buf_text(&names));
	buf_fini(&names);
	return code;
}

int api_find_membership(struct cli *c, const char *machine, const char *mesh, const json_t **out)
{
	const char *machine_id, *mesh_id = NULL;
	json_t *items;
	int code = api_find_id(c, API_MACHINE, machine, &machine_id);

	if (code == 0 && mesh != NULL)
		code = api_find_id(c, API_MESH, mesh, &mesh_id);
	if (code == 0)
		code = api_list(c,
				api_path(c, "/memberships?machine=%s%s%s", machine_id,
					 mesh_id != NULL ? "&mesh=" : "",
					 mesh_id != NULL ? mesh_id : ""),
				0, &items);
	if (code != 0)
		return code;
	if (json_array_size(items) > 1)
		return several(c, machine, items);
	if (json_array_size(items) == 0)
		return fault_set(&c->fault, ERR_NOT_FOUND, "machine '%.63s' is no member of %s%s",
				 machine, mesh != NULL ? "mesh " : "any mesh",
				 mesh != NULL ? mesh : "");
	*out = json_array_get(items, 0);
	return 0;
}

/* A map from id to name; NULL when the list could not be read. */
static json_t *names_of(struct cli *c, enum api_kind kind)
{
	json_t *items, *names, *item;
	size_t i;

	if (api_list(c, kinds[kind].path, 0, &items) != 0)
		return NULL;
	names = json_object();
	json_array_foreach(items, i, item) {
		json_object_set_new(names, api_text(item, "id"),
				    json_string(api_text(item, "name")));
	}
	return names;
}

static json_t *name_of(const json_t *names, const json_t *id)
{
	const json_t *name = json_object_get(names, json_string_value(id));

	return json_copy((json_t *)(uintptr_t)(name != NULL ? name : id));
}

int api_add_names(struct cli *c, enum api_kind kind, json_t *items, const char *member,
		  const char *name_member)
{
	json_t *names, *item, *id, *list;
	size_t i, n;

	if (json_array_size(items) == 0)
		return 0;
	names = names_of(c, kind);
	if (names == NULL)
		return c->fault.code;
	json_array_foreach(items, i, item) {
		json_t *ids = json_object_get(item, member);

		if (!json_is_array(ids)) {
			if (json_is_string(ids))
				json_object_set_new(item, name_member, name_of(names, ids));
			continue;
		}
		list = json_array();
		json_array_foreach(ids, n, id) {
			json_array_append_new(list, name_of(names, id));
		}
		json_object_set_new(item, name_member, list);
	}
	json_decref(names);
	return 0;
}
