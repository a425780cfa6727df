#include <string.h>

#include "test/unit/sqlite/fixture.h"

static void all_members_come_back(void)
{
	struct fixture x;
	struct mesh m, got;

	fixture_start(&x);
	m = fixture_mesh_row(&x.organization, "prod", "10.1.0.0/16");
	m.cidr6 = fixture_prefix("fd00:1::/64");
	m.is_default = true;
	m.bgp_port = 1179;
	m.bfd_interval_ms = 300;
	m.bfd_multiplier = 5;
	m.key_rotation_days = 30;
	m.stable_for_s = 7;
	m.view_revision = STATE_REVISION(3, 77);
	digest_of("view", 4, &m.view_digest);
	m.images_revision = STATE_REVISION(3, 78);
	m.images_view = STATE_REVISION(3, 77);
	digest_of("images", 6, &m.images_digest);
	OK(&x, store_mesh_insert(x.store, &m, &x.fault));
	TEST_NUMBER(m.version, 1);
	CU_ASSERT(!id_is_zero(&m.id));
	CU_ASSERT(m.created_at.ms > 0);

	OK(&x, store_mesh_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	OK(&x, store_mesh_find(x.store, x.organization.row, &m.id, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	OK(&x, store_mesh_find_name(x.store, x.organization.row, "prod", &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	OK(&x, store_mesh_default(x.store, x.organization.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);

	digest_of("next", 4, &m.view_digest);
	m.view_revision++;
	m.images_revision += 2;
	m.images_view++;
	digest_of("more", 4, &m.images_digest);
	OK(&x, store_mesh_rendered(x.store, &m, &x.fault));
	OK(&x, store_mesh_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);
	fixture_end(&x);
}

static void an_update_makes_a_version(void)
{
	struct fixture x;
	struct mesh m, got;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	strcpy(m.name, "production");
	m.is_default = true;
	m.route_reflector = false;
	OK(&x, store_mesh_update(x.store, &m, &x.fault));
	TEST_NUMBER(m.version, 2);
	OK(&x, store_mesh_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&m, &got, sizeof(m)) == 0);

	m.cidr = fixture_prefix("10.2.0.0/16");
	FAULT(&x, store_mesh_update(x.store, &m, &x.fault), ERR_CONFLICT, "cidr: ");
	m.row = 99;
	FAULT(&x, store_mesh_update(x.store, &m, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void names_and_the_default_are_unique_within_an_organization(void)
{
	struct fixture x;
	struct organization other;
	struct mesh prod, m;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	prod = fixture_mesh_row(&x.organization, "prod", "10.1.0.0/16");
	prod.is_default = true;
	OK(&x, store_mesh_insert(x.store, &prod, &x.fault));

	m = fixture_mesh_row(&x.organization, "prod", "10.2.0.0/16");
	FAULT(&x, store_mesh_insert(x.store, &m, &x.fault), ERR_EXISTS, "name: ");
	m = fixture_mesh_row(&x.organization, "staging", "10.2.0.0/16");
	m.is_default = true;
	FAULT(&x, store_mesh_insert(x.store, &m, &x.fault), ERR_CONFLICT, "default: ");
	m.is_default = false;
	m.asn = prod.asn;
	FAULT(&x, store_mesh_insert(x.store, &m, &x.fault), ERR_EXISTS, "asn: ");
	m = fixture_mesh_row(&other, "prod", "10.1.0.0/16"); /* meshes may overlap */
	m.is_default = true;
	OK(&x, store_mesh_insert(x.store, &m, &x.fault));
	m.organization = 99;
	strcpy(m.name, "lost");
	id_new(&m.id);
	m.asn = 1;
	m.is_default = false;
	FAULT(&x, store_mesh_insert(x.store, &m, &x.fault), ERR_CONFLICT, "is in use, or refers");
	fixture_end(&x);
}

static void an_organization_finds_only_its_own(void)
{
	struct fixture x;
	struct organization other;
	struct mesh m, got, *list;
	size_t n;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	FAULT(&x, store_mesh_find(x.store, other.row, &m.id, &got, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_mesh_find_name(x.store, other.row, "prod", &got, &x.fault), ERR_NOT_FOUND,
	      "");
	FAULT(&x, store_mesh_default(x.store, other.row, &got, &x.fault), ERR_NOT_FOUND, "");
	OK(&x, store_mesh_find(x.store, 0, &m.id, &got, &x.fault));
	OK(&x, store_mesh_list(x.store, &x.arena, other.row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	OK(&x, store_mesh_list(x.store, &x.arena, x.organization.row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_mesh_list(x.store, &x.arena, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	fixture_end(&x);
}

static void pages_follow_each_other(void)
{
	struct fixture x;
	struct page page = {.limit = 3};
	char name[16], cidr[32];
	size_t seen = 0, n;

	fixture_start(&x);
	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "mesh-%d", i);
		snprintf(cidr, sizeof(cidr), "10.%d.0.0/16", i);
		fixture_mesh(&x, name, cidr);
	}
	do {
		struct mesh *list;

		OK(&x, store_mesh_list(x.store, &x.arena, x.organization.row, &page, &list, &n,
				       &x.fault));
		for (size_t i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "mesh-%zu", seen++);
			TEST_TEXT(list[i].name, name);
			page.after = list[i].row;
		}
	} while (n == 3);
	TEST_NUMBER(seen, 10);
	fixture_end(&x);
}

static void members_and_gateways_are_counted(void)
{
	struct fixture x;
	struct mesh m;
	struct machine a, b;
	struct membership first, second;
	uint64_t members, gateways;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/16");
	a = fixture_machine(&x, "a");
	b = fixture_machine(&x, "b");
	first = fixture_member(&x, &a, &m, 1);
	second = fixture_member(&x, &b, &m, 2);
	first.gateway = true;
	OK(&x, store_membership_update(x.store, &first, &x.fault));
	OK(&x, store_mesh_count(x.store, m.row, &members, &gateways, &x.fault));
	TEST_NUMBER(members, 2);
	TEST_NUMBER(gateways, 1);
	OK(&x, store_mesh_get(x.store, m.row, &m, &x.fault));
	TEST_NUMBER(m.nmembers, 2);
	TEST_NUMBER(m.ngateways, 1);
	TEST_NUMBER(m.version, 1);
	OK(&x, store_membership_delete(x.store, first.row, &x.fault));
	OK(&x, store_membership_delete(x.store, second.row, &x.fault));
	OK(&x, store_mesh_count(x.store, m.row, &members, &gateways, &x.fault));
	TEST_NUMBER(members, 0);
	TEST_NUMBER(gateways, 0);
	FAULT(&x, store_mesh_count(x.store, 99, NULL, NULL, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void a_mesh_with_members_goes_by_cascade_only(void)
{
	struct fixture x;
	struct mesh prod, other, got;
	struct machine a;
	struct membership m;
	struct announcement net = {0};
	struct peering peering = {0};
	struct join_grant grant = {0};
	uint32_t index;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	other = fixture_mesh(&x, "other", "10.2.0.0/16");
	a = fixture_machine(&x, "a");
	OK(&x, store_address_take(x.store, prod.row, FIXTURE_NOW, 6, &index, &x.fault));
	m = fixture_member(&x, &a, &prod, index);
	net.membership = m.row;
	net.prefix = fixture_prefix("192.168.5.0/24");
	OK(&x, store_announcement_insert(x.store, &net, &x.fault));
	peering.organization = x.organization.row;
	peering.mesh_a = prod.row;
	peering.mesh_b = other.row;
	OK(&x, store_peering_insert(x.store, &peering, &x.fault));
	grant.organization = x.organization.row;
	grant.mesh = prod.row;
	OK(&x, store_join_grant_insert(x.store, &grant, &x.fault));

	FAULT(&x, store_mesh_delete(x.store, prod.row, &x.fault), ERR_CONFLICT, "is in use");
	OK(&x, store_mesh_delete_cascade(x.store, prod.row, &x.fault));
	FAULT(&x, store_mesh_get(x.store, prod.row, &got, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_membership_get(x.store, m.row, &m, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, store_announcement_find(x.store, &x.arena, 0, &net.id, &net, &x.fault),
	      ERR_NOT_FOUND, "");
	FAULT(&x, store_peering_find(x.store, &x.arena, 0, &peering.id, &peering, &x.fault),
	      ERR_NOT_FOUND, "");
	/* It must not come to mean the default mesh. */
	FAULT(&x, store_join_grant_find(x.store, 0, &grant.id, &grant, &x.fault), ERR_NOT_FOUND,
	      "");
	OK(&x, store_mesh_delete(x.store, other.row, &x.fault));
	FAULT(&x, store_mesh_delete_cascade(x.store, other.row, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

TEST_SUITE(sqlite_mesh, {"all members come back", all_members_come_back},
	   {"an update makes a version", an_update_makes_a_version},
	   {"names and the default are unique within an organization",
	    names_and_the_default_are_unique_within_an_organization},
	   {"an organization finds only its own", an_organization_finds_only_its_own},
	   {"pages follow each other", pages_follow_each_other},
	   {"members and gateways are counted", members_and_gateways_are_counted},
	   {"a mesh with members goes by cascade only", a_mesh_with_members_goes_by_cascade_only});
