#include "lab/file.h"

#include <dirent.h>
#include <string.h>

#include "test/test.h"

#define HEAD                                                                                       \
	"name: t\n"                                                                                \
	"meshes:\n"                                                                                \
	"  - {name: prod, cidr: 10.1.0.0/16}\n"                                                    \
	"  - {name: staging, cidr: 10.2.0.0/16}\n"                                                 \
	"machines:\n"                                                                              \
	"  - {name: a, meshes: [prod]}\n"                                                          \
	"  - {name: b, meshes: [staging]}\n"

static int parse(struct arena *arena, const char *text, struct lab_file *out, struct fault *f)
{
	memset(out, 0, sizeof(*out));
	return lab_file_parse("t.yaml", text, strlen(text), arena, out, f);
}

static void every_example_parses(void)
{
	DIR *dir = opendir("examples");
	struct dirent *entry;
	unsigned n = 0;

	TEST_MUST(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);
		struct lab_file file = {0};
		struct fault f = {0};
		struct arena arena;
		char path[300];

		if (len < 5 || strcmp(entry->d_name + len - 5, ".yaml") != 0)
			continue;
		snprintf(path, sizeof(path), "examples/%s", entry->d_name);
		arena_init(&arena);
		if (lab_file_load(path, &arena, &file, &f) != 0)
			TEST_FAIL("%s", f.text);
		arena_fini(&arena);
		n++;
	}
	closedir(dir);
	CU_ASSERT(n >= 2);
}

static void values_arrive(void)
{
	struct lab_file file;
	struct fault f = {0};
	struct arena arena;
	char text[ADDRESS_TEXT_MAX];

	arena_init(&arena);
	TEST_NUMBER(parse(&arena,
			  HEAD
			  "gateways:\n"
			  "  - {machine: a, meshes: [prod, staging]}\n"
			  "prefixes:\n"
			  "  - {machine: b, mesh: staging, prefix: 172.20.5.0/24, users: [a]}\n"
			  "links:\n"
			  "  - {machine: b, address: 192.0.2.1, mtu: 1400}\n"
			  "networks:\n"
			  "  - {name: lan, prefix: 172.20.5.0/24, behind: b}\n",
			  &file, &f),
		    0);
	TEST_TEXT(f.text, "");
	CU_ASSERT(lab_file_mesh(&file, "prod")->route_reflector);
	CU_ASSERT(!lab_file_mesh(&file, "prod")->is_default);
	TEST_NUMBER(lab_file_mesh(&file, "prod")->bfd_interval_ms, 250);
	CU_ASSERT(lab_file_is_member(&file, "a", "staging"));
	CU_ASSERT(!lab_file_is_member(&file, "b", "prod"));
	TEST_NUMBER(((struct lab_prefix *)file.prefixes.at)->priority, 100);
	TEST_TEXT(address_format(&lab_file_network(&file, "lan")->host, text), "172.20.5.10");
	TEST_NUMBER(file.nnodes, 3);
	/* 192.0.2.1 is b's by the file: the others come after it. */
	TEST_TEXT(address_format(&lab_file_node(&file, "controller")->address, text), "192.0.2.2");
	TEST_TEXT(address_format(&lab_file_node(&file, "a")->address, text), "192.0.2.3");
	TEST_TEXT(address_format(&lab_file_node(&file, "b")->address, text), "192.0.2.1");
	TEST_NUMBER(lab_file_node(&file, "b")->mtu, 1400);
	arena_fini(&arena);
}

struct bad {
	const char *text, *want;
};

static const struct bad bads[] = {
	{"", "t.yaml: empty"},
	{"- a\n", "t.yaml:1: want keys with values, 'name: x'"},
	{"name: [x]\n", "t.yaml:1: name: want one short value"},
	{"name: X\n", "t.yaml:1: name: want a name of a-z, 0-9 and '-', not at either end"},
	{"name: a-\n", "t.yaml:1: name: want a name of a-z, 0-9 and '-', not at either end"},
	{"name: abcdefghijklmnopqrstu\n",
	 "t.yaml:1: name: 'abcdefghijklmnopqrstu' is longer than 20"},
	{"meshes: []\n", "t.yaml:1: 'name' is missing"},
	{"name: t\nname: u\n", "t.yaml:2: 'name' is there twice"},
	{"name: t\ncolour: red\n", "t.yaml:2: no such key: 'colour'; want one of: name, meshes, "
				   "machines, gateways, prefixes, peerings, links, networks"},
	{"name: &x t\nmeshes: *x\n", "t.yaml:2: an alias (*x) is not taken"},
	{"name: t\nmeshes: {a: b}\n", "t.yaml:2: meshes: want a list"},
	{"name: t\nmeshes:\n  - {name: a}\n", "t.yaml:3: 'cidr' is missing"},
	{"name: t\nmeshes:\n  - {name: a, cidr: 10.0.0.1/8}\n", NULL},
	{"name: t\nmeshes:\n  - {name: a, cidr: 10.0.0.0/8, default: maybe}\n",
	 "t.yaml:3: default: want true or false"},
	{"name: t\nmeshes:\n  - {name: a, cidr: 10.0.0.0/8, bfd_multiplier: 99}\n",
	 "t.yaml:3: bfd_multiplier: 99 is out of range, 1 to 50"},
	{"name: t\nmeshes:\n  - {name: a, cidr: 10.0.0.0/8, bfd_multiplier: 3x}\n",
	 "t.yaml:3: bfd_multiplier: want a number"},
	{HEAD "  - {name: a, meshes: [prod]}\n", "t.yaml:8: a second machine 'a'"},
	{HEAD "  - {name: c, meshes: [x]}\n", "t.yaml:8: no mesh 'x'"},
	{HEAD "  - {name: c, meshes: []}\n", "t.yaml:8: meshes: want one at least"},
	{HEAD "  - {name: controller, meshes: [prod]}\n",
	 "t.yaml:8: the lab's own name 'controller'"},
	{HEAD "  - {name: a-name-of-16-chr, meshes: [prod]}\n", NULL},
	{HEAD "gateways:\n  - {machine: z, meshes: [prod]}\n", "t.yaml:9: no machine 'z'"},
	{HEAD "prefixes:\n  - {machine: a, mesh: staging, prefix: 172.16.0.0/24}\n",
	 "t.yaml:9: not in that mesh: 'a'"},
	{HEAD "peerings:\n  - {mesh_a: prod, mesh_b: prod, prefixes_a: [], prefixes_b: []}\n",
	 "t.yaml:9: a peering with itself: 'prod'"},
	{HEAD
	 "links:\n  - {machine: a, address: 192.0.2.1}\n  - {machine: b, address: 192.0.2.1}\n",
	 "t.yaml:10: same address as 'a'"},
	{HEAD "links:\n  - {machine: a, address: fd00::1}\n", "t.yaml:9: IPv6 is for later: 'a'"},
	{HEAD "links:\n  - {machine: a, address: 192.0.2.300}\n", NULL},
	{HEAD "networks:\n  - {name: a, prefix: 172.20.0.0/24, behind: a}\n",
	 "t.yaml:9: that name is taken: 'a'"},
	{HEAD "networks:\n  - {name: n, prefix: 172.20.0.0/24, behind: a, host: 10.0.0.1}\n",
	 "t.yaml:9: host is outside the prefix: 'n'"},
	{"name: \"a\\0b\"\n", "t.yaml:1: name: want one short value"},
	{"name: t\nmeshes: [\n", NULL},
};

static void errors_name_the_line(void)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct lab_file file;
		struct fault f = {0};
		struct arena arena;

		arena_init(&arena);
		if (parse(&arena, bads[i].text, &file, &f) == 0)
			TEST_FAIL("taken: %s", bads[i].text);
		else if (bads[i].want != NULL)
			TEST_TEXT(f.text, bads[i].want);
		arena_fini(&arena);
	}
}

static void sizes_are_bounded(void)
{
	struct lab_file file = {0};
	struct fault f = {0};
	struct arena arena;
	char *text = mem_alloc(DOCUMENT_SIZE_MAX + 2);

	memset(text, ' ', DOCUMENT_SIZE_MAX + 1);
	arena_init(&arena);
	TEST_NUMBER(lab_file_parse("t.yaml", text, DOCUMENT_SIZE_MAX + 1, &arena, &file, &f),
		    ERR_TOO_LARGE);
	memset(text, '[', 5000);
	f.code = 0;
	CU_ASSERT(lab_file_parse("t.yaml", text, 5000, &arena, &file, &f) != 0);
	arena_fini(&arena);
	free(text);
}

TEST_SUITE(lab_file, {"every example parses", every_example_parses},
	   {"values arrive", values_arrive}, {"errors name the line", errors_name_the_line},
	   {"sizes are bounded", sizes_are_bounded});
