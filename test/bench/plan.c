/* Planning a large mesh: ten times the members in not much more than ten times the time. */
#include "test/bench/bench.h"
#include "test/unit/render/fleet.h"

#define LARGE 10000
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

static void measure(struct bench_result *out)
{
	*out = (struct bench_result){plan_time(LARGE), 10 * plan_time(LARGE / 10)};
}

BENCH(plan, measure, {"plan a mesh of 10,000 members", "ms", "ten of 1,000", 3, false});
