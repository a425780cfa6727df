#include "test/unit/controller/cases.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/api/table.h"
#include "controller/http/routes.h"
#include "test/test.h"

#define V1 "/api/v1"
#define ID "/{id}"

const struct api_case api_cases[] = {
	{"/healthz", METHOD_GET, NULL, NULL, 200},
	{"/readyz", METHOD_GET, NULL, NULL, 200},
	{V1 "/organizations", METHOD_GET, NULL, NULL, 200},
	{V1 "/organizations", METHOD_POST, NULL, "{\"name\":\"third\"}", 201},
	{V1 "/organizations" ID, METHOD_GET, V1 "/organizations/$organization", NULL, 200},
	{V1 "/organizations" ID, METHOD_PATCH, V1 "/organizations/$organization",
	 "{\"name\":\"renamed\"}", 200},
	{V1 "/meshes", METHOD_GET, NULL, NULL, 200},
	{V1 "/meshes", METHOD_POST, NULL, "{\"name\":\"more\",\"cidr\":\"192.168.0.0/24\"}", 201},
	{V1 "/meshes" ID, METHOD_GET, V1 "/meshes/$mesh", NULL, 200},
	{V1 "/meshes" ID, METHOD_PATCH, V1 "/meshes/$mesh", "{\"route_reflector\":false}", 200},
	{V1 "/machines", METHOD_GET, NULL, NULL, 200},
	{V1 "/machines" ID, METHOD_GET, V1 "/machines/$machine", NULL, 200},
	{V1 "/machines" ID, METHOD_PATCH, V1 "/machines/$machine", "{\"name\":\"renamed\"}", 200},
	{V1 "/machines" ID "/sessions", METHOD_GET, V1 "/machines/$machine/sessions", NULL, 200},
	{V1 "/machines" ID "/paths", METHOD_GET, V1 "/machines/$machine/paths", NULL, 200},
	{V1 "/unknown-machines", METHOD_GET, NULL, NULL, 200},
	{V1 "/unknown-machines" ID, METHOD_GET, V1 "/unknown-machines/$unknown", NULL, 200},
	{V1 "/memberships", METHOD_GET, V1 "/memberships?mesh=$mesh", NULL, 200},
	{V1 "/memberships", METHOD_POST, NULL, "{\"machine\":\"$machine\",\"mesh\":\"$spare\"}",
	 201},
	{V1 "/memberships" ID, METHOD_GET, V1 "/memberships/$membership", NULL, 200},
	{V1 "/join-tokens", METHOD_GET, NULL, NULL, 200},
	{V1 "/join-tokens", METHOD_POST, NULL, "{\"mesh\":\"$mesh\"}", 201},
	{V1 "/join-tokens" ID, METHOD_GET, V1 "/join-tokens/$join_token", NULL, 200},
	{V1 "/api-tokens", METHOD_GET, NULL, NULL, 200},
	{V1 "/api-tokens", METHOD_POST, NULL, "{\"role\":\"viewer\"}", 201},
	{V1 "/api-tokens" ID, METHOD_GET, V1 "/api-tokens/$api_token", NULL, 200},
	{V1 "/gateways", METHOD_GET, NULL, NULL, 200},
	{V1 "/gateways", METHOD_POST, NULL,
	 "{\"machine\":\"$machine\",\"meshes\":[\"$mesh\",\"$second\"]}", 200},
	{V1 "/prefixes", METHOD_GET, V1 "/prefixes?membership=$membership", NULL, 200},
	{V1 "/prefixes", METHOD_POST, NULL,
	 "{\"membership\":\"$membership\",\"prefix\":\"203.0.113.0/24\"}", 201},
	{V1 "/prefixes" ID, METHOD_GET, V1 "/prefixes/$prefix", NULL, 200},
	{V1 "/prefixes" ID, METHOD_PATCH, V1 "/prefixes/$prefix",
	 "{\"priority\":200,\"users\":[\"$membership\"]}", 200},
	{V1 "/peerings", METHOD_GET, V1 "/peerings?mesh=$mesh", NULL, 200},
	{V1 "/peerings", METHOD_POST, NULL,
	 "{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$spare\",\"prefixes_a\":[\"198.51.100.0/25\"]}", 201},
	{V1 "/peerings" ID, METHOD_GET, V1 "/peerings/$peering", NULL, 200},
	{V1 "/peerings" ID, METHOD_PATCH, V1 "/peerings/$peering",
	 "{\"prefixes_b\":[\"198.51.100.128/25\"]}", 200},
	{V1 "/audit", METHOD_GET, NULL, NULL, 200},
	{V1 "/machine", METHOD_GET, NULL, NULL, 200},
	{V1 "/memberships" ID "/public-key", METHOD_PUT, V1 "/memberships/$membership/public-key",
	 "{\"public_key\":\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"}", 204},
	{V1 "/machines" ID "/rotate-key", METHOD_POST, V1 "/machines/$machine/rotate-key",
	 "{\"membership\":\"$membership\"}", 200},
	/* What nobody is asked, and an answer that nobody waits for: question_test.c has the
	   others. */
	{V1 "/machines" ID "/questions", METHOD_POST, V1 "/machines/$machine/questions",
	 "{\"words\":[\"login\"]}", 400},
	{V1 "/mesh/questions" ID, METHOD_POST, V1 "/mesh/questions/$machine", NULL, 404},
	{V1 "/memberships" ID "/next-key", METHOD_PUT, V1 "/memberships/$membership/next-key",
	 "{\"public_key\":\"CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=\"}", 204},
	{V1 "/mesh/config", METHOD_GET, V1 "/mesh/config?membership=$membership&image=membership",
	 NULL, 200},
	{V1 "/mesh/bird", METHOD_GET, V1 "/mesh/bird?membership=$membership", NULL, 200},
	{V1 "/mesh/report", METHOD_POST, NULL,
	 "{\"boot_id\":\"b\",\"run\":\"1\",\"networks\":[\"192.0.2.0/24\"],\"memberships\":["
	 "{\"id\":\"$membership\",\"applied_view\":\"1\",\"applied_membership\":\"2\","
	 "\"error\":null,\"endpoints\":[{\"type\":\"local\",\"address\":\"192.0.2.1\","
	 "\"port\":51820,\"device\":0}],\"announced\":[\"192.0.2.128/25\"],"
	 "\"shadowed\":[{\"prefix\":\"172.20.1.0/24\",\"by\":\"172.20.0.0/16\","
	 "\"device\":\"eth1\",\"membership\":null}]}]}",
	 204},
	{V1 "/enroll", METHOD_POST, NULL, NULL, 201},
	{V1 "/unknown-machines", METHOD_POST, NULL, NULL, 204},
	/* these remove */
	{V1 "/join-tokens" ID "/revoke", METHOD_POST, V1 "/join-tokens/$join_token/revoke", NULL,
	 200},
	{V1 "/api-tokens" ID "/revoke", METHOD_POST, V1 "/api-tokens/$api_token/revoke", NULL, 200},
	{V1 "/peerings" ID, METHOD_DELETE, V1 "/peerings/$peering", NULL, 204},
	{V1 "/prefixes" ID, METHOD_DELETE, V1 "/prefixes/$prefix", NULL, 204},
	{V1 "/gateways" ID, METHOD_DELETE, V1 "/gateways/$machine", NULL, 200},
	{V1 "/unknown-machines" ID, METHOD_DELETE, V1 "/unknown-machines/$unknown", NULL, 204},
	{V1 "/memberships" ID, METHOD_DELETE, V1 "/memberships/$membership", NULL, 204},
	{V1 "/machine", METHOD_DELETE, NULL, NULL, 204},
	{V1 "/machines" ID "/unfreeze", METHOD_POST, V1 "/machines/$second_machine/unfreeze", NULL,
	 409},
	{V1 "/machines" ID "/drain", METHOD_POST, V1 "/machines/$second_machine/drain", NULL, 200},
	{V1 "/machines" ID "/undrain", METHOD_POST, V1 "/machines/$second_machine/undrain", NULL,
	 200},
	{V1 "/machines" ID "/revoke", METHOD_POST, V1 "/machines/$second_machine/revoke", NULL,
	 200},
	{V1 "/machines" ID, METHOD_DELETE, V1 "/machines/$second_machine", NULL, 204},
	{V1 "/meshes" ID, METHOD_DELETE, V1 "/meshes/$mesh?cascade=true", NULL, 204},
	{V1 "/organizations" ID, METHOD_DELETE, V1 "/organizations/$empty", NULL, 204},
	{0}};

const struct route *case_route(const struct api_case *c)
{
	for (const struct route *r = api_routes; r->path != NULL; r++)
		if (r->method == c->method && strcmp(r->path, c->route) == 0)
			return r;
	return NULL;
}

/* ---- things ---- */

void things_set(struct things *t, const char *name, const char *value)
{
	t->at[t->n].name = name;
	snprintf(t->at[t->n++].value, TOKEN_SIZE, "%s", value);
}

const char *things_get(const struct things *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->at[i].name, name) == 0)
			return t->at[i].value;
	return "";
}

char *things_fill(const struct things *t, const char *text, bool *named)
{
	struct buf out;

	buf_init(&out);
	*named = false;
	while (*text != '\0') {
		char name[32] = "";
		size_t len = strcspn(text, "$");

		buf_append(&out, text, len);
		text += len;
		if (*text != '$')
			break;
		len = strspn(++text, "abcdefghijklmnopqrstuvwxyz_");
		snprintf(name, sizeof(name), "%.*s", (int)len, text);
		buf_puts(&out, things_get(t, name));
		text += len;
		*named = true;
	}
	return buf_take(&out);
}

long things_call(struct stand *s, const struct things *t, const char *method, const char *path,
		 const char *body)
{
	bool named;
	char *p = things_fill(t, path, &named);
	char *b = body != NULL ? things_fill(t, body, &named) : NULL;
	long status = stand_call(s, t->operator_token, method, p, b);

	free(p);
	free(b);
	return status;
}

void things_refused(const struct stand *s, long status, const char *problem, const char *says)
{
	TEST_NUMBER(s->status, status);
	TEST_TEXT(stand_problem(s), problem);
	if (strstr(stand_get(s, "detail"), says) == NULL)
		TEST_FAIL("want '%s' in: %s", says, stand_get(s, "detail"));
}

const char *things_token(const struct stand *s, const struct things *t, const struct route *r)
{
	switch (r->role) {
	case ROLE_NONE:
		return NULL;
	case ROLE_MACHINE:
		return t->machine.token;
	case ROLE_VIEWER:
		return t->viewer_token;
	case ROLE_OPERATOR:
		return t->operator_token;
	case ROLE_ADMIN:
		return s->admin;
	}
	return NULL;
}

/* POSTs by `token` and keeps the id of what was made. */
static bool make(struct stand *s, struct things *t, const char *token, const char *name,
		 const char *path, const char *body)
{
	bool named;
	char *filled = things_fill(t, body, &named);
	long status = stand_call(s, token, "POST", path, filled);

	if (status != 201 && status != 200)
		stand_complain("%s %s: %ld %s", path, filled, status, buf_text(&s->body));
	if (stand_get(s, "id")[0] != '\0')
		things_set(t, name, stand_get(s, "id"));
	free(filled);
	return status == 201 || status == 200;
}

static bool make_tokens(struct stand *s, struct things *t)
{
	char path[128];

	snprintf(path, sizeof(path), V1 "/api-tokens?organization=%s",
		 things_get(t, "organization"));
	if (!make(s, t, s->admin, "operator", path, "{\"role\":\"operator\"}"))
		return false;
	snprintf(t->operator_token, TOKEN_SIZE, "%s", stand_get(s, "token"));
	if (!make(s, t, s->admin, "viewer", path, "{\"role\":\"viewer\"}"))
		return false;
	snprintf(t->viewer_token, TOKEN_SIZE, "%s", stand_get(s, "token"));
	return make(s, t, t->operator_token, "api_token", V1 "/api-tokens",
		    "{\"role\":\"viewer\"}");
}

static bool make_machines(struct stand *s, struct things *t)
{
	struct stand_machine second;
	char token[2048];

	snprintf(token, sizeof(token), "%s",
		 stand_join_token(s, t->operator_token, "{\"max_uses\":2}"));
	things_set(t, "join_token", stand_get(s, "id"));
	stand_machine_new(&t->machine, "first");
	stand_machine_new(&second, "second");
	if (stand_enroll(s, &t->machine, token, NULL) != 201 ||
	    stand_enroll(s, &second, token, NULL) != 201) {
		stand_complain("enrolling: %ld %s", s->status, buf_text(&s->body));
		return false;
	}
	things_set(t, "machine", t->machine.id);
	things_set(t, "membership", t->machine.membership);
	things_set(t, "second_machine", second.id);
	return true;
}

static bool make_unknown(struct stand *s, struct things *t)
{
	char id[64];

	if (stand_show_unknown(s, things_get(t, "mesh"), 200, "lost", id) != 204)
		return false;
	things_set(t, "unknown", id);
	return true;
}

bool things_make(struct stand *s, struct things *t, const char *organization, const char *net)
{
	char body[160];
	bool ok;

	memset(t, 0, sizeof(*t));
	snprintf(body, sizeof(body), "{\"name\":\"%s-empty\"}", organization);
	ok = make(s, t, s->admin, "empty", V1 "/organizations", body);
	snprintf(body, sizeof(body), "{\"name\":\"%s\"}", organization);
	ok = ok && make(s, t, s->admin, "organization", V1 "/organizations", body);
	ok = ok && make_tokens(s, t);
	snprintf(body, sizeof(body), "{\"name\":\"prod\",\"cidr\":\"10.%s.0.0/24\"}", net);
	ok = ok && make(s, t, t->operator_token, "mesh", V1 "/meshes", body);
	snprintf(body, sizeof(body), "{\"name\":\"staging\",\"cidr\":\"10.%s.1.0/24\"}", net);
	ok = ok && make(s, t, t->operator_token, "second", V1 "/meshes", body);
	snprintf(body, sizeof(body), "{\"name\":\"spare\",\"cidr\":\"10.%s.2.0/24\"}", net);
	ok = ok && make(s, t, t->operator_token, "spare", V1 "/meshes", body);
	ok = ok && make_machines(s, t);
	ok = ok && make(s, t, t->operator_token, "prefix", V1 "/prefixes",
			"{\"membership\":\"$membership\",\"prefix\":\"198.51.100.0/24\"}");
	ok = ok && make(s, t, t->operator_token, "peering", V1 "/peerings",
			"{\"mesh_a\":\"$mesh\",\"mesh_b\":\"$second\","
			"\"prefixes_a\":[\"198.51.100.0/24\"]}");
	ok = ok && make(s, t, t->operator_token, "gateway", V1 "/gateways",
			"{\"machine\":\"$machine\",\"meshes\":[\"$mesh\"]}");
	ok = ok && make_unknown(s, t);
	return ok && stand_wait_rendered(s, &t->machine);
}
