/* Benches that make devices: in a network namespace of their own, with a /run of their own. */
#ifndef SKEIN_TEST_BENCH_APART_H
#define SKEIN_TEST_BENCH_APART_H

#include "test/bench/bench.h"

/* Runs it in a process of its own, there; what it started ends with it. Needs root. */
void apart_run(void (*run)(struct bench_result *out), struct bench_result *out, size_t n);

/* Starts a program that lives as long as the caller; what it says is kept in test_dir()/NAME.log.
 */
pid_t apart_start(const char *const *argv);
/* Ends it, and waits for that. */
void apart_stop(pid_t pid);
/* Starts wireguard-go for a device that is new. */
pid_t apart_wireguard_go(const char *device);
/* Waits until `ready` says so; ends the program, naming `what`, when it does not in time. */
void apart_await(bool (*ready)(const void *context), const void *context, const char *what);

#endif
