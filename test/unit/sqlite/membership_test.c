#include <stdio.h>
#include <string.h>

#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

static void fill_endpoints(struct membership *m)
{
	m->nendpoints = STATE_ENDPOINTS_MAX;
	for (size_t i = 0; i < m->nendpoints; i++) {
		m->endpoints[i] = (struct endpoint){.type = (uint8_t)(1 + i % 5),
						    .device = (uint8_t)i,
						    .port = (uint16_t)(51820 + i),
						    .address.family = FAMILY_IPV6};
		memset(m->endpoints[i].address.bytes, (int)i, 16);
	}
}

static void all_members_come_back(void)
{
	struct fixture x;
	struct mesh mesh;
	struct machine k;
	struct membership m = {.index = 4194302, .number = 127, .gateway = true, .slot = 63}, got;

	fixture_start(&x);
	mesh = fixture_mesh(&x, "prod", "100.64.0.0/10");
	k = fixture_machine(&x, "a");
	m.machine = k.row;
	m.mesh = mesh.row;
	m.has_key = true;
	memset(&m.key, 0xab, sizeof(m.key));
	fill_endpoints(&m);
	m.image_revision = STATE_REVISION(65535, 9);
	m.image_view = STATE_REVISION(65535, 8);
	digest_of("image", 5, &m.image_digest);
	m.applied_view = 3;
	m.applied_image = 4;
	m.has_next_key = true;
	memset(&m.next_key, 0xac, sizeof(m.next_key));
	m.rotation = ROTATION_SWITCH;
	m.rotation_at.ms = 5;
	m.rotation_view = 6;
	m.key_changed_at.ms = 7;
	strcpy(m.report_error, "bird refused it");
	OK(&x, store_membership_insert(x.store, &m, &x.fault));
	OK(&x, store_membership_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	OK(&x, store_membership_find(x.store, x.organization.row, &m.id, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	OK(&x, store_membership_of(x.store, k.row, mesh.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	FAULT(&x, store_membership_find(x.store, x.organization.row + 1, &m.id, &got, &x.fault),
	      ERR_NOT_FOUND, "");

	m.gateway = m.has_key = m.has_next_key = false;
	memset(&m.key, 0, sizeof(m.key));
	memset(&m.next_key, 0, sizeof(m.next_key));
	m.nendpoints = 0;
	memset(m.endpoints, 0, sizeof(m.endpoints));
	OK(&x, store_membership_update(x.store, &m, &x.fault));
	OK(&x, store_membership_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	fixture_end(&x);
}

static void what_is_unique_of_a_membership(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct machine a, b;
	struct membership first, m = {0};

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	a = fixture_machine(&x, "a");
	b = fixture_machine(&x, "b");
	first = fixture_member(&x, &a, &prod, 1);
	first.has_key = true;
	memset(&first.key, 1, sizeof(first.key));
	OK(&x, store_membership_update(x.store, &first, &x.fault));

	m = (struct membership){.machine = a.row, .mesh = prod.row, .index = 2, .number = 1};
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_EXISTS, "mesh: ");
	m = (struct membership){.machine = b.row, .mesh = prod.row, .index = 1};
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_CONFLICT, "address: ");
	m = (struct membership){.machine = a.row, .mesh = staging.row, .index = 1, .number = 0};
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_CONFLICT, "number: ");
	m = (struct membership){.machine = b.row, .mesh = prod.row, .index = 2};
	m.has_key = true;
	m.key = first.key;
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_CONFLICT, "public_key: ");
	m = (struct membership){.machine = b.row, .mesh = prod.row, .index = 0};
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_INVALID, "CHECK");
	m = (struct membership){.machine = b.row, .mesh = prod.row, .index = 2};
	OK(&x, store_membership_insert(x.store, &m, &x.fault));
	fixture_end(&x);
}

static void organizations_do_not_mix(void)
{
	struct fixture x;
	struct organization other;
	struct mesh theirs;
	struct machine a;
	struct membership m = {.index = 1};

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	theirs = fixture_mesh_row(&other, "prod", "10.1.0.0/16");
	OK(&x, store_mesh_insert(x.store, &theirs, &x.fault));
	a = fixture_machine(&x, "a");
	m.machine = a.row;
	m.mesh = theirs.row;
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_CONFLICT, "mesh: ");
	m.mesh = 99;
	FAULT(&x, store_membership_insert(x.store, &m, &x.fault), ERR_CONFLICT, "mesh: ");
	fixture_end(&x);
}

static void numbers_are_the_lowest_free(void)
{
	struct fixture x;
	struct mesh mesh;
	struct machine a;
	struct membership m[3];
	uint32_t number;

	fixture_start(&x);
	a = fixture_machine(&x, "a");
	for (uint32_t i = 0; i < 3; i++) {
		char name[16], cidr[32];

		snprintf(name, sizeof(name), "mesh-%u", i);
		snprintf(cidr, sizeof(cidr), "10.%u.0.0/16", i);
		mesh = fixture_mesh(&x, name, cidr);
		m[i] = fixture_member(&x, &a, &mesh, 1);
		TEST_NUMBER(m[i].number, i);
	}
	OK(&x, store_membership_delete(x.store, m[1].row, &x.fault));
	OK(&x, store_number_take(x.store, a.row, &number, &x.fault));
	TEST_NUMBER(number, 1);
	for (uint32_t i = 3; i <= NUMBER_MAX + 1; i++) {
		char name[16], cidr[32];

		snprintf(name, sizeof(name), "mesh-%u", i);
		snprintf(cidr, sizeof(cidr), "10.%u.0.0/16", i);
		mesh = fixture_mesh(&x, name, cidr);
		fixture_member(&x, &a, &mesh, 1);
	}
	FAULT(&x, store_number_take(x.store, a.row, &number, &x.fault), ERR_EXHAUSTED,
	      "machine: is in 128 meshes");
	fixture_end(&x);
}

static size_t listed(struct fixture *x, row_t machine, row_t mesh)
{
	struct membership *list;
	size_t n;

	OK(x,
	   store_membership_list(x->store, &x->arena, machine, mesh, NULL, &list, &n, &x->fault));
	return n;
}

static void lists_are_of_a_machine_a_mesh_both_or_all(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct machine a, b;
	struct membership *list;
	struct page page = {.limit = 2};
	size_t n;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	a = fixture_machine(&x, "a");
	b = fixture_machine(&x, "b");
	fixture_member(&x, &a, &prod, 1);
	fixture_member(&x, &b, &prod, 2);
	fixture_member(&x, &a, &staging, 1);
	TEST_NUMBER(listed(&x, 0, 0), 3);
	TEST_NUMBER(listed(&x, a.row, 0), 2);
	TEST_NUMBER(listed(&x, 0, prod.row), 2);
	TEST_NUMBER(listed(&x, b.row, staging.row), 0);
	TEST_NUMBER(listed(&x, a.row, staging.row), 1);
	OK(&x, store_membership_list_organization(x.store, &x.arena, x.organization.row, &page,
						  &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	page.after = list[1].row;
	OK(&x, store_membership_list_organization(x.store, &x.arena, x.organization.row, &page,
						  &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_membership_list_organization(x.store, &x.arena, x.organization.row + 1, NULL,
						  &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	fixture_end(&x);
}

static void gateways_are_listed_by_machine(void)
{
	struct fixture x;
	struct mesh meshes[2];
	struct machine machines[3];
	struct page page = {.limit = 1};
	struct membership *list;
	size_t n;

	fixture_start(&x);
	meshes[0] = fixture_mesh(&x, "prod", "10.1.0.0/16");
	meshes[1] = fixture_mesh(&x, "staging", "10.2.0.0/16");
	for (uint32_t i = 0; i < 3; i++)
		machines[i] = fixture_machine(&x, (const char *[]){"a", "b", "c"}[i]);
	for (uint32_t mesh = 0; mesh < 2; mesh++) {
		for (uint32_t i = 0; i < 3; i++) {
			struct membership m =
				fixture_member(&x, &machines[i], &meshes[mesh], 3 - i);

			m.gateway = i != 1;
			OK(&x, store_membership_update(x.store, &m, &x.fault));
		}
	}
	OK(&x,
	   store_gateway_list(x.store, &x.arena, x.organization.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	TEST_NUMBER(list[1].machine, machines[0].row);
	page.after = machines[0].row;
	OK(&x,
	   store_gateway_list(x.store, &x.arena, x.organization.row, &page, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	TEST_NUMBER(list[0].machine, machines[2].row);
	TEST_NUMBER(list[0].mesh, meshes[0].row);
	TEST_NUMBER(list[1].mesh, meshes[1].row);
	OK(&x, store_gateway_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 4);
	OK(&x, store_gateway_list(x.store, &x.arena, 99, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	fixture_end(&x);
}

static void reports_and_rendering_make_no_version(void)
{
	struct fixture x;
	struct mesh mesh;
	struct machine a;
	struct membership m, want, got;

	fixture_start(&x);
	mesh = fixture_mesh(&x, "prod", "10.1.0.0/16");
	a = fixture_machine(&x, "a");
	m = fixture_member(&x, &a, &mesh, 1);
	want = m;
	want.image_revision = 7;
	want.image_view = 6;
	digest_of("image", 5, &want.image_digest);
	want.slot = 2;
	want.applied_view = 5;
	want.applied_image = 6;
	strcpy(want.report_error, "late");
	fill_endpoints(&want);
	OK(&x, store_membership_rendered(x.store, &want, &x.fault));
	OK(&x, store_membership_slot(x.store, &want, &x.fault));
	OK(&x, store_membership_reported(x.store, &want, &x.fault));
	OK(&x, store_membership_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&want, &got, sizeof(got)) == 0);
	TEST_NUMBER(got.version, 1);
	m.row = 99;
	FAULT(&x, store_membership_rendered(x.store, &m, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_membership_slot(x.store, &m, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_membership_reported(x.store, &m, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

/* A page costs what it has, wherever it is: so a walk over a mesh is not quadratic. */
static void pages_of_a_large_mesh_cost_the_same(void)
{
	struct fixture x;
	struct mesh mesh;
	struct page page = {.limit = 20};
	struct membership *list;
	uint64_t cost[2];
	size_t n;

	fixture_start(&x);
	mesh = fixture_mesh(&x, "prod", "10.1.0.0/16");
	for (uint32_t i = 1; i <= 1000; i++) {
		char name[16];
		struct machine k;

		snprintf(name, sizeof(name), "m-%u", i);
		k = fixture_machine(&x, name);
		fixture_member(&x, &k, &mesh, 1001 - i);
	}
	for (int i = 0; i < 2; i++) {
		uint64_t before = x.store->steps;

		OK(&x, store_membership_list(x.store, &x.arena, 0, mesh.row, &page, &list, &n,
					     &x.fault));
		TEST_NUMBER(n, 20);
		cost[i] = x.store->steps - before;
		page.after = 900;
	}
	TEST_NUMBER(cost[1], cost[0]);
	fixture_end(&x);
}

static void what_it_does_not_reach_is_kept(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct machine web;
	struct membership in_prod, in_staging;
	struct shadowed *got, said[2] = {
				      {.prefix = fixture_prefix("192.168.7.0/24"),
				       .by = fixture_prefix("192.168.0.0/16")},
				      {.prefix = fixture_prefix("172.20.0.0/16"),
				       .by = fixture_prefix("172.20.0.0/16"),
				       .device = "a-device-of-15c"},
			      };
	uint32_t count;
	size_t n;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	web = fixture_machine(&x, "web");
	in_prod = fixture_member(&x, &web, &prod, 1);
	in_staging = fixture_member(&x, &web, &staging, 1);
	said[0].other = in_prod.row;
	OK(&x, store_shadowed_set(x.store, in_staging.row, said, 2, &x.fault));
	OK(&x, store_shadowed_get(x.store, &x.arena, in_staging.row, &got, &n, &x.fault));
	TEST_NUMBER(n, 2);
	CU_ASSERT(prefix_equal(&got[0].prefix, &said[1].prefix)); /* sorted */
	TEST_TEXT(got[0].device, "a-device-of-15c");
	TEST_NUMBER(got[0].other, 0);
	CU_ASSERT(prefix_equal(&got[1].by, &said[0].by));
	TEST_TEXT(got[1].device, "");
	TEST_NUMBER(got[1].other, in_prod.row);
	OK(&x, store_shadowed_count(x.store, staging.row, &said[0].prefix, 5, &count, &x.fault));
	TEST_NUMBER(count, 1);
	OK(&x, store_shadowed_count(x.store, prod.row, &said[0].prefix, 5, &count, &x.fault));
	TEST_NUMBER(count, 0);
	OK(&x, store_shadowed_set(x.store, in_staging.row, said, 1, &x.fault));
	OK(&x, store_shadowed_get(x.store, &x.arena, in_staging.row, &got, &n, &x.fault));
	TEST_NUMBER(n, 1);
	/* What came first is gone. */
	OK(&x, store_membership_delete(x.store, in_prod.row, &x.fault));
	OK(&x, store_shadowed_get(x.store, &x.arena, in_staging.row, &got, &n, &x.fault));
	TEST_NUMBER(n, 0);
	said[0].other = 0; /* neither a device nor a membership */
	CU_ASSERT(store_shadowed_set(x.store, in_staging.row, said, 1, &x.fault) != 0);
	fixture_end(&x);
}

TEST_SUITE(sqlite_membership, {"all members come back", all_members_come_back},
	   {"what it does not reach is kept", what_it_does_not_reach_is_kept},
	   {"what is unique of a membership", what_is_unique_of_a_membership},
	   {"organizations do not mix", organizations_do_not_mix},
	   {"numbers are the lowest free", numbers_are_the_lowest_free},
	   {"lists are of a machine, a mesh, both or all",
	    lists_are_of_a_machine_a_mesh_both_or_all},
	   {"gateways are listed by machine", gateways_are_listed_by_machine},
	   {"reports and rendering make no version", reports_and_rendering_make_no_version},
	   {"pages of a large mesh cost the same", pages_of_a_large_mesh_cost_the_same});
