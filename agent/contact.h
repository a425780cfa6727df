/* Contact with the controller: requests in the machine's name, and what their answers say about it.
 */
#ifndef SKEIN_AGENT_CONTACT_H
#define SKEIN_AGENT_CONTACT_H

#include "agent/http.h"
#include "agent/machine.h"
#include "lib/base/clock.h"

struct contact {
	struct machine *machine; /* borrowed, as the next */
	const struct config *config;
	struct http *http;	    /* NULL before contact_open() and after contact_close() */
	bool connected;		    /* the last request was answered */
	bool revoked;		    /* it was: this machine is shut out */
	bool frozen;		    /* until an operator decides: its identity is in two places */
	char error[FAULT_TEXT_MAX]; /* "" if its answer was as it should be */
	struct wall answered;	    /* ms 0: never */
};

void contact_open(struct contact *c, uv_loop_t *loop, struct machine *m,
		  const struct config *config);
/* Cancels what is under way without calling back. */
void contact_close(struct contact *c);
/* http_start() with the machine's token. */
struct transfer *contact_ask(struct contact *c, struct http_request *r, http_done *done,
			     void *context);
/* Takes note of an answer; `what` was asked, for the log. True when this is the first one after a
 * time without: what was sent meanwhile is lost. */
bool contact_note(struct contact *c, const struct http_answer *a, const char *what);

/* http_perform() with the machine's token. */
int contact_perform(struct machine *m, struct http_request *r, struct http_answer *out);

#endif
