/* The program that answers a question: `skein`, from beside the agent's own, with the question's
 * words and no shell. It is nobody, in the groups that may ask BIRD and the agent; it has no
 * capability but those that its question needs, can get none, and writes no file. It leads a
 * process group, all of which ends with it, and with the agent. */
#ifndef SKEIN_AGENT_QUESTION_CHILD_H
#define SKEIN_AGENT_QUESTION_CHILD_H

#include <sys/types.h>

#include "agent/config.h"
#include "lib/mesh/question.h"

struct question_child {
	pid_t pid;
	int pidfd;	    /* readable when it has ended */
	int output, errors; /* not blocking */
};

/* The question was checked. ERR_MISSING: there is no such program. */
int question_child_start(const struct config *c, const struct question *q,
			 const struct question_kind *kind, struct question_child *out,
			 struct fault *f);
/* Kills what is left of it, and waits; its exit status, 128 + number for a signal. The descriptors
 * stay open, for whoever watches them. */
int question_child_end(struct question_child *c);
void question_child_close(struct question_child *c);
/* Whether it has ended by itself. */
bool question_child_has_ended(const struct question_child *c);

#endif
