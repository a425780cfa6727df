/* The store's half of key rotation: which keys there may be, and whom its questions find. */
#include <stdio.h>
#include <string.h>

#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

static struct wg_key key_of(int byte)
{
	struct wg_key key;

	memset(&key, byte, sizeof(key));
	return key;
}

static int set_next(struct fixture *x, struct membership *m, int byte)
{
	m->has_next_key = true;
	m->next_key = key_of(byte);
	return store_rotation_set(x->store, m, &x->fault);
}

static int set_key(struct fixture *x, struct membership *m, int byte)
{
	m->has_key = true;
	m->key = key_of(byte);
	return store_membership_update(x->store, m, &x->fault);
}

/* Of keys and next keys together; in another mesh all are free. */
static void no_key_is_twice_in_a_mesh(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct machine k[3];
	struct membership a, b, c, other;

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	for (int i = 0; i < 3; i++)
		k[i] = fixture_machine(&x, (const char *[]){"a", "b", "c"}[i]);
	a = fixture_member(&x, &k[0], &prod, 1);
	b = fixture_member(&x, &k[1], &prod, 2);
	other = fixture_member(&x, &k[0], &staging, 1);
	OK(&x, set_key(&x, &a, 1));
	OK(&x, set_key(&x, &b, 2));
	OK(&x, set_next(&x, &a, 3));
	FAULT(&x, set_next(&x, &a, 1), ERR_CONFLICT, "public_key: a membership of the mesh");
	FAULT(&x, set_next(&x, &a, 2), ERR_CONFLICT, "public_key: a membership of the mesh");
	FAULT(&x, set_next(&x, &b, 3), ERR_CONFLICT, "public_key: another membership");
	FAULT(&x, set_key(&x, &b, 3), ERR_CONFLICT, "public_key: ");
	OK(&x, set_key(&x, &other, 3));
	OK(&x, set_next(&x, &other, 1));
	c = (struct membership){.machine = k[2].row, .mesh = prod.row, .index = 3};
	c.has_key = true;
	c.key = key_of(3);
	FAULT(&x, store_membership_insert(x.store, &c, &x.fault), ERR_CONFLICT, "public_key: ");

	/* The next key becomes the key; then the one of before is free again. */
	a.has_next_key = false;
	a.next_key = (struct wg_key){0};
	OK(&x, set_key(&x, &a, 3));
	b.has_next_key = false;
	b.next_key = (struct wg_key){0};
	OK(&x, set_key(&x, &b, 1));
	fixture_end(&x);
}

/* ---- whom its questions find ---- */

/* A mesh of members at 1 to n, each with a key; all have applied `view`. */
static void make_members(struct fixture *x, struct mesh *mesh, uint32_t n, uint64_t view)
{
	*mesh = fixture_mesh(x, "large", "10.1.0.0/16");
	for (uint32_t i = 1; i <= n; i++) {
		char name[16];
		struct machine k;
		struct membership m;

		snprintf(name, sizeof(name), "m-%u", i);
		k = fixture_machine(x, name);
		m = fixture_member(x, &k, mesh, i);
		m.has_key = true;
		memset(&m.key, 0xff, sizeof(m.key));
		memcpy(&m.key, &i, sizeof(i));
		m.applied_view = view;
		m.key_changed_at.ms = 1000 + i;
		OK(x, store_membership_update(x->store, &m, &x->fault));
	}
}

static struct membership member_at(struct fixture *x, const struct mesh *mesh, uint32_t index)
{
	struct membership *list;
	size_t n;

	OK(x, store_membership_list(x->store, &x->arena, 0, mesh->row, NULL, &list, &n, &x->fault));
	return list[index - 1];
}

static void report(struct fixture *x, const struct mesh *mesh, uint32_t index, uint64_t view)
{
	struct membership m = member_at(x, mesh, index);

	m.applied_view = view;
	OK(x, store_membership_reported(x->store, &m, &x->fault));
}

/* All but one, whose row is the context; NULL: all. */
static bool all_but(const void *context, row_t machine, struct wall seen_at)
{
	(void)seen_at;
	return context == NULL || machine != *(const row_t *)context;
}

static uint64_t level(struct fixture *x, const struct mesh *mesh, uint64_t view, const row_t *away)
{
	const struct store_hearing h = {all_but, away};
	uint64_t out = 0;

	OK(x, store_rotation_level(x->store, mesh->row, view, &h, &out, &x->fault));
	return out;
}

static void the_level_is_of_who_is_heard(void)
{
	struct fixture x;
	struct mesh mesh;
	struct membership m;

	fixture_start(&x);
	make_members(&x, &mesh, 4, 10);
	TEST_NUMBER(level(&x, &mesh, 10, NULL), 10);
	TEST_NUMBER(level(&x, &mesh, 11, NULL), 10);
	for (uint32_t i = 1; i <= 4; i++)
		report(&x, &mesh, i, i == 3 ? 10 : 12);
	m = member_at(&x, &mesh, 3);
	TEST_NUMBER(level(&x, &mesh, 11, NULL), 10);
	TEST_NUMBER(level(&x, &mesh, 11, &m.machine), 11);
	OK(&x,
	   store_execute(x.store, "UPDATE machine SET frozen = 1 WHERE name = 'm-3'", &x.fault));
	TEST_NUMBER(level(&x, &mesh, 11, NULL), 11);
	fixture_end(&x);
}

static void the_oldest_keys_come_first(void)
{
	const struct store_hearing all = {all_but, NULL};
	struct fixture x;
	struct mesh mesh;
	struct membership m;
	row_t *rows;
	size_t n;

	fixture_start(&x);
	make_members(&x, &mesh, 4, 10);
	m = member_at(&x, &mesh, 1);
	m.rotation = ROTATION_WANTED;
	m.rotation_at.ms = 50;
	OK(&x, store_rotation_set(x.store, &m, &x.fault));
	OK(&x, store_rotation_old(x.store, &x.arena, mesh.row, (struct wall){1004}, 9, &all, &rows,
				  &n, &x.fault));
	TEST_NUMBER(n, 2);
	TEST_NUMBER(rows[0], member_at(&x, &mesh, 2).row);
	TEST_NUMBER(rows[1], member_at(&x, &mesh, 3).row);
	OK(&x, store_rotation_old(x.store, &x.arena, mesh.row, (struct wall){9999}, 1, &all, &rows,
				  &n, &x.fault));
	TEST_NUMBER(n, 1);
	m = member_at(&x, &mesh, 2);
	OK(&x,
	   store_rotation_old(x.store, &x.arena, mesh.row, (struct wall){1004}, 9,
			      &(struct store_hearing){all_but, &m.machine}, &rows, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x,
	   store_execute(x.store, "UPDATE machine SET frozen = 1 WHERE name = 'm-2'", &x.fault));
	OK(&x, store_rotation_old(x.store, &x.arena, mesh.row, (struct wall){1004}, 9, &all, &rows,
				  &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_rotation_begun(x.store, mesh.row, (struct wall){77}, &x.fault));
	OK(&x, store_mesh_get(x.store, mesh.row, &mesh, &x.fault));
	TEST_NUMBER(mesh.key_rotation_at.ms, 77);
	fixture_end(&x);
}

static void those_under_way_are_found(void)
{
	struct fixture x;
	struct mesh mesh;
	struct membership *list;
	row_t *meshes;
	uint32_t count;
	size_t n;

	fixture_start(&x);
	make_members(&x, &mesh, 5, 10);
	for (uint32_t i = 1; i <= 4; i++) {
		struct membership m = member_at(&x, &mesh, i);

		m.rotation = i <= 2 ? ROTATION_OFFERED : i == 3 ? ROTATION_WANTED : ROTATION_SWITCH;
		m.rotation_at.ms = 100 - i;
		OK(&x, store_rotation_set(x.store, &m, &x.fault));
	}
	OK(&x, store_rotation_meshes(x.store, &x.arena, &meshes, &n, &x.fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(meshes[0], mesh.row);
	OK(&x, store_rotation_offered(x.store, &x.arena, mesh.row, 9, &list, &n, &x.fault));
	TEST_NUMBER(n, 2);
	TEST_NUMBER(list[0].index, 2);
	OK(&x, store_rotation_offered(x.store, &x.arena, mesh.row, 1, &list, &n, &x.fault));
	TEST_NUMBER(n, 1);
	OK(&x, store_rotation_count(x.store, mesh.row, (struct wall){0}, 9, &count, &x.fault));
	TEST_NUMBER(count, 4);
	OK(&x, store_rotation_count(x.store, mesh.row, (struct wall){0}, 3, &count, &x.fault));
	TEST_NUMBER(count, 3);
	OK(&x, store_rotation_count(x.store, mesh.row, (struct wall){97}, 9, &count, &x.fault));
	TEST_NUMBER(count, 2);
	fixture_end(&x);
}

/* The steps of all questions of one look, and one of the schedule. */
static uint64_t cost_of_a_look(struct fixture *x, const struct mesh *mesh)
{
	const struct store_hearing all = {all_but, NULL};
	uint64_t before = x->store->steps;
	struct membership *list;
	row_t *rows;
	uint32_t count;
	size_t n;

	OK(x, store_rotation_meshes(x->store, &x->arena, &rows, &n, &x->fault));
	OK(x, store_rotation_offered(x->store, &x->arena, mesh->row, 9, &list, &n, &x->fault));
	TEST_NUMBER(n, 1);
	TEST_NUMBER(level(x, mesh, 11, NULL), 10);
	OK(x, store_rotation_count(x->store, mesh->row, (struct wall){0}, 9, &count, &x->fault));
	TEST_NUMBER(count, 1);
	OK(x, store_rotation_old(x->store, &x->arena, mesh->row, (struct wall){9999}, 1, &all,
				 &rows, &n, &x->fault));
	TEST_NUMBER(n, 1);
	return x->store->steps - before;
}

static void a_look_costs_the_same_in_a_large_mesh(void)
{
	uint64_t cost[2];

	for (int i = 0; i < 2; i++) {
		struct fixture x;
		struct mesh mesh;
		struct membership m;

		fixture_start(&x);
		make_members(&x, &mesh, i == 0 ? 3 : 600, 10);
		m = member_at(&x, &mesh, 2);
		m.rotation = ROTATION_OFFERED;
		m.rotation_at.ms = 100;
		OK(&x, store_rotation_set(x.store, &m, &x.fault));
		cost[i] = cost_of_a_look(&x, &mesh);
		fixture_end(&x);
	}
	if (cost[1] > cost[0] + 8)
		TEST_FAIL("a look costs %llu steps, in a large mesh %llu",
			  (unsigned long long)cost[0], (unsigned long long)cost[1]);
	CU_ASSERT(cost[0] > 0);
}

/* Restored: what peers know now, nobody here knows. */
static void after_a_restoration_peers_are_waited_for_again(void)
{
	static const struct {
		enum rotation before, after;
	} rows[] = {
		{ROTATION_NONE, ROTATION_NONE},
		{ROTATION_WANTED, ROTATION_NONE},
		{ROTATION_OFFERED, ROTATION_OFFERED},
		{ROTATION_SWITCH, ROTATION_OFFERED},
	};
	struct fixture x;
	struct mesh mesh;

	fixture_start(&x);
	make_members(&x, &mesh, 4, 10);
	for (uint32_t i = 0; i < 4; i++) {
		struct membership m = member_at(&x, &mesh, i + 1);

		m.rotation = (uint8_t)rows[i].before;
		m.rotation_view = 5;
		m.rotation_at.ms = 5;
		OK(&x, rows[i].before >= ROTATION_OFFERED
			       ? set_next(&x, &m, 200 + (int)i)
			       : store_rotation_set(x.store, &m, &x.fault));
	}
	OK(&x, store_restored(x.store, (struct wall){1}, FIXTURE_NOW, 1, &x.fault));
	for (uint32_t i = 0; i < 4; i++) {
		struct membership m = member_at(&x, &mesh, i + 1);
		bool offered = rows[i].after == ROTATION_OFFERED;

		TEST_NUMBER(m.rotation, rows[i].after);
		TEST_NUMBER(m.has_next_key, offered);
		TEST_NUMBER(m.rotation_view, rows[i].before != ROTATION_NONE ? 0 : 5);
		TEST_NUMBER(m.rotation_at.ms, rows[i].before != ROTATION_NONE ? FIXTURE_NOW.ms : 5);
	}
	fixture_end(&x);
}

TEST_SUITE(sqlite_rotation, {"no key is twice in a mesh", no_key_is_twice_in_a_mesh},
	   {"the level is of who is heard", the_level_is_of_who_is_heard},
	   {"the oldest keys come first", the_oldest_keys_come_first},
	   {"those under way are found", those_under_way_are_found},
	   {"a look costs the same in a large mesh", a_look_costs_the_same_in_a_large_mesh},
	   {"after a restoration peers are waited for again",
	    after_a_restoration_peers_are_waited_for_again});
