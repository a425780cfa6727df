#include "test/net/hitless_world.h"

#include <poll.h>

#include "lab/machine.h"
#include "test/test.h"

#define ATTEMPTS  3
#define WATCH_MS  1500 /* under observation after all is done: no late loss is missed */
#define PACKETS	  200  /* at least, on each flow, or nothing was measured */
#define STEADY_MS 50   /* nothing waits for so long on a computer that keeps up */
#define FLOWS_MAX 8

static const char yaml[] = "name: t-hitless\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.136.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.137.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: g2, meshes: [prod]}\n"
			   "  - {name: c1, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "  - {machine: g2, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: " HITLESS_PREFIX "}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.136.0.0/16, " HITLESS_PREFIX "]\n"
			   "    prefixes_b: [10.137.0.0/16]\n"
			   "networks:\n"
			   "  - {name: east, prefix: " HITLESS_PREFIX ", behind: r1}\n"
			   "  - {name: west, prefix: " HITLESS_PREFIX ", behind: r2}\n";

static const char *const hosts[] = {"east", "west"};
static struct modes w;

struct modes *hitless(void)
{
	return &w;
}

int hitless_open(void)
{
	int code = modes_open(&w, yaml);

	w.flows = 1;
	w.stall_ms = STEADY_MS;
	return code;
}

int hitless_close(void)
{
	return modes_close(&w);
}

enum outcome { GOOD, LOST, INCONCLUSIVE };

static const char *name_of(const struct hitless_flow *f)
{
	return arena_printf(&w.arena, "%s to %s", f->from, f->to != NULL ? f->to : "the prefix");
}

/* Two that greet for the first time may need 5 s: not part of what is measured. */
static void greet(const struct hitless_flow *f)
{
	const struct address to = f->to != NULL ? modes_address(&w, f->to, f->to_mesh)
						: lab_file_network(&w.lab.file, hosts[0])->host;

	if (!modes_reaches(&w, f->from, f->from_mesh, &to, MODES_REACH_MS))
		TEST_FAIL("%s: nothing arrives before the change", name_of(f));
}

void hitless_settle(void)
{
	modes_settle(&w);
	modes_rest(&w, HITLESS_REST_MS);
}

static enum outcome judge(const struct hitless_change *c, struct stream *const *streams, size_t n)
{
	bool lost = false, steady = w.steady;

	/* What is lost in a mesh where nothing changes, no change has lost. */
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT(streams[i]->sent >= PACKETS);
		lost = lost || streams[i]->lost > c->flows[i].most;
		if (c->flows[i].most == HITLESS_CONTROL)
			steady = steady && streams[i]->lost == 0;
		if (c->flows[i].most == HITLESS_CONTROL ||
		    (c->flows[i].most == 0 && streams[i]->lost == 0))
			steady = steady && streams[i]->gap_ms <= STEADY_MS;
	}
	return !lost ? GOOD : steady ? LOST : INCONCLUSIVE;
}

static void complain(const struct hitless_change *c, struct stream *const *streams, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streams[i]->lost > c->flows[i].most)
			TEST_FAIL("%s: %llu packets lost, %u may be", streams[i]->what,
				  (unsigned long long)streams[i]->lost, c->flows[i].most);
}

/* Begun, the change made, ended. */
static enum outcome attempt(const struct hitless_change *c, bool last)
{
	struct stream *streams[FLOWS_MAX];
	enum outcome outcome;
	size_t n = 0;

	for (const struct hitless_flow *f = c->flows; f->from != NULL; f++)
		greet(f);
	for (const struct hitless_flow *f = c->flows; f->from != NULL && n < FLOWS_MAX; f++)
		streams[n++] = f->to != NULL ? modes_probe(&w, name_of(f), f->from, f->from_mesh,
							   f->to, f->to_mesh)
					     : modes_trip(&w, name_of(f), f->from, f->from_mesh,
							  hosts, 2, 1);
	modes_await_passing(&w, MODES_REACH_MS);
	c->there();
	hitless_settle();
	poll(NULL, 0, WATCH_MS);
	modes_stop(&w);
	outcome = judge(c, streams, n);
	if (outcome == LOST || (last && outcome == INCONCLUSIVE))
		complain(c, streams, n);
	return outcome;
}

void hitless_make(const struct hitless_change *c)
{
	for (unsigned i = 1; attempt(c, i == ATTEMPTS) == INCONCLUSIVE; i++) {
		if (i == ATTEMPTS) {
			TEST_FAIL("no attempt of %u was conclusive: the computer stalls", i);
			return;
		}
		c->back();
		hitless_settle();
	}
}
