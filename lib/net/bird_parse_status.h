/* Reads the reply to `show status`. Texts live in the arena. */
#ifndef SKEIN_NET_BIRD_PARSE_STATUS_H
#define SKEIN_NET_BIRD_PARSE_STATUS_H

#include "lib/base/arena.h"
#include "lib/base/vec.h"
#include "lib/net/bird.h"

struct bird_status {
	struct arena *arena;
	const char *version, *router_id, *hostname;
	const char *now; /* of its clock: "2026-11-21 13:48:15.610" */
	const char *started, *configured;
	const char *state;	 /* "Daemon is up and running" */
	VEC(const char *) other; /* lines that are not understood */
};

void bird_status_init(struct bird_status *s, struct arena *arena);
void bird_status_fini(struct bird_status *s);
bird_line_fn bird_status_line; /* context: struct bird_status * */

#endif
