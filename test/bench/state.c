/* The view of a mesh of a million: checked once and then used in place. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/mesh/state_keys.h"
#include "lib/net/prefix.h"
#include "test/bench/bench.h"
#include "test/test.h"
#include "test/unit/net/random.h"

#define PEERS	1000000u
#define LOOKUPS 1000000u
#define RUNS	3

struct world {
	struct buf image;
	uint8_t signer[32];
	struct state_image state;
	struct state_keys keys;
	uint32_t *order; /* peers in no order */
	char *copy;
	char path[200];
};

/* ---- the image ---- */

static void make_peer(struct random *r, struct state_peer *p, uint32_t i)
{
	*p = (struct state_peer){.flags = STATE_PEER_PRESENT, .base_port = 51820, .nendpoints = 2};
	for (size_t k = 0; k < sizeof(p->key); k++)
		p->key[k] = (uint8_t)random_below(r, 256);
	p->key[0] |= 1;
	for (uint8_t k = 0; k < p->nendpoints; k++)
		p->endpoints[k] = (struct state_endpoint){
			.port = 51820,
			.type = STATE_ENDPOINT_LOCAL,
			.family = FAMILY_IPV4,
			.address = {203, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
}

static void make_image(struct world *w)
{
	const struct prefix cidr = prefix_ipv4(0x64400000, 10);
	const struct state_mesh mesh = {.cidr = state_prefix_of(&cidr),
					.asn = 4200000001,
					.bgp_port = 179,
					.bfd_multiplier = 3,
					.bfd_interval_ms = 250,
					.name = "bench"};
	const struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = STATE_REVISION(1, 1), .mesh = w->signer};
	struct state_writer *writer = state_writer_new(STATE_KIND_VIEW);
	struct state_peer *peers = mem_resize(NULL, PEERS + 1, sizeof(*peers));
	char(*names)[STATE_NAME_SIZE] = mem_resize(NULL, PEERS + 1, sizeof(*names));
	struct random random = {7};
	uint8_t key[64];
	struct buf body;

	crypto_sign_keypair(w->signer, key);
	memset(&peers[0], 0, sizeof(peers[0]));
	memset(names, 0, (PEERS + 1) * sizeof(*names));
	for (uint32_t i = 1; i <= PEERS; i++) {
		make_peer(&random, &peers[i], i);
		snprintf(names[i], sizeof(names[i]), "machine-%u", i);
	}
	state_writer_section(writer, STATE_MESH, &mesh, 1, sizeof(mesh));
	state_writer_section(writer, STATE_PEERS, peers, PEERS + 1, sizeof(*peers));
	state_writer_section(writer, STATE_NAMES, names, PEERS + 1, sizeof(*names));
	free(peers);
	free(names);
	buf_init(&body);
	state_writer_body(writer, &body);
	state_writer_free(writer);
	buf_init(&w->image);
	state_sign(&id, body.data, body.len, key, &w->image);
	buf_fini(&body);
}

/* ---- what is measured ---- */

static void check(void *context)
{
	struct world *w = context;
	struct fault f = {0};

	if (state_check(&w->state, w->image.data, w->image.len, &f) != 0)
		bench_fail("%s", f.text);
}

static void copy(void *context)
{
	struct world *w = context;

	memcpy(w->copy, w->image.data, w->image.len);
	__asm__ volatile("" : : "r"(w->copy) : "memory"); /* it is wanted */
}

static void verify(void *context)
{
	struct world *w = context;
	struct fault f = {0};

	if (state_verify(&w->state, w->signer, &f) != 0)
		bench_fail("%s", f.text);
}

/* Processor time of b2sum over the same bytes, in ms: the shortest of a few. */
static double b2sum_time(const struct world *w)
{
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		struct rusage use;
		int status;
		pid_t pid = fork();
		double ms;

		if (pid == 0) {
			if (freopen("/dev/null", "w", stdout) != NULL)
				execlp("b2sum", "b2sum", w->path, (char *)NULL);
			_exit(127);
		}
		if (pid < 0 || wait4(pid, &status, 0, &use) != pid || status != 0)
			bench_fail("b2sum %s does not run", w->path);
		ms = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
		     (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
		if (i == 0 || ms < best)
			best = ms;
	}
	return best;
}

static void by_address(void *context)
{
	struct world *w = context;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < LOOKUPS; i++)
		sum += state_peer_at(&w->state, w->order[i])->base_port;
	__asm__ volatile("" : : "r"(sum));
}

static void by_key(void *context)
{
	struct world *w = context;

	for (uint32_t i = 0; i < LOOKUPS; i++) {
		uint32_t peer = w->order[i];

		if (state_keys_find(&w->keys, w->keys.peers[peer].key) != peer)
			bench_fail("peer %u is not found by its key", peer);
	}
}

/* ---- */

static void start(struct world *w)
{
	struct random random = {9};

	make_image(w);
	w->copy = mem_resize(NULL, w->image.len, 1);
	memset(w->copy, 1, w->image.len); /* its pages are there before the first run */
	w->order = mem_resize(NULL, LOOKUPS, sizeof(*w->order));
	for (uint32_t i = 0; i < LOOKUPS; i++)
		w->order[i] = 1 + random_below(&random, PEERS);
	snprintf(w->path, sizeof(w->path), "%s/view", test_dir());
	if (file_write(w->path, w->image.data, w->image.len, 0644, NULL) != 0)
		bench_fail("%s cannot be written", w->path);
}

static void measure(struct bench_result *out)
{
	struct world w = {0};

	start(&w);
	out[0] = bench_compare(check, copy, &w);
	out[1] = (struct bench_result){bench_time(verify, &w), b2sum_time(&w)};
	out[2] = (struct bench_result){bench_time(by_address, &w) * 1e6 / LOOKUPS, 0};
	state_keys_make(&w.keys, &w.state);
	out[3] = (struct bench_result){bench_time(by_key, &w) * 1e6 / LOOKUPS, 0};
	state_keys_fini(&w.keys);
	buf_fini(&w.image);
	free(w.copy);
	free(w.order);
	unlink(w.path);
}

BENCH(state, measure, {"check a view of 1,000,000 peers", "ms", "memcpy of it", 2, false},
      {"hash it, and verify its signature", "ms", "b2sum of it", 1.2, false},
      {"find a peer of 1,000,000 by address", "ns", NULL, 0, false},
      {"find a peer of 1,000,000 by key", "ns", NULL, 0, false});
