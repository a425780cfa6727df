#include "test/unit/mesh/state_world.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/mesh/state_format.h"

static struct state_prefix ipv4(uint32_t base, uint8_t length)
{
	struct prefix p = prefix_ipv4(base, length);

	return state_prefix_of(&p);
}

static struct state_prefix some_prefix(struct state_world *w)
{
	return ipv4(0xac100000u + (random_below(&w->random, 4000) << 8), 24);
}

static uint32_t some_peer(struct state_world *w)
{
	return 1 + random_below(&w->random, (uint32_t)w->peers.n - 1);
}

static void fill(struct state_world *w, uint8_t *to, size_t n)
{
	while (n-- > 0)
		to[n] = (uint8_t)(1 + random_below(&w->random, 255));
}

/* ---- peers ---- */

static void set_peer(struct state_world *w, size_t at)
{
	struct state_peer *p = &w->peers.at[at];

	*p = (struct state_peer){.flags = STATE_PEER_PRESENT, .base_port = 51820};
	fill(w, p->key, sizeof(p->key));
}

static void set_endpoints(struct state_world *w, struct state_peer *p)
{
	memset(p->endpoints, 0, sizeof(p->endpoints));
	p->nendpoints = (uint8_t)random_below(&w->random, STATE_ENDPOINTS_MAX + 1);
	for (uint8_t i = 0; i < p->nendpoints; i++) {
		struct state_endpoint *e = &p->endpoints[i];

		*e = (struct state_endpoint){.port = (uint16_t)(1 + i),
					     .type = STATE_ENDPOINT_LOCAL,
					     .family = FAMILY_IPV4};
		fill(w, e->address, 4);
	}
}

static void change_peer(struct state_world *w)
{
	size_t at = some_peer(w);
	struct state_peer *p = &w->peers.at[at];

	if (p->flags == 0)
		set_peer(w, at);
	else if (random_below(&w->random, 3) == 0)
		*p = (struct state_peer){0};
	else
		set_endpoints(w, p);
}

/* More places or fewer, sometimes by many pages. What refers to one that is gone goes, too. */
static void change_seats(struct state_world *w)
{
	size_t n = w->peers.n + random_below(&w->random, 400), kept = 0;

	if (random_below(&w->random, 2) == 0)
		n = w->peers.n - random_below(&w->random, (uint32_t)w->peers.n / 2);
	n = n < 8 ? 8 : n > 4000 ? 4000 : n;
	while (w->peers.n < n)
		vec_push(&w->peers, (struct state_peer){0});
	w->peers.n = n;
	for (size_t i = 0; i < w->prefixes.n; i++)
		if (w->prefixes.at[i].peer < n)
			w->prefixes.at[kept++] = w->prefixes.at[i];
	w->prefixes.n = kept;
	kept = 0;
	for (size_t i = 0; i < w->allowed.n; i++)
		if (w->allowed.at[i].peer < n)
			w->allowed.at[kept++] = w->allowed.at[i];
	w->allowed.n = kept;
}

/* ---- what is in order ---- */

static int compare_announced(const void *a, const void *b)
{
	const struct state_announced *x = a, *y = b;
	int order = state_compare_prefixes(&x->prefix, &y->prefix);

	return order != 0 ? order : state_compare_numbers(x->peer, y->peer);
}

static int compare_allowed(const void *a, const void *b)
{
	const struct state_allowed *x = a, *y = b;
	int order = state_compare_numbers(x->peer, y->peer);

	return order != 0 ? order : state_compare_prefixes(&x->prefix, &y->prefix);
}

/* Sorts, and drops what is there twice. */
#define SETTLE(v, compare)                                                                         \
	do {                                                                                       \
		size_t kept_ = 0;                                                                  \
		vec_sort(v, compare);                                                              \
		for (size_t i_ = 0; i_ < (v)->n; i_++)                                             \
			if (kept_ == 0 || compare(&(v)->at[kept_ - 1], &(v)->at[i_]) != 0)         \
				(v)->at[kept_++] = (v)->at[i_];                                    \
		(v)->n = kept_;                                                                    \
	} while (0)

#define DROP_SOME(w, v)                                                                            \
	do {                                                                                       \
		if ((v)->n > 0) {                                                                  \
			size_t at_ = random_below(&(w)->random, (uint32_t)(v)->n);                 \
			(v)->at[at_] = (v)->at[--(v)->n];                                          \
		}                                                                                  \
	} while (0)

static void change_prefixes(struct state_world *w)
{
	uint32_t n = 1 + random_below(&w->random, 70);

	if (random_below(&w->random, 2) == 0)
		DROP_SOME(w, &w->prefixes);
	else
		while (n-- > 0)
			vec_push(&w->prefixes,
				 (struct state_announced){some_prefix(w), some_peer(w), 100, 0});
	SETTLE(&w->prefixes, compare_announced);
}

static void change_allowed(struct state_world *w)
{
	if (random_below(&w->random, 2) == 0)
		DROP_SOME(w, &w->allowed);
	else
		vec_push(&w->allowed, (struct state_allowed){some_prefix(w), some_peer(w)});
	SETTLE(&w->allowed, compare_allowed);
}

static void change_peerings(struct state_world *w)
{
	struct state_remote r = {.cidr = ipv4(0xc0a80000, 24), .asn = 7};

	fill(w, r.peering, sizeof(r.peering));
	fill(w, r.mesh, sizeof(r.mesh));
	if (w->remotes.n < 3)
		vec_push(&w->remotes, r);
	w->let_in.n = 0;
	for (uint32_t i = random_below(&w->random, 20); i > 0; i--)
		vec_push(&w->let_in,
			 (struct state_let_in){some_prefix(w),
					       random_below(&w->random, (uint32_t)w->remotes.n)});
}

static void change_mesh(struct state_world *w)
{
	w->mesh.bfd_interval_ms = 100 + random_below(&w->random, 1000);
}

/* ---- the whole ---- */

void state_world_init(struct state_world *w, uint64_t seed, size_t seats)
{
	const uint8_t from[crypto_sign_SEEDBYTES] = {3, 2, 1};

	*w = (struct state_world){
		.random = {seed},
		.mesh = {.cidr = ipv4(0x0a090000, 16),
			 .asn = 4200000001,
			 .bgp_port = 179,
			 .bfd_multiplier = 3,
			 .bfd_interval_ms = 250,
			 .name = "prod"},
	};
	crypto_sign_seed_keypair(w->signer, w->signing_key, from);
	fill(w, w->mesh_id, sizeof(w->mesh_id));
	for (size_t i = 0; i < seats; i++)
		vec_push(&w->peers, (struct state_peer){0});
	for (size_t i = 1; i < seats; i++)
		if (random_below(&w->random, 4) != 0)
			set_peer(w, i);
}

void state_world_fini(struct state_world *w)
{
	vec_free(&w->peers);
	vec_free(&w->prefixes);
	vec_free(&w->allowed);
	vec_free(&w->remotes);
	vec_free(&w->let_in);
}

void state_world_change(struct state_world *w)
{
	static void (*const changes[])(struct state_world *) = {
		change_peer,	 change_peer,	 change_peer,	  change_peer, change_prefixes,
		change_prefixes, change_allowed, change_peerings, change_mesh, change_seats,
	};

	changes[random_below(&w->random, sizeof(changes) / sizeof(changes[0]))](w);
}

size_t state_world_join(struct state_world *w)
{
	for (size_t i = 1; i < w->peers.n; i++)
		if (w->peers.at[i].flags == 0) {
			set_peer(w, i);
			return i;
		}
	return 0;
}

#define SECTION(writer, type, v)                                                                   \
	state_writer_section(writer, type, (v)->at, (v)->n, sizeof((v)->at[0]))

void state_world_sign(struct state_world *w, struct buf *out)
{
	const struct state_identity id = {.kind = STATE_KIND_VIEW,
					  .revision = STATE_REVISION(1, ++w->revision),
					  .mesh = w->mesh_id};
	struct state_writer *writer = state_writer_new(STATE_KIND_VIEW);
	char(*names)[STATE_NAME_SIZE] = mem_alloc(w->peers.n * sizeof(*names));
	struct buf body;

	for (size_t i = 0; i < w->peers.n; i++)
		if (w->peers.at[i].flags != 0)
			snprintf(names[i], sizeof(names[i]), "m-%zu-%u", i,
				 (unsigned)w->peers.at[i].key[0]);
	buf_init(&body);
	state_writer_section(writer, STATE_MESH, &w->mesh, 1, sizeof(w->mesh));
	SECTION(writer, STATE_PEERS, &w->peers);
	state_writer_section(writer, STATE_NAMES, names, w->peers.n, sizeof(*names));
	SECTION(writer, STATE_PREFIXES, &w->prefixes);
	SECTION(writer, STATE_ALLOWED, &w->allowed);
	SECTION(writer, STATE_REMOTES, &w->remotes);
	SECTION(writer, STATE_LET_IN, &w->let_in);
	state_writer_body(writer, &body);
	state_sign(&id, body.data, body.len, w->signing_key, out);
	state_writer_free(writer);
	buf_fini(&body);
	free(names);
}
