/* A measurement: flows between two machines of the fleet, and beside them a control probe over the
 * plain underlay. Where the control probe has a gap or a loss, the computer itself stalled, and the
 * figures are worth nothing: they are to be taken again. */
#ifndef SKEIN_LAB_MEASURE_H
#define SKEIN_LAB_MEASURE_H

#include "lab/lab.h"
#include "lab/probe.h"

#define MEASURE_ATTEMPTS 3

/* How fine a computer can be measured. */
struct measure_pace {
	unsigned interval_ms; /* between two packets of a flow */
	int64_t stall_ms;  /* a longer gap of the control probe: the computer was busy elsewhere */
	int64_t travel_ms; /* what takes longer on an unbroken way is lost or late */
};

#define MEASURE_PACE_USUAL                                                                         \
	{                                                                                          \
		.interval_ms = 5, .stall_ms = 100, .travel_ms = 50                                 \
	}

struct measure_plan {
	const char *machines[2];
	struct address addresses[2]; /* in the meshes */
	unsigned flows;		     /* each way */
	struct measure_pace pace;
};

struct measurement {
	struct place places[2];
	struct measure_pace pace;
	struct probe *mesh, *control;
};

struct measured {
	struct probe_result mesh;
	int64_t control_gap_ms;
	bool steady; /* the control probe saw nothing amiss */
};

/* Returns when every flow passes, both ways. Caller measure_stop()s or measure_abandon()s, whatever
 * comes out. */
int measure_start(struct lab *lab, const struct measure_plan *plan, struct measurement *out,
		  struct fault *f);
/* Whether the way loses packets although nothing is broken yet: tunnels in user space do on a
 * computer that is busy elsewhere, long before the control probe notices. */
bool measure_is_overloaded(const struct measurement *m, const struct measure_plan *plan);
/* Time under observation, at least so long; then until every flow passes again. */
int measure_watch(struct measurement *m, int64_t ms, struct fault *f);
int measure_stop(struct measurement *m, struct measured *out, struct fault *f);
void measure_abandon(struct measurement *m);

#endif
