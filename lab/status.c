#include "lab/status.h"

#include <glob.h>
#include <string.h>

#include "lab/machine.h"

/* docs/json/skein-lab-status.v1.json */
#define STATUS_SCHEMA "skein-lab-status.v1"

static const char *const socket_patterns[] = {"/run/skein/agent.sock", "/run/skein/*/bird.ctl"};

/* Control sockets inside a machine. */
static int find_sockets(void *context)
{
	glob_t *found = context;

	for (size_t i = 0; i < sizeof(socket_patterns) / sizeof(socket_patterns[0]); i++)
		glob(socket_patterns[i], i > 0 ? GLOB_APPEND : 0, NULL, found);
	return 0;
}

static const char *namespace_of(const struct place *p)
{
	return strrchr(p->net, '/') + 1;
}

static const char *as_text(const struct operator_member *m, char out[24])
{
	snprintf(out, 24, "AS %u", m->asn);
	return out;
}

#define ROW "%-12s %-16s %-28s %-14s %-16s %-8s %s\n"

void status_print_members(const struct lab *lab, const operator_member_vec *members, FILE *to)
{
	char underlay[ADDRESS_TEXT_MAX], mesh[ADDRESS_TEXT_MAX], as[24];

	fprintf(to, ROW, "MACHINE", "UNDERLAY", "NAMESPACE", "MESH", "ADDRESS", "ROLE", "");
	for (size_t i = 0; i < lab->file.nnodes; i++) {
		const struct lab_node *node = &lab->file.nodes[i];
		const char *name = node->name;
		struct place p;
		bool any = false;

		lab_place(lab, name, &p);
		address_format(&node->address, underlay);
		for (size_t k = 0; k < members->n; k++) {
			const struct operator_member *m = &members->at[k];

			if (strcmp(m->machine, node->name) != 0)
				continue;
			fprintf(to, ROW, name, any ? "" : underlay, any ? "" : namespace_of(&p),
				m->mesh, address_format(&m->address, mesh), m->role,
				as_text(m, as));
			any = true;
			name = "";
		}
		if (!any)
			fprintf(to, ROW, name, underlay, namespace_of(&p), "", "", "", "");
	}
}

static void print_networks(const struct lab *lab, FILE *to)
{
	const struct lab_network *n = lab->file.networks.at;
	char host[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < lab->file.networks.n; i++)
		fprintf(to, "host %s: %s in %s, behind %s\n", n[i].name,
			address_format(&n[i].host, host), prefix_format(&n[i].prefix, prefix),
			n[i].behind);
}

static void print_sockets(const struct lab *lab, FILE *to)
{
	for (size_t i = 0; i < lab->file.nnodes; i++) {
		struct place p;
		glob_t found = {0};

		lab_place(lab, lab->file.nodes[i].name, &p);
		if (place_inside(&p, find_sockets, &found, NULL) == 0 && found.gl_pathc > 0) {
			fprintf(to, "sockets in %s:", lab->file.nodes[i].name);
			for (size_t k = 0; k < found.gl_pathc; k++)
				fprintf(to, " %s", found.gl_pathv[k]);
			fputc('\n', to);
		}
		globfree(&found);
	}
}

static json_t *members_json(const operator_member_vec *members, const char *machine)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < members->n; i++) {
		const struct operator_member *m = &members->at[i];

		if (strcmp(m->machine, machine) == 0)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:s, s:I, s:b}", "id", m->id,
						"mesh", m->mesh, "address",
						address_format(&m->address, text), "role", m->role,
						"asn", (json_int_t)m->asn, "current", m->current));
	}
	return list;
}

static json_t *sockets_json(const struct place *p)
{
	json_t *list = json_array();
	glob_t found = {0};

	if (place_inside(p, find_sockets, &found, NULL) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			json_array_append_new(list, json_string(found.gl_pathv[i]));
	globfree(&found);
	return list;
}

static json_t *machine_json(const struct lab *lab, const struct lab_node *node,
			    const operator_member_vec *members)
{
	char text[ADDRESS_TEXT_MAX];
	struct place p;

	lab_place(lab, node->name, &p);
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", node->name, "namespace",
			 namespace_of(&p), "underlay", address_format(&node->address, text),
			 "memberships", members_json(members, node->name), "sockets",
			 sockets_json(&p));
}

static json_t *host_json(const struct lab *lab, const struct lab_network *n)
{
	char host[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX];
	struct place p;

	lab_place(lab, n->name, &p);
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "name", n->name, "namespace",
			 namespace_of(&p), "address", address_format(&n->host, host), "prefix",
			 prefix_format(&n->prefix, prefix), "behind", n->behind);
}

static void print_json(const struct lab *lab, const operator_member_vec *members,
		       const struct fault *unknown, FILE *to)
{
	const struct lab_network *n = lab->file.networks.at;
	json_t *machines = json_array(), *hosts = json_array(), *root;

	for (size_t i = 0; i < lab->file.nnodes; i++)
		json_array_append_new(machines, machine_json(lab, &lab->file.nodes[i], members));
	for (size_t i = 0; i < lab->file.networks.n; i++)
		json_array_append_new(hosts, host_json(lab, &n[i]));
	root = json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "schema", STATUS_SCHEMA, "lab",
			 lab->name, "directory", lab->dir, "whole", lab->record.whole, "error",
			 unknown->code != 0 ? json_string(unknown->text) : json_null(), "machines",
			 machines, "hosts", hosts);
	json_dumpf(root, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(root);
}

/* Of a bare lab there are none to know. */
static void read_members(struct lab *lab, struct arena *arena, operator_member_vec *out,
			 struct fault *unknown)
{
	if (record_find(&lab->record, LAB_CONTROLLER, "skein-controller") == NULL)
		return;
	if (!machine_runs(lab, LAB_CONTROLLER, "skein-controller"))
		fault_set(unknown, ERR_NOT_FOUND,
			  "memberships are not known: the controller does not run");
	else if (operator_members(lab, arena, out, unknown) != 0)
		fault_prefix(unknown, "memberships are not known");
}

int status_print(struct lab *lab, bool json, FILE *to, struct fault *f)
{
	operator_member_vec members = {0};
	struct fault unknown = {0};
	struct arena arena;

	arena_init(&arena);
	read_members(lab, &arena, &members, &unknown);
	if (json) {
		print_json(lab, &members, &unknown, to);
	} else {
		if (unknown.code != 0 && lab->record.whole) /* else that is the reason */
			fprintf(to, "%s\n\n", unknown.text);
		status_print_members(lab, &members, to);
		print_networks(lab, to);
		print_sockets(lab, to);
	}
	vec_free(&members);
	arena_fini(&arena);
	fflush(to);
	return lab_check_whole(lab, f);
}
