/* The routes of another machine, as they come: `skein bgp routes --json` has one on a line. Each
 * becomes a line of its prefix and of what can differ, for sorting and comparing. It is another
 * machine's word: what is not as it has to be ends it. */
#ifndef SKEIN_CLI_BGP_ROUTE_LINES_H
#define SKEIN_CLI_BGP_ROUTE_LINES_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/bgp/spool.h"
#include "lib/base/buf.h"

enum route_field {
	ROUTE_KEY, /* by which they are sorted: family, address, length */
	ROUTE_PREFIX,
	ROUTE_TYPE, /* from here on what is compared */
	ROUTE_VIA,
	ROUTE_PATH,
	ROUTE_ORIGIN,
	ROUTE_LOCAL_PREF,
	ROUTE_MED,
	ROUTE_COMMUNITIES,
	ROUTE_FIELDS
};

struct route_lines {
	struct spool *to;
	struct buf line; /* that is not whole yet */
	enum { LINES_BEGIN, LINES_ITEMS, LINES_END } stage;
	struct fault fault;
};

void route_lines_init(struct route_lines *l, struct spool *to); /* borrows it */
void route_lines_fini(struct route_lines *l);
/* A piece, of any length: false when it is not what it has to be, and `fault` says what is wrong.
 */
bool route_lines_take(void *lines, const char *data, size_t n);
/* All came: ERR_TRUNCATED where that was not all. */
int route_lines_end(struct route_lines *l);

/* Splits a line of the spool into its fields, in place. */
void route_line_split(char *line, const char *fields[ROUTE_FIELDS]);
/* "next hop" */
const char *route_field_label(enum route_field f);
/* "next_hop" */
const char *route_field_name(enum route_field f);

#endif
