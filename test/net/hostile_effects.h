/* What an attack in the fleet of hostile_world.h must not have: effects on others. Their kernel
 * tables and BIRDs' routes, their sessions, their flows; and who the report names. */
#ifndef SKEIN_TEST_NET_HOSTILE_EFFECTS_H
#define SKEIN_TEST_NET_HOSTILE_EFFECTS_H

#include <stdbool.h>

#include "lab/probe.h"
#include "lib/base/buf.h"

/* Output of a shell command on a machine; $1 is the control socket of its BIRD in the mesh. */
int effects_ask_bird(const char *machine, const char *mesh, const char *command, struct buf *out,
		     struct fault *f);
/* Of its BIRD in red, until the text is in the answer, or, with `absent`, is no longer; fails. */
bool effects_await_text(const char *machine, const char *command, const char *text, bool absent);

/* Kernel tables and BIRDs' routes of all, once they have settled with the attacker's address. */
int effects_take_picture(struct buf *out, struct fault *f);
/* They are so again; fails. */
void effects_await_picture(const char *what, const struct buf *picture);

/* All sessions but the attacker's are established; a list of them, with the time since when. */
void effects_await_sessions(struct buf *out);
/* They still are, and have been since: else *difference says which is not. */
bool effects_sessions_stayed(const struct buf *before, char difference[128]);

#define EFFECTS_FLOWS 3
struct effects_flows {
	struct probe *probes[EFFECTS_FLOWS];
	uint64_t before[EFFECTS_FLOWS]; /* lost until they passed */
};
/* Between others: they pass. Caller effects_end_flows(), whatever comes out. */
int effects_begin_flows(struct effects_flows *x, struct fault *f);
/* No packet was lost: else *difference says of which. */
bool effects_end_flows(struct effects_flows *x, char difference[128]);

/* The agent of g1 names the attacker, and nobody else, for this kind of offence; the controller has
 * the words among the warnings of red. Fails. */
void effects_await_named(const char *kind, const char *words);

#endif
