/* A machine in an attacker's hands, with its token, at the controller: what belongs to its
 * neighbours in the same mesh (role_test.c has other organizations), and reports of nonsense. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/controller/cases.h"

#define V1   "/api/v1"
#define MANY 10000

static struct stand s;
static struct things t;
static struct stand_machine attacker;
static char victim[64]; /* the membership of another machine of the mesh */

static int start(void)
{
	char token[2048];

	if (!stand_start(&s, NULL) || !things_make(&s, &t, "hostile", "1"))
		return 1;
	snprintf(victim, sizeof(victim), "%s", things_get(&t, "membership"));
	snprintf(token, sizeof(token), "%s", stand_join_token(&s, t.operator_token, NULL));
	stand_machine_new(&attacker, "attacker");
	return stand_enroll(&s, &attacker, token, NULL) == 201 && stand_wait_rendered(&s, &attacker)
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

static long as_attacker(const char *method, const char *path, const char *body)
{
	return stand_call(&s, attacker.token, method, path, body);
}

static void neighbours_are_not_its_own(void)
{
	static const char *const paths[] = {
		V1 "/mesh/config?membership=", V1 "/mesh/config?image=membership&membership=",
		V1 "/mesh/bird?membership=", V1 "/mesh/bird?part=templates&membership="};
	char path[160];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", paths[i], victim);
		TEST_NUMBER(as_attacker("GET", path, NULL), 404);
		TEST_NUMBER(stand_call(&s, t.machine.token, "GET", path, NULL), 200);
		snprintf(path, sizeof(path), "%s%s", paths[i], attacker.membership);
		TEST_NUMBER(as_attacker("GET", path, NULL), 200);
	}
	/* A machine reads no resource of the operator's, not even its own. */
	snprintf(path, sizeof(path), V1 "/machines/%s", attacker.id);
	TEST_NUMBER(as_attacker("GET", path, NULL), 403);
	TEST_NUMBER(as_attacker("DELETE", path, NULL), 403);
}

/* ---- keys ---- */

static long put_key(const char *token, const char *membership, const uint8_t key[32])
{
	char path[160], body[96], text[64];

	sodium_bin2base64(text, sizeof(text), key, 32, sodium_base64_VARIANT_ORIGINAL);
	snprintf(path, sizeof(path), V1 "/memberships/%s/public-key", membership);
	snprintf(body, sizeof(body), "{\"public_key\":\"%s\"}", text);
	return stand_call(&s, token, "PUT", path, body);
}

static void keys_of_others_are_refused(void)
{
	static const uint8_t none[32];
	uint8_t key[32], other[32];
	char path[160];

	memset(key, 7, sizeof(key));
	memset(other, 8, sizeof(other));
	TEST_NUMBER(put_key(t.machine.token, victim, key), 204);
	TEST_NUMBER(put_key(attacker.token, victim, other), 404);
	TEST_NUMBER(put_key(attacker.token, attacker.membership, key), 409);
	TEST_NUMBER(put_key(attacker.token, attacker.membership, none), 400);
	TEST_NUMBER(put_key(attacker.token, attacker.membership, other), 204);
	TEST_NUMBER(put_key(attacker.token, attacker.membership, key), 409);
	snprintf(path, sizeof(path), V1 "/memberships/%s", victim);
	TEST_NUMBER(stand_call(&s, t.operator_token, "GET", path, NULL), 200);
	TEST_TEXT(stand_get(&s, "public_key"), "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
}

/* ---- reports ---- */

static long report(const char *membership, const char *rest)
{
	struct buf body;
	long status;

	buf_init(&body);
	buf_printf(&body, "{\"memberships\":[{\"id\":\"%s\",%s}]}", membership, rest);
	status = as_attacker("POST", V1 "/mesh/report", buf_text(&body));
	buf_fini(&body);
	return status;
}

static void a_report_for_a_neighbour_changes_nothing(void)
{
	char path[160], before[16];

	snprintf(path, sizeof(path), V1 "/memberships/%s", victim);
	TEST_NUMBER(stand_call(&s, t.operator_token, "GET", path, NULL), 200);
	snprintf(before, sizeof(before), "%s", stand_get(&s, "applied_view"));
	TEST_NUMBER(report(victim, "\"applied_view\":\"99999\",\"error\":\"broken\","
				   "\"announced\":[\"172.31.0.0/16\"],\"endpoints\":[{\"type\":"
				   "\"local\",\"address\":\"192.0.2.66\",\"port\":1}]"),
		    204);
	TEST_NUMBER(stand_call(&s, t.operator_token, "GET", path, NULL), 200);
	TEST_TEXT(stand_get(&s, "applied_view"), before);
	TEST_TEXT(stand_get(&s, "error"), "null");
	TEST_NUMBER(stand_call(&s, t.operator_token, "GET", V1 "/prefixes", NULL), 200);
	CU_ASSERT_PTR_NULL(strstr(buf_text(&s.body), "172.31.0.0/16"));
}

static void endpoints_that_nobody_can_have_are_refused(void)
{
	static const struct {
		const char *address;
		long status;
	} rows[] = {{"127.0.0.1", 400},	  {"127.83.0.1", 400},	 {"0.0.0.0", 400},
		    {"224.0.0.5", 400},	  {"240.0.0.1", 400},	 {"255.255.255.255", 400},
		    {"10.1.0.1", 400},	  {"::1", 400},		 {"ff02::1", 400},
		    {"2001:db8::1", 400}, {"192.0.2.1/24", 400}, {"example.org", 400},
		    {"192.0.2.1", 204}};
	char rest[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(rest, sizeof(rest),
			 "\"endpoints\":[{\"type\":\"local\",\"address\":\"%s\",\"port\":51820}]",
			 rows[i].address);
		if (report(attacker.membership, rest) != rows[i].status)
			TEST_FAIL("%s: %ld %s", rows[i].address, s.status, buf_text(&s.body));
		else
			CU_PASS("status");
	}
	/* More than a state holds; a port that is none. */
	TEST_NUMBER(report(attacker.membership,
			   "\"endpoints\":[{\"type\":\"local\",\"address\":\"192.0.2.1\","
			   "\"port\":70000}]"),
		    400);
}

static void shadows_that_nothing_casts_are_refused(void)
{
	static const struct {
		const char *rest;
		long status;
	} rows[] = {
		{"\"by\":\"172.20.0.0/16\",\"device\":\"eth1\"", 204},
		{"\"by\":\"172.20.0.0/16\",\"membership\":\"%s\"",
		 204}, /* a stranger's: left out */
		{"\"by\":\"172.20.0.0/16\"", 400},
		{"\"by\":\"172.20.0.0/16\",\"device\":\"\"", 400},
		{"\"by\":\"172.20.0.0/16\",\"device\":\"eth1\",\"membership\":\"%s\"", 400},
		{"\"by\":\"172.20.0.0/16\",\"device\":\"sixteen-letters!\"", 413},
		{"\"by\":\"172.20.0.0/16\",\"membership\":\"none\"", 400},
		{"\"by\":\"172.20.1.0/25\",\"device\":\"eth1\"", 400},
		{"\"by\":\"::/0\",\"device\":\"eth1\"", 400},
		{"\"by\":7,\"device\":\"eth1\"", 400},
		{"\"device\":\"eth1\"", 400},
	};
	char path[160], rest[400], row[300];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(rows[i].rest, "%s");
		int len = at != NULL ? (int)(at - rows[i].rest) : (int)strlen(rows[i].rest);

		snprintf(row, sizeof(row), "%.*s%s%s", len, rows[i].rest,
			 at != NULL ? things_get(&t, "membership") : "", at != NULL ? at + 2 : "");
		snprintf(rest, sizeof(rest), "\"shadowed\":[{\"prefix\":\"172.20.1.0/24\",%s}]",
			 row);
		if (report(attacker.membership, rest) != rows[i].status)
			TEST_FAIL("%s: %ld %s", row, s.status, buf_text(&s.body));
		else
			CU_PASS("status");
	}
	snprintf(path, sizeof(path), V1 "/memberships/%s", attacker.membership);
	TEST_NUMBER(stand_call(&s, t.operator_token, "GET", path, NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "shadowed")), 0);
}

/* `n` prefixes as the elements of a list. */
static char *make_list(const char *member, unsigned n)
{
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "\"%s\":[", member);
	for (unsigned i = 0; i < n; i++)
		buf_printf(&b, "%s\"172.%u.%u.0/24\"", i > 0 ? "," : "", 16 + i / 256, i % 256);
	buf_puts(&b, "]");
	return buf_take(&b);
}

static long count_prefixes(void)
{
	char path[160];

	snprintf(path, sizeof(path), V1 "/prefixes?limit=1000&membership=%s", attacker.membership);
	stand_call(&s, t.operator_token, "GET", path, NULL);
	return (long)json_array_size(json_object_get(s.json, "items"));
}

static void many_prefixes_are_refused_whole(void)
{
	char *many = make_list("announced", MANY), *some = make_list("announced", 256);
	char *networks = make_list("networks", MANY);
	struct buf body;

	CU_ASSERT(report(attacker.membership, many) >= 400);
	CU_ASSERT(s.status < 500);
	TEST_NUMBER(count_prefixes(), 0);
	TEST_NUMBER(report(attacker.membership, some), 204);
	TEST_NUMBER(count_prefixes(), 256);
	/* Others in their place do not add up. */
	TEST_NUMBER(report(attacker.membership, "\"announced\":[\"198.18.0.0/15\"]"), 204);
	TEST_NUMBER(count_prefixes(), 1);
	buf_init(&body);
	buf_printf(&body, "{%s}", networks);
	CU_ASSERT(as_attacker("POST", V1 "/mesh/report", buf_text(&body)) >= 400);
	CU_ASSERT(s.status < 500);
	buf_fini(&body);
	free(many);
	free(some);
	free(networks);
}

/* What it announced is a wish: nothing of it is in anybody's state, whatever it contains. */
static void what_it_announces_is_not_approved(void)
{
	json_t *x;
	size_t i;

	TEST_NUMBER(report(attacker.membership, "\"announced\":[\"0.0.0.0/0\",\"10.1.0.0/24\","
						"\"198.51.100.0/24\",\"198.51.100.0/25\"]"),
		    204);
	TEST_NUMBER(count_prefixes(), 4);
	json_array_foreach(json_object_get(s.json, "items"), i, x)
		CU_ASSERT_TRUE(json_is_false(json_object_get(x, "approved")));
	/* And the operator's click does not make another's mesh of it. */
	json_array_foreach(json_object_get(s.json, "items"), i, x)
		if (strcmp(json_string_value(json_object_get(x, "prefix")), "10.1.0.0/24") == 0)
			things_set(&t, "wish", json_string_value(json_object_get(x, "id")));
	{
		char path[160];

		snprintf(path, sizeof(path), V1 "/prefixes/%s", things_get(&t, "wish"));
		TEST_NUMBER(stand_call(&s, t.operator_token, "PATCH", path, "{\"approved\":true}"),
			    409);
	}
}

static void nonsense_is_refused(void)
{
	static const char *const bodies[] = {
		"",
		"[]",
		"{\"memberships\":{}}",
		"{\"memberships\":[{\"id\":7}]}",
		"{\"memberships\":[{\"id\":\"x\",\"applied_view\":\"-1\"}]}",
		"{\"memberships\":[{\"id\":\"x\",\"applied_view\":\"99999999999999999999999\"}]}",
		"{\"run\":1}",
		"{\"boot_id\":\"0123456789012345678901234567890123456789\"}",
		"{\"boot_id\":\"\\u0000\"}",
		"{\"networks\":[\"300.0.0.0/8\"]}",
		"{\"run\":\"1\",\"run\":\"2\"}",
		"{\"more\":true}",
		"{\"networks\":[\"\xff\"]}",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		if (as_attacker("POST", V1 "/mesh/report", bodies[i]) < 400 || s.status >= 500)
			TEST_FAIL("%s: %ld", bodies[i], s.status);
		else
			CU_PASS("refused");
	TEST_NUMBER(as_attacker("POST", V1 "/mesh/report", "{}"), 204);
}

TEST_SUITE_WITH(
	controller_hostile, start, stop, {"neighbours are not its own", neighbours_are_not_its_own},
	{"keys of others are refused", keys_of_others_are_refused},
	{"a report for a neighbour changes nothing", a_report_for_a_neighbour_changes_nothing},
	{"endpoints that nobody can have are refused", endpoints_that_nobody_can_have_are_refused},
	{"shadows that nothing casts are refused", shadows_that_nothing_casts_are_refused},
	{"many prefixes are refused whole", many_prefixes_are_refused_whole},
	{"what it announces is not approved", what_it_announces_is_not_approved},
	{"nonsense is refused", nonsense_is_refused});
