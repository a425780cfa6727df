/* The store's half of key rotation: which keys there may be, and whom its questions find. */
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

TEST_SUITE(sqlite_rotation, {"no key is twice in a mesh", no_key_is_twice_in_a_mesh});
