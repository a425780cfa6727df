/* What goes wrong is tried again in every round; the log has it when it begins and when it is
 * over. */
#ifndef SKEIN_AGENT_TROUBLE_H
#define SKEIN_AGENT_TROUBLE_H

#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/mesh/id.h"

struct trouble {
	const char *event;    /* as in log.h */
	char of[ID_TEXT_MAX]; /* a device or a membership; may be empty */
	char why[FAULT_TEXT_MAX];
};

typedef VEC(struct trouble) trouble_vec;

struct troubles {
	trouble_vec now;  /* of the last attempt */
	trouble_vec said; /* begun, and not over, by the log */
};

void troubles_fini(struct troubles *t);
/* A new attempt at everything: none of it has gone wrong yet. */
void troubles_clear(struct troubles *t);
void troubles_note(struct troubles *t, const char *event, const char *of, const char *why);
/* After the last attempt of a round: logs what is new, and what is no more. */
void troubles_say(struct troubles *t);

#endif
