/* A controller in a script: which requests a command must make, in order, and what it is answered.
 */
#ifndef SKEIN_TEST_UNIT_CLI_SCRIPT_H
#define SKEIN_TEST_UNIT_CLI_SCRIPT_H

#include "cli/cli.h"

struct exchange {
	const char *request; /* "GET /api/v1/meshes?limit=1000"; NULL ends the script */
	const char *answer;  /* JSON; NULL: no content */
	const char *body;    /* JSON that must be sent; NULL: none */
	const char *if_match, *etag;
	/* Not 0: the controller refuses, with `answer` as the detail; where the answer is a stream,
	 * this is how it ends, with the words of `etag`. */
	int code;
};

#define SCRIPT_WORDS_MAX 16

/* Runs `line` ("mesh list --json") against the script, which must be used up. Returns the code;
 * what the command printed is compared to `printed` (NULL: whatever), its fault to `fault` (NULL:
 * whatever). */
int script_run(const char *line, const struct exchange *script, const char *printed,
	       const char *fault);

#endif
