/* Processes of the lab: programs that run inside a place, for a moment or for long. A process is
 * named by pid and start time, so that a pid which the system gave away again is never signalled.
 */
#ifndef SKEIN_LAB_PROCESS_H
#define SKEIN_LAB_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab/netns.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/vec.h"

#define PROCESS_OUTPUT_MAX 4194304

struct process {
	pid_t pid;	/* 0: none */
	uint64_t start; /* ticks since boot */
};

struct command_line {
	const struct place *in; /* NULL: outside */
	const char *const *argv;
	const char *const *env; /* "NAME=value", beside the caller's own; may be NULL */
	const char *input;	/* on standard input; NULL: nothing */
	const char *log;	/* what it says is appended here, seen from outside; may be NULL */
};

/* Starts a program that outlives this one; its output goes to the log. ERR_MISSING, with why, where
 * it cannot be started. */
int process_start(const struct command_line *line, struct process *out, struct fault *f);
/* Runs to its end, or until the deadline (then it is killed: ERR_TIMEOUT). Standard output is
 * appended to `out` (may be NULL). Exit status not 0: ERR_CHECK, with the last line it wrote on
 * standard error as words. */
int process_run(const struct command_line *line, struct mono deadline, struct buf *out,
		struct fault *f);
/* Becomes the program, inside the place. Returns only on failure. */
int process_exec(const struct place *in, char *const *argv, struct fault *f);

bool process_read(pid_t pid, struct process *out); /* false: no such process */
bool process_alive(const struct process *p);
/* Sends a signal; false when it is gone. */
bool process_signal(const struct process *p, int signal);
/* Waits for its end: true when it is gone. */
bool process_await_end(const struct process *p, struct mono deadline);

typedef VEC(struct process) process_vec;

/* Everything that lives in the place (whoever started it), or of it only what runs the program
 * `name` (as /proc/PID/comm has it). */
void process_find(const struct place *in, const char *name, process_vec *out);
/* SIGKILL to each, and waits until all are gone. */
int process_kill_all(const process_vec *v, struct mono deadline, struct fault *f);

#endif
