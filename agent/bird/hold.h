/* A neighbour whose session was lost is the last choice until it has stood for a while (flaps.h).
 *
 * Who that is, is in held.conf beside BIRD's other files, which bird.conf includes, in place as
 * well as on trial. BIRD is told by `configure soft`, which reads it and touches no route, and by
 * `reload in` of the sessions concerned. So a loss costs no trial, a link that flaps all the time
 * costs nothing after the first time, and whatever many links do together, BIRD is told once a
 * second at most. While a configuration is on trial BIRD is told nothing: telling it would make the
 * one on trial what it goes back to.
 *
 * A lost session takes BIRD's routes out of the kernel; that is when one looks, long before it can
 * be back. Each round looks as well, for what leads to no route. */
#ifndef SKEIN_AGENT_BIRD_HOLD_H
#define SKEIN_AGENT_BIRD_HOLD_H

#include "agent/bird/child.h"

void hold_open(struct bird_child *b); /* takes up who is held */
void hold_close(struct bird_child *b);
/* In a round; `now` is what BIRD says, NULL: ask. */
void hold_look(struct bird_child *b, const struct bird_protocols *now);
/* BIRD's routes have changed: soon. */
void hold_heed(struct bird_child *b);
/* Another process: none of its sessions was there. */
void hold_restart(struct bird_child *b);
/* Those that an update does not keep begin anew by it. */
void hold_excuse(struct bird_child *b, const bird_kept_vec *kept);

#endif
