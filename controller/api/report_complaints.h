/* What a machine's report says of other members of its meshes. */
#ifndef SKEIN_CONTROLLER_API_REPORT_COMPLAINTS_H
#define SKEIN_CONTROLLER_API_REPORT_COMPLAINTS_H

#include "controller/call.h"

#define REPORT_COMPLAINTS_MAX 64

struct report_complaint {
	const char *address, *kind;
	int64_t routes;
};
extern const struct json_row report_complaint_rows[];

/* Rows of struct report_complaint, in the place of the last ones. */
int report_complaints(struct call *c, const struct membership *m, const struct mesh *mesh,
		      const struct json_rows *rows);

#endif
