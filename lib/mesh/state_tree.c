#include "lib/mesh/state_tree.h"

#include <sodium.h>

#include "lib/mesh/state.h"

static uint64_t parents_of(uint64_t n)
{
	return (n + STATE_TREE_FANOUT - 1) / STATE_TREE_FANOUT;
}

/* One level above the pages at least: a tree of one page is the hash of its hash. */
static unsigned depth_of(uint64_t pages)
{
	unsigned depth = 1;

	do {
		pages = parents_of(pages);
		depth++;
	} while (pages > 1);
	return depth;
}

/* Room for n, the first n of which count. */
static void set_count(digest_vec *level, uint64_t n)
{
	if (n > level->cap) {
		level->cap = n + n / 8 + 1;
		level->at = mem_resize(level->at, level->cap, sizeof(*level->at));
	}
	level->n = n;
}

static void set_counts(struct state_tree *t, uint64_t pages)
{
	t->depth = depth_of(pages);
	for (unsigned i = 0; i < t->depth; i++, pages = parents_of(pages))
		set_count(&t->levels[i], pages);
}

static void hash_levels(struct state_tree *t)
{
	for (unsigned k = 1; k < t->depth; k++) {
		const digest_vec *below = &t->levels[k - 1];

		for (uint64_t i = 0; i < t->levels[k].n; i++) {
			uint64_t first = i * STATE_TREE_FANOUT, n = below->n - first;

			n = n > STATE_TREE_FANOUT ? STATE_TREE_FANOUT : n;
			digest_of(&below->at[first], n * sizeof(below->at[0]), &t->levels[k].at[i]);
		}
	}
}

void state_tree_make(struct state_tree *t, const uint8_t *body, uint64_t pages)
{
	*t = (struct state_tree){0};
	set_counts(t, pages);
	for (uint64_t i = 0; i < pages; i++)
		digest_of(body + i * STATE_PAGE, STATE_PAGE, &t->levels[0].at[i]);
	hash_levels(t);
}

void state_tree_raise(struct state_tree *t, const struct digest *pages, uint64_t n)
{
	*t = (struct state_tree){0};
	set_counts(t, n);
	for (uint64_t i = 0; i < n; i++)
		t->levels[0].at[i] = pages[i];
	hash_levels(t);
}

void state_tree_fini(struct state_tree *t)
{
	for (unsigned i = 0; i < STATE_TREE_LEVELS; i++)
		vec_free(&t->levels[i]);
	t->depth = 0;
}

const uint8_t *state_tree_top(const struct state_tree *t)
{
	return t->levels[t->depth - 1].at[0].bytes;
}

/* The hash of node `at` of the level above `below`, whose changed hashes begin at *next; moves
 * *next behind those that are its children. */
static void hash_node(const digest_vec *below, const struct state_tree_update *u, unsigned level,
		      uint64_t count, uint64_t at, size_t *next, struct digest *out)
{
	uint64_t first = at * STATE_TREE_FANOUT, end = first + STATE_TREE_FANOUT;
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, DIGEST_SIZE);
	for (uint64_t i = first; i < end && i < count; i++) {
		const struct digest *hash = &below->at[i];

		if (*next < u->levels[level].n && u->levels[level].at[*next].at == i)
			hash = &u->levels[level].at[(*next)++].hash;
		crypto_generichash_update(&state, hash->bytes, DIGEST_SIZE);
	}
	crypto_generichash_final(&state, out->bytes, DIGEST_SIZE);
}

/* The nodes above changed hashes; and, where there are fewer than before, the last one, which lost
 * children without one of its own having changed. */
static void try_level(const struct state_tree *t, struct state_tree_update *u, unsigned level,
		      uint64_t count)
{
	const digest_vec *below = &t->levels[level];
	uint64_t last = parents_of(count) - 1;
	size_t next = 0;

	u->levels[level + 1].n = 0;
	for (;;) {
		bool more = next < u->levels[level].n;
		uint64_t at = more ? u->levels[level].at[next].at / STATE_TREE_FANOUT : last;
		size_t done = u->levels[level + 1].n;
		struct state_tree_change change = {.at = at};

		if (!more && (count == below->n ||
			      (done > 0 && u->levels[level + 1].at[done - 1].at == last)))
			break;
		hash_node(below, u, level, count, at, &next, &change.hash);
		vec_push(&u->levels[level + 1], change);
	}
}

void state_tree_try(const struct state_tree *t, struct state_tree_update *u, struct digest *top)
{
	unsigned depth = depth_of(u->pages), level = 0;
	uint64_t count = u->pages;

	for (; level + 1 < depth; level++, count = parents_of(count))
		try_level(t, u, level, count);
	*top = u->levels[level].n > 0 ? u->levels[level].at[0].hash : t->levels[level].at[0];
}

void state_tree_swap(struct state_tree *t, struct state_tree_update *u)
{
	uint64_t pages = t->levels[0].n;

	set_counts(t, u->pages);
	u->pages = pages;
	for (unsigned k = 0; k < STATE_TREE_LEVELS; k++)
		for (size_t i = 0; i < u->levels[k].n; i++) {
			struct state_tree_change *x = &u->levels[k].at[i];
			struct digest old = t->levels[k].at[x->at];

			t->levels[k].at[x->at] = x->hash;
			x->hash = old;
		}
}

void state_tree_update_fini(struct state_tree_update *u)
{
	for (unsigned i = 0; i < STATE_TREE_LEVELS; i++)
		vec_free(&u->levels[i]);
}
