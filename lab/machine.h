/* A machine of the fleet: programs on it, its agent, what its agent says. */
#ifndef SKEIN_LAB_MACHINE_H
#define SKEIN_LAB_MACHINE_H

#include <jansson.h>

#include "lab/lab.h"

/* Runs a program in the machine to its end; its complaints go to the log of its name. As
 * process_run(). */
int machine_run(struct lab *lab, const char *machine, const char *const *argv, const char *input,
		int64_t ms, struct buf *out, struct fault *f);
/* Writes a file inside the machine. */
int machine_write(struct lab *lab, const char *machine, const char *path, const char *text,
		  struct fault *f);
/* Starts a program that stays, and notes it in the record. */
int machine_start(struct lab *lab, const char *machine, const char *const *argv, struct fault *f);
/* Whether the program that machine_start() noted is still that one. */
bool machine_runs(const struct lab *lab, const char *machine, const char *program);

/* `skein-agent run`, if it does not run already. */
int machine_start_agent(struct lab *lab, const char *machine, struct fault *f);
/* `skein-agent status --json`, parsed; NULL with `f` set. Caller json_decref()s. */
json_t *machine_agent_status(struct lab *lab, const char *machine, struct fault *f);

#endif
