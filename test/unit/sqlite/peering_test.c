#include <string.h>

#include "test/unit/sqlite/fixture.h"

static struct peering peering_row(struct fixture *x, const struct mesh *a, const struct mesh *b,
				  struct prefix *ours, size_t nours)
{
	return (struct peering){.organization = x->organization.row,
				.mesh_a = a->row,
				.mesh_b = b->row,
				.prefixes_a = ours,
				.nprefixes_a = nours};
}

static void a_peering_comes_back_with_both_sides(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct prefix a[2] = {fixture_prefix("192.168.2.0/24"), fixture_prefix("10.1.0.0/16")};
	struct prefix b[1] = {fixture_prefix("10.2.0.0/24")};
	struct peering p, got;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	p = peering_row(&x, &prod, &staging, a, 2);
	p.prefixes_b = b;
	p.nprefixes_b = 1;
	OK(&x, store_peering_insert(x.store, &p, &x.fault));
	OK(&x, store_peering_find(x.store, &x.arena, x.organization.row, &p.id, &got, &x.fault));
	TEST_NUMBER(got.mesh_a, prod.row);
	TEST_NUMBER(got.mesh_b, staging.row);
	TEST_NUMBER(got.nprefixes_a, 2);
	CU_ASSERT(prefix_equal(&got.prefixes_a[0], &a[1])); /* sorted */
	CU_ASSERT(prefix_equal(&got.prefixes_a[1], &a[0]));
	TEST_NUMBER(got.nprefixes_b, 1);
	OK(&x, store_peering_between(x.store, &x.arena, staging.row, prod.row, &got, &x.fault));
	CU_ASSERT(id_equal(&got.id, &p.id));
	FAULT(&x, store_peering_find(x.store, &x.arena, 99, &p.id, &got, &x.fault), ERR_NOT_FOUND,
	      "");

	p.nprefixes_a = 0;
	OK(&x, store_peering_update(x.store, &p, &x.fault));
	TEST_NUMBER(p.version, 2);
	OK(&x, store_peering_between(x.store, &x.arena, prod.row, staging.row, &got, &x.fault));
	TEST_NUMBER(got.nprefixes_a, 0);
	TEST_NUMBER(got.nprefixes_b, 1);
	TEST_NUMBER(got.version, 2);
	OK(&x, store_peering_delete(x.store, p.row, &x.fault));
	FAULT(&x, store_peering_between(x.store, &x.arena, prod.row, staging.row, &got, &x.fault),
	      ERR_NOT_FOUND, "");
	FAULT(&x, store_peering_update(x.store, &p, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void what_cannot_peer(void)
{
	struct fixture x;
	struct organization other;
	struct mesh prod, staging, theirs;
	struct prefix twice[2] = {fixture_prefix("10.1.0.0/16"), fixture_prefix("10.1.0.0/16")};
	struct peering p;

	fixture_start(&x);
	other = fixture_organization(&x, "other");
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	theirs = fixture_mesh_row(&other, "theirs", "10.3.0.0/16");
	OK(&x, store_mesh_insert(x.store, &theirs, &x.fault));
	p = peering_row(&x, &prod, &prod, NULL, 0);
	FAULT(&x, store_peering_insert(x.store, &p, &x.fault), ERR_CONFLICT,
	      "mesh_b: a mesh does not peer");
	p = peering_row(&x, &prod, &theirs, NULL, 0);
	FAULT(&x, store_peering_insert(x.store, &p, &x.fault), ERR_CONFLICT,
	      "mesh_b: the meshes are not");
	p = peering_row(&x, &prod, &staging, twice, 2);
	OK(&x, store_savepoint(x.store, &x.fault));
	FAULT(&x, store_peering_insert(x.store, &p, &x.fault), ERR_CONFLICT,
	      "prefixes: one is named twice");
	store_undo(x.store);
	p = peering_row(&x, &prod, &staging, twice, 1);
	OK(&x, store_peering_insert(x.store, &p, &x.fault));
	p = peering_row(&x, &staging, &prod, NULL, 0);
	FAULT(&x, store_peering_insert(x.store, &p, &x.fault), ERR_EXISTS,
	      "mesh_b: a peering of the two");
	fixture_end(&x);
}

static void lists_are_of_a_mesh_or_all(void)
{
	struct fixture x;
	struct mesh m[3];
	struct peering p, *list;
	size_t n;

	fixture_start(&x);
	m[0] = fixture_mesh(&x, "a", "10.1.0.0/16");
	m[1] = fixture_mesh(&x, "b", "10.2.0.0/16");
	m[2] = fixture_mesh(&x, "c", "10.3.0.0/16");
	p = peering_row(&x, &m[1], &m[0], NULL, 0);
	OK(&x, store_peering_insert(x.store, &p, &x.fault));
	p = peering_row(&x, &m[1], &m[2], NULL, 0);
	OK(&x, store_peering_insert(x.store, &p, &x.fault));
	OK(&x, store_peering_list(x.store, &x.arena, x.organization.row, m[1].row, NULL, &list, &n,
				  &x.fault));
	TEST_NUMBER(n, 2);
	OK(&x, store_peering_list(x.store, &x.arena, 0, m[0].row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x,
	   store_peering_list(x.store, &x.arena, x.organization.row, 0, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	OK(&x, store_peering_list(x.store, &x.arena, 0, 0, &(struct page){list[0].row, 5}, &list,
				  &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_peering_list(x.store, &x.arena, 99, m[1].row, NULL, &list, &n, &x.fault));
	TEST_NUMBER(n, 0);
	fixture_end(&x);
}

TEST_SUITE(sqlite_peering,
	   {"a peering comes back with both sides", a_peering_comes_back_with_both_sides},
	   {"what cannot peer", what_cannot_peer},
	   {"lists are of a mesh or all", lists_are_of_a_mesh_or_all});
