#include <string.h>

#include "test/unit/sqlite/fixture.h"

/* Two meshes; in prod the members a, b, c; in staging a. */
struct scene {
	struct fixture x;
	struct mesh prod, staging;
	struct membership a, b, c, elsewhere;
};

static void scene_start(struct scene *t)
{
	struct machine a, b, c;

	fixture_start(&t->x);
	t->prod = fixture_mesh(&t->x, "prod", "10.1.0.0/16");
	t->staging = fixture_mesh(&t->x, "staging", "10.2.0.0/16");
	a = fixture_machine(&t->x, "a");
	b = fixture_machine(&t->x, "b");
	c = fixture_machine(&t->x, "c");
	t->a = fixture_member(&t->x, &a, &t->prod, 1);
	t->b = fixture_member(&t->x, &b, &t->prod, 2);
	t->c = fixture_member(&t->x, &c, &t->prod, 3);
	t->elsewhere = fixture_member(&t->x, &a, &t->staging, 1);
}

static struct announcement announce(struct scene *t, row_t membership, const char *prefix,
				    row_t *users, size_t nusers)
{
	struct announcement n = {.membership = membership,
				 .prefix = fixture_prefix(prefix),
				 .priority = 100,
				 .announced = true,
				 .approved = true,
				 .users = users,
				 .nusers = nusers};

	OK(&t->x, store_announcement_insert(t->x.store, &n, &t->x.fault));
	return n;
}

static struct announcement found(struct scene *t, const struct id *id)
{
	struct announcement got;

	OK(&t->x, store_announcement_find(t->x.store, &t->x.arena, t->x.organization.row, id, &got,
					  &t->x.fault));
	return got;
}

static void an_announcement_comes_back_with_its_users(void)
{
	struct scene t;
	struct announcement n, got;
	row_t users[2];

	scene_start(&t);
	users[0] = t.c.row;
	users[1] = t.b.row;
	n = announce(&t, t.a.row, "192.168.7.0/24", users, 2);
	got = found(&t, &n.id);
	CU_ASSERT(prefix_equal(&got.prefix, &n.prefix));
	TEST_NUMBER(got.membership, t.a.row);
	TEST_NUMBER(got.priority, 100);
	CU_ASSERT(got.announced && got.approved);
	TEST_NUMBER(got.nusers, 2);
	TEST_NUMBER(got.users[0], t.b.row);
	TEST_NUMBER(got.users[1], t.c.row);
	OK(&t.x,
	   store_announcement_of(t.x.store, &t.x.arena, t.a.row, &n.prefix, &got, &t.x.fault));
	CU_ASSERT(id_equal(&got.id, &n.id));
	TEST_NUMBER(got.nusers, 2);
	FAULT(&t.x, store_announcement_find(t.x.store, &t.x.arena, 99, &n.id, &got, &t.x.fault),
	      ERR_NOT_FOUND, "");

	n.users = &users[0];
	n.nusers = 1;
	n.priority = 200;
	n.announced = false;
	OK(&t.x, store_announcement_update(t.x.store, &n, &t.x.fault));
	got = found(&t, &n.id);
	TEST_NUMBER(got.nusers, 1);
	TEST_NUMBER(got.users[0], t.c.row);
	TEST_NUMBER(got.priority, 200);
	CU_ASSERT(!got.announced && got.approved);
	TEST_NUMBER(got.version, 2);
	TEST_NUMBER(n.version, 2);
	n.nusers = 0; /* said in as many words: everybody */
	OK(&t.x, store_announcement_update(t.x.store, &n, &t.x.fault));
	got = found(&t, &n.id);
	TEST_NUMBER(got.nusers, 0);
	CU_ASSERT(got.approved);
	TEST_NUMBER(got.version, n.version);
	OK(&t.x, store_announcement_delete(t.x.store, n.row, &t.x.fault));
	FAULT(&t.x, store_announcement_update(t.x.store, &n, &t.x.fault), ERR_NOT_FOUND, "");
	fixture_end(&t.x);
}

static void what_cannot_be_announced(void)
{
	struct scene t;
	struct announcement n, again;
	row_t users[2];

	scene_start(&t);
	n = announce(&t, t.a.row, "192.168.7.0/24", NULL, 0);
	again = n;
	memset(&again.id, 0, sizeof(again.id));
	FAULT(&t.x, store_announcement_insert(t.x.store, &again, &t.x.fault), ERR_EXISTS,
	      "prefix: ");
	again.membership = t.elsewhere.row;
	users[0] = t.b.row;
	again.users = users;
	again.nusers = 1;
	FAULT(&t.x, store_announcement_insert(t.x.store, &again, &t.x.fault), ERR_CONFLICT,
	      "users: one is not a member");
	n.users = users;
	n.nusers = 2;
	users[1] = users[0];
	FAULT(&t.x, store_announcement_update(t.x.store, &n, &t.x.fault), ERR_CONFLICT,
	      "users: one is named twice");
	fixture_end(&t.x);
}

/* No user means everybody, so the last one's leaving must not open it. */
static void an_approval_ends_with_its_last_user(void)
{
	struct scene t;
	struct announcement n, got;
	row_t users[2];

	scene_start(&t);
	users[0] = t.b.row;
	users[1] = t.c.row;
	n = announce(&t, t.a.row, "0.0.0.0/0", users, 2);
	OK(&t.x, store_membership_delete(t.x.store, t.b.row, &t.x.fault));
	got = found(&t, &n.id);
	CU_ASSERT(got.approved);
	TEST_NUMBER(got.nusers, 1);
	OK(&t.x, store_membership_delete(t.x.store, t.c.row, &t.x.fault));
	got = found(&t, &n.id);
	TEST_NUMBER(got.nusers, 0);
	CU_ASSERT(!got.approved);
	TEST_NUMBER(got.version, 2);
	OK(&t.x, store_membership_delete(t.x.store, t.a.row, &t.x.fault));
	FAULT(&t.x, store_announcement_find(t.x.store, &t.x.arena, 0, &n.id, &got, &t.x.fault),
	      ERR_NOT_FOUND, "");
	fixture_end(&t.x);
}

static size_t listed(struct scene *t, row_t organization, row_t mesh, row_t membership,
		     const struct page *p)
{
	struct announcement *list;
	size_t n;

	OK(&t->x, store_announcement_list(t->x.store, &t->x.arena, organization, mesh, membership,
					  p, &list, &n, &t->x.fault));
	return n;
}

static void lists_are_of_a_membership_a_mesh_or_all(void)
{
	struct scene t;
	struct announcement first;
	row_t ours;

	scene_start(&t);
	ours = t.x.organization.row;
	first = announce(&t, t.a.row, "192.168.7.0/24", NULL, 0);
	announce(&t, t.a.row, "192.168.8.0/24", &t.b.row, 1);
	announce(&t, t.b.row, "192.168.7.0/24", NULL, 0);
	announce(&t, t.elsewhere.row, "192.168.7.0/24", NULL, 0);
	TEST_NUMBER(listed(&t, ours, 0, 0, NULL), 4);
	TEST_NUMBER(listed(&t, 0, 0, 0, NULL), 4);
	TEST_NUMBER(listed(&t, ours, t.prod.row, 0, NULL), 3);
	TEST_NUMBER(listed(&t, ours, 0, t.a.row, NULL), 2);
	TEST_NUMBER(listed(&t, 0, 0, t.a.row, NULL), 2);
	TEST_NUMBER(listed(&t, 99, t.prod.row, 0, NULL), 0);
	TEST_NUMBER(listed(&t, 99, 0, t.a.row, NULL), 0);
	TEST_NUMBER(listed(&t, 99, 0, 0, NULL), 0);
	TEST_NUMBER(listed(&t, ours, t.prod.row, 0, &(struct page){first.row, 1}), 1);
	fixture_end(&t.x);
}

TEST_SUITE(sqlite_announcement,
	   {"an announcement comes back with its users", an_announcement_comes_back_with_its_users},
	   {"what cannot be announced", what_cannot_be_announced},
	   {"an approval ends with its last user", an_approval_ends_with_its_last_user},
	   {"lists are of a membership, a mesh or all", lists_are_of_a_membership_a_mesh_or_all});
