#include "test/net/explain_world.h"

#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/steps.h"
#include "test/test.h"

#define SETTLE_MS 30000

static const char yaml[] =
	"name: t-explain\n"
	"meshes: [{name: home, cidr: 10.141.0.0/16}, {name: away, cidr: 10.142.0.0/16}]\n"
	"machines:\n"
	"  - {name: a, meshes: [home]}\n"
	"  - {name: b, meshes: [home]}\n"
	"  - {name: r, meshes: [home]}\n"
	"  - {name: d, meshes: [home]}\n"
	"  - {name: c, meshes: [away]}\n"
	"  - {name: g, meshes: [home, away]}\n"
	"gateways: [{machine: g, meshes: [home, away]}]\n"
	"prefixes:\n"
	"  - {machine: b, mesh: home, prefix: 172.20.44.0/24}\n"
	"  - {machine: r, mesh: home, prefix: 172.20.44.0/24}\n"
	"  - {machine: c, mesh: away, prefix: 172.20.43.0/24}\n"
	"peerings:\n"
	"  - {mesh_a: home, mesh_b: away, prefixes_a: [10.141.0.0/16],\n"
	"     prefixes_b: [10.142.0.0/16, 172.20.43.0/24]}\n"
	"networks: [{name: barn, prefix: 172.20.43.0/24, behind: c}]\n";

int explain_world_make(void)
{
	char file[200], line[300];
	struct buf said;
	int status;

	snprintf(file, sizeof(file), "%s/t-explain.yaml", test_dir());
	if (file_write(file, yaml, sizeof(yaml) - 1, 0644, NULL) != 0)
		return -1;
	snprintf(line, sizeof(line), "up %s", file);
	buf_init(&said);
	status = steps_run(EXPLAIN_LAB, line, &said);
	if (status != 0)
		printf("%s\n", buf_text(&said));
	buf_fini(&said);
	return status;
}

int explain_world_end(void)
{
	int status = getenv("SKEIN_LAB_KEEP") != NULL
			     ? 0
			     : steps_run(EXPLAIN_LAB, EXPLAIN_NAMED "down", NULL);

	return status == 0 || status == 7 ? 0 : -1;
}

const char *explain_address(const char *machine, const char *mesh)
{
	static char kept[16][64]; /* "machine mesh" and the address behind its NUL */
	char name[40];
	json_t *all, *m;
	struct buf said;
	size_t i, k = 0;

	snprintf(name, sizeof(name), "%s %s", machine, mesh);
	while (k < 16 && kept[k][0] != '\0' && strcmp(kept[k], name) != 0)
		k++;
	if (k < 16 && kept[k][0] != '\0')
		return kept[k] + strlen(name) + 1;
	TEST_MUST(k < 16);
	buf_init(&said);
	TEST_NUMBER(steps_run(EXPLAIN_LAB, EXPLAIN_ASK("membership list --json"), &said), 0);
	all = json_loads(buf_text(&said), 0, NULL);
	json_array_foreach(json_object_get(all, "items"), i, m) {
		if (strcmp(json_string_value(json_object_get(m, "machine_name")), machine) != 0 ||
		    strcmp(json_string_value(json_object_get(m, "mesh_name")), mesh) != 0)
			continue;
		snprintf(kept[k], sizeof(kept[k]), "%s", name);
		snprintf(kept[k] + strlen(name) + 1, sizeof(kept[k]) - strlen(name) - 1, "%s",
			 json_string_value(json_object_get(m, "address")));
	}
	json_decref(all);
	buf_fini(&said);
	TEST_MUST(kept[k][0] != '\0');
	return kept[k] + strlen(name) + 1;
}

void explain_await(const char *line, int status, const char *part, struct buf *said)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);
	int got;

	for (;;) {
		buf_clear(said);
		got = steps_run(EXPLAIN_LAB, line, said);
		if ((got == status && strstr(buf_text(said), part) != NULL) ||
		    mono_reached(deadline, mono_now()))
			break;
		poll(NULL, 0, 100);
	}
	if (got != status || strstr(buf_text(said), part) == NULL)
		TEST_FAIL("%s: want status %d and '%s', got %d: %s", line, status, part, got,
			  buf_text(said));
}
