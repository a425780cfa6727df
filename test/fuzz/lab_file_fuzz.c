/* A lab's file: YAML by tables, and the fleet that it is to be. What is taken refers only to what
 * is there, and each machine has a place of its own. */
#include "lab/file.h"
#include "test/fuzz/fuzz.h"

static void check_names(const struct lab_file *file)
{
	const struct lab_machine *m = file->machines.at;
	const struct lab_prefix *p = file->prefixes.at;
	const struct lab_network *n = file->networks.at;

	for (size_t i = 0; i < file->machines.n; i++) {
		const char **meshes = m[i].meshes.at;

		FUZZ_HOLDS(strlen(m[i].name) <= LAB_NAME_MAX && m[i].meshes.n > 0);
		for (size_t k = 0; k < m[i].meshes.n; k++)
			FUZZ_HOLDS(lab_file_mesh(file, meshes[k]) != NULL);
		FUZZ_HOLDS(lab_file_node(file, m[i].name) != NULL);
	}
	for (size_t i = 0; i < file->prefixes.n; i++)
		FUZZ_HOLDS(lab_file_is_member(file, p[i].machine, p[i].mesh));
	for (size_t i = 0; i < file->networks.n; i++)
		FUZZ_HOLDS(prefix_has(&n[i].prefix, &n[i].host));
}

static void check_places(const struct lab_file *file)
{
	FUZZ_HOLDS(file->nnodes == file->machines.n + 1 && file->nnodes <= LAB_NODES_MAX + 1);
	for (size_t i = 0; i < file->nnodes; i++)
		for (size_t k = 0; k < i; k++)
			FUZZ_HOLDS(
				!address_equal(&file->nodes[i].address, &file->nodes[k].address));
}

static void run(const uint8_t *data, size_t size)
{
	struct lab_file file = {0};
	struct fault f = {0};
	struct arena arena;

	arena_init(&arena);
	if (lab_file_parse("fuzz", (const char *)data, size, &arena, &file, &f) == 0) {
		check_names(&file);
		check_places(&file);
	} else {
		FUZZ_HOLDS(f.code != 0 && strncmp(f.text, "fuzz", 4) == 0);
	}
	arena_fini(&arena);
}

FUZZ_TARGET(lab_file, run);
