/* A membership's columns, for who joins them with others. */
#ifndef SKEIN_CONTROLLER_SQLITE_MEMBERSHIP_H
#define SKEIN_CONTROLLER_SQLITE_MEMBERSHIP_H

#include "controller/sqlite/record.h"

/* Of the table that is called m in the statement. */
#define MEMBERSHIP_SELECT                                                                          \
	"m.row, m.machine, m.mesh, m.id, m.idx, m.number, m.gateway, m.slot, m.public_key,"        \
	" m.endpoints, m.created_at, m.version, m.image_revision, m.image_view,"                   \
	" m.image_digest, m.applied_view, m.applied_image, m.report_error, m.next_key,"            \
	" m.rotation, m.rotation_at, m.rotation_view, m.key_changed_at"

extern const struct record membership_record;

#endif
