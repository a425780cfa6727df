/* What a machine's report says of prefixes: those that it would announce, and those that it does
 * not reach. */
#ifndef SKEIN_CONTROLLER_API_REPORT_PREFIXES_H
#define SKEIN_CONTROLLER_API_REPORT_PREFIXES_H

#include "controller/call.h"

/* Of those that are known, which it announces now; new ones wait for approval. */
int report_announced(struct call *c, const struct membership *m, const struct json_texts *texts);

struct report_shadow {
	const char *prefix, *by, *device, *membership;
};
extern const struct json_row report_shadow_rows[];

/* Rows of struct report_shadow, in the place of the last ones. */
int report_shadowed(struct call *c, const struct membership *m, const struct json_rows *rows);

struct report_unwell {
	const char *prefix, *error;
};
extern const struct json_row report_unwell_rows[];

/* Rows of struct report_unwell: those whose health checks are against them; all others are well. */
int report_unwell(struct call *c, const struct membership *m, const struct json_rows *rows);

#endif
