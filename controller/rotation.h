/* The rotation of a key, in place: a machine goes on under another key, and no session is lost.
 *
 *	1. wanted: an operator asks for it, or the mesh's schedule. The machine is told "offer".
 *	2. offered: the machine has said the public half of its next key; the machine is told "wait"
 *	   while its peers learn it from the view, beside the one that it has.
 *	3. switch: they have (or 60 s are over); the machine is told so, uses the next key, and says
 *	   that it is its key now. Then it is over.
 *
 * All of it is in the database, and whoever dies goes on from what is there. The functions here
 * change the record alone; who calls them keeps it. */
#ifndef SKEIN_CONTROLLER_ROTATION_H
#define SKEIN_CONTROLLER_ROTATION_H

#include "controller/model.h"

/* So long is waited, at most, for peers to apply the view that has the next key. */
#define ROTATION_WAIT_MS 60000
/* Who has not got any further for so long holds up no others of the schedule. */
#define ROTATION_STUCK_MS 600000
/* How often the schedule is looked at. */
#define ROTATION_LOOK_MS 10000

/* As machines are told: "none", "offer", "wait", "switch". */
const char *rotation_text(enum rotation rotation);

/* Wanted, where none is under way. */
void rotation_begin(struct membership *m, struct wall now);
/* Its machine says its next key; also another one than before: peers are to know that, first. */
void rotation_offer(struct membership *m, const struct wg_key *key, struct wall now);
/* Whether it may be switched, where all peers who are heard of have applied the view `level`; not
 * before some view has the next key. */
bool rotation_is_ready(const struct membership *m, uint64_t level, struct wall now);
void rotation_switch(struct membership *m, struct wall now);
/* Its machine went away before it was told to switch: peers need not know the next key meanwhile.
 */
void rotation_withdraw(struct membership *m, struct wall now);
/* It has this key now, whatever was under way: that is over. */
void rotation_end(struct membership *m, const struct wg_key *key, struct wall now);

/* The schedule. A key is due in the last eighth of the time that the mesh gives it, so that it gets
 * no older than that; the mesh's members take turns, evenly over this eighth, so that not all are
 * at it at once, and the oldest keys come first. From when on a key is due; false: never. */
bool rotation_due_before(const struct mesh *m, struct wall now, struct wall *before);
/* How many may begin now. */
uint32_t rotation_turns(const struct mesh *m, struct wall now);
/* How many of a mesh may be under way at a time by the schedule. */
uint32_t rotation_most(const struct mesh *m);

#endif
