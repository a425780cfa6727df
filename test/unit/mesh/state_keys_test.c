#include "lib/mesh/state_keys.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/mesh/state_world.h"

#define SEATS 3000

/* Some have a next key, too. */
static void change_keys(struct state_world *w)
{
	for (size_t i = 1; i < w->peers.n; i++) {
		struct state_peer *p = &w->peers.at[i];

		if (p->flags == 0 || i % 3 != 0)
			continue;
		p->flags |= STATE_PEER_HAS_NEXT_KEY;
		memcpy(p->next_key, p->key, sizeof(p->key));
		p->next_key[31] ^= 0x55;
	}
}

static void every_key_is_found(void)
{
	static const uint8_t nobodys[32] = {1, 2, 3};
	struct state_world w;
	struct state_image view;
	struct state_keys keys;
	struct buf image;

	state_world_init(&w, 11, SEATS);
	change_keys(&w);
	buf_init(&image);
	state_world_sign(&w, &image);
	TEST_NUMBER(state_check(&view, image.data, image.len, NULL), 0);
	state_keys_make(&keys, &view);
	for (uint32_t i = 1; i < SEATS; i++) {
		const struct state_peer *p = state_peer_at(&view, i);

		if (p != NULL && state_keys_find(&keys, p->key) != i)
			TEST_FAIL("peer %u is not found by its key", i);
		if (p != NULL && (p->flags & STATE_PEER_HAS_NEXT_KEY) != 0 &&
		    state_keys_find(&keys, p->next_key) != i)
			TEST_FAIL("peer %u is not found by its next key", i);
	}
	TEST_NUMBER(state_keys_find(&keys, nobodys), 0);
	state_keys_fini(&keys);
	buf_fini(&image);
	state_world_fini(&w);
}

/* An image without that section, as a membership's. */
static void none_is_found_where_there_are_no_peers(void)
{
	static const uint8_t key[32] = {1};
	const struct state_image empty = {0};
	struct state_keys keys;

	state_keys_make(&keys, &empty);
	TEST_NUMBER(state_keys_find(&keys, key), 0);
	state_keys_fini(&keys);
}

TEST_SUITE(mesh_state_keys, {"every key is found", every_key_is_found},
	   {"none is found where there are no peers", none_is_found_where_there_are_no_peers});
