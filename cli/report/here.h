/* What of Skein is on this machine, and where. */
#ifndef SKEIN_CLI_REPORT_HERE_H
#define SKEIN_CLI_REPORT_HERE_H

#include <stdbool.h>

#include "lib/base/arena.h"

struct here {
	const char *host, *self; /* this program's file */
	const char *state, *run; /* the agent's directories */
	const char *data;	 /* the controller's */
	bool agent, controller;	 /* whether there is one */
};

/* Texts are in the arena. */
void here_look(struct here *h, struct arena *a);
/* For commands that run from now on: which programs, whose language, no keys. */
void here_set_environment(const struct here *h);

#endif
