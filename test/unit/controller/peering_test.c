/* Peerings: which are refused, and what is said of those that let nothing through. */
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/controller/cases.h"

#define V1 "/api/v1"

static struct stand s;
static struct things t;

static int start(void)
{
	return stand_start(&s, NULL) && things_make(&s, &t, "peerings", "1") ? 0 : 1;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

static void peerings_that_are_refused(void)
{
	TEST_NUMBER(things_call(&s, &t, "POST", V1 "/meshes",
				"{\"name\":\"twin\",\"cidr\":\"10.1.0.0/16\"}"),
		    201);
	things_set(&t, "twin", stand_get(&s, "id"));
	things_call(&s, &t, "POST", V1 "/peerings",
		    "{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$twin\",\"prefixes_a\":[\"10.1.0.0/24\"]}");
	things_refused(&s, 409, "overlap", "'twin' (10.1.0.0/16)");
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&s, "detail"), "'prod' (10.1.0.0/24)"));
	things_call(
		&s, &t, "POST", V1 "/peerings",
		"{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$spare\",\"prefixes_a\":[\"10.1.2.0/25\"]}");
	things_refused(&s, 409, "overlap", "'spare'");
	things_call(&s, &t, "POST", V1 "/peerings",
		    "{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$mesh\",\"prefixes_a\":[\"10.1.0.0/24\"]}");
	things_refused(&s, 400, "invalid", "itself");
	things_call(&s, &t, "POST", V1 "/peerings", "{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$spare\"}");
	things_refused(&s, 400, "invalid", "nothing would pass");
	things_call(&s, &t, "PATCH", V1 "/peerings/$peering", "{\"prefixes_a\":[\"10.1.1.0/30\"]}");
	things_refused(&s, 409, "overlap", "'staging'");
	things_call(&s, &t, "PATCH", V1 "/peerings/$peering",
		    "{\"prefixes_a\":[\"10.1.0.0/24\",\"10.1.0.0/24\"]}");
	things_refused(&s, 400, "invalid", "twice");
	TEST_NUMBER(things_call(&s, &t, "PATCH", V1 "/peerings/$peering",
				"{\"prefixes_a\":[\"10.1.0.0/24\"]}"),
		    200);
	/* A machine is not in two meshes that overlap. */
	things_call(&s, &t, "POST", V1 "/memberships",
		    "{\"machine\":\"$machine\",\"mesh\":\"$twin\"}");
	things_refused(&s, 409, "overlap", "10.1.0.0/16");
}

static void a_peering_says_what_does_not_pass(void)
{
	static const struct {
		const char *shown, *warning;
	} cases[] = {
		{"198.51.100.0/24", ""}, /* approved */
		{"198.51.100.8/29", ""}, /* a part */
		{"198.51.0.0/16", ""},	 /* around it */
		{"10.1.0.0/28", ""},	 /* the mesh's own */
		{"203.0.113.0/24", "203.0.113.0/24 of mesh 'prod' does not pass: no machine there "
				   "is approved for it"},
		{"192.0.2.0/25",
		 "192.0.2.0/25 of mesh 'prod' does not pass: there it is limited to some machines"},
	};
	char body[96];

	TEST_NUMBER(things_call(&s, &t, "POST", V1 "/prefixes",
				"{\"membership\":\"$membership\",\"prefix\":\"192.0.2.0/24\","
				"\"users\":[\"$membership\"]}"),
		    201);
	things_set(&t, "limited", stand_get(&s, "id"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(body, sizeof(body), "{\"prefixes_a\":[\"%s\"]}", cases[i].shown);
		TEST_NUMBER(things_call(&s, &t, "PATCH", V1 "/peerings/$peering", body), 200);
		TEST_TEXT(stand_get(&s, "warnings.0"), cases[i].warning);
	}
	TEST_NUMBER(things_call(&s, &t, "DELETE", V1 "/prefixes/$limited", NULL), 204);
	TEST_NUMBER(things_call(&s, &t, "GET", V1 "/peerings/$peering", NULL), 200);
	TEST_TEXT(stand_get(&s, "warnings.0"),
		  "192.0.2.0/25 of mesh 'prod' does not pass: no machine there is approved for it");
	TEST_NUMBER(things_call(&s, &t, "PATCH", V1 "/peerings/$peering",
				"{\"prefixes_a\":[\"10.1.0.0/24\"]}"),
		    200);
}

TEST_SUITE_WITH(controller_peerings, start, stop,
		{"peerings that are refused", peerings_that_are_refused},
		{"a peering says what does not pass", a_peering_says_what_does_not_pass});
