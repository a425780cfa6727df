/* Programs that outlive the agent: BIRD and wireguard-go. They are started detached (a session of
 * their own, no child of ours), found again by their pid file, and watched by a pidfd. A process is
 * taken for the child only if pid, start time and executable are those of the pid file: a pid that
 * was given to somebody else is not. */
#ifndef SKEIN_AGENT_CHILD_H
#define SKEIN_AGENT_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"

#define CHILD_PATH_MAX 512
#define CHILD_LOG_MAX  (1 << 20)

struct child {
	pid_t pid;		    /* 0: none */
	unsigned long long started; /* clock ticks since boot, as in /proc/PID/stat */
	char executable[CHILD_PATH_MAX];
	int pidfd; /* readable when it has ended; -1: none */
};

struct child_spec {
	const char *pid_file;
	const char *const *argv;	/* argv[0] is looked up in PATH */
	const char *const *environment; /* NULL, or "NAME=value", …: all but PATH, LANG, TZ */
	const char *log; /* standard error goes to the end of this file; NULL: stays ours */
};

/* Starts it and writes the pid file. ERR_MISSING where the program is not there. */
int child_start(const struct child_spec *spec, struct child *out, struct fault *f);
/* Takes up the one that the pid file names. ERR_NOT_FOUND when it is gone or somebody else. */
int child_adopt(const char *pid_file, struct child *out, struct fault *f);
/* Takes up who listens on the control socket, if it is this program, and writes the pid file: for
 * one that was started in the moment in which the agent died. ERR_NOT_FOUND: nobody listens, or
 * somebody else. */
int child_adopt_listener(const char *socket, const char *program, const char *pid_file,
			 struct child *out, struct fault *f);
bool child_is_running(const struct child *c);
/* By a signal (SIGSTOP): it will not do anything until somebody lets it go on. A debugger's is none
 * of these. */
bool child_is_stopped(const struct child *c);
/* Ends it at once; its pidfd says when. */
void child_kill(const struct child *c);
/* Asks it to end and, after the deadline, ends it. Removes the pid file. */
void child_stop(struct child *c, const char *pid_file, struct mono deadline);
/* Empties the log when it is longer than CHILD_LOG_MAX: what runs for long must not fill /run. It
 * is open for appending, so that the child writes on at the new end. */
void child_trim_log(const char *path);
/* Forgets it; it runs on. */
void child_release(struct child *c);

#endif
