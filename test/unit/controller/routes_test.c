#include "controller/http/routes.h"

#include <stdio.h>
#include <string.h>

#include "controller/api/table.h"
#include "test/test.h"

#define ID   "01a1fe59-425a-7984-8b5f-dc45bf79fddf"
#define ID_2 "01a1fe59-425a-7984-8b5f-dc45bf79fdd0"

static void each_row_is_found_by_its_path(void)
{
	struct routes *routes = routes_new(api_routes);
	const struct route *found;
	char allow[ROUTES_ALLOW_MAX], path[128], text[ID_TEXT_MAX];
	struct id id;

	for (const struct route *r = api_routes; r->path != NULL; r++) {
		const char *brace = strstr(r->path, "{id}");

		if (brace != NULL)
			snprintf(path, sizeof(path), "%.*s" ID "%s", (int)(brace - r->path),
				 r->path, brace + 4);
		else
			snprintf(path, sizeof(path), "%s", r->path);
		TEST_NUMBER(routes_match(routes, method_text(r->method), path, &found, &id, allow),
			    0);
		CU_ASSERT_PTR_EQUAL(found, r);
		if (brace != NULL)
			TEST_TEXT(id_format(&id, text), ID);
		else
			CU_ASSERT_TRUE(id_is_zero(&id));
	}
	routes_free(routes);
}

static void what_is_not_there(void)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"healthz",
		"/healthz/",
		"/api/v1/meshes/{id}",
		("/api/v1/meshes/" ID "/" ID_2),
		("/api/v1/" ID),
		"/api/v1/meshes/01a1fe59-425a-7984-8b5f-dc45bf79fdd",
	};
	struct routes *routes = routes_new(api_routes);
	const struct route *found;
	char allow[ROUTES_ALLOW_MAX];
	struct id id;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (routes_match(routes, "GET", paths[i], &found, &id, allow) != ERR_NOT_FOUND)
			TEST_FAIL("'%s' is found", paths[i]);
		else
			CU_PASS("not found");
	routes_free(routes);
}

static void methods(void)
{
	struct routes *routes = routes_new(api_routes);
	const struct route *found;
	char allow[ROUTES_ALLOW_MAX];
	struct id id;

	TEST_NUMBER(routes_match(routes, "HEAD", "/api/v1/meshes", &found, &id, allow), 0);
	TEST_NUMBER(found->method, METHOD_GET);
	TEST_NUMBER(routes_match(routes, "BREW", "/api/v1/meshes/" ID, &found, &id, allow),
		    ERR_UNSUPPORTED);
	TEST_TEXT(allow, "GET, HEAD, PATCH, DELETE");
	TEST_NUMBER(routes_match(routes, "GET", "/api/v1/enroll", &found, &id, allow),
		    ERR_UNSUPPORTED);
	TEST_TEXT(allow, "POST");
	routes_free(routes);
}

/* What the rows must hold among themselves. */
static void rows_are_consistent(void)
{
	for (const struct route *r = api_routes; r->path != NULL; r++) {
		bool reads = r->method == METHOD_GET;

		/* A question to a machine passes through, and is written nowhere. */
		if (reads != (r->where != ROUTE_WRITE) && strstr(r->path, "/questions") == NULL)
			TEST_FAIL("%s: a GET does not write, all else does", r->path);
		if (reads && r->action != NULL)
			TEST_FAIL("%s: reading is not in the audit", r->path);
		if (r->where == ROUTE_MEMORY && r->role > ROLE_MACHINE)
			TEST_FAIL("%s: organizations are found in the database", r->path);
		for (const struct route *o = r + 1; o->path != NULL; o++)
			if (o->method == r->method && strcmp(o->path, r->path) == 0)
				TEST_FAIL("%s is there twice", r->path);
	}
	CU_PASS("rows");
}

TEST_SUITE(controller_routes, {"each row is found by its path", each_row_is_found_by_its_path},
	   {"what is not there", what_is_not_there}, {"methods", methods},
	   {"rows are consistent", rows_are_consistent});
