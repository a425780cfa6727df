#include <stdio.h>
#include <string.h>

#include "test/unit/sqlite/fixture.h"

static struct join_grant grant_row(struct fixture *x, const char *secret, uint32_t max_uses)
{
	struct join_grant g = {.organization = x->organization.row, .max_uses = max_uses};

	digest_of(secret, strlen(secret), &g.secret);
	snprintf(g.note, sizeof(g.note), "%s", secret);
	return g;
}

static void a_join_grant_comes_back(void)
{
	struct fixture x;
	struct mesh prod;
	struct join_grant g, got, *list;
	size_t n;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	g = grant_row(&x, "one", 5);
	g.mesh = prod.row;
	g.gateway = true;
	g.expires_at = FIXTURE_NOW;
	OK(&x, store_join_grant_insert(x.store, &g, &x.fault));
	OK(&x, store_join_grant_find(x.store, x.organization.row, &g.id, &got, &x.fault));
	CU_ASSERT(memcmp(&g, &got, sizeof(g)) == 0);
	OK(&x, store_join_grant_find_secret(x.store, &g.secret, &got, &x.fault));
	CU_ASSERT(memcmp(&g, &got, sizeof(g)) == 0);
	FAULT(&x, store_join_grant_find(x.store, 99, &g.id, &got, &x.fault), ERR_NOT_FOUND, "");

	g.revoked_at = FIXTURE_NOW;
	g.uses = 4; /* an update does not count */
	OK(&x, store_join_grant_update(x.store, &g, &x.fault));
	OK(&x, store_join_grant_find(x.store, 0, &g.id, &got, &x.fault));
	TEST_NUMBER(got.revoked_at.ms, FIXTURE_NOW.ms);
	TEST_NUMBER(got.uses, 0);
	TEST_NUMBER(got.version, 2);
	g = grant_row(&x, "one", 0);
	FAULT(&x, store_join_grant_insert(x.store, &g, &x.fault), ERR_CONFLICT, "secret: ");
	g = grant_row(&x, "default-mesh", 0);
	OK(&x, store_join_grant_insert(x.store, &g, &x.fault));
	OK(&x, store_join_grant_list(x.store, &x.arena, x.organization.row,
				     &(struct page){.limit = 1}, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_join_grant_list(x.store, &x.arena, x.organization.row,
				     &(struct page){.after = list[0].row}, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(list[0].mesh, 0);
	OK(&x, store_join_grant_list(x.store, &x.arena, 99, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	fixture_end(&x);
}

static void a_grant_is_used_up(void)
{
	struct fixture x;
	struct machine a, b;
	struct join_grant g, got;
	bool used;

	fixture_start(&x);
	a = fixture_machine(&x, "a");
	b = fixture_machine(&x, "b");
	g = grant_row(&x, "once", 1);
	OK(&x, store_join_grant_insert(x.store, &g, &x.fault));
	OK(&x, store_join_grant_used_by(x.store, g.row, a.row, &used, &x.fault));
	CU_ASSERT(!used);
	OK(&x, store_join_grant_use(x.store, g.row, a.row, &x.fault));
	OK(&x, store_join_grant_used_by(x.store, g.row, a.row, &used, &x.fault));
	CU_ASSERT(used);
	OK(&x, store_join_grant_use(x.store, g.row, a.row, &x.fault)); /* a lost answer */
	OK(&x, store_savepoint(x.store, &x.fault));
	FAULT(&x, store_join_grant_use(x.store, g.row, b.row, &x.fault), ERR_USED_UP,
	      "the join token");
	store_undo(x.store);
	OK(&x, store_join_grant_used_by(x.store, g.row, b.row, &used, &x.fault));
	CU_ASSERT(!used);
	OK(&x, store_join_grant_find(x.store, 0, &g.id, &got, &x.fault));
	TEST_NUMBER(got.uses, 1);
	OK(&x,
	   store_machine_delete(x.store, a.row, &x.fault)); /* that it is gone gives nothing back */
	FAULT(&x, store_join_grant_use(x.store, g.row, b.row, &x.fault), ERR_USED_UP,
	      "the join token");

	g = grant_row(&x, "any", 0);
	OK(&x, store_join_grant_insert(x.store, &g, &x.fault));
	OK(&x, store_join_grant_use(x.store, g.row, b.row, &x.fault));
	OK(&x, store_join_grant_find(x.store, 0, &g.id, &got, &x.fault));
	TEST_NUMBER(got.uses, 1);
	fixture_end(&x);
}

static struct api_token token_row(row_t organization, const char *secret, enum role role)
{
	struct api_token t = {.organization = organization, .role = role};

	digest_of(secret, strlen(secret), &t.secret);
	snprintf(t.note, sizeof(t.note), "%s", secret);
	return t;
}

static void an_api_token_comes_back(void)
{
	struct fixture x;
	struct api_token t, admin, got, *list;
	size_t n;

	fixture_start(&x);
	t = token_row(x.organization.row, "one", ROLE_OPERATOR);
	t.expires_at = FIXTURE_NOW;
	OK(&x, store_api_token_insert(x.store, &t, &x.fault));
	OK(&x, store_api_token_find(x.store, x.organization.row, &t.id, &got, &x.fault));
	CU_ASSERT(memcmp(&t, &got, sizeof(t)) == 0);
	t.revoked_at = FIXTURE_NOW;
	OK(&x, store_api_token_update(x.store, &t, &x.fault));
	OK(&x, store_api_token_find(x.store, x.organization.row, &t.id, &got, &x.fault));
	CU_ASSERT(memcmp(&t, &got, sizeof(t)) == 0);

	admin = token_row(0, "admin", ROLE_ADMIN);
	OK(&x, store_api_token_insert(x.store, &admin, &x.fault));
	OK(&x, store_api_token_find(x.store, 0, &admin.id, &got, &x.fault));
	TEST_NUMBER(got.organization, 0);
	FAULT(&x, store_api_token_find(x.store, x.organization.row, &admin.id, &got, &x.fault),
	      ERR_NOT_FOUND, "");
	t = token_row(x.organization.row, "machine", ROLE_MACHINE);
	FAULT(&x, store_api_token_insert(x.store, &t, &x.fault), ERR_INVALID, "CHECK");
	t = token_row(x.organization.row, "one", ROLE_VIEWER);
	FAULT(&x, store_api_token_insert(x.store, &t, &x.fault), ERR_CONFLICT, "secret: ");
	OK(&x,
	   store_api_token_list(x.store, &x.arena, x.organization.row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_api_token_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	OK(&x, store_organization_delete(x.store, x.organization.row, &x.fault));
	OK(&x, store_api_token_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	fixture_end(&x);
}

static const struct principal_row *with(const struct principal_row *rows, size_t n,
					const struct digest *secret)
{
	static const struct principal_row none;

	for (size_t i = 0; i < n; i++)
		if (digest_equal(&rows[i].secret, secret))
			return &rows[i];
	TEST_FAIL("a principal is missing");
	return &none;
}

static void everybody_who_can_ask_is_listed(void)
{
	struct fixture x;
	struct api_token admin, viewer;
	struct machine fine, frozen, without;
	struct principal_row *rows;
	const struct principal_row *row;
	size_t n;

	fixture_start(&x);
	admin = token_row(0, "admin", ROLE_ADMIN);
	viewer = token_row(x.organization.row, "viewer", ROLE_VIEWER);
	viewer.expires_at = viewer.revoked_at = FIXTURE_NOW;
	OK(&x, store_api_token_insert(x.store, &admin, &x.fault));
	OK(&x, store_api_token_insert(x.store, &viewer, &x.fault));
	fine = fixture_machine(&x, "fine");
	frozen = fixture_machine_row(&x.organization, "frozen");
	frozen.frozen = true;
	OK(&x, store_machine_insert(x.store, &frozen, &x.fault));
	without = fixture_machine_row(&x.organization, "without");
	memset(&without.token, 0, sizeof(without.token));
	OK(&x, store_machine_insert(x.store, &without, &x.fault));
	OK(&x, store_principal_list(x.store, &x.arena, &rows, &n, &x.fault));
	TEST_NUMBER(n, 4);
	row = with(rows, n, &admin.secret);
	CU_ASSERT(row->who.role == ROLE_ADMIN && row->who.organization == 0);
	CU_ASSERT(row->who.token == admin.row && id_equal(&row->who.id, &admin.id));
	CU_ASSERT(!row->revoked && row->expires_at.ms == 0);
	row = with(rows, n, &viewer.secret);
	CU_ASSERT(row->who.role == ROLE_VIEWER && row->revoked);
	TEST_NUMBER(row->expires_at.ms, FIXTURE_NOW.ms);
	row = with(rows, n, &fine.token);
	CU_ASSERT(row->who.role == ROLE_MACHINE && !row->frozen);
	CU_ASSERT(row->who.organization == x.organization.row && row->who.token == fine.row);
	CU_ASSERT(with(rows, n, &frozen.token)->frozen);
	fixture_end(&x);
}

static void the_audit_is_read_newest_first(void)
{
	struct fixture x;
	struct audit_entry e = {.at = FIXTURE_NOW, .actor = "token 1", .action = "mesh.create"};
	struct page page = {.limit = 2};
	struct audit_entry *list;
	size_t n;

	fixture_start(&x);
	OK(&x, store_audit_insert(x.store, &e, &x.fault));
	e.organization = x.organization.row;
	e.resource = "0192";
	e.before = "{\"name\": \"a\"}";
	e.after = "";
	for (int i = 0; i < 3; i++)
		OK(&x, store_audit_insert(x.store, &e, &x.fault));
	OK(&x, store_audit_list(x.store, &x.arena, x.organization.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	CU_ASSERT(list[0].row > list[1].row);
	CU_ASSERT(!id_is_zero(&list[0].id));
	TEST_TEXT(list[0].actor, "token 1");
	TEST_TEXT(list[0].action, "mesh.create");
	TEST_TEXT(list[0].resource, "0192");
	TEST_TEXT(list[0].before, "{\"name\": \"a\"}");
	TEST_TEXT(list[0].after, "");
	TEST_NUMBER(list[0].at.ms, FIXTURE_NOW.ms);
	page.after = list[1].row;
	OK(&x, store_audit_list(x.store, &x.arena, x.organization.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_audit_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 4);
	CU_ASSERT_PTR_NULL(list[3].before);
	TEST_NUMBER(list[3].organization, 0);
	OK(&x, store_organization_delete(x.store, x.organization.row, &x.fault));
	OK(&x, store_audit_list(x.store, &x.arena, x.organization.row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 3); /* it outlives what it is about */
	fixture_end(&x);
}

TEST_SUITE(sqlite_token, {"a join grant comes back", a_join_grant_comes_back},
	   {"a grant is used up", a_grant_is_used_up},
	   {"an API token comes back", an_api_token_comes_back},
	   {"everybody who can ask is listed", everybody_who_can_ask_is_listed},
	   {"the audit is read newest first", the_audit_is_read_newest_first});
