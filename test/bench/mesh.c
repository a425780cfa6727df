/* Large meshes: planning one, and the check of its image before it is used in place. */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mesh/state.h"
#include "test/bench/bench.h"
#include "test/unit/render/fleet.h"

#define LARGE 10000
#define VIEW  100000
#define STEP  10 /* every tenth member has a prefix */

static void make(struct fleet *f, uint32_t members)
{
	char prefix[PREFIX_TEXT_MAX];

	fleet_init(f, "bench", "100.64.0.0/10", 4200000001);
	for (uint32_t i = 1; i <= members; i++) {
		struct prefix p = prefix_ipv4(0x0a000000 + (i << 8), 24);
		size_t at = i <= 2 ? fleet_gateway(f, "gateway", i) : fleet_member(f, "member", i);

		if (i % STEP == 0 && i < 1u << 16)
			fleet_approve(f, at, prefix_format(&p, prefix));
	}
	fleet_plan(f);
}

/* ---- planning: ten times the members in not much more than ten times the time ---- */

static void plan(void *context)
{
	struct fleet *f = context;
	struct fault fault = {0};
	struct mesh_plan out;
	struct arena a;

	arena_init(&a);
	if (plan_mesh(&f->rows, &a, &out, &fault) != 0)
		bench_fail("%s", fault.text);
	arena_fini(&a);
}

static double plan_time(uint32_t members)
{
	struct fleet f;
	double ms;

	make(&f, members);
	ms = bench_time(plan, &f);
	fleet_fini(&f);
	return ms;
}

static struct bench_result plan_large(void)
{
	return (struct bench_result){plan_time(LARGE), 10 * plan_time(LARGE / 10)};
}

BENCH(plan, "plan a mesh of 10,000", "ms", "ten of 1,000", 3, false, plan_large);

/* ---- checking ---- */

struct image {
	struct buf bytes;
	char *copy;
};

static void check(void *context)
{
	struct image *x = context;
	struct state_image s;
	struct fault fault = {0};

	if (state_check(&s, x->bytes.data, x->bytes.len, &fault) != 0)
		bench_fail("%s", fault.text);
}

static void copy(void *context)
{
	struct image *x = context;

	memcpy(x->copy, x->bytes.data, x->bytes.len);
	__asm__ volatile("" : : "r"(x->copy) : "memory"); /* it is wanted */
}

static void make_view(struct buf *out)
{
	uint8_t key[64], signer[32], mesh[16] = {1};
	const struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = STATE_REVISION(1, 1), .mesh = mesh};
	struct fleet f;
	struct buf body;

	crypto_sign_keypair(signer, key);
	make(&f, VIEW);
	buf_init(&body);
	buf_init(out);
	render_view(f.render, &body);
	state_sign(&id, body.data, body.len, key, out);
	buf_fini(&body);
	fleet_fini(&f);
}

static struct bench_result check_view(void)
{
	struct bench_result r;
	struct image x;

	make_view(&x.bytes);
	x.copy = malloc(x.bytes.len);
	if (x.copy == NULL)
		bench_fail("out of memory");
	memset(x.copy, 1, x.bytes.len); /* its pages are there before the first run */
	r = (struct bench_result){bench_time(check, &x), bench_time(copy, &x)};
	free(x.copy);
	buf_fini(&x.bytes);
	return r;
}

BENCH(check, "check a view of 100,000 peers", "ms", "memcpy of it", 20, false, check_view);
