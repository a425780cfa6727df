/* What an older controller let in, and this one would not: it stays as it is, until somebody takes
 * it back. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/controller/stand.h"

#define V1 "/api/v1"

static struct stand api;
static struct stand_machine machine;

static int start(void)
{
	bool ok = stand_start_with_mesh(&api, NULL, "{\"name\":\"prod\"}");

	stand_machine_new(&machine, "router");
	return ok &&
			       stand_enroll(&api, &machine, stand_join_token(&api, api.admin, NULL),
					    NULL) == 201 &&
			       stand_put_key(&api, &machine, NULL) < 300 &&
			       stand_wait_rendered(&api, &machine)
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&api);
	return 0;
}

/* 48.0.0.0/8, which is approved, becomes 48.0.0.0/4. */
static bool widen(void)
{
	return stand_run_sql(&api, "UPDATE announcement SET prefix = CAST(substr(prefix, 1, 17) "
				   "|| x'04' AS BLOB)");
}

static void a_prefix_that_is_too_wide_now_stays_approved(void)
{
	char body[200], path[96];

	snprintf(body, sizeof(body), "{\"membership\":\"%s\",\"prefix\":\"48.0.0.0/8\"}",
		 machine.membership);
	TEST_NUMBER(stand_call(&api, api.admin, "POST", V1 "/prefixes", body), 201);
	snprintf(path, sizeof(path), V1 "/prefixes/%s", stand_get(&api, "id"));
	stand_pause(&api);
	TEST_MUST(widen());
	TEST_MUST(stand_resume(&api));
	TEST_NUMBER(stand_call(&api, api.admin, "GET", path, NULL), 200);
	TEST_TEXT(stand_get(&api, "prefix"), "48.0.0.0/4");
	TEST_TEXT(stand_get(&api, "approved"), "true");
	/* It is rendered as before, and its mesh with it. */
	CU_ASSERT(stand_wait_rendered(&api, &machine));
	TEST_NUMBER(stand_call(&api, machine.token, "GET", V1 "/mesh/bird?part=text", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&api.body), "48.0.0.0/4"));
	/* It can be taken back, and not be given again. */
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, "{\"priority\":50}"), 400);
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, "{\"approved\":false}"), 200);
	TEST_NUMBER(stand_call(&api, api.admin, "PATCH", path, "{\"approved\":true}"), 400);
	TEST_TEXT(stand_problem(&api), "invalid");
	TEST_NUMBER(stand_call(&api, api.admin, "DELETE", path, NULL), 204);
}

TEST_SUITE_WITH(controller_upgrade, start, stop,
		{"a prefix that is too wide now stays approved",
		 a_prefix_that_is_too_wide_now_stays_approved});
