#include "lab/file.h"

#include <string.h>

#include "lib/base/file.h"

#define MTU_MIN 1280
#define MTU_MAX 9000

static const struct field_row mesh_rows[] = {
	{"name", FIELD_NAME, offsetof(struct lab_mesh, name), .required = true},
	{"cidr", FIELD_PREFIX, offsetof(struct lab_mesh, cidr), .required = true},
	{"default", FIELD_FLAG, offsetof(struct lab_mesh, is_default), .required = false},
	{"route_reflector", FIELD_FLAG, offsetof(struct lab_mesh, route_reflector),
	 .standard = "yes"},
	{"bfd_interval_ms", FIELD_NUMBER, offsetof(struct lab_mesh, bfd_interval_ms), .min = 10,
	 .max = 10000, .standard = "250"},
	{"bfd_multiplier", FIELD_NUMBER, offsetof(struct lab_mesh, bfd_multiplier), .min = 1,
	 .max = 50, .standard = "3"},
	{"stable_for_s", FIELD_NUMBER, offsetof(struct lab_mesh, stable_for_s), .min = 0,
	 .max = 3600, .standard = "0"},
	{0}};

static const struct field_row machine_rows[] = {
	{"name", FIELD_NAME, offsetof(struct lab_machine, name), .required = true,
	 .max = LAB_NAME_MAX},
	{"meshes", FIELD_NAMES, offsetof(struct lab_machine, meshes), .required = true},
	{0}};

static const struct field_row gateway_rows[] = {
	{"machine", FIELD_NAME, offsetof(struct lab_gateway, machine), .required = true},
	{"meshes", FIELD_NAMES, offsetof(struct lab_gateway, meshes), .required = true},
	{0}};

static const struct field_row prefix_rows[] = {
	{"machine", FIELD_NAME, offsetof(struct lab_prefix, machine), .required = true},
	{"mesh", FIELD_NAME, offsetof(struct lab_prefix, mesh), .required = true},
	{"prefix", FIELD_PREFIX, offsetof(struct lab_prefix, prefix), .required = true},
	{"priority", FIELD_NUMBER, offsetof(struct lab_prefix, priority), .min = 0, .max = 1000,
	 .standard = "100"},
	{"users", FIELD_NAMES, offsetof(struct lab_prefix, users), .required = false},
	{0}};

static const struct field_row peering_rows[] = {
	{"mesh_a", FIELD_NAME, offsetof(struct lab_peering, mesh_a), .required = true},
	{"mesh_b", FIELD_NAME, offsetof(struct lab_peering, mesh_b), .required = true},
	{"prefixes_a", FIELD_PREFIXES, offsetof(struct lab_peering, prefixes_a), .required = true},
	{"prefixes_b", FIELD_PREFIXES, offsetof(struct lab_peering, prefixes_b), .required = true},
	{0}};

static const struct field_row link_rows[] = {
	{"machine", FIELD_NAME, offsetof(struct lab_link, machine), .required = true},
	{"address", FIELD_ADDRESS, offsetof(struct lab_link, address), .required = false},
	{"mtu", FIELD_NUMBER, offsetof(struct lab_link, mtu), .min = MTU_MIN, .max = MTU_MAX,
	 .standard = "1500"},
	{0}};

static const struct field_row network_rows[] = {
	{"name", FIELD_NAME, offsetof(struct lab_network, name), .required = true,
	 .max = LAB_NAME_MAX},
	{"prefix", FIELD_PREFIX, offsetof(struct lab_network, prefix), .required = true},
	{"behind", FIELD_NAME, offsetof(struct lab_network, behind), .required = true},
	{"host", FIELD_ADDRESS, offsetof(struct lab_network, host), .required = false},
	{"mtu", FIELD_NUMBER, offsetof(struct lab_network, mtu), .min = MTU_MIN, .max = MTU_MAX,
	 .standard = "1500"},
	{0}};

#define ROWS(name_, type, table)                                                                   \
	{                                                                                          \
#name_, FIELD_ROWS, offsetof(struct lab_file, name_),                              \
			.rows = (table), .row_size = sizeof(struct type)                           \
	}

static const struct field_row file_rows[] = {
	{"name", FIELD_NAME, offsetof(struct lab_file, name), .required = true, .max = 20},
	ROWS(meshes, lab_mesh, mesh_rows),
	ROWS(machines, lab_machine, machine_rows),
	ROWS(gateways, lab_gateway, gateway_rows),
	ROWS(prefixes, lab_prefix, prefix_rows),
	ROWS(peerings, lab_peering, peering_rows),
	ROWS(links, lab_link, link_rows),
	ROWS(networks, lab_network, network_rows),
	{0}};

bool names_have(const struct field_list *names, const char *name)
{
	const char **at = names->at;

	for (size_t i = 0; i < names->n; i++)
		if (strcmp(at[i], name) == 0)
			return true;
	return false;
}

/* Finds in a list of structs by a member that is a name. */
#define FIND(list, type, member, wanted)                                                           \
	do {                                                                                       \
		const struct type *at_ = (list).at;                                                \
		for (size_t i_ = 0; i_ < (list).n; i_++)                                           \
			if (strcmp(at_[i_].member, wanted) == 0)                                   \
				return &at_[i_];                                                   \
		return NULL;                                                                       \
	} while (0)

const struct lab_mesh *lab_file_mesh(const struct lab_file *file, const char *name)
{
	FIND(file->meshes, lab_mesh, name, name);
}

const struct lab_machine *lab_file_machine(const struct lab_file *file, const char *name)
{
	FIND(file->machines, lab_machine, name, name);
}

const struct lab_gateway *lab_file_gateway(const struct lab_file *file, const char *machine)
{
	FIND(file->gateways, lab_gateway, machine, machine);
}

const struct lab_network *lab_file_network(const struct lab_file *file, const char *name)
{
	FIND(file->networks, lab_network, name, name);
}

static const struct lab_link *find_link(const struct lab_file *file, const char *machine)
{
	FIND(file->links, lab_link, machine, machine);
}

const struct lab_node *lab_file_node(const struct lab_file *file, const char *name)
{
	for (size_t i = 0; i < file->nnodes; i++)
		if (strcmp(file->nodes[i].name, name) == 0)
			return &file->nodes[i];
	return NULL;
}

bool lab_file_is_member(const struct lab_file *file, const char *machine, const char *mesh)
{
	const struct lab_machine *m = lab_file_machine(file, machine);
	const struct lab_gateway *g = lab_file_gateway(file, machine);

	return (m != NULL && names_have(&m->meshes, mesh)) ||
	       (g != NULL && names_have(&g->meshes, mesh));
}

/* ---- what the tables cannot say: names that refer to something, and are there once ---- */

struct checker {
	const char *where;
	const struct lab_file *file;
	struct fault *fault;
};

static int wrong(const struct checker *c, const struct field_mark *mark, int code, const char *what,
		 const char *name)
{
	return fault_set(c->fault, code, "%s:%u: %s '%s'", c->where, mark->line, what, name);
}

static int check_meshes(const struct checker *c)
{
	const struct lab_mesh *m = c->file->meshes.at;

	for (size_t i = 0; i < c->file->meshes.n; i++)
		if (lab_file_mesh(c->file, m[i].name) != &m[i])
			return wrong(c, &m[i].mark, ERR_EXISTS, "a second mesh", m[i].name);
	return 0;
}

static int check_mesh_names(const struct checker *c, const struct field_mark *mark,
			    const struct field_list *names)
{
	const char **at = names->at;

	if (names->n == 0)
		return fault_set(c->fault, ERR_INVALID, "%s:%u: meshes: want one at least",
				 c->where, mark->line);
	for (size_t i = 0; i < names->n; i++)
		if (lab_file_mesh(c->file, at[i]) == NULL)
			return wrong(c, mark, ERR_NOT_FOUND, "no mesh", at[i]);
	return 0;
}

static bool name_is_reserved(const char *name)
{
	return strcmp(name, LAB_CONTROLLER) == 0 || strcmp(name, LAB_UNDERLAY) == 0;
}

static int check_machines(const struct checker *c)
{
	const struct lab_machine *m = c->file->machines.at;
	int code = 0;

	if (c->file->machines.n > LAB_NODES_MAX)
		return fault_set(c->fault, ERR_TOO_LARGE, "%s: more than %d machines", c->where,
				 LAB_NODES_MAX);
	for (size_t i = 0; i < c->file->machines.n && code == 0; i++) {
		if (name_is_reserved(m[i].name))
			return wrong(c, &m[i].mark, ERR_INVALID, "the lab's own name", m[i].name);
		if (lab_file_machine(c->file, m[i].name) != &m[i])
			return wrong(c, &m[i].mark, ERR_EXISTS, "a second machine", m[i].name);
		code = check_mesh_names(c, &m[i].mark, &m[i].meshes);
	}
	return code;
}

static int check_gateways(const struct checker *c)
{
	const struct lab_gateway *g = c->file->gateways.at;
	int code = 0;

	for (size_t i = 0; i < c->file->gateways.n && code == 0; i++) {
		if (lab_file_machine(c->file, g[i].machine) == NULL)
			return wrong(c, &g[i].mark, ERR_NOT_FOUND, "no machine", g[i].machine);
		if (lab_file_gateway(c->file, g[i].machine) != &g[i])
			return wrong(c, &g[i].mark, ERR_EXISTS, "a second gateway", g[i].machine);
		code = check_mesh_names(c, &g[i].mark, &g[i].meshes);
	}
	return code;
}

static int check_prefixes(const struct checker *c)
{
	const struct lab_prefix *p = c->file->prefixes.at;

	for (size_t i = 0; i < c->file->prefixes.n; i++) {
		const char **users = p[i].users.at;

		if (lab_file_mesh(c->file, p[i].mesh) == NULL)
			return wrong(c, &p[i].mark, ERR_NOT_FOUND, "no mesh", p[i].mesh);
		if (!lab_file_is_member(c->file, p[i].machine, p[i].mesh))
			return wrong(c, &p[i].mark, ERR_NOT_FOUND,
				     "not in that mesh:", p[i].machine);
		for (size_t k = 0; k < p[i].users.n; k++)
			if (!lab_file_is_member(c->file, users[k], p[i].mesh))
				return wrong(c, &p[i].mark, ERR_NOT_FOUND,
					     "not in that mesh:", users[k]);
	}
	return 0;
}

static int check_peerings(const struct checker *c)
{
	const struct lab_peering *p = c->file->peerings.at;

	for (size_t i = 0; i < c->file->peerings.n; i++) {
		if (lab_file_mesh(c->file, p[i].mesh_a) == NULL)
			return wrong(c, &p[i].mark, ERR_NOT_FOUND, "no mesh", p[i].mesh_a);
		if (lab_file_mesh(c->file, p[i].mesh_b) == NULL)
			return wrong(c, &p[i].mark, ERR_NOT_FOUND, "no mesh", p[i].mesh_b);
		if (strcmp(p[i].mesh_a, p[i].mesh_b) == 0)
			return wrong(c, &p[i].mark, ERR_INVALID,
				     "a peering with itself:", p[i].mesh_a);
	}
	return 0;
}

static int check_links(const struct checker *c)
{
	const struct lab_link *l = c->file->links.at;

	for (size_t i = 0; i < c->file->links.n; i++) {
		if (strcmp(l[i].machine, LAB_CONTROLLER) != 0 &&
		    lab_file_machine(c->file, l[i].machine) == NULL)
			return wrong(c, &l[i].mark, ERR_NOT_FOUND, "no machine", l[i].machine);
		if (find_link(c->file, l[i].machine) != &l[i])
			return wrong(c, &l[i].mark, ERR_EXISTS, "a second link of", l[i].machine);
		if (l[i].address.family == FAMILY_IPV6)
			return wrong(c, &l[i].mark, ERR_UNSUPPORTED,
				     "IPv6 is for later:", l[i].machine);
		for (size_t k = 0; k < i; k++)
			if (l[k].address.family != FAMILY_NONE &&
			    address_equal(&l[k].address, &l[i].address))
				return wrong(c, &l[i].mark, ERR_EXISTS, "same address as",
					     l[k].machine);
	}
	return 0;
}

static int check_networks(const struct checker *c)
{
	struct lab_network *n = c->file->networks.at;

	for (size_t i = 0; i < c->file->networks.n; i++) {
		if (lab_file_machine(c->file, n[i].name) != NULL || name_is_reserved(n[i].name) ||
		    lab_file_network(c->file, n[i].name) != &n[i])
			return wrong(c, &n[i].mark, ERR_EXISTS, "that name is taken:", n[i].name);
		if (lab_file_machine(c->file, n[i].behind) == NULL)
			return wrong(c, &n[i].mark, ERR_NOT_FOUND, "no machine", n[i].behind);
		if (n[i].prefix.family != FAMILY_IPV4 || n[i].prefix.length > 28)
			return wrong(c, &n[i].mark, ERR_INVALID,
				     "want an IPv4 prefix, /28 or more:", n[i].name);
		if (n[i].host.family == FAMILY_NONE)
			n[i].host = address_ipv4(prefix_to_ipv4(&n[i].prefix) + 10);
		if (!prefix_has(&n[i].prefix, &n[i].host))
			return wrong(c, &n[i].mark, ERR_RANGE,
				     "host is outside the prefix:", n[i].name);
	}
	return 0;
}

/* ---- the underlay: each node's address, 192.0.2.1 upward where the file names none ---- */

static bool address_is_taken(const struct lab_file *file, const struct address *a)
{
	const struct lab_link *l = file->links.at;

	for (size_t i = 0; i < file->links.n; i++)
		if (address_equal(&l[i].address, a))
			return true;
	return false;
}

static void place_node(const struct lab_file *file, struct lab_node *node, const char *name,
		       uint32_t *next)
{
	const struct lab_link *link = find_link(file, name);

	node->name = name;
	node->mtu = link != NULL ? (uint32_t)link->mtu : 1500;
	if (link != NULL && link->address.family != FAMILY_NONE) {
		node->address = link->address;
		return;
	}
	do
		node->address = address_ipv4((*next)++);
	while (address_is_taken(file, &node->address));
}

static void place_nodes(struct lab_file *file, struct arena *arena)
{
	const struct lab_machine *m = file->machines.at;
	uint32_t next = 0xc0000201; /* 192.0.2.1, TEST-NET-1 */

	file->nnodes = file->machines.n + 1;
	file->nodes = arena_array(arena, file->nnodes, sizeof(*file->nodes));
	place_node(file, &file->nodes[0], LAB_CONTROLLER, &next);
	for (size_t i = 0; i < file->machines.n; i++)
		place_node(file, &file->nodes[i + 1], m[i].name, &next);
}

int lab_file_parse(const char *where, const char *text, size_t len, struct arena *arena,
		   struct lab_file *out, struct fault *f)
{
	static int (*const checks[])(const struct checker *) = {
		check_meshes,	check_machines, check_gateways, check_prefixes,
		check_peerings, check_links,	check_networks};
	const struct checker c = {where, out, f};
	int code = document_decode(where, text, len, file_rows, arena, out, f);

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && code == 0; i++)
		code = checks[i](&c);
	if (code == 0)
		place_nodes(out, arena);
	return code;
}

int lab_file_load(const char *path, struct arena *arena, struct lab_file *out, struct fault *f)
{
	struct buf text;
	int code;

	buf_init(&text);
	code = file_read(path, DOCUMENT_SIZE_MAX, &text, f);
	if (code == 0)
		code = lab_file_parse(path, buf_text(&text), text.len, arena, out, f);
	buf_fini(&text);
	return code;
}
