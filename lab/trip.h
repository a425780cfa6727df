/* Round trips: numbered UDP packets from one place to an address, which any of several places may
 * answer. For what a probe cannot see: an address that exists behind two routers, of which now the
 * one and now the other is used. Each packet comes back with the number of who answered it. */
#ifndef SKEIN_LAB_TRIP_H
#define SKEIN_LAB_TRIP_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/base/clock.h"
#include "lib/net/prefix.h"

#define TRIP_FLOWS_MAX	   32
#define TRIP_ANSWERERS_MAX 4

struct trip_plan {
	const struct place *from;
	struct address source; /* family 0: as the place chooses */
	struct address to;     /* an address of each answerer */
	const struct place *answerers[TRIP_ANSWERERS_MAX];
	unsigned nanswerers;
	uint16_t port; /* of the first flow; the next ones follow */
	unsigned flows;
	unsigned interval_ms; /* on each flow */
};

struct trip_result {
	uint64_t sent, lost;
	int64_t gap_ms; /* longest time without an answer, of the worst flow */
	unsigned flows_hit;
	uint64_t by[TRIP_ANSWERERS_MAX]; /* answers of each */
};

struct trip;

/* Starts the answerers and sends. Caller trip_stop()s or trip_abandon()s. */
int trip_start(const struct trip_plan *plan, struct trip **out, struct fault *f);
/* Waits until every flow had an answer within the last 100 ms. */
int trip_await_passing(struct trip *t, struct mono deadline, struct fault *f);
/* Waits until nobody but this answerer has answered for 100 ms, and he has. */
int trip_await_only(struct trip *t, unsigned answerer, struct mono deadline, struct fault *f);
/* Answers of each until now. */
void trip_read(const struct trip *t, uint64_t by[TRIP_ANSWERERS_MAX]);
/* Lets what is under way arrive, counts, ends the processes, frees. */
int trip_stop(struct trip *t, struct trip_result *out, struct fault *f);
void trip_abandon(struct trip *t); /* accepts NULL */

#endif
