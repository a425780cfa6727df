/* With a controller: names and addresses by its memberships and prefixes, machines asked by it. */
#include <string.h>

#include "cli/api.h"
#include "cli/explain/explain.h"
#include "cli/remote.h"

#define EVIDENCE_MAX (1u << 20)

/* ---- who is meant ---- */

struct fleet {
	json_t *memberships, *prefixes;
};

static int read_fleet(struct cli *c, struct fleet *out)
{
	int code = api_list(c, "/memberships", 0, &out->memberships);

	return code == 0 ? api_list(c, "/prefixes", 0, &out->prefixes) : code;
}

static const json_t *member_at(const struct fleet *f, const char *address)
{
	const json_t *m;
	size_t i;

	json_array_foreach(f->memberships, i, m)
		if (strcmp(api_text(m, "address"), address) == 0)
			return m;
	return NULL;
}

static bool is_in_mesh(const struct fleet *f, const char *machine, const char *mesh)
{
	const json_t *m;
	size_t i;

	json_array_foreach(f->memberships, i, m)
		if (strcmp(api_text(m, "machine_name"), machine) == 0 &&
		    strcmp(api_text(m, "mesh"), mesh) == 0)
			return true;
	return false;
}

/* Of a machine by name or id: the membership in a mesh of the other one, or its first. */
static const json_t *member_of(const struct fleet *f, const char *name, const char *other)
{
	const json_t *m, *first = NULL;
	size_t i;

	json_array_foreach(f->memberships, i, m) {
		if (strcmp(api_text(m, "machine_name"), name) != 0 &&
		    strcmp(api_text(m, "machine"), name) != 0)
			continue;
		if (other != NULL && is_in_mesh(f, other, api_text(m, "mesh")))
			return m;
		if (first == NULL)
			first = m;
	}
	return first;
}

/* The longest approved prefix that has it. */
static const char *announcer_of(const struct fleet *f, const struct address *address)
{
	const char *name = NULL;
	const json_t *p;
	int longest = 0; /* an exit has everything, and says nothing about who has it */
	size_t i;

	json_array_foreach(f->prefixes, i, p) {
		struct prefix x;

		if (!json_is_true(json_object_get(p, "approved")) ||
		    prefix_parse(api_text(p, "prefix"), &x, NULL) != 0 ||
		    !prefix_has(&x, address) || x.length <= longest)
			continue;
		longest = x.length;
		name = api_text(p, "machine_name");
	}
	return name;
}

static int resolve_name(struct cli *c, const struct fleet *f, const char *other,
			struct explain_end *e)
{
	const json_t *machine, *m = member_of(f, e->text, other);
	int code;

	e->named = true;
	if (m == NULL) {
		code = api_find(c, API_MACHINE, e->text, &machine);
		return code != 0 ? code
				 : fault_set(&c->fault, ERR_NOT_FOUND,
					     "machine %s is in no mesh: skein membership add",
					     e->text);
	}
	e->machine = api_text(m, "machine_name");
	return address_parse(api_text(m, "address"), &e->address, &c->fault);
}

static int resolve(struct cli *c, const struct fleet *f, const char *other, struct explain_end *e)
{
	char text[ADDRESS_TEXT_MAX];
	const json_t *m;

	if (address_parse(e->text, &e->address, NULL) != 0)
		return resolve_name(c, f, other, e);
	m = member_at(f, address_format(&e->address, text));
	e->machine = m != NULL ? api_text(m, "machine_name") : announcer_of(f, &e->address);
	return 0;
}

int explain_resolve(struct cli *c, struct explain_end *from, struct explain_end *to)
{
	struct fleet f = {0};
	int code = read_fleet(c, &f);

	if (code == 0)
		code = resolve(c, &f, to->text, from);
	if (code == 0 && from->machine == NULL)
		code = fault_set(&c->fault, ERR_NOT_FOUND,
				 "no machine has %s, and none has an approved prefix with it: "
				 "skein machine list, skein prefix list",
				 from->text);
	return code == 0 ? resolve(c, &f, from->machine, to) : code;
}

/* ---- asking ---- */

static bool take(void *context, const char *data, size_t n)
{
	struct buf *said = context;

	if (said->len + n > EVIDENCE_MAX)
		return false;
	buf_append(said, data, n);
	return true;
}

static void add_address(json_t *words, const char *option, const struct address *x)
{
	char text[ADDRESS_TEXT_MAX];

	if (x->family != FAMILY_NONE)
		json_array_append_new(words,
				      json_sprintf("--%s=%s", option, address_format(x, text)));
}

static json_t *words_of(const struct hop_question *q)
{
	char text[ADDRESS_TEXT_MAX];
	json_t *words = json_pack("[s]", "hop");

	add_address(words, "source", &q->from);
	add_address(words, "previous", &q->previous);
	if (q->probe)
		json_array_append_new(words, json_string("--probe"));
	json_array_append_new(words, json_string("--json"));
	json_array_append_new(words, json_string(address_format(&q->to, text)));
	return words;
}

int explain_ask_there(void *context, const char *machine, const struct hop_question *q,
		      struct arena *a, struct hop *out, struct fault *f)
{
	struct cli *c = context;
	json_t *object = NULL;
	struct buf said;
	int code;

	buf_init(&said);
	c->fault = (struct fault){0};
	code = remote_ask(c, machine, words_of(q), take, &said);
	if (code != 0)
		fault_set(f, code, "%s", fault_text(&c->fault, code));
	c->fault = (struct fault){0};
	if (code == 0) {
		object = json_parse(buf_text(&said), said.len, f);
		code = object != NULL ? 0 : f->code;
	}
	if (code == 0)
		code = json_decode(object, hop_rows, MEMBERS_LENIENT, a, out, NULL, f);
	if (code == 0 && (out->to == NULL || out->delivered == NULL || out->intent.kind == NULL))
		code = fault_set(f, ERR_INVALID, "its answer is no evidence");
	json_decref(object);
	buf_fini(&said);
	return code;
}
