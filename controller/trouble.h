/* Trouble with the database, said once and not for each request that meets it. */
#ifndef SKEIN_CONTROLLER_TROUBLE_H
#define SKEIN_CONTROLLER_TROUBLE_H

#include <pthread.h>
#include <stdbool.h>

#include "lib/base/error.h"

struct trouble {
	pthread_mutex_t lock;
	char last[FAULT_TEXT_MAX]; /* what was logged; "" nothing */
};

void trouble_init(struct trouble *t);
void trouble_fini(struct trouble *t);
/* A disk that is full or fails, a file that cannot be written or is damaged: not what was asked. */
bool trouble_is(int code);
/* Logs `event`, a literal, with the fault's words, unless those were the last ones. */
void trouble_note(struct trouble *t, const char *event, const struct fault *f, int code);
/* True when there was some until now. */
bool trouble_clear(struct trouble *t);

#endif
