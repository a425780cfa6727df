#include <stdio.h>
#include <string.h>

#include "test/unit/sqlite/fixture.h"

static void organizations_are_kept(void)
{
	struct fixture x;
	struct organization got, again = {.name = "acme"}, *list;
	struct mesh m;
	size_t n;

	fixture_start(&x);
	OK(&x, store_organization_get(x.store, x.organization.row, &got, &x.fault));
	CU_ASSERT(memcmp(&got, &x.organization, sizeof(got)) == 0);
	FAULT(&x, store_organization_insert(x.store, &again, &x.fault), ERR_EXISTS, "name: ");
	strcpy(got.name, "acme-2");
	OK(&x, store_organization_update(x.store, &got, &x.fault));
	TEST_NUMBER(got.version, 2);
	OK(&x, store_organization_find(x.store, &got.id, &again, &x.fault));
	TEST_TEXT(again.name, "acme-2");
	TEST_NUMBER(again.version, 2);
	FAULT(&x, store_organization_find_name(x.store, "acme", &again, &x.fault), ERR_NOT_FOUND,
	      "");
	OK(&x, store_organization_find_name(x.store, "acme-2", &again, &x.fault));
	OK(&x, store_organization_list(x.store, &x.arena, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);

	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	FAULT(&x, store_organization_delete(x.store, got.row, &x.fault), ERR_CONFLICT, "is in use");
	OK(&x, store_mesh_delete(x.store, m.row, &x.fault));
	OK(&x, store_organization_delete(x.store, got.row, &x.fault));
	FAULT(&x, store_organization_get(x.store, got.row, &got, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_organization_delete(x.store, again.row, &x.fault), ERR_NOT_FOUND, "");
	x.organization = fixture_organization(&x, "next");
	CU_ASSERT(x.organization.row > again.row); /* a row is never given twice */
	fixture_end(&x);
}

static void a_machine_comes_back_by_each_of_its_names(void)
{
	struct fixture x;
	struct organization other;
	struct machine k, got;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	k = fixture_machine(&x, "web-1");
	OK(&x, store_machine_get(x.store, k.row, &got, &x.fault));
	CU_ASSERT(memcmp(&k, &got, sizeof(k)) == 0);
	OK(&x, store_machine_find(x.store, x.organization.row, &k.id, &got, &x.fault));
	CU_ASSERT(memcmp(&k, &got, sizeof(k)) == 0);
	OK(&x, store_machine_find_name(x.store, x.organization.row, "web-1", &got, &x.fault));
	OK(&x, store_machine_find_identity(x.store, k.identity, &got, &x.fault));
	CU_ASSERT(memcmp(&k, &got, sizeof(k)) == 0);
	FAULT(&x, store_machine_find(x.store, other.row, &k.id, &got, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_machine_find_name(x.store, other.row, "web-1", &got, &x.fault),
	      ERR_NOT_FOUND, "");
	CU_ASSERT(id_is_zero(&got.id));
	fixture_end(&x);
}

static void a_machine_changes(void)
{
	struct fixture x;
	struct machine k, got;

	fixture_start(&x);
	k = fixture_machine(&x, "web-1");
	strcpy(k.name, "web-2");
	k.revoked = k.frozen = true;
	k.run = UINT64_MAX;
	digest_of("another", 7, &k.token);
	OK(&x, store_machine_update(x.store, &k, &x.fault));
	OK(&x, store_machine_get(x.store, k.row, &got, &x.fault));
	CU_ASSERT(memcmp(&k, &got, sizeof(k)) == 0);

	strcpy(k.boot_id, "0f8a-boot");
	k.run = 3;
	k.seen_at = FIXTURE_NOW;
	strcpy(k.name, "not this");
	OK(&x, store_machine_seen(x.store, &k, &x.fault));
	OK(&x, store_machine_get(x.store, k.row, &got, &x.fault));
	TEST_TEXT(got.boot_id, "0f8a-boot");
	TEST_TEXT(got.name, "web-2");
	TEST_NUMBER(got.seen_at.ms, FIXTURE_NOW.ms);
	TEST_NUMBER(got.version, 2);
	OK(&x, store_machine_delete(x.store, k.row, &x.fault));
	FAULT(&x, store_machine_seen(x.store, &k, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void what_is_unique_of_a_machine(void)
{
	struct fixture x;
	struct organization other;
	struct machine k, same;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	k = fixture_machine(&x, "web-1");
	same = fixture_machine_row(&x.organization, "web-1");
	FAULT(&x, store_machine_insert(x.store, &same, &x.fault), ERR_EXISTS, "name: ");
	same.organization = other.row;
	memcpy(same.identity, k.identity, sizeof(k.identity));
	FAULT(&x, store_machine_insert(x.store, &same, &x.fault), ERR_EXISTS, "identity: ");
	memset(same.identity, 7, sizeof(same.identity));
	same.token = k.token;
	FAULT(&x, store_machine_insert(x.store, &same, &x.fault), ERR_CONFLICT, "token: ");
	memset(&same.token, 0, sizeof(same.token));
	same.id = k.id;
	FAULT(&x, store_machine_insert(x.store, &same, &x.fault), ERR_EXISTS, "machine.id: ");
	id_new(&same.id);
	OK(&x, store_machine_insert(x.store, &same, &x.fault));
	same = fixture_machine_row(&other, "without-a-token-too");
	memset(&same.token, 0, sizeof(same.token));
	OK(&x, store_machine_insert(x.store, &same, &x.fault));
	fixture_end(&x);
}

static void machines_are_listed_by_organization(void)
{
	struct fixture x;
	struct organization other;
	struct machine k, *list;
	struct page page = {.limit = 2};
	size_t n;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), "m-%d", i);
		fixture_machine(&x, name);
		k = fixture_machine_row(&other, name);
		OK(&x, store_machine_insert(x.store, &k, &x.fault));
	}
	OK(&x, store_machine_list(x.store, &x.arena, other.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	page.after = list[1].row;
	OK(&x, store_machine_list(x.store, &x.arena, other.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(list[0].row, k.row);
	OK(&x, store_machine_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 6);
	fixture_end(&x);
}

static void networks_are_replaced_as_a_whole(void)
{
	struct fixture x;
	struct machine k;
	struct prefix at[3] = {fixture_prefix("192.168.1.0/24"), fixture_prefix("10.0.0.0/8"),
			       fixture_prefix("192.168.1.0/24")},
		      *got;
	size_t n;

	fixture_start(&x);
	k = fixture_machine(&x, "a");
	OK(&x, store_networks_set(x.store, k.row, at, 3, &x.fault));
	OK(&x, store_networks_get(x.store, &x.arena, k.row, &got, &n, &x.fault));
	TEST_NUMBER(n, 2);
	CU_ASSERT(prefix_equal(&got[0], &at[1]));
	CU_ASSERT(prefix_equal(&got[1], &at[0]));
	OK(&x, store_networks_set(x.store, k.row, NULL, 0, &x.fault));
	OK(&x, store_networks_get(x.store, &x.arena, k.row, &got, &n, &x.fault));
	TEST_NUMBER(n, 0);
	FAULT(&x, store_networks_set(x.store, 99, at, 1, &x.fault), ERR_CONFLICT, NULL);
	OK(&x, store_networks_set(x.store, k.row, at, 1, &x.fault));
	OK(&x, store_machine_delete(x.store, k.row, &x.fault));
	fixture_end(&x);
}

TEST_SUITE(sqlite_machine, {"organizations are kept", organizations_are_kept},
	   {"a machine comes back by each of its names", a_machine_comes_back_by_each_of_its_names},
	   {"a machine changes", a_machine_changes},
	   {"what is unique of a machine", what_is_unique_of_a_machine},
	   {"machines are listed by organization", machines_are_listed_by_organization},
	   {"networks are replaced as a whole", networks_are_replaced_as_a_whole});
