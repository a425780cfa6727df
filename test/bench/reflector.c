/* A gateway that reflects to 1,000 members, and a plain member that has them all as neighbours:
 * what their BIRDs cost, with the controller's own text and templates. A session that is lost
 * meanwhile ends the bench. */
#include <poll.h>

#include "lib/base/clock.h"
#include "test/bench/apart.h"
#include "test/bench/speakers.h"

#define REST_S 10

/* What a change, or the start, has cost. */
struct cost {
	double wall_s, cpu_s;
};

struct costs {
	struct cost start, join, approval, policy;
	double mib, configure_ms, answer_ms, idle;
};

/* All sessions of before are the same ones after it, but for `gone` that are meant to end. */
static struct cost change(struct speakers *s, size_t gone, struct costs *all)
{
	struct speakers_look before, after;
	struct cost c;
	double cpu, ms;
	size_t lost;

	speakers_look(s, &before);
	cpu = bench_cpu(s->bird);
	ms = speakers_configure(s);
	if (ms > all->configure_ms)
		all->configure_ms = ms;
	c.wall_s = ms / 1000 + speakers_settle(s);
	c.cpu_s = bench_cpu(s->bird) - cpu;
	speakers_look(s, &after);
	lost = speakers_lost(&before, &after);
	if (lost != gone)
		bench_fail("%zu sessions were lost", lost);
	speakers_look_fini(&before);
	speakers_look_fini(&after);
	return c;
}

static struct costs measure(uint32_t members, bool reflector)
{
	struct costs all = {0};
	struct speakers s;
	double cpu;

	speakers_init(&s, members, reflector);
	speakers_start(&s);
	all.start.wall_s = speakers_settle(&s);
	all.start.cpu_s = bench_cpu(s.bird);
	s.slowest_ms = 0;
	speakers_join(&s);
	all.join = change(&s, 0, &all);
	speakers_leave(&s);
	change(&s, 1, &all);
	speakers_approve(&s, true);
	all.approval = change(&s, 0, &all);
	s.drain = true;
	all.policy = change(&s, 0, &all);
	all.answer_ms = s.slowest_ms;
	all.mib = bench_memory(s.bird, "VmRSS:") / (1 << 20);
	cpu = bench_cpu(s.bird);
	poll(NULL, 0, REST_S * 1000); /* what is measured */
	all.idle = (bench_cpu(s.bird) - cpu) / REST_S * 100;
	change(&s, 0, &all);
	speakers_fini(&s);
	return all;
}

static void put(const struct costs *c, struct bench_result *out)
{
	*out++ = (struct bench_result){c->start.wall_s, 0};
	*out++ = (struct bench_result){c->start.cpu_s, 0};
	*out++ = (struct bench_result){c->mib, 0};
	*out++ = (struct bench_result){c->join.cpu_s * 1000, 0};
	*out++ = (struct bench_result){c->approval.cpu_s * 1000, 0};
	*out++ = (struct bench_result){c->policy.wall_s, 0};
	*out++ = (struct bench_result){c->policy.cpu_s * 1000, 0};
	*out++ = (struct bench_result){c->configure_ms, 0};
	*out++ = (struct bench_result){c->answer_ms, 0};
	*out++ = (struct bench_result){c->idle, 0};
}

/* A name of its own for each number: they are looked for by it, and compared by it. */
#define ROWS(who)                                                                                  \
	{who ": from nothing", "s", NULL, 0, false}, {who ": its processor", "s", NULL, 0, false}, \
		{who ": memory", "MiB", NULL, 0, false}, {who ": a join", "ms", NULL, 0, false},   \
		{who ": an approval", "ms", NULL, 0, false},                                       \
		{who ": a policy for all", "s", NULL, 0, false},                                   \
		{who ": its processor for it", "ms", NULL, 0, false},                              \
		{who ": `configure` answers", "ms", NULL, 0, false},                               \
		{who ": slowest other answer", "ms", NULL, 0, false},                              \
	{                                                                                          \
		who ": at rest", "% of a core", NULL, 0, false                                     \
	}
#define ROWS_N 10

#define CASE(id, who, members, reflector)                                                          \
	static void id##_inside(struct bench_result *out)                                          \
	{                                                                                          \
		struct costs c = measure(members, reflector);                                      \
                                                                                                   \
		put(&c, out);                                                                      \
	}                                                                                          \
	static void id##_run(struct bench_result *out)                                             \
	{                                                                                          \
		apart_run(id##_inside, out, ROWS_N);                                               \
	}                                                                                          \
	BENCH(id, id##_run, ROWS(who))

CASE(gateway, "gateway of 1,000", 1000, true);
CASE(gateway_of_few, "gateway of 250", 250, true);
CASE(gateway_of_50, "long: gateway of 50", 50, true);
CASE(gateway_of_more, "long: gateway of 2,000", 2000, true);
CASE(full, "full mesh of 1,000", 1000, false);
CASE(full_of_few, "long: full mesh of 250", 250, false);
CASE(full_of_50, "long: full mesh of 50", 50, false);
