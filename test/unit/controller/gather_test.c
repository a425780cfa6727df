#include "controller/gather.h"

#include <stdio.h>
#include <string.h>

#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

/*	prod:    gw 3, web 1, db 2, revoked 5, frozen 4     10.1.0.0/16
 *	staging: gw 1, db 7                                 10.2.0.0/16
 *	alone:   without peering                            10.3.0.0/16
 */
struct scene {
	struct fixture x;
	struct mesh prod, staging, alone;
	struct machine gw, web, db, revoked, frozen;
	struct membership m[7];
	struct peering peering;
};

static struct membership add(struct scene *t, const struct machine *k, const struct mesh *mesh,
			     uint32_t index)
{
	struct membership m = fixture_member(&t->x, k, mesh, index);

	m.has_key = true;
	memcpy(&m.key, &m.row, sizeof(m.row));
	m.has_next_key = true;
	m.next_key = m.key;
	m.next_key.bytes[31] = 1;
	OK(&t->x, store_membership_update(t->x.store, &m, &t->x.fault));
	return m;
}

static struct announcement announce(struct scene *t, const struct membership *m, const char *prefix,
				    bool approved, row_t *users, size_t nusers)
{
	struct announcement n = {.membership = m->row,
				 .prefix = fixture_prefix(prefix),
				 .priority = 100,
				 .approved = approved,
				 .announced = true,
				 .users = users,
				 .nusers = nusers};

	OK(&t->x, store_announcement_insert(t->x.store, &n, &t->x.fault));
	return n;
}

static void scene_start(struct scene *t)
{
	static struct prefix shown, let_in;

	fixture_start(&t->x);
	t->prod = fixture_mesh(&t->x, "prod", "10.1.0.0/16");
	t->staging = fixture_mesh(&t->x, "staging", "10.2.0.0/16");
	t->alone = fixture_mesh(&t->x, "alone", "10.3.0.0/16");
	t->gw = fixture_machine(&t->x, "gw");
	t->web = fixture_machine(&t->x, "web");
	t->db = fixture_machine(&t->x, "db");
	t->revoked = fixture_machine_row(&t->x.organization, "revoked");
	t->revoked.revoked = true;
	OK(&t->x, store_machine_insert(t->x.store, &t->revoked, &t->x.fault));
	t->frozen = fixture_machine_row(&t->x.organization, "frozen");
	t->frozen.frozen = true;
	OK(&t->x, store_machine_insert(t->x.store, &t->frozen, &t->x.fault));
	t->m[0] = add(t, &t->gw, &t->prod, 3);
	t->m[1] = fixture_member(&t->x, &t->web, &t->prod, 1); /* without a key yet */
	t->m[2] = add(t, &t->db, &t->prod, 2);
	t->m[3] = add(t, &t->revoked, &t->prod, 5);
	t->m[4] = add(t, &t->frozen, &t->prod, 4);
	t->m[5] = add(t, &t->db, &t->staging, 7);
	t->m[6] = add(t, &t->gw, &t->staging, 1);
	shown = fixture_prefix("10.1.0.0/16");
	let_in = fixture_prefix("192.168.9.0/24");
	t->peering = (struct peering){.organization = t->x.organization.row,
				      .mesh_a = t->staging.row,
				      .mesh_b = t->prod.row,
				      .prefixes_a = &let_in,
				      .nprefixes_a = 1,
				      .prefixes_b = &shown,
				      .nprefixes_b = 1};
	OK(&t->x, store_peering_insert(t->x.store, &t->peering, &t->x.fault));
}

static void members_are_in_order_and_strangers_have_no_key(void)
{
	static const char *const names[] = {"web", "db", "gw", "frozen", "revoked"};
	static const bool keys[] = {false, true, true, false, false};
	struct scene t;
	struct mesh_rows rows;

	scene_start(&t);
	OK(&t.x, gather_mesh(t.x.store, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	TEST_TEXT(rows.mesh.name, "prod");
	TEST_NUMBER(rows.nmemberships, 5);
	for (size_t i = 0; i < rows.nmemberships; i++) {
		static const struct wg_key none;
		const struct membership *m = &rows.memberships[i];

		TEST_NUMBER(m->index, i + 1);
		TEST_TEXT(rows.names[i], names[i]);
		TEST_NUMBER(m->has_key, keys[i]);
		TEST_NUMBER(memcmp(&m->key, &none, sizeof(none)) != 0, keys[i]);
		TEST_NUMBER(m->has_next_key, keys[i]);
		TEST_NUMBER(memcmp(&m->next_key, &none, sizeof(none)) != 0, keys[i]);
	}
	CU_ASSERT(id_equal(&rows.machines[0], &t.web.id));
	CU_ASSERT(id_equal(&rows.machines[4], &t.revoked.id));
	fixture_end(&t.x);
}

static void approved_prefixes_come_with_their_users(void)
{
	struct scene t;
	struct mesh_rows rows;
	row_t users[1];

	scene_start(&t);
	users[0] = t.m[1].row;
	announce(&t, &t.m[2], "192.168.1.0/24", false, NULL, 0);
	announce(&t, &t.m[2], "192.168.2.0/24", true, users, 1);
	announce(&t, &t.m[3], "192.168.3.0/24", true, NULL, 0); /* of a revoked one: stays */
	announce(&t, &t.m[5], "192.168.9.0/24", true, NULL, 0);
	announce(&t, &t.m[5], "192.168.8.0/24", false, NULL, 0);
	OK(&t.x, gather_mesh(t.x.store, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	TEST_NUMBER(rows.nannouncements, 2);
	TEST_NUMBER(rows.announcements[0].nusers, 1);
	TEST_NUMBER(rows.announcements[0].users[0], users[0]);
	TEST_NUMBER(rows.announcements[1].membership, t.m[3].row);
	TEST_NUMBER(rows.remotes[0].nannouncements, 1);
	TEST_NUMBER(rows.remotes[0].announcements[0].membership, t.m[5].row);
	fixture_end(&t.x);
}

static void a_peering_is_seen_from_each_side(void)
{
	struct scene t;
	struct mesh_rows rows;
	const struct remote_rows *remote;

	scene_start(&t);
	OK(&t.x, gather_mesh(t.x.store, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	TEST_NUMBER(rows.nremotes, 1);
	remote = &rows.remotes[0];
	CU_ASSERT(id_equal(&remote->peering, &t.peering.id));
	TEST_TEXT(remote->mesh.name, "staging");
	TEST_NUMBER(remote->nshown, 1);
	CU_ASSERT(prefix_equal(&remote->shown[0], &t.peering.prefixes_b[0]));
	TEST_NUMBER(remote->nlet_in, 1);
	CU_ASSERT(prefix_equal(&remote->let_in[0], &t.peering.prefixes_a[0]));
	TEST_NUMBER(remote->nmemberships, 2);
	TEST_NUMBER(remote->memberships[0].row, t.m[6].row); /* gw was made before db */
	TEST_NUMBER(remote->memberships[1].row, t.m[5].row);

	OK(&t.x, gather_mesh(t.x.store, t.staging.row, &t.x.arena, &rows, &t.x.fault));
	remote = &rows.remotes[0];
	TEST_TEXT(remote->mesh.name, "prod");
	CU_ASSERT(prefix_equal(&remote->shown[0], &t.peering.prefixes_a[0]));
	CU_ASSERT(prefix_equal(&remote->let_in[0], &t.peering.prefixes_b[0]));
	TEST_NUMBER(remote->memberships[0].row, t.m[0].row);
	TEST_NUMBER(remote->memberships[1].row, t.m[2].row);

	OK(&t.x, gather_mesh(t.x.store, t.alone.row, &t.x.arena, &rows, &t.x.fault));
	TEST_NUMBER(rows.nremotes, 0);
	TEST_NUMBER(rows.nmemberships, 0);
	fixture_end(&t.x);
}

static void a_shared_machine_that_is_revoked_has_no_key(void)
{
	struct scene t;
	struct mesh_rows rows;

	scene_start(&t);
	t.gw.revoked = true;
	OK(&t.x, store_machine_update(t.x.store, &t.gw, &t.x.fault));
	OK(&t.x, gather_mesh(t.x.store, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	CU_ASSERT(!rows.memberships[2].has_key);
	CU_ASSERT(!rows.remotes[0].memberships[0].has_key);
	CU_ASSERT(rows.remotes[0].memberships[1].has_key);
	fixture_end(&t.x);
}

static void it_is_one_moment_also_for_a_reader(void)
{
	struct scene t;
	struct mesh_rows rows;
	struct store *reader;

	scene_start(&t);
	OK(&t.x, store_commit(t.x.store, &t.x.fault));
	OK(&t.x, store_open(&reader, t.x.path, STORE_READ, &t.x.fault));
	OK(&t.x, gather_mesh(reader, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	TEST_NUMBER(rows.nmemberships, 5);
	CU_ASSERT(sqlite3_get_autocommit(reader->db) != 0);
	FAULT(&t.x, gather_mesh(reader, 99, &t.x.arena, &rows, &t.x.fault), ERR_NOT_FOUND, "");
	CU_ASSERT(sqlite3_get_autocommit(reader->db) != 0);
	store_close(reader);
	fixture_end(&t.x);
}

/* Members, announcements with users, and machines that are in both meshes: n of each. */
static uint64_t cost_of(uint32_t n)
{
	struct scene t;
	struct mesh_rows rows;
	uint64_t before;

	scene_start(&t);
	for (uint32_t i = 0; i < n; i++) {
		struct machine k;
		struct membership m;
		char text[32];

		snprintf(text, sizeof(text), "m-%u", i);
		k = fixture_machine(&t.x, text);
		m = add(&t, &k, &t.prod, 100 + i);
		add(&t, &k, &t.staging, 100 + i);
		snprintf(text, sizeof(text), "172.16.%u.%u/32", i / 256, i % 256);
		announce(&t, &m, text, true, &t.m[0].row, 1);
	}
	before = t.x.store->steps;
	OK(&t.x, gather_mesh(t.x.store, t.prod.row, &t.x.arena, &rows, &t.x.fault));
	TEST_NUMBER(rows.nmemberships, n + 5);
	TEST_NUMBER(rows.remotes[0].nmemberships, n + 2);
	before = t.x.store->steps - before;
	fixture_end(&t.x);
	return before;
}

static void the_cost_grows_with_the_members_not_faster(void)
{
	uint64_t small = cost_of(100), large = cost_of(800);

	if (large > 9 * small)
		TEST_FAIL("eight times the members cost %llu steps instead of %llu",
			  (unsigned long long)large, (unsigned long long)small);
}

TEST_SUITE(controller_gather,
	   {"members are in order and strangers have no key",
	    members_are_in_order_and_strangers_have_no_key},
	   {"approved prefixes come with their users", approved_prefixes_come_with_their_users},
	   {"a peering is seen from each side", a_peering_is_seen_from_each_side},
	   {"a shared machine that is revoked has no key",
	    a_shared_machine_that_is_revoked_has_no_key},
	   {"it is one moment, also for a reader", it_is_one_moment_also_for_a_reader},
	   {"the cost grows with the members, not faster",
	    the_cost_grows_with_the_members_not_faster});
