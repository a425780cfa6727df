/* A controller by itself, as a process, without TLS on 127.0.0.1 of the namespace that the caller
 * is in: killed, stopped, started again on the same data. */
#ifndef SKEIN_TEST_NET_LONE_H
#define SKEIN_TEST_NET_LONE_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/buf.h"

struct lone {
	char data[1000]; /* its directory, absolute */
	char config[400], log[400], base[64];
	char admin[128]; /* the administrator's token */
	pid_t pid;	 /* -1: it does not run */
};

/* Makes the configuration, with `settings` as further lines (NULL: none), and the data: below `at`,
 * a directory (NULL: test_dir()). False, having said why, when that fails. */
bool lone_make(struct lone *l, const char *name, const char *at, const char *settings);
/* True when it answers that it is ready; false when it ended, or takes longer than 20 s. */
bool lone_start(struct lone *l);
void lone_kill(struct lone *l); /* kill -9 */
void lone_stop(struct lone *l); /* accepts one that does not run */
/* `skein-controller COMMAND --config …`, the command in words; appends both outputs. Returns the
 * exit status. */
int lone_run(const struct lone *l, const char *command, struct buf *out);
/* What it has logged since it was started. */
void lone_log(const struct lone *l, struct buf *out);

#endif
