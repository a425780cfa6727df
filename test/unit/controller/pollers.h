/* Agents, simulated: each has a connection of its own, asks what there is, then waits for news; all
 * of them in one thread. For machines of a crowd (crowd.h). */
#ifndef SKEIN_TEST_CONTROLLER_POLLERS_H
#define SKEIN_TEST_CONTROLLER_POLLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pollers;

struct pollers_options {
	uint16_t port; /* on 127.0.0.1 */
	bool tls;
	size_t n; /* machines 0 … n - 1 of the crowd */
};

/* Connected, all of them waiting for news. NULL, having said why. */
struct pollers *pollers_new(const struct pollers_options *o);
void pollers_free(struct pollers *p); /* accepts NULL */
/* Until each has its news, and then the steps that lead to them from this revision of the view (an
 * ETag, with its quotes). Returns how many had them within that time. */
size_t pollers_await_news(struct pollers *p, const char *view_etag, int64_t ms);

#endif
