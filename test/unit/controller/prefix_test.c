/* The rules of prefixes: what may be approved, on which terms, and what becomes of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/controller/cases.h"

#define V1 "/api/v1"

static struct stand s;
static struct things t;

static int start(void)
{
	return stand_start(&s, NULL) && things_make(&s, &t, "rules", "1") ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

static long call(const char *method, const char *path, const char *body)
{
	return things_call(&s, &t, method, path, body);
}

static void refused(long status, const char *problem, const char *says)
{
	things_refused(&s, status, problem, says);
}

static void prefixes_that_are_refused(void)
{
	static const struct {
		const char *prefix, *problem, *says;
		long status;
	} rows[] = {
		{"10.1.0.0/24", "overlap", "'prod'", 409},
		{"10.1.0.128/25", "overlap", "10.1.0.0/24", 409},
		{"10.1.1.0/25", "overlap", "'staging'", 409},
		{"198.51.100.0/24", "exists", "198.51.100.0/24", 409},
		{"127.0.0.0/24", "invalid", "loopback", 400},
		{"224.0.0.0/8", "invalid", "multicast", 400},
		{"fd00::/64", "unsupported", "IPv6", 400},
		{"10.50.0.1/16", "invalid", "10.50.0.0/16", 400},
		{"0.0.0.0/0", "invalid", "'users'", 400},
		{"0.0.0.0/1", "invalid", "0.0.0.0/0", 400},
		{"128.0.0.0/1", "invalid", "/8", 400},
		{"10.0.0.0/7", "invalid", "/8", 400},
	};
	char body[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(body, sizeof(body), "{\"membership\":\"$membership\",\"prefix\":\"%s\"}",
			 rows[i].prefix);
		call("POST", V1 "/prefixes", body);
		refused(rows[i].status, rows[i].problem, rows[i].says);
	}
	call("POST", V1 "/prefixes",
	     "{\"membership\":\"$membership\",\"prefix\":\"10.60.0.0/16\","
	     "\"direct_when_lost\":true}");
	refused(400, "invalid", "exit");
	/* One that contains meshes is for what is beside them. */
	TEST_NUMBER(call("POST", V1 "/prefixes",
			 "{\"membership\":\"$membership\",\"prefix\":\"10.0.0.0/8\"}"),
		    201);
}

/* On which terms: what is asked lies behind the prefix, or on the machine itself. */
static void what_a_check_may_ask(void)
{
	static const struct {
		const char *terms, *says;
		long status;
	} rows[] = {
		{"\"check\":{\"type\":\"icmp\"}", "tcp, http, exec or none", 400},
		{"\"check\":{\"port\":80}", "type", 400},
		{"\"check\":{\"type\":\"tcp\",\"address\":\"10.70.1.1\"}", "address and port", 400},
		{"\"check\":{\"type\":\"tcp\",\"address\":\"10.71.1.1\",\"port\":80}",
		 "10.70.0.0/16", 400},
		{"\"check\":{\"type\":\"tcp\",\"address\":\"169.254.169.254\",\"port\":80}",
		 "10.70.0.0/16", 400},
		{"\"check\":{\"type\":\"tcp\",\"address\":\"10.70.1.1\",\"port\":80,\"path\":\"/"
		 "\"}",
		 "path of http", 400},
		{"\"check\":{\"type\":\"http\",\"address\":\"10.70.1.1\",\"port\":80,"
		 "\"path\":\"/a b\"}",
		 "without spaces", 400},
		{"\"check\":{\"type\":\"http\",\"address\":\"10.70.1.1\",\"port\":80,"
		 "\"path\":\"/\\r\\nX: y\"}",
		 "without spaces", 400},
		{"\"check\":{\"type\":\"exec\"}", "agent.conf", 400},
		{"\"check\":{\"type\":\"exec\",\"name\":\"../bin/sh\"}", "check name", 400},
		{"\"check\":{\"type\":\"exec\",\"name\":\"a\",\"port\":80}", "name of exec", 400},
		{"\"check\":{\"type\":\"tcp\",\"address\":\"10.70.1.1\",\"port\":80,"
		 "\"interval_ms\":500,\"timeout_ms\":501}",
		 "longer than", 400},
		{"\"translated\":true,\"check\":{\"type\":\"http\",\"address\":\"127.0.0.1\","
		 "\"port\":80,\"path\":\"/health\"}",
		 "", 201},
	};
	char body[400];

	call("POST", V1 "/prefixes",
	     "{\"membership\":\"$membership\",\"prefix\":\"10.70.0.0/16\","
	     "\"stable_for_s\":3601}");
	refused(400, "range", "stable_for_s");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		long status;

		snprintf(body, sizeof(body),
			 "{\"membership\":\"$membership\",\"prefix\":\"10.70.0.0/16\",%s}",
			 rows[i].terms);
		status = call("POST", V1 "/prefixes", body);
		if (rows[i].status != 201)
			refused(rows[i].status, "invalid", rows[i].says);
		else
			TEST_NUMBER(status, 201);
	}
	TEST_TEXT(stand_get(&s, "check.path"), "/health");
	TEST_TEXT(stand_get(&s, "check.interval_ms"), "2000");
	TEST_TEXT(stand_get(&s, "check.fall"), "3");
	TEST_TEXT(stand_get(&s, "stable_for_s"), "60");
	TEST_TEXT(stand_get(&s, "translated"), "true");
}

static void a_prefix_is_announced_then_approved(void)
{
	char path[96];
	bool named;
	char *body = things_fill(&t,
				 "{\"memberships\":[{\"id\":\"$membership\",\"announced\":"
				 "[\"172.20.0.0/16\",\"172.20.0.0/16\"]}]}",
				 &named);
	json_t *x;
	size_t i;

	TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
	free(body);
	TEST_NUMBER(call("GET", V1 "/prefixes", NULL), 200);
	path[0] = '\0';
	json_array_foreach(json_object_get(s.json, "items"), i, x) {
		if (strcmp(json_string_value(json_object_get(x, "prefix")), "172.20.0.0/16") != 0)
			continue;
		CU_ASSERT_TRUE(json_is_true(json_object_get(x, "announced")));
		CU_ASSERT_TRUE(json_is_false(json_object_get(x, "approved")));
		snprintf(path, sizeof(path), V1 "/prefixes/%s",
			 json_string_value(json_object_get(x, "id")));
	}
	TEST_NUMBER(call("PATCH", path, "{\"approved\":true,\"priority\":300}"), 200);
	TEST_TEXT(stand_get(&s, "approved"), "true");
	TEST_TEXT(stand_get(&s, "priority"), "300");
	/* No longer announced, it stays, for it is approved; withdrawn then, it goes. */
	body = things_fill(&t, "{\"memberships\":[{\"id\":\"$membership\"}]}", &named);
	TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
	TEST_NUMBER(call("GET", path, NULL), 200);
	TEST_TEXT(stand_get(&s, "announced"), "false");
	TEST_NUMBER(call("PATCH", path, "{\"approved\":false}"), 200);
	TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
	TEST_NUMBER(call("GET", path, NULL), 404);
	free(body);
}

TEST_SUITE_WITH(controller_prefix, start, stop,
		{"prefixes that are refused", prefixes_that_are_refused},
		{"what a check may ask", what_a_check_may_ask},
		{"a prefix is announced, then approved", a_prefix_is_announced_then_approved});
