/* A controller that answers what a case says, on the loopback. */
#ifndef SKEIN_TEST_UNIT_AGENT_STUB_H
#define SKEIN_TEST_UNIT_AGENT_STUB_H

#include "agent/http.h"

struct stub_answer {
	unsigned status;
	const char *body;
	const char *header, *value; /* one more header; NULL: none */
};

/* In a thread of its own; `known` is If-None-Match, or NULL. */
typedef struct stub_answer stub_handler(const char *method, const char *path, const char *known);

/* Where it answers is put into *where. A failure of the test where it does not start. */
void stub_start(stub_handler *handler, struct http_where *where);
void stub_stop(void);

#endif
