/* A lab's file: the fleet (meshes, machines, gateways, prefixes, peerings, in the words of the API)
 * and what it stands on (links: each machine's place on the underlay; networks: hosts behind a
 * machine). docs/lab.md is its manual, examples/ has some. */
#ifndef SKEIN_LAB_FILE_H
#define SKEIN_LAB_FILE_H

#include "lab/document.h"
#include "lib/net/prefix.h"

/* A machine's name is also that of its cable in the underlay: an interface's name has 15 bytes. */
#define LAB_NAME_MAX  15
#define LAB_NODES_MAX 250

#define LAB_CONTROLLER "controller"
#define LAB_UNDERLAY   "underlay"

struct lab_mesh {
	struct field_mark mark;
	const char *name;
	struct prefix cidr;
	bool is_default, route_reflector;
	int64_t bfd_interval_ms, bfd_multiplier, stable_for_s;
};

struct lab_machine {
	struct field_mark mark;
	const char *name;
	struct field_list meshes; /* names; the first is the one whose token it joins with */
};

struct lab_gateway {
	struct field_mark mark;
	const char *machine;
	struct field_list meshes; /* names */
};

struct lab_prefix {
	struct field_mark mark;
	const char *machine, *mesh;
	struct prefix prefix;
	int64_t priority;
	struct field_list users; /* machine names; empty: all of the mesh */
};

struct lab_peering {
	struct field_mark mark;
	const char *mesh_a, *mesh_b;
	struct field_list prefixes_a, prefixes_b;
};

struct lab_link {
	struct field_mark mark;
	const char *machine;
	struct address address; /* on the underlay; family 0: one is chosen */
	int64_t mtu;
};

struct lab_network {
	struct field_mark mark;
	const char *name; /* of the host in it, too */
	struct prefix prefix;
	const char *behind;  /* the machine that is its router, at the first address */
	struct address host; /* family 0: the tenth address */
	int64_t mtu;
};

/* What has a cable to the underlay: the controller and the machines. */
struct lab_node {
	const char *name;
	struct address address;
	uint32_t mtu;
};

struct lab_file {
	const char *name;
	struct field_list meshes, machines, gateways, prefixes, peerings, links, networks;
	struct lab_node *nodes; /* the controller first, then the machines in order */
	size_t nnodes;
};

/* Reads and checks; everything lives in the arena. Errors name file and line. */
int lab_file_load(const char *path, struct arena *arena, struct lab_file *out, struct fault *f);
int lab_file_parse(const char *where, const char *text, size_t len, struct arena *arena,
		   struct lab_file *out, struct fault *f);

const struct lab_mesh *lab_file_mesh(const struct lab_file *file, const char *name);
const struct lab_machine *lab_file_machine(const struct lab_file *file, const char *name);
const struct lab_gateway *lab_file_gateway(const struct lab_file *file, const char *machine);
const struct lab_network *lab_file_network(const struct lab_file *file, const char *name);
const struct lab_node *lab_file_node(const struct lab_file *file, const char *name);
/* True when the file wants this machine in this mesh, as member or as gateway. */
bool lab_file_is_member(const struct lab_file *file, const char *machine, const char *mesh);
bool names_have(const struct field_list *names, const char *name);

#endif
