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

/* As machines are told: "none", "offer", "wait", "switch". */
const char *rotation_text(enum rotation rotation);

/* Wanted, where none is under way. */
void rotation_begin(struct membership *m, struct wall now);
/* Its machine says its next key; also another one than before: peers are to know that, first. */
void rotation_offer(struct membership *m, const struct wg_key *key, struct wall now);
/* It has this key now, whatever was under way: that is over. */
void rotation_end(struct membership *m, const struct wg_key *key, struct wall now);

#endif
