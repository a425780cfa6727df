/* Many agents that wait for news: a change reaches all of them at once, and no thread waits for
 * any. (`make bench` has ten thousand.) */
#include <dirent.h>
#include <poll.h>
#include <string.h>

#include "controller/controller.h"
#include "test/test.h"
#include "test/unit/controller/crowd.h"
#include "test/unit/controller/pollers.h"

#define MANY	500
#define NEWS_MS 10000

static struct stand api;

static int start(void)
{
	if (!stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\"}"))
		return 1;
	stand_pause(&api);
	return crowd_fill(&api, "prod", 0, MANY) && stand_resume(&api) ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

static size_t threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	size_t n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* Its new name is in the view, which all of the mesh have. */
static void change(const char *name)
{
	char path[160], body[100];

	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/machines?limit=1", NULL), 200);
	snprintf(path, sizeof(path), "/api/v1/machines/%s", stand_get(&api, "items.0.id"));
	snprintf(body, sizeof(body), "{\"name\":\"%s\"}", name);
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, body), 200);
}

static void a_change_reaches_all_who_wait(void)
{
	const struct pollers_options options = {
		.port = (uint16_t)server_port(api.controller->server, 0), .tls = true, .n = MANY};
	size_t before = threads();
	struct pollers *p = pollers_new(&options);
	struct stand_machine m;
	char etag[96];

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	TEST_NUMBER((long long)threads(), (long long)before);
	for (int i = 0; i < 500 && poll_count(api.controller->poll) < MANY; i++)
		poll(NULL, 0, 10);
	TEST_NUMBER((long long)poll_count(api.controller->poll), MANY);
	crowd_machine(0, &m);
	TEST_NUMBER(stand_call(&api, m.token, "GET", "/api/v1/mesh/config", NULL), 200);
	snprintf(etag, sizeof(etag), "%s", api.etag);
	/* Without a change nobody hears of any. */
	TEST_NUMBER((long long)pollers_await_news(p, etag, 200), 0);
	change("renamed");
	TEST_NUMBER((long long)pollers_await_news(p, etag, NEWS_MS), MANY);
	TEST_NUMBER((long long)poll_count(api.controller->poll), 0);
	pollers_free(p);
}

static void set_reflection(const char *path, const char *body, const char *warning)
{
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, body), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&api, "warnings.0"), warning));
}

static void a_full_mesh_of_so_many_is_warned_of(void)
{
	char path[160];

	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/meshes", NULL), 200);
	TEST_TEXT(stand_get(&api, "items.0.warnings.0"), "");
	snprintf(path, sizeof(path), "/api/v1/meshes/%s", stand_get(&api, "items.0.id"));
	set_reflection(path, "{\"route_reflector\":false}", "a BGP session with every other");
	set_reflection(path, "{\"route_reflector\":true}", "");
	TEST_TEXT(stand_get(&api, "warnings.0"), "");
}

/* BFD of 50 ms with 500 would be 10,000 packets a second. */
static void bfd_that_so_many_cannot_bear_is_warned_of(void)
{
	char mesh[160], machine[64], body[256];
	bool warned = false;
	json_t *x;
	size_t i;

	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/meshes", NULL), 200);
	snprintf(mesh, sizeof(mesh), "%s", stand_get(&api, "items.0.id"));
	TEST_NUMBER(stand_call(&api, api.admin, "GET", "/api/v1/machines?limit=1", NULL), 200);
	snprintf(machine, sizeof(machine), "%s", stand_get(&api, "items.0.id"));
	snprintf(body, sizeof(body), "{\"machine\":\"%s\",\"meshes\":[\"%.40s\"]}", machine, mesh);
	TEST_NUMBER(stand_call(&api, api.admin, "POST", "/api/v1/gateways", body), 200);
	snprintf(body, sizeof(body), "/api/v1/meshes/%.40s", mesh);
	TEST_NUMBER(stand_call(&api, api.admin, "GET", body, NULL), 200);
	TEST_TEXT(stand_get(&api, "warnings.1"), "");
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", body, "{\"bfd_interval_ms\":50}"), 200);
	json_array_foreach(json_object_get(api.json, "warnings"), i, x) {
		warned = warned || strstr(json_string_value(x),
					  "asks for BFD every 50 ms; with 500 members") != NULL;
		warned = warned && strstr(json_string_value(x), "use 200 ms, and notice a loss "
								"after 0.6 s") != NULL;
	}
	CU_ASSERT(warned);
}

TEST_SUITE_WITH(controller_crowd, start, stop,
		{"a change reaches all who wait", a_change_reaches_all_who_wait},
		{"a full mesh of so many is warned of", a_full_mesh_of_so_many_is_warned_of},
		{"BFD that so many cannot bear is warned of",
		 bfd_that_so_many_cannot_bear_is_warned_of});
