/* Where an operator sits: a real controller and `skein`, which is logged in over TLS with the key's
 *pin.
 *
 *	one namespace:   skein-controller on 127.0.0.1:8443  <-  skein */
#ifndef SKEIN_TEST_NET_OFFICE_H
#define SKEIN_TEST_NET_OFFICE_H

#include <stddef.h>

#define OFFICE_SKEIN	  TEST_BUILD "/skein"
#define OFFICE_CONTROLLER TEST_BUILD "/skein-controller"
#define OFFICE_URL	  "https://127.0.0.1:8443"

struct office {
	char config[200], token[200]; /* files: the controller's, and the administrator's token */
	char data[4096];	      /* the data directory */
	char pin[128];
};

/* For a suite's init; `options` are more lines of the controller's configuration. The thread is in
 * the namespace until office_close(), its fini. */
int office_open(const char *options);
int office_close(void);
const struct office *office(void);

/* The controller alone ends, and begins again: 0 when it answers. */
void office_stop_controller(void);
int office_start_controller(void);

/* The word of `text` that begins with `start`, or "". */
void office_word_of(const char *text, const char *start, char *out, size_t size);

#endif
