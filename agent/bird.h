/* BIRD, an instance per membership, which outlives the agent.
 *
 * What it runs from is in <run_dir>/<membership>: bird.conf (ours), membership.conf and
 * templates.conf (the controller's), replaced together and only if `bird -p` takes them. A BIRD
 * that dies is back at once; so that nobody loses a route meanwhile, it comes up in two steps:
 * first with its kernel protocol disabled (STARTING = 1), so that the kernel keeps the routes that
 * it has; when all sessions are Established and quiet, or after 6 s, with it enabled. */
#ifndef SKEIN_AGENT_BIRD_H
#define SKEIN_AGENT_BIRD_H

#include "agent/agent.h"

struct bird_child;

struct bird_wish {
	const char *head, *tail; /* of bird.conf, around the include */
	const struct buf *templates, *text;
	uint32_t table; /* T: routes of BIRD's in it mean that another one was here */
};

/* BIRD of the version that the filters are written for, and its user: ERR_MISSING, with what to do.
 */
int bird_check(const struct config *c, struct fault *f);

/* Brings it to the wish: adopts, starts, reconfigures. To be called in every round; cheap when
 * there is nothing to do. */
int bird_supervise(struct agent *a, struct member *m, const struct bird_wish *w, struct fault *f);
/* Ends it and removes its directory: the membership goes. */
void bird_end(struct agent *a, struct member *m);
/* The same for a membership that this agent never knew, by its directory. */
void bird_end_stray(const struct config *c, const struct id *membership);
/* Forgets it; it runs on. */
void bird_release(struct member *m);

const char *bird_socket_path(const struct config *c, const struct id *membership,
			     char out[PATH_TEXT_MAX]);
/* 0: it does not run. */
pid_t bird_pid(const struct member *m);
/* "up", "starting", "down", "waiting" (between two attempts). */
const char *bird_state(const struct member *m);

#endif
