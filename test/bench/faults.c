/* What breaks, and how long that is felt: the rows of test/net/faults_table.h, on the fleet that
 * faults_world.h draws, one after the other. An outage is the longest time for which the worst flow
 * had no packet, against BFD's detection time; it begins with the fault, so that the detection is
 * in it. What was measured while the computer stalled is measured again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/bench/bench.h"
#include "test/net/faults_world.h"

#define TIMES_MAX 5
#define BAR	  1.3
#define BAR_CUT	  (1.0 + 100.0 / FAULTS_DETECTION_MS) /* plus 100 ms */

/* Each with its bar, and how often it is measured: the median counts. */
#define OUTAGES(X)                                                                                 \
	X("link", BAR, 1)                                                                          \
	X("one-way", BAR, 1)                                                                       \
	X("other-way", BAR, 1)                                                                     \
	X("gateway-cut", BAR_CUT, 5)                                                               \
	X("router-cut", BAR, 1)                                                                    \
	X("router-link", BAR, 1)                                                                   \
	X("lan", BAR, 1)                                                                           \
	X("wg", BAR, 1)                                                                            \
	X("wg-frozen", BAR, 1)                                                                     \
	X("router-wg", BAR, 1)                                                                     \
	X("router-wg-frozen", BAR, 1)                                                              \
	X("machine", BAR, 1)                                                                       \
	X("router-machine", BAR, 1)                                                                \
	X("two", BAR, 1)

#define OUTAGE(id, bar, times) {id, bar, times},
#define ROW(id, bar, times)    {"outage: " id, "ms", "BFD's detection", bar, false},

static const struct {
	const char *id;
	double bar;
	unsigned times;
} outages[] = {OUTAGES(OUTAGE)};
#define OUTAGES_N (sizeof(outages) / sizeof(outages[0]))

struct lost {
	uint64_t free, drained, returns;
};

/* The lab goes with it. */
static _Noreturn void give_up(struct faults *w, const char *what, const char *why)
{
	faults_close(w, true);
	bench_fail("%s: %s", what, why);
}

static struct faults_figures measure(struct faults *w, const struct faults_row *row, double bar)
{
	struct faults_figures r = {0};
	struct fault f = {0};

	if (faults_measure(w, &row, 1, (int64_t)(bar * FAULTS_DETECTION_MS), &r, &f) != 0)
		give_up(w, row->id, f.text);
	return r;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct faults *w, size_t i, struct lost *lost)
{
	const struct faults_row *row = faults_find(outages[i].id);
	double all[TIMES_MAX] = {0};
	unsigned n = 0;

	if (row == NULL || row->cost == COST_NOTHING)
		give_up(w, outages[i].id, "not in the table");
	while (n < outages[i].times && n < TIMES_MAX) {
		struct faults_figures r = measure(w, row, outages[i].bar);

		lost->returns += r.return_lost;
		all[n++] = (double)r.outage_ms;
	}
	qsort(all, n, sizeof(all[0]), compare);
	return all[n / 2];
}

/* What may not cost a packet, and its undoing may not, either. */
static void measure_free(struct faults *w, struct lost *lost)
{
	for (size_t i = 0; i < faults_nrows; i++) {
		const struct faults_row *row = &faults_rows[i];
		struct faults_figures r;

		if (row->cost != COST_NOTHING)
			continue;
		r = measure(w, row, BAR);
		*(strcmp(row->id, "drain") == 0 ? &lost->drained : &lost->free) += r.outage_lost;
		lost->returns += r.return_lost;
	}
}

static void break_all(struct bench_result *out)
{
	struct lost lost = {0};
	static struct faults w;

	if (faults_open(&w) != 0)
		bench_fail("the fleet does not come up");
	w.quiet = true;
	for (size_t i = 0; i < OUTAGES_N; i++)
		*out++ = (struct bench_result){median(&w, i, &lost), FAULTS_DETECTION_MS};
	measure_free(&w, &lost);
	*out++ = (struct bench_result){(double)lost.free, 0};
	*out++ = (struct bench_result){(double)lost.drained, 0};
	*out++ = (struct bench_result){(double)lost.returns, 0};
	faults_close(&w, false);
}

BENCH(breaking, break_all,
      OUTAGES(ROW){"lost: BIRD, agents, gateways cut", "packets", NULL, BENCH_ZERO, false},
      {"lost: drained, then cut off", "packets", NULL, BENCH_ZERO, false},
      {"lost: when it is mended", "packets", NULL, BENCH_ZERO, false});
