/* BIRD, an instance per membership, which outlives the agent.
 *
 * What it runs from is in <run_dir>/<membership>: bird.conf (ours), membership.conf and
 * templates.conf (the controller's), replaced together and only if `bird -p` takes them and, where
 * one runs, it has tried them without losing a session (trial.c). A BIRD that dies is back at
 * once; so that nobody loses a route meanwhile, it comes up in two steps: first with its kernel
 * protocol disabled (STARTING = 1), so that the kernel keeps the routes that it has; when all
 * sessions are Established and quiet, or after 6 s, with it enabled. */
#ifndef SKEIN_AGENT_BIRD_H
#define SKEIN_AGENT_BIRD_H

#include "agent/agent.h"
#include "agent/bird/files.h"
#include "agent/path.h"

struct bird_child;

/* Brings it to the wish: adopts, starts, reconfigures. To be called in every round; cheap when
 * there is nothing to do. `table` is T: routes of BIRD's in it mean that another one was here. */
int bird_supervise(struct agent *a, struct member *m, const struct bird_wish *w, uint32_t table,
		   struct fault *f);
/* Ends it and removes its directory: the membership goes. */
void bird_end(struct agent *a, struct member *m);
/* The same for those of no member: the agent ended, or its state was taken away, in between. */
void bird_end_strays(const struct config *c, const member_vec *members);
/* Forgets it; it runs on. */
void bird_release(struct member *m);

/* Routes of BIRD's have changed: a session may be lost. */
void bird_heed(struct agent *a);
/* The session with this peer of the mesh begins anew for a reason, some time in the next seconds. */
void bird_excuse_peer(struct member *m, uint32_t index);

/* Whether the neighbour of this session is the last choice now; *ms: for how long still, if it
 * stands; -1: it does not stand. */
bool bird_holds(const struct member *m, const char *session, int64_t *ms);

const char *bird_socket_path(const struct config *c, const struct id *membership,
			     char out[PATH_TEXT_MAX]);
/* 0: it does not run. */
pid_t bird_pid(const struct member *m);
/* "up", "trying" (a changed configuration), "starting", "down", "waiting" (between two
 * attempts). */
const char *bird_state(const struct member *m);
/* It runs, and tries nothing: what it was told last has been believed. */
bool bird_rests(const struct member *m);

#endif
