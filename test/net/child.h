/* Programs that a test starts, and is sure to end. */
#ifndef SKEIN_TEST_NET_CHILD_H
#define SKEIN_TEST_NET_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* In the namespaces of the caller, output to `log`; it dies with the test. -1: could not start. */
pid_t child_start(const char *log, const char *const *argv);
void child_stop(pid_t *pid); /* accepts -1 and 0 */
/* Polls until a unix socket of that name takes a connection; false after `ms`. */
bool child_wait_socket(const char *path, int ms);

#endif
