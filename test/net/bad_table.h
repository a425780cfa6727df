/* The tables of test/bad: their rows, and what each must come to. */
#ifndef SKEIN_TEST_NET_BAD_TABLE_H
#define SKEIN_TEST_NET_BAD_TABLE_H

#include "lab/document.h"
#include "lib/base/buf.h"

struct bad_row {
	struct field_mark mark;
	const char *on, *run;	    /* commands */
	const char *program, *text; /* configurations */
	const char *damage, *by;    /* data */
	const char *says;
	int64_t status;
};

struct bad_table {
	struct field_list commands, configurations, data; /* of struct bad_row */
};

#define BAD_TEXT_MAX 1000 /* of a row */

/* False, and a failure of the test, where the file is not as it should be. Texts live in the arena.
 */
bool bad_table_read(const char *path, struct arena *arena, struct bad_table *out);
/* One line that fits the pattern, and the row's status; else a failure that names the row. */
void bad_table_expect(const char *path, const struct bad_row *row, const char *pattern, int status,
		      struct buf *said);

#endif
