/* The flows of a row of faults_table.h while they run, and what they lost. */
#ifndef SKEIN_TEST_NET_FAULTS_STREAMS_H
#define SKEIN_TEST_NET_FAULTS_STREAMS_H

#include "lab/operator.h"
#include "lab/probe.h"
#include "lab/trip.h"
#include "test/net/faults_table.h"

#define FAULTS_STREAMS (FLOWS_N + 1) /* and one that no fault concerns */

struct faults_streams {
	struct probe *probes[FAULTS_STREAMS], *control;
	struct trip *trips[FAULTS_STREAMS];
};

struct faults_sum {
	int64_t gap_ms[FAULTS_STREAMS];
	uint64_t lost[FAULTS_STREAMS];
	bool steady;
};

struct faults_fleet {
	struct lab *lab;
	const operator_member_vec *members;
};

/* Those of the set begin, by `port` and those after it, which moves on: ECMP leads each run of them
 * otherwise. Returns when all pass. Caller stops or abandons them, whatever comes out. */
int faults_streams_start(const struct faults_fleet *w, unsigned flows, uint16_t *port,
			 struct faults_streams *out, struct fault *f);
/* Until all pass; a fault names the one that does not. */
int faults_streams_await(struct faults_streams *s, struct fault *f);
/* Until r1 has the prefix again, for all who use it. */
int faults_streams_await_best(struct faults_streams *s, struct mono deadline, struct fault *f);
int faults_streams_stop(struct faults_streams *s, struct faults_sum *out, struct fault *f);
void faults_streams_abandon(struct faults_streams *s);
/* What of the sum is of these flows. */
void faults_streams_worst(const struct faults_sum *sum, unsigned flows, int64_t *gap_ms,
			  const char **which, uint64_t *lost);

#endif
