/* docs/openapi.yaml against the route table and against what the server really answers. */
#include "test/unit/controller/openapi.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/api/table.h"
#include "controller/http/routes.h"
#include "test/test.h"
#include "test/unit/controller/cases.h"

static struct openapi doc;
static struct stand stand;
static struct things things;

static int start(void)
{
	return openapi_load(&doc, "docs/openapi.yaml") && stand_start(&stand, NULL) &&
			       things_make(&stand, &things, "documented", "1")
		       ? 0
		       : 1;
}

static int stop(void)
{
	stand_stop(&stand);
	openapi_free(&doc);
	return 0;
}

static yaml_node_t *operation(const struct route *r)
{
	char method[8] = "";

	for (size_t i = 0; method_text(r->method)[i] != '\0'; i++)
		method[i] = (char)tolower((unsigned char)method_text(r->method)[i]);
	return openapi_find(&doc, NULL, "paths", r->path, method, NULL);
}

/* ---- the table ---- */

static void each_route_is_documented(void)
{
	static const char *const roles[] = {"none", "machine", "viewer", "operator", "admin"};

	for (const struct route *r = api_routes; r->path != NULL; r++) {
		yaml_node_t *op = operation(r);

		if (op == NULL)
			TEST_FAIL("%s %s is not documented", method_text(r->method), r->path);
		else
			TEST_TEXT(openapi_text(openapi_find(&doc, op, "x-role", NULL)),
				  roles[r->role]);
	}
}

static void visit_method(void *path, const char *method, yaml_node_t *op)
{
	for (const struct route *r = api_routes; r->path != NULL; r++)
		if (strcmp(r->path, path) == 0 && operation(r) == op)
			return;
	TEST_FAIL("%s %s is documented and is no route", method, (const char *)path);
}

static void visit_path(void *context, const char *path, yaml_node_t *methods)
{
	char copy[128];

	(void)context;
	snprintf(copy, sizeof(copy), "%s", path);
	openapi_each(&doc, methods, visit_method, copy);
}

static void each_documented_path_is_a_route(void)
{
	openapi_each(&doc, openapi_find(&doc, NULL, "paths", NULL), visit_path, NULL);
	CU_PASS("paths");
}

static bool has_word(const char *words, const char *word)
{
	char spaced[200], want[64];

	snprintf(spaced, sizeof(spaced), " %s ", words != NULL ? words : "");
	snprintf(want, sizeof(want), " %s ", word);
	return strstr(spaced, want) != NULL;
}

/* The parameters of the row and those of the document are the same. */
static void parameters_agree(void)
{
	for (const struct route *r = api_routes; r->path != NULL; r++) {
		yaml_node_t *list = openapi_find(&doc, operation(r), "parameters", NULL), *p;
		size_t in_query = 0, words = r->query != NULL;

		for (const char *c = r->query; c != NULL && *c != '\0'; c++)
			words += *c == ' ';
		words += r->role >= ROLE_VIEWER;
		for (size_t i = 0; (p = openapi_at(&doc, list, i)) != NULL; i++) {
			const char *name = openapi_text(openapi_find(&doc, p, "name", NULL));

			if (strcmp(openapi_text(openapi_find(&doc, p, "in", NULL)), "query") != 0)
				continue;
			in_query++;
			if (!has_word(r->query, name) && strcmp(name, "organization") != 0)
				TEST_FAIL("%s takes no '%s'", r->path, name);
		}
		if (in_query != words)
			TEST_FAIL("%s %s: %zu parameters are documented, it takes %zu",
				  method_text(r->method), r->path, in_query, words);
	}
}

/* ---- real requests and answers ---- */

static void complain(const struct api_case *c, const char *what, struct buf *complaints)
{
	if (complaints->len > 0)
		TEST_FAIL("%s of %s %s: %s", what, method_text(c->method), c->route,
			  buf_text(complaints));
	else
		CU_PASS("schema");
	buf_fini(complaints);
}

static void check_request(const struct api_case *c, const char *body)
{
	yaml_node_t *schema = openapi_find(&doc, operation(case_route(c)), "requestBody", "content",
					   "application/json", "schema", NULL);
	json_t *json = body != NULL ? json_loads(body, 0, NULL) : NULL;
	struct buf complaints;

	buf_init(&complaints);
	if ((schema == NULL) != (json == NULL))
		buf_puts(&complaints, "a body is documented, or sent, but not both");
	else if (json != NULL)
		openapi_check(&doc, schema, json, "body", &complaints);
	json_decref(json);
	complain(c, "request", &complaints);
}

static void check_answer(const struct api_case *c)
{
	char status[16], type[96];
	yaml_node_t *response, *schema;
	struct buf complaints;

	buf_init(&complaints);
	snprintf(status, sizeof(status), "%ld", stand.status);
	snprintf(type, sizeof(type), "%.*s", (int)strcspn(stand.type, ";"), stand.type);
	response = openapi_find(&doc, operation(case_route(c)), "responses", status, NULL);
	schema = openapi_find(&doc, response, "content", type, "schema", NULL);
	if (response == NULL)
		buf_printf(&complaints, "status %s is not documented", status);
	else if (type[0] != '\0' && schema == NULL)
		buf_printf(&complaints, "content %s is not documented", type);
	else if (stand.json != NULL)
		openapi_check(&doc, schema, stand.json, "answer", &complaints);
	if (response != NULL && stand.etag[0] != '\0' && stand.status < 300 &&
	    openapi_find(&doc, response, "headers", "ETag", NULL) == NULL)
		buf_puts(&complaints, "an ETag is not documented");
	complain(c, "answer", &complaints);
}

static void run(const struct api_case *c, const char *token)
{
	bool named;
	char *path = things_fill(&things, c->path != NULL ? c->path : c->route, &named);
	char *body = c->body != NULL ? things_fill(&things, c->body, &named) : NULL;

	stand_call(&stand, token, method_text(c->method), path, body);
	check_answer(c);
	if (stand.status == c->status)
		check_request(c, body);
	free(path);
	free(body);
}

static bool is_enroll(const struct api_case *c)
{
	return strcmp(c->route, "/api/v1/enroll") == 0;
}

static bool is_show(const struct api_case *c)
{
	return c->method == METHOD_POST && strcmp(c->route, "/api/v1/unknown-machines") == 0;
}

static void refusals_are_documented(void)
{
	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		if (case_route(c)->role == ROLE_NONE)
			continue;
		run(c, NULL);
		run(c, case_route(c)->role == ROLE_MACHINE ? stand.admin : things.machine.token);
	}
}

static void an_enrolment_is_documented(void)
{
	struct stand_machine m;

	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		if (!is_enroll(c))
			continue;
		stand_machine_new(&m, "documented");
		stand_enroll(&stand, &m, stand_join_token(&stand, things.operator_token, NULL),
			     NULL);
		TEST_NUMBER(stand.status, 201);
		check_answer(c);
		stand_enroll(&stand, &m, stand_join_token(&stand, things.operator_token, NULL),
			     "\"10.0.0.0/8\"");
		check_answer(c);
	}
}

static void showing_oneself_is_documented(void)
{
	char id[64];

	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		if (!is_show(c))
			continue;
		TEST_NUMBER(
			stand_show_unknown(&stand, things_get(&things, "mesh"), 201, "also", id),
			204);
		check_answer(c);
		TEST_NUMBER(
			stand_show_unknown(&stand, things_get(&things, "machine"), 201, "also", id),
			404);
		check_answer(c);
	}
}

/* Last: it ends with what removes. */
static void answers_are_as_documented(void)
{
	for (const struct api_case *c = api_cases; c->route != NULL; c++) {
		if (is_enroll(c) || is_show(c))
			continue;
		run(c, things_token(&stand, &things, case_route(c)));
		TEST_NUMBER(stand.status, c->status);
	}
}

TEST_SUITE_WITH(controller_openapi, start, stop,
		{"each route is documented", each_route_is_documented},
		{"each documented path is a route", each_documented_path_is_a_route},
		{"parameters agree", parameters_agree},
		{"refusals are documented", refusals_are_documented},
		{"an enrolment is documented", an_enrolment_is_documented},
		{"showing oneself is documented", showing_oneself_is_documented},
		{"answers are as documented", answers_are_as_documented});
