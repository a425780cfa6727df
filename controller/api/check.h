/* The health check of a prefix, as JSON. */
#ifndef SKEIN_CONTROLLER_API_CHECK_H
#define SKEIN_CONTROLLER_API_CHECK_H

#include "controller/call.h"

struct check_wire {
	const char *type, *address, *path, *name;
	int64_t port, interval_ms, timeout_ms, rise, fall;
};

extern const struct json_row check_rows[];

/* A new reference; null where there is none. */
json_t *check_encode(struct call *c, const struct health_check *x);
/* Reads what a body gave, for this prefix; ERR_INVALID. Type "none" takes the check away. What is
 * asked lies behind the prefix, or on the machine itself: a check is no way to look about in the
 * networks of a machine. */
int check_read(struct call *c, const struct check_wire *w, const struct prefix *prefix,
	       struct health_check *out);

#endif
