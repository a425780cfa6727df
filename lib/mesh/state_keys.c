#include "lib/mesh/state_keys.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

#define KEY_SIZE 32

/* A machine says itself what its key is: by a hash without a secret some could choose theirs so
 * that all are in one place. */
static uint64_t place_of(const struct state_keys *k, const uint8_t key[KEY_SIZE])
{
	uint64_t hash;

	crypto_shorthash((unsigned char *)&hash, key, KEY_SIZE, k->secret);
	return hash & k->mask;
}

static void add(struct state_keys *k, const uint8_t key[KEY_SIZE], uint32_t index)
{
	uint64_t place = place_of(k, key);

	while (k->at[place] != 0)
		place = (place + 1) & k->mask;
	k->at[place] = index;
}

void state_keys_make(struct state_keys *k, const struct state_image *view)
{
	uint64_t n, size = 16;

	*k = (struct state_keys){.peers = state_records(view, STATE_PEERS, &n)};
	/* At most half of it is taken: by keys, then by keys and next ones. */
	while (size < 2 * n)
		size *= 2;
	for (uint64_t i = 0, next = 0; i < n; i++) {
		next += (k->peers[i].flags & STATE_PEER_HAS_NEXT_KEY) != 0;
		if (2 * (n + next) > size)
			size *= 2;
	}
	k->at = mem_resize(NULL, size, sizeof(*k->at));
	memset(k->at, 0, size * sizeof(*k->at));
	k->mask = size - 1;
	randombytes_buf(k->secret, sizeof(k->secret));
	for (uint32_t i = 1; i < n; i++) {
		const struct state_peer *p = &k->peers[i];

		if ((p->flags & STATE_PEER_PRESENT) != 0)
			add(k, p->key, i);
		if ((p->flags & STATE_PEER_HAS_NEXT_KEY) != 0)
			add(k, p->next_key, i);
	}
}

void state_keys_fini(struct state_keys *k)
{
	free(k->at);
	*k = (struct state_keys){0};
}

static bool has(const struct state_peer *p, const uint8_t key[KEY_SIZE])
{
	return memcmp(p->key, key, KEY_SIZE) == 0 || ((p->flags & STATE_PEER_HAS_NEXT_KEY) != 0 &&
						      memcmp(p->next_key, key, KEY_SIZE) == 0);
}

uint32_t state_keys_find(const struct state_keys *k, const uint8_t key[KEY_SIZE])
{
	uint64_t place = place_of(k, key);

	while (k->at[place] != 0 && !has(&k->peers[k->at[place]], key))
		place = (place + 1) & k->mask;
	return k->at[place];
}
