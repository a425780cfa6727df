/* The rules of the API: versions, lists, names, tokens, what goes with what. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void a_stale_version_is_412(void)
{
	char path[96], header[128];
	struct stand_request r = {.method = "PATCH",
				  .path = path,
				  .token = t.operator_token,
				  .body = "{\"route_reflector\":false}",
				  .headers = {header}};

	snprintf(path, sizeof(path), V1 "/meshes/%s", things_get(&t, "mesh"));
	TEST_NUMBER(call("GET", V1 "/meshes/$mesh", NULL), 200);
	snprintf(header, sizeof(header), "If-Match: %s", s.etag);
	TEST_NUMBER(stand_send(&s, &r), 200);
	TEST_TEXT(stand_get(&s, "route_reflector"), "false");
	TEST_NUMBER(stand_send(&s, &r), 412);
	TEST_TEXT(stand_problem(&s), "precondition");
	r.method = "DELETE";
	r.body = NULL;
	TEST_NUMBER(stand_send(&s, &r), 412);
	snprintf(header, sizeof(header), "If-Match: *");
	r.method = "PATCH";
	r.body = "{\"route_reflector\":true}";
	TEST_NUMBER(stand_send(&s, &r), 200);
}

static void a_get_with_the_etag_is_304(void)
{
	char path[96], header[128];
	struct stand_request r = {
		.method = "GET", .path = path, .token = t.viewer_token, .headers = {header}};

	snprintf(path, sizeof(path), V1 "/meshes/%s", things_get(&t, "mesh"));
	TEST_NUMBER(call("GET", V1 "/meshes/$mesh", NULL), 200);
	snprintf(header, sizeof(header), "If-None-Match: \"x\", W/%s", s.etag);
	TEST_NUMBER(stand_send(&s, &r), 304);
}

/* 254 letters and a character of two bytes across the limit. */
static void a_long_error_is_cut_between_characters(void)
{
	char text[301], *body;
	bool named;
	struct buf b;

	memset(text, 'x', 254);
	snprintf(text + 254, sizeof(text) - 254, "\xc3\xa9\xc3\xa9");
	buf_init(&b);
	buf_printf(&b, "{\"memberships\":[{\"id\":\"$membership\",\"error\":\"%s\"}]}", text);
	body = things_fill(&t, buf_text(&b), &named);
	TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	TEST_NUMBER((long long)strlen(stand_get(&s, "error")), 254);
	free(body);
	buf_fini(&b);
}

/* Rendering and reports write too, but are no change of the resource. */
static void reports_change_no_version(void)
{
	char etag[96];

	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	snprintf(etag, sizeof(etag), "%s", s.etag);
	{
		bool named;
		char *body = things_fill(&t,
					 "{\"memberships\":[{\"id\":\"$membership\","
					 "\"applied_view\":\"5\",\"error\":\"wg0: no\","
					 "\"endpoints\":[{\"type\":\"local\",\"address\":"
					 "\"192.0.2.9\",\"port\":51820}]}]}",
					 &named);

		TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
		free(body);
	}
	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	TEST_TEXT(s.etag, etag);
	TEST_TEXT(stand_get(&s, "error"), "wg0: no");
	TEST_TEXT(stand_get(&s, "applied_view"), "5");
}

static void tell(const char *report)
{
	bool named;
	char *body = things_fill(&t, report, &named);

	TEST_NUMBER(stand_call(&s, t.machine.token, "POST", V1 "/mesh/report", body), 204);
	free(body);
}

static void what_a_machine_does_not_reach_is_shown(void)
{
	char etag[96];

	TEST_NUMBER(
		call("POST", V1 "/memberships", "{\"machine\":\"$machine\",\"mesh\":\"$second\"}"),
		201);
	things_set(&t, "seat", stand_get(&s, "id"));
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "shadowed")), 0);
	snprintf(etag, sizeof(etag), "%s", s.etag);
	tell("{\"memberships\":[{\"id\":\"$seat\",\"shadowed\":["
	     "{\"prefix\":\"192.168.7.0/24\",\"by\":\"192.168.0.0/16\","
	     "\"device\":null,\"membership\":\"$membership\"},"
	     "{\"prefix\":\"172.20.1.0/24\",\"by\":\"172.20.1.0/24\",\"device\":\"eth1\"}]}]}");
	TEST_NUMBER(call("GET", V1 "/memberships/$seat", NULL), 200);
	TEST_TEXT(s.etag, etag);
	TEST_TEXT(stand_get(&s, "shadowed.0.prefix"), "172.20.1.0/24");
	TEST_TEXT(stand_get(&s, "shadowed.0.device"), "eth1");
	TEST_TEXT(stand_get(&s, "shadowed.0.membership"), "null");
	TEST_TEXT(stand_get(&s, "shadowed.1.by"), "192.168.0.0/16");
	TEST_TEXT(stand_get(&s, "shadowed.1.membership"), things_get(&t, "membership"));
	TEST_TEXT(stand_get(&s, "shadowed.1.mesh_name"), "prod");
	TEST_NUMBER(call("POST", V1 "/prefixes",
			 "{\"membership\":\"$seat\",\"prefix\":\"172.20.1.0/24\"}"),
		    201);
	TEST_TEXT(stand_get(&s, "shadowed"), "1");
	things_set(&t, "seen", stand_get(&s, "id"));
	TEST_NUMBER(call("DELETE", V1 "/prefixes/$seen", NULL), 204);
	TEST_NUMBER(call("GET", V1 "/machines/$machine", NULL), 200);
	TEST_TEXT(stand_get(&s, "memberships.1.shadowed.0.device"), "eth1");
	/* Of the machine's last report, and nothing older. */
	tell("{\"memberships\":[{\"id\":\"$seat\"}]}");
	TEST_NUMBER(call("GET", V1 "/memberships/$seat", NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "shadowed")), 0);
	TEST_NUMBER(call("DELETE", V1 "/memberships/$seat", NULL), 204);
}

/* By the machine's last report, on the prefix and on its membership; and without a new version. */
static void a_health_check_that_is_unwell_is_shown(void)
{
	char etag[96];

	TEST_NUMBER(call("POST", V1 "/prefixes",
			 "{\"membership\":\"$membership\",\"prefix\":\"172.20.77.0/24\"}"),
		    201);
	TEST_TEXT(stand_get(&s, "unwell"), "null");
	things_set(&t, "sick", stand_get(&s, "id"));
	snprintf(etag, sizeof(etag), "%s", s.etag);
	tell("{\"memberships\":[{\"id\":\"$membership\",\"announced\":[],\"unwell\":["
	     "{\"prefix\":\"172.20.77.0/24\",\"error\":\"connection refused\"}]}]}");
	TEST_NUMBER(call("GET", V1 "/prefixes/$sick", NULL), 200);
	TEST_TEXT(stand_get(&s, "unwell"), "connection refused");
	TEST_TEXT(s.etag, etag);
	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	TEST_TEXT(stand_get(&s, "unwell.0.prefix"), "172.20.77.0/24");
	TEST_TEXT(stand_get(&s, "unwell.0.error"), "connection refused");
	tell("{\"memberships\":[{\"id\":\"$membership\"}]}");
	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "unwell")), 0);
	TEST_NUMBER(call("DELETE", V1 "/prefixes/$sick", NULL), 204);
}

static void an_idle_machine_is_one_that_is_drained(void)
{
	tell("{\"idle\":true}");
	TEST_NUMBER(call("GET", V1 "/machines/$machine", NULL), 200);
	TEST_TEXT(stand_get(&s, "idle"), "false");
	TEST_NUMBER(call("POST", V1 "/machines/$machine/drain", NULL), 200);
	TEST_TEXT(stand_get(&s, "idle"), "false");
	tell("{\"idle\":true}");
	TEST_NUMBER(call("GET", V1 "/machines/$machine", NULL), 200);
	TEST_TEXT(stand_get(&s, "idle"), "true");
	TEST_NUMBER(call("POST", V1 "/machines/$machine/undrain", NULL), 200);
	TEST_TEXT(stand_get(&s, "idle"), "false");
}

static const char *warning(const char *path)
{
	TEST_NUMBER(call("GET", path, NULL), 200);
	return stand_get(&s, "warnings.1"); /* the first is of its only gateway */
}

/* What machines say of one another is in the mesh's warnings, while the last report says it. */
static void who_offends_is_named(void)
{
	static const char said[] = "announces routes that it may not: 11; it is refused, says";
	static const char says[] = "{\"memberships\":[{\"id\":\"$membership\",\"offences\":["
				   "{\"address\":\"%s\",\"kind\":\"%s\",\"routes\":11}]}]}";
	char body[300], address[64];

	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 200);
	snprintf(address, sizeof(address), "%s", stand_get(&s, "address"));
	snprintf(body, sizeof(body), says, address, "routes");
	tell(body);
	CU_ASSERT_PTR_NOT_NULL(strstr(warning(V1 "/meshes/$mesh"), said));
	/* Of nobody, nothing is kept. */
	snprintf(strrchr(address, '.'), 5, ".199");
	snprintf(body, sizeof(body), says, address, "routes");
	tell(body);
	TEST_TEXT(warning(V1 "/meshes/$mesh"), "");
	tell("{\"memberships\":[{\"id\":\"$membership\"}]}");
	TEST_TEXT(warning(V1 "/meshes/$mesh"), "");
}

static void lists_come_in_pages(void)
{
	char path[96], cursor[32] = "";
	size_t seen = 0, pages = 0;

	do {
		snprintf(path, sizeof(path), V1 "/meshes?limit=2%s%s",
			 cursor[0] != '\0' ? "&cursor=" : "", cursor);
		TEST_NUMBER(call("GET", path, NULL), 200);
		seen += json_array_size(json_object_get(s.json, "items"));
		snprintf(cursor, sizeof(cursor), "%s", stand_get(&s, "next"));
		pages++;
	} while (strcmp(cursor, "null") != 0 && pages < 10);
	TEST_NUMBER((long long)seen, 3);
	TEST_NUMBER((long long)pages, 2);
}

static void a_taken_name_says_who_has_it(void)
{
	TEST_NUMBER(call("POST", V1 "/meshes", "{\"name\":\"prod\",\"cidr\":\"10.9.0.0/24\"}"),
		    409);
	TEST_TEXT(stand_get(&s, "existing"), things_get(&t, "mesh"));
	TEST_NUMBER(call("PATCH", V1 "/meshes/$spare", "{\"name\":\"prod\"}"), 409);
	TEST_TEXT(stand_get(&s, "existing"), things_get(&t, "mesh"));
	TEST_NUMBER(call("PATCH", V1 "/meshes/$mesh", "{\"name\":\"prod\"}"), 200);
	TEST_NUMBER(call("PATCH", V1 "/machines/$machine", "{\"name\":\"second\"}"), 409);
	TEST_TEXT(stand_get(&s, "existing"), things_get(&t, "second_machine"));
	TEST_NUMBER(
		call("POST", V1 "/memberships", "{\"machine\":\"$machine\",\"mesh\":\"$mesh\"}"),
		409);
	TEST_TEXT(stand_get(&s, "existing"), things_get(&t, "membership"));
	TEST_NUMBER(call("POST", V1 "/peerings",
			 "{\"mesh_a\":\"$second\",\"mesh_b\":\"$mesh\",\"prefixes_a\":[]}"),
		    409);
	TEST_TEXT(stand_get(&s, "existing"), things_get(&t, "peering"));
}

static void a_cidr_stays(void)
{
	call("PATCH", V1 "/meshes/$mesh", "{\"cidr\":\"10.9.0.0/24\"}");
	refused(409, "conflict", "cannot be changed");
}

static void one_mesh_is_the_default(void)
{
	TEST_NUMBER(call("GET", V1 "/meshes/$mesh", NULL), 200);
	TEST_TEXT(stand_get(&s, "default"), "true");
	TEST_NUMBER(call("PATCH", V1 "/meshes/$second", "{\"default\":true}"), 200);
	TEST_NUMBER(call("GET", V1 "/meshes/$mesh", NULL), 200);
	TEST_TEXT(stand_get(&s, "default"), "false");
	TEST_NUMBER(call("PATCH", V1 "/meshes/$mesh", "{\"default\":true}"), 200);
}

static void a_gateway_gets_a_slot_in_each_mesh(void)
{
	long found = 0;
	json_t *x;
	size_t i;

	TEST_NUMBER(call("POST", V1 "/gateways",
			 "{\"machine\":\"$machine\",\"meshes\":[\"$mesh\",\"$second\"]}"),
		    200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "meshes")), 2);
	TEST_NUMBER(call("POST", V1 "/gateways",
			 "{\"machine\":\"$second_machine\",\"meshes\":[\"$mesh\"]}"),
		    200);
	TEST_NUMBER(call("GET", V1 "/memberships?mesh=$mesh", NULL), 200);
	json_array_foreach(json_object_get(s.json, "items"), i, x) {
		long long slot = json_integer_value(json_object_get(x, "slot"));

		CU_ASSERT_TRUE(slot > 0);
		found |= 1L << slot;
		TEST_TEXT(json_string_value(json_object_get(x, "role")), "gateway");
	}
	TEST_NUMBER(__builtin_popcountl((unsigned long)found), 2);
	TEST_NUMBER(call("GET", V1 "/gateways?limit=1", NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "items")), 1);
	CU_ASSERT_TRUE(json_is_string(json_object_get(s.json, "next")));
	TEST_NUMBER(call("DELETE", V1 "/gateways/$second_machine", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "warnings.0"), "one gateway only"));
	TEST_NUMBER(call("DELETE", V1 "/gateways/$second_machine", NULL), 404);
	TEST_NUMBER(call("GET", V1 "/meshes/$mesh", NULL), 200);
	TEST_TEXT(stand_get(&s, "gateways"), "1");
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "warnings.0"), "one gateway only"));
	TEST_NUMBER(call("GET", V1 "/gateways", NULL), 200);
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "items.0.warnings.0"), "one gateway only"));
	TEST_NUMBER(call("DELETE", V1 "/gateways/$machine", NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "meshes")), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "warnings.0"), "no gateway any more"));
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "warnings.1"), "no gateway any more"));
	TEST_NUMBER(call("POST", V1 "/gateways",
			 "{\"machine\":\"$machine\",\"meshes\":[\"$mesh\",\"$second\"]}"),
		    200);
}

static void a_freed_address_rests(void)
{
	TEST_NUMBER(call("POST", V1 "/memberships",
			 "{\"machine\":\"$second_machine\",\"mesh\":\"$spare\"}"),
		    201);
	TEST_TEXT(stand_get(&s, "address"), "10.1.2.1");
	things_set(&t, "leaving", stand_get(&s, "id"));
	TEST_NUMBER(call("DELETE", V1 "/memberships/$leaving", NULL), 204);
	TEST_NUMBER(call("POST", V1 "/memberships",
			 "{\"machine\":\"$second_machine\",\"mesh\":\"$spare\"}"),
		    201);
	TEST_TEXT(stand_get(&s, "address"), "10.1.2.2");
}

static void a_token_is_no_more_than_its_maker(void)
{
	char expires[64];

	call("POST", V1 "/api-tokens", "{\"role\":\"admin\"}");
	refused(403, "forbidden", "more than this token's own");
	call("POST", V1 "/api-tokens", "{\"role\":\"root\"}");
	refused(400, "invalid", "viewer, operator or admin");
	/* Revoked, it is told so; expired, that. */
	TEST_NUMBER(call("POST", V1 "/api-tokens", "{\"role\":\"viewer\",\"expires_in\":1}"), 201);
	things_set(&t, "short", stand_get(&s, "token"));
	things_set(&t, "short_id", stand_get(&s, "id"));
	for (int i = 0; i < 300; i++) {
		if (stand_call(&s, things_get(&t, "short"), "GET", V1 "/meshes", NULL) == 401)
			break;
		usleep(10000);
	}
	refused(401, "expired", "expired");
	/* It does not outlive it either. */
	TEST_NUMBER(call("POST", V1 "/api-tokens", "{\"role\":\"operator\",\"expires_in\":60}"),
		    201);
	snprintf(expires, sizeof(expires), "%s", stand_get(&s, "expires_at"));
	things_set(&t, "minute", stand_get(&s, "token"));
	stand_call(&s, things_get(&t, "minute"), "POST", V1 "/api-tokens",
		   "{\"role\":\"viewer\",\"expires_in\":61}");
	refused(403, "forbidden", expires);
	TEST_NUMBER(stand_call(&s, things_get(&t, "minute"), "POST", V1 "/api-tokens",
			       "{\"role\":\"viewer\"}"),
		    201);
	TEST_TEXT(stand_get(&s, "expires_at"), expires);
	TEST_NUMBER(call("POST", V1 "/api-tokens/$short_id/revoke", NULL), 200);
	stand_call(&s, things_get(&t, "short"), "GET", V1 "/meshes", NULL);
	refused(401, "revoked", "revoked");
}

static void a_revoked_machine_is_told_so(void)
{
	struct stand_machine m;
	char path[128], token[2048];

	snprintf(token, sizeof(token), "%s", stand_join_token(&s, t.operator_token, NULL));
	stand_machine_new(&m, "victim");
	TEST_NUMBER(stand_enroll(&s, &m, token, NULL), 201);
	snprintf(path, sizeof(path), V1 "/machines/%s/revoke", m.id);
	TEST_NUMBER(call("POST", path, NULL), 200);
	TEST_TEXT(stand_get(&s, "revoked"), "true");
	TEST_NUMBER((long long)json_array_size(json_object_get(s.json, "memberships")), 0);
	stand_call(&s, m.token, "GET", V1 "/machine", NULL);
	refused(401, "revoked", "revoked");
	stand_enroll(&s, &m, token, NULL);
	refused(403, "revoked", "revoked");
}

static void each_change_is_in_the_audit(void)
{
	const char *action;

	TEST_NUMBER(call("PATCH", V1 "/machines/$machine", "{\"name\":\"audited\"}"), 200);
	TEST_NUMBER(call("GET", V1 "/audit?limit=1", NULL), 200);
	action = stand_get(&s, "items.0.action");
	TEST_TEXT(action, "machine.update");
	TEST_TEXT(stand_get(&s, "items.0.resource"), things_get(&t, "machine"));
	TEST_TEXT(stand_get(&s, "items.0.before.name"), "first");
	TEST_TEXT(stand_get(&s, "items.0.after.name"), "audited");
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "items.0.actor"), "api-token "));
	/* No secret is in it. */
	TEST_NUMBER(call("GET", V1 "/audit?limit=1000", NULL), 200);
	CU_ASSERT_PTR_NULL(strstr(buf_text(&s.body), "skein-api."));
	CU_ASSERT_PTR_NULL(strstr(buf_text(&s.body), "skein-join."));
	CU_ASSERT_PTR_NULL(strstr(buf_text(&s.body), "skein-machine."));
}

static long as_admin(const char *method, const char *path, const char *body)
{
	bool named;
	char *p = things_fill(&t, path, &named);
	long status = stand_call(&s, s.admin, method, p, body);

	free(p);
	return status;
}

static void an_organization_that_owns_something_stays(void)
{
	char name[16], body[64];

	as_admin("DELETE", V1 "/organizations/$organization", NULL);
	refused(409, "conflict", "has the meshes prod, staging and spare");
	refused(409, "conflict", ", and 3 machines: delete them first");
	TEST_NUMBER(as_admin("POST", V1 "/organizations", "{\"name\":\"full\"}"), 201);
	things_set(&t, "full", stand_get(&s, "id"));
	for (int i = 1; i <= 6; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		snprintf(body, sizeof(body), "{\"name\":\"%s\",\"cidr\":\"10.20.%d.0/24\"}", name,
			 i);
		TEST_NUMBER(as_admin("POST", V1 "/meshes?organization=$full", body), 201);
		if (i == 1) {
			as_admin("DELETE", V1 "/organizations/$full", NULL);
			refused(409, "conflict", "'full' has the mesh m1: delete");
		} else if (i == 2) {
			as_admin("DELETE", V1 "/organizations/$full", NULL);
			refused(409, "conflict", "'full' has the meshes m1 and m2: delete");
		}
	}
	as_admin("DELETE", V1 "/organizations/$full", NULL);
	refused(409, "conflict", "'full' has the meshes m1, m2, m3, m4 and 2 more: delete");
}

static void a_mesh_with_members_needs_cascade(void)
{
	call("DELETE", V1 "/meshes/$mesh", NULL);
	refused(409, "conflict", "has 2 members: ");
	call("DELETE", V1 "/meshes/$mesh?cascade=maybe", NULL);
	refused(400, "invalid", "true or false");
	TEST_NUMBER(call("DELETE", V1 "/meshes/$mesh?cascade=true", NULL), 204);
	TEST_NUMBER(call("GET", V1 "/memberships/$membership", NULL), 404);
	TEST_NUMBER(call("GET", V1 "/peerings/$peering", NULL), 404);
	TEST_NUMBER(stand_call(&s, t.machine.token, "GET", V1 "/machine", NULL), 200);
	TEST_TEXT(stand_get(&s, "memberships.0.mesh_name"), "staging");
}

TEST_SUITE_WITH(controller_rules, start, stop, {"a stale version is 412", a_stale_version_is_412},
		{"a GET with the ETag is 304", a_get_with_the_etag_is_304},
		{"reports change no version", reports_change_no_version},
		{"a long error is cut between characters", a_long_error_is_cut_between_characters},
		{"what a machine does not reach is shown", what_a_machine_does_not_reach_is_shown},
		{"a health check that is unwell is shown", a_health_check_that_is_unwell_is_shown},
		{"an idle machine is one that is drained", an_idle_machine_is_one_that_is_drained},
		{"who offends is named", who_offends_is_named},
		{"lists come in pages", lists_come_in_pages},
		{"a taken name says who has it", a_taken_name_says_who_has_it},
		{"a CIDR stays", a_cidr_stays},
		{"one mesh is the default", one_mesh_is_the_default},
		{"each change is in the audit", each_change_is_in_the_audit},
		{"a gateway gets a slot in each mesh", a_gateway_gets_a_slot_in_each_mesh},
		{"a freed address rests", a_freed_address_rests},
		{"a token is no more than its maker", a_token_is_no_more_than_its_maker},
		{"a revoked machine is told so", a_revoked_machine_is_told_so},
		{"an organization that owns something stays",
		 an_organization_that_owns_something_stays},
		{"a mesh with members needs cascade", a_mesh_with_members_needs_cascade});
