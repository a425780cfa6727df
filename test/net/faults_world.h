/* The fleet on which things break, and what that costs its flows.
 *
 *	prod 10.140.0.0/16                                      staging 10.141.0.0/16
 *	a1  a2      r1 (100) ── east 172.21.9.10   g1 and g2    b1
 *	            r2 (90)  ── west 172.21.9.10   in both
 *
 * Both hosts have the same address. A fault is caused while the flows of its row run, then undone
 * while they run anew: an outage, and a return. A flow is a pair of ports; a packet every 5 ms each
 * way (every 10 ms, there and back, to the prefix).
 *
 * The tunnels of the lab are programs, all of them on one computer: when that is busy they lose
 * packets. So a figure that is too high counts only when the control, a probe over the plain
 * underlay, lost nothing and never waited for 50 ms, and a flow over tunnels that no fault concerns
 * (a1 with a2) lost nothing either; and one of nothing lost, where the fault should hurt (by
 * chance, no flow was led that way), does not count at all. Such a fault is caused again. */
#ifndef SKEIN_TEST_NET_FAULTS_WORLD_H
#define SKEIN_TEST_NET_FAULTS_WORLD_H

#include "lab/fleet.h"
#include "test/net/faults_table.h"

#define FAULTS_DETECTION_MS 750 /* BFD, 250 ms × 3 */
#define FAULTS_ATTEMPTS	    3
#define FAULTS_AT_ONCE	    4

struct faults {
	struct lab lab;
	struct arena arena;
	operator_member_vec members;
	uint16_t port;
	bool quiet; /* faults_measure() prints nothing */
};

struct faults_figures {
	int64_t outage_ms; /* longest gap of the worst flow of the row */
	const char *worst; /* which one that is */
	uint64_t outage_lost, return_lost;
	unsigned attempts;
	bool steady; /* of the last attempt; else the computer may have stalled */
};

/* Up, at rest, in route-reflector mode. What goes wrong is printed. Caller faults_close()s only
 * after a 0. */
int faults_open(struct faults *w);
int faults_close(struct faults *w, bool failed);
/* The mode of both meshes. */
int faults_reflect(struct faults *w, bool on, struct fault *f);

/* These rows at once, each by the flows that it has. bar_ms: an outage up to there is good. A line
 * on standard output for each. ERR_TIMEOUT names the flow that does not pass again. */
int faults_measure(struct faults *w, const struct faults_row *const *rows, size_t n, int64_t bar_ms,
		   struct faults_figures *out, struct fault *f);
/* Whether that is what the row may cost. */
bool faults_holds(const struct faults_row *row, const struct faults_figures *r, int64_t bar_ms);

#endif
