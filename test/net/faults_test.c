/* What breaks is felt for the time of a detection at most, and its return not at all.
 * faults_world.h draws the fleet; the rows are in faults_table.c.
 *
 * In `make check`, several rows at once, each by its own flows, with route reflectors: what a
 * member hears then, it hears from the gateways, of which one is gone. All rows one by one, in both
 * modes, in `make check-long`; with SKEIN_FAULT=ID that one only. */
#include <stdlib.h>
#include <string.h>

#include "test/net/faults_world.h"
#include "test/test.h"

#define BAR_MS (INT64_C(3) * FAULTS_DETECTION_MS)

static struct faults w;

static int set_up(void)
{
	return faults_open(&w);
}

static int tear_down(void)
{
	return faults_close(&w, CU_get_number_of_failures() > 0);
}

static void measure(const struct faults_row *const *rows, size_t n)
{
	struct faults_figures figures[FAULTS_AT_ONCE] = {{0}};
	struct fault f = {0};

	if (!TEST_STEP(faults_measure(&w, rows, n, BAR_MS, figures, &f), &f))
		return;
	for (size_t i = 0; i < n; i++)
		if (!faults_holds(rows[i], &figures[i], BAR_MS))
			TEST_FAIL("%s: %lld ms, %llu packets lost; return: %llu lost",
				  rows[i]->name, (long long)figures[i].outage_ms,
				  (unsigned long long)figures[i].outage_lost,
				  (unsigned long long)figures[i].return_lost);
}

/* ---- several at once ---- */

/* Up to a NULL. */
static void measure_these(const char *const *ids)
{
	const struct faults_row *rows[FAULTS_AT_ONCE];
	size_t n = 0;

	for (; ids[n] != NULL; n++) {
		TEST_MUST(n < FAULTS_AT_ONCE);
		rows[n] = faults_find(ids[n]);
		TEST_MUST(rows[n] != NULL);
	}
	measure(rows, n);
}

#define AT_ONCE(function, ...)                                                                     \
	static void function(void)                                                                 \
	{                                                                                          \
		static const char *const ids[] = {__VA_ARGS__, NULL};                              \
                                                                                                   \
		measure_these(ids);                                                                \
	}

AT_ONCE(agents, "agent", "router-agent-frozen", "gateways-cut")
AT_ONCE(birds, "bird", "router-bird-frozen")
AT_ONCE(birds_the_other_way, "bird-frozen", "router-bird")
AT_ONCE(lan, "lan")
AT_ONCE(one_way, "one-way", "router-cut")
AT_ONCE(both_ways, "gateway-cut", "router-wg")
AT_ONCE(power, "wg-frozen", "router-machine")

/* ---- one by one ---- */

/* Those that cost nothing, or the others: a case that takes long is taken for one that hangs. */
static void measure_all(bool reflect, bool nothing)
{
	const char *only = getenv("SKEIN_FAULT");
	struct fault f = {0};

	if (!TEST_STEP(faults_reflect(&w, reflect, &f), &f))
		return;
	for (size_t i = 0; i < faults_nrows; i++) {
		const struct faults_row *row = &faults_rows[i];

		if ((row->cost == COST_NOTHING) == nothing &&
		    (only == NULL || strcmp(only, row->id) == 0))
			measure(&row, 1);
	}
}

static void nothing_is_lost_with_route_reflectors(void)
{
	measure_all(true, true);
}

static void a_detection_is_lost_with_route_reflectors(void)
{
	measure_all(true, false);
}

static void nothing_is_lost_in_a_full_mesh(void)
{
	measure_all(false, true);
}

static void a_detection_is_lost_in_a_full_mesh(void)
{
	measure_all(false, false);
}

TEST_SUITE_WITH(faults, set_up, tear_down,
		{"a gateway's agent dies, others stand still, two gateways are cut", agents},
		{"a gateway's BIRDs die, others stand still", birds},
		{"a gateway's BIRDs stand still, others die", birds_the_other_way},
		{"a router's LAN is cut off", lan},
		{"a gateway is not heard, a member is cut off from its router", one_way},
		{"a member is cut off from its gateway, a router's tunnels die", both_ways},
		{"a gateway's tunnels stand still, a router's power goes", power});

TEST_SUITE_LONG(faults_matrix, set_up, tear_down,
		{"nothing is lost, with route reflectors", nothing_is_lost_with_route_reflectors},
		{"a detection is lost, with route reflectors",
		 a_detection_is_lost_with_route_reflectors},
		{"nothing is lost, in a full mesh", nothing_is_lost_in_a_full_mesh},
		{"a detection is lost, in a full mesh", a_detection_is_lost_in_a_full_mesh});
