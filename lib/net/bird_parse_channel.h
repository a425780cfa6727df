/* Reads what `show protocols all` says of one channel of a protocol, BIRD 2.0 to 3. Texts live in
 * the arena; what is not understood is kept in `other`. */
#ifndef SKEIN_NET_BIRD_PARSE_CHANNEL_H
#define SKEIN_NET_BIRD_PARSE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/vec.h"

enum bird_counter_row {
	BIRD_IMPORT_UPDATES,
	BIRD_IMPORT_WITHDRAWS,
	BIRD_EXPORT_UPDATES,
	BIRD_EXPORT_WITHDRAWS,
	BIRD_COUNTER_ROWS
};

/* UINT64_MAX: BIRD does not count it ("---"), or has no such column. */
struct bird_counters {
	uint64_t received, rejected, filtered, ignored, accepted;
	uint64_t receive_limit, limit; /* dropped by a limit; BIRD 3 */
};

enum bird_limit_kind { BIRD_LIMIT_RECEIVE, BIRD_LIMIT_IMPORT, BIRD_LIMIT_EXPORT, BIRD_LIMITS };

struct bird_limit {
	uint64_t routes;    /* 0: none */
	const char *action; /* "warn", "block", "restart", "disable"; "" if there is no limit */
	bool hit;
};

typedef VEC(const char *) bird_text_vec;

struct bird_channel {
	const char *name;  /* "ipv4" */
	const char *state; /* "UP" */
	const char *table;
	const char *import_filter, *export_filter; /* a name, "ACCEPT", "REJECT", "(unnamed)" */
	const char *next_hop;			   /* that it announces; "" if none */
	uint64_t preference;
	uint64_t imported, filtered, exported, preferred; /* routes now */
	bool keeps_filtered; /* `import keep filtered`: what the filter rejects can be seen */
	bool has_counters;
	struct bird_counters changes[BIRD_COUNTER_ROWS];
	struct bird_limit limits[BIRD_LIMITS];
	bird_text_vec other;
	/* the parser's own */
	int limit; /* whose action comes next; -1: none */
	bool wide; /* counters have the columns of BIRD 3 */
};

/* "receive", "import", "export" */
const char *bird_limit_name(enum bird_limit_kind kind);

struct bird_channel bird_channel_make(struct arena *a, const char *name);
void bird_channel_fini(struct bird_channel *c);
/* A line behind "  Channel NAME". */
void bird_channel_line(struct bird_channel *c, struct arena *a, const char *text);

#endif
