/* A fleet on which something is changed while streams of packets run, and what its machines say
 * about themselves after it: for the tests of the core's other shapes. */
#ifndef SKEIN_TEST_MODES_WORLD_H
#define SKEIN_TEST_MODES_WORLD_H

#include "lab/fleet.h"
#include "lab/probe.h"
#include "lab/session.h"
#include "lab/trip.h"

#define MODES_SETTLE_MS 30000
#define MODES_REACH_MS	15000 /* two that greet at the same moment try again after 5 s */
#define MODES_BARRED_MS 700
#define MODES_STREAMS	8

/* Numbered packets between two addresses, or round trips to one that several answer. */
struct stream {
	const char *what;
	struct probe *probe;
	struct trip *trip;
	uint64_t sent, lost;
	int64_t gap_ms;
	uint64_t by[TRIP_ANSWERERS_MAX];
};

struct modes {
	struct lab lab;
	struct arena arena;
	operator_member_vec members;
	struct stream streams[MODES_STREAMS];
	size_t nstreams;
	struct probe *control; /* over the plain underlay, beside the streams */
	uint16_t port;
	unsigned flows;	  /* of a probe, each both ways: 2 */
	int64_t stall_ms; /* without a packet of the control, and the computer stalled */
	bool steady;	  /* of the last modes_stop() */
};

/* The fleet of the text, joined, with what the file says, sessions established. */
int modes_open(struct modes *w, const char *yaml);
int modes_close(struct modes *w);

/* `skein WORDS…` at the controller; the last argument is NULL. */
bool modes_skein(struct modes *w, const char *word, ...) __attribute__((sentinel));
/* The same; its standard output, in the arena. NULL: it failed. */
const char *modes_said(struct modes *w, const char *word, ...) __attribute__((sentinel));
/* The same, until it says the words. */
bool modes_await_said(struct modes *w, const char *words, int64_t ms, const char *word, ...)
	__attribute__((sentinel));
/* A shell command on a machine; its standard output in the arena, "" where it failed. */
const char *modes_shell(struct modes *w, const char *machine, const char *command);

/* Until nobody moves a peer any more, and all sessions are established. */
bool modes_rest(struct modes *w, int64_t ms);
/* Reads the members anew, until everybody has applied the newest state. */
bool modes_settle(struct modes *w);
const struct operator_member *modes_member(struct modes *w, const char *machine, const char *mesh);
struct address modes_address(struct modes *w, const char *machine, const char *mesh);
/* Whether `from`, with its address in from_mesh (NULL: as it chooses), has an answer from `to`. */
bool modes_reaches(struct modes *w, const char *from, const char *from_mesh,
		   const struct address *to, int64_t ms);

/* ---- streams: begun, something is changed, ended ---- */

/* Between two machines' addresses in their meshes, both ways, every 5 ms. */
struct stream *modes_probe(struct modes *w, const char *what, const char *from,
			   const char *from_mesh, const char *to, const char *to_mesh);
/* From a machine to an address that all these hosts have. */
struct stream *modes_trip(struct modes *w, const char *what, const char *from, const char *mesh,
			  const char *const *hosts, unsigned nhosts, unsigned flows);
/* All of them pass, and the control probe too. */
bool modes_await_passing(struct modes *w, int64_t ms);
/* Ends all streams, prints a line for each. w->steady is false when the computer itself stalled:
 * then the figures are worth nothing. */
void modes_stop(struct modes *w);

/* ---- what a machine has ---- */

/* The devices (in the arena) on which its WireGuard has a peer with exactly this allowed IP, in
 * `wg`'s words, sorted, with a space between; "" when there is none. */
const char *modes_peer_devices(struct modes *w, const char *machine, const char *allowed);
/* Until it is so. */
bool modes_await_peer(struct modes *w, const char *machine, const char *allowed,
		      const char *devices, int64_t ms);
/* Mesh devices, sorted, with a space between. */
const char *modes_devices(struct modes *w, const char *machine);
bool modes_await_devices(struct modes *w, const char *machine, const char *devices, int64_t ms);
/* A session of a membership's BIRD, by protocol name. NULL: there is none. */
const struct session *modes_session(struct modes *w, const char *machine, const char *mesh,
				    const char *protocol);
/* Until the session is Established, or (`there` false) is no more. */
bool modes_await_session(struct modes *w, const char *machine, const char *mesh,
			 const char *protocol, bool there, int64_t ms);

#endif
