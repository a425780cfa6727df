/* The own key's rotation, the machine's half. The controller says where it stands (GET /machine),
 * the disk which keys there are, the own record of the view which of them others know; what to do
 * follows from these alone, so either side may die at any step:
 *
 *	offer	a next key is made, and the controller told: it comes into the view, peers put it
 *		on their devices
 *	switch	they have: it changes places with the present one, all devices get it in one
 *		round, which greets the peers, and the controller is told that it is the key now
 *	none	the view has it as the key: the one before is wiped */
#ifndef SKEIN_AGENT_KEY_ROTATION_H
#define SKEIN_AGENT_KEY_ROTATION_H

#include "agent/member.h"
#include "agent/offer.h"

struct agent;

enum key_step {
	KEY_REST,
	KEY_OFFER,    /* tell the next key, */
	KEY_RENEW,    /* which is to be made first */
	KEY_ANNOUNCE, /* tell the present key, */
	KEY_SWITCH,   /* which is to be the next one first */
	KEY_DROP      /* wipe the next one, or what was the key before */
};

/* Pure. What is to be done, by the word of a list and the view that it names. */
enum key_step key_rotation_next(const struct member *m, enum offer_rotation word);
/* Does it, as far as it is done here: what is left is to tell the key. */
int key_rotation_do(struct agent *a, struct member *m, enum key_step step, struct fault *f);

#endif
