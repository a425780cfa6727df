/* Who may what: every route with no token, with the wrong role, with another organization's token,
 * and, for the positive control, with the owner's. */
#include <stdlib.h>
#include <string.h>

#include "controller/api/table.h"
#include "controller/http/routes.h"
#include "test/test.h"
#include "test/unit/controller/cases.h"

static struct stand stand;
static struct things ours, theirs;

static int start(void)
{
	return stand_start(&stand, NULL) && things_make(&stand, &ours, "ours", "1") &&
			       things_make(&stand, &theirs, "theirs", "2")
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&stand);
	return 0;
}

static long run(const struct api_case *c, const char *token, bool *named)
{
	bool in_path, in_body = false;
	char *path = things_fill(&ours, c->path != NULL ? c->path : c->route, &in_path);
	char *body = c->body != NULL ? things_fill(&ours, c->body, &in_body) : NULL;
	long status = stand_call(&stand, token, method_text(c->method), path, body);

	*named = in_path || in_body;
	free(path);
	free(body);
	return status;
}

/* Machines without a token prove what they are: enroll_test.c and unknown_test.c have them. */
static bool has_proof(const struct api_case *c)
{
	return c->method == METHOD_POST && (strcmp(c->route, "/api/v1/enroll") == 0 ||
					    strcmp(c->route, "/api/v1/unknown-machines") == 0);
}

static void each_route_has_a_case(void)
{
	for (const struct route *r = api_routes; r->path != NULL; r++) {
		bool found = false;

		for (const struct api_case *c = api_cases; c->route != NULL && !found; c++)
			found = case_route(c) == r;
		if (!found)
			TEST_FAIL("%s %s has no case", method_text(r->method), r->path);
	}
	for (const struct api_case *c = api_cases; c->route != NULL; c++)
		if (case_route(c) == NULL)
			TEST_FAIL("%s %s is no route", method_text(c->method), c->route);
}

static void expect(const struct api_case *c, const char *who, long got, long want)
{
	if (got != want)
		TEST_FAIL("%s %s as %s: got %ld, want %ld: %s", method_text(c->method), c->route,
			  who, got, want, buf_text(&stand.body));
	else
		CU_PASS("status");
}

static void without_a_token_nothing_is_answered(void)
{
	bool named;

	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		if (case_route(c)->role == ROLE_NONE)
			continue;
		expect(c, "nobody", run(c, NULL, &named), 401);
		expect(c, "a token of nobody",
		       run(c, "skein-api.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &named),
		       401);
		expect(c, "rubbish", run(c, "rubbish", &named), 401);
	}
}

static void a_lesser_role_is_refused(void)
{
	bool named;

	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		enum role least = case_route(c)->role;

		if (least == ROLE_NONE)
			continue;
		if (least == ROLE_MACHINE) {
			expect(c, "operator", run(c, ours.operator_token, &named), 403);
			expect(c, "administrator", run(c, stand.admin, &named), 403);
			continue;
		}
		expect(c, "machine", run(c, ours.machine.token, &named), 403);
		if (least > ROLE_VIEWER)
			expect(c, "viewer", run(c, ours.viewer_token, &named), 403);
		if (least > ROLE_OPERATOR)
			expect(c, "operator", run(c, ours.operator_token, &named), 403);
	}
}

/* The things of another organization do not exist: neither by id, nor named in a body, nor in a
 * list, nor by asking for the organization itself. */
static void another_organization_sees_nothing(void)
{
	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		const struct route *r = case_route(c);
		const char *token = things_token(&stand, &theirs, r);
		bool named;
		long status;

		if (r->role == ROLE_NONE || r->role == ROLE_ADMIN)
			continue;
		/* Run by who is the owner of nothing here, only what names something can do harm.
		 */
		if (strchr(c->path != NULL ? c->path : "", '$') == NULL &&
		    strchr(c->body != NULL ? c->body : "", '$') == NULL && r->method != METHOD_GET)
			continue;
		status = run(c, token, &named);
		if (strcmp(r->path, "/api/v1/mesh/report") == 0)
			expect(c, "a stranger", status, 204); /* skipped: see the next case */
		else if (named)
			expect(c, "a stranger", status, 404);
		for (size_t i = 0; i < ours.n; i++)
			if (!named && strstr(buf_text(&stand.body), ours.at[i].value) != NULL)
				TEST_FAIL("%s shows %s of another organization", r->path,
					  ours.at[i].name);
	}
}

static void a_report_for_a_stranger_changes_nothing(void)
{
	char path[128];

	snprintf(path, sizeof(path), "/api/v1/prefixes?membership=%s",
		 things_get(&ours, "membership"));
	TEST_NUMBER(stand_call(&stand, ours.operator_token, "GET", path, NULL), 200);
	TEST_NUMBER((long long)json_array_size(json_object_get(stand.json, "items")), 1);
}

static void only_an_administrator_names_an_organization(void)
{
	char path[160];

	for (const struct route *r = api_routes; r->path != NULL; r++) {
		if (r->role < ROLE_VIEWER || r->where != ROUTE_READ ||
		    strstr(r->path, "{id}") != NULL)
			continue;
		snprintf(path, sizeof(path), "%s?organization=%s", r->path,
			 things_get(&ours, "organization"));
		TEST_NUMBER(stand_call(&stand, theirs.operator_token, "GET", path, NULL), 404);
		TEST_NUMBER(stand_call(&stand, ours.operator_token, "GET", path, NULL), 200);
		TEST_NUMBER(stand_call(&stand, stand.admin, "GET", path, NULL), 200);
	}
}

/* Last: it ends with what removes. */
static void the_owner_may(void)
{
	bool named;

	for (const struct api_case *c = api_cases; c->route != NULL; c++)
		if (!has_proof(c))
			expect(c, "owner",
			       run(c, things_token(&stand, &ours, case_route(c)), &named),
			       c->status);
}

TEST_SUITE_WITH(controller_roles, start, stop, {"each route has a case", each_route_has_a_case},
		{"without a token nothing is answered", without_a_token_nothing_is_answered},
		{"a lesser role is refused", a_lesser_role_is_refused},
		{"another organization sees nothing", another_organization_sees_nothing},
		{"a report for a stranger changes nothing",
		 a_report_for_a_stranger_changes_nothing},
		{"only an administrator names an organization",
		 only_an_administrator_names_an_organization},
		{"the owner may", the_owner_may});
