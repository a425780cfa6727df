/* A join in a large mesh, as a member gets it: the step is verified and applied by what it touches.
 */
#include <string.h>

#include "lib/mesh/delta.h"
#include "test/bench/bench.h"
#include "test/unit/mesh/state_world.h"

#define LARGE 1000000
#define TIMES 100

struct joined {
	struct state_world world;
	struct buf image, step;
	struct delta_target target;
};

static void make(struct joined *x, size_t peers)
{
	struct buf after;
	struct fault f = {0};
	const struct state_expect expect = {.signer = x->world.signer};

	buf_init(&x->image);
	buf_init(&x->step);
	buf_init(&after);
	state_world_init(&x->world, 1, peers);
	/* A million does not fit into a /16. */
	x->world.mesh.cidr = state_prefix_of(
		&(struct prefix){.family = FAMILY_IPV4, .length = 10, .bytes = {100, 64}});
	state_world_sign(&x->world, &x->image);
	state_world_join(&x->world);
	state_world_sign(&x->world, &after);
	if (!delta_encode((struct delta_image){x->image.data, x->image.len},
			  (struct delta_image){after.data, after.len}, SIZE_MAX, &x->step))
		bench_fail("no step");
	buf_fini(&after);
	if (delta_target_open(&x->target, x->image.data, x->image.len, x->image.len, &expect, &f) !=
	    0)
		bench_fail("%s", f.text);
}

static void drop(struct joined *x)
{
	delta_target_fini(&x->target);
	buf_fini(&x->image);
	buf_fini(&x->step);
	state_world_fini(&x->world);
}

static void apply(void *context)
{
	struct joined *x = context;

	for (int i = 0; i < TIMES; i++) {
		struct delta_undo *undo = NULL;
		struct fault f = {0};

		if (delta_apply(&x->target, x->step.data, x->step.len, x->world.signer, &undo,
				&f) != 0)
			bench_fail("%s", f.text);
		delta_undo(&x->target, undo);
	}
}

static double apply_time(size_t peers)
{
	struct joined x = {0};
	double ms;

	make(&x, peers);
	ms = bench_time(apply, &x) / TIMES;
	drop(&x);
	return ms;
}

static void measure(struct bench_result *out)
{
	*out = (struct bench_result){apply_time(LARGE) * 1000, apply_time(LARGE / 1000) * 1000};
}

BENCH(delta, measure, {"apply a join among 1,000,000 peers", "us", "among 1,000", 2, false});
