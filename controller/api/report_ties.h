/* What a machine's report says of its neighbours: BGP and BFD sessions, and the ways to peers.
 *
 * It comes as changes. A *stream* begins with a report that is `first`, before which nothing is
 * known; each further one has the next `sequence`, and only what changed. One that does not go on
 * where the last one ended (a report or an answer was lost, either side began anew, a backup was
 * restored) changes nothing, and the answer names its membership in `again`: the machine begins
 * another stream. A stream may begin with a part: what is missing comes as changes. So what a
 * report costs is bounded, and nothing is written where nothing changed. */
#ifndef SKEIN_CONTROLLER_API_REPORT_TIES_H
#define SKEIN_CONTROLLER_API_REPORT_TIES_H

#include "controller/call.h"

#define TIES_MAX 512 /* sessions, paths: of each so many in one report */

struct ties_wire {
	uint64_t stream, sequence; /* 0: nothing is said */
	bool first;
	struct json_rows sessions, paths;
	struct json_texts lost_sessions, lost_paths; /* by name; by address */
};
extern const struct json_row ties_wire_rows[];

int ties_take(struct call *c, const struct membership *m, const struct mesh *mesh,
	      const struct ties_wire *in);

#endif
