/* Bringing up what the file describes, from nothing to sessions that are established. */
#ifndef SKEIN_LAB_FLEET_H
#define SKEIN_LAB_FLEET_H

#include "lab/operator.h"

/* A step of bringing a fleet up; all functions below that look so are some. */
typedef int fleet_step(struct lab *lab, struct fault *f);

/* A fleet for a while (a test's): the lab of this text, and what `steps` say, to a NULL. What goes
 * wrong is printed, with the end of every log, and the lab is ended. 0: the caller fleet_end()s. */
int fleet_begin(struct lab *lab, const char *yaml, fleet_step *const *steps);
/* Takes the lab down, unless SKEIN_LAB_KEEP is set; shows its logs first if something failed. */
int fleet_end(struct lab *lab, bool failed);

/* Namespaces and underlay, nothing of Skein. What an earlier lab of the name left is removed. */
int fleet_build_underlay(struct lab *lab, struct fault *f);
/* The underlay, the controller, everything that the file says; returns when every machine has
 * applied the newest state and every gateway's sessions between meshes are established. */
int fleet_up(struct lab *lab, struct fault *f);
/* The same on an underlay that is there, and that somebody may have added to. */
int fleet_raise(struct lab *lab, struct fault *f);

/* The parts of fleet_up() after the underlay, for tests that look in between. */
int fleet_start_controller(struct lab *lab, struct fault *f);
int fleet_join_machines(struct lab *lab, struct fault *f);
/* One of them, with a token of its own: one that has left, or was not joined yet. */
int fleet_join_machine(struct lab *lab, const char *machine, struct fault *f);
int fleet_enable_gateways(struct lab *lab, struct fault *f);
int fleet_approve_prefixes(struct lab *lab, struct fault *f);
int fleet_create_peerings(struct lab *lab, struct fault *f);

/* Waits until each machine that the file wants in a mesh is, and has applied the newest state.
 * ERR_TIMEOUT names the first that is not. */
int fleet_await_members(struct lab *lab, struct mono deadline, struct fault *f);

#endif
