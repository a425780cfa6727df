/* Reads the reply to `show protocols` and `show protocols all`, BIRD 2.0 and 2.13 on.
 *
 * Give bird_protocols_line to bird_call() as its callback, with the struct below as context. Texts
 * live in the arena. What is not understood is kept in `other`. */
#ifndef SKEIN_NET_BIRD_PARSE_PROTOCOLS_H
#define SKEIN_NET_BIRD_PARSE_PROTOCOLS_H

#include "lib/base/arena.h"
#include "lib/net/bird.h"
#include "lib/net/prefix.h"

#define BIRD_PROTOCOLS_MAX 65536 /* more in one reply: ERR_TOO_LARGE */

enum bird_counter_row {
	BIRD_IMPORT_UPDATES,
	BIRD_IMPORT_WITHDRAWS,
	BIRD_EXPORT_UPDATES,
	BIRD_EXPORT_WITHDRAWS,
	BIRD_COUNTER_ROWS
};

struct bird_counters { /* UINT64_MAX: BIRD does not count it ("---") */
	uint64_t received, rejected, filtered, ignored, accepted;
};

struct bird_channel {
	const char *name;  /* "ipv4" */
	const char *state; /* "UP" */
	const char *table;
	uint64_t imported, filtered, exported, preferred; /* routes now */
	struct bird_counters changes[BIRD_COUNTER_ROWS];
	uint64_t import_limit, receive_limit; /* 0: none */
	const char *limit_hit;		      /* "import", "receive", … ; NULL: none */
};

typedef VEC(struct bird_channel) bird_channel_vec;

typedef VEC(const char *) bird_text_vec;

struct bird_protocol {
	const char *name;
	const char *kind;  /* "BGP", "Kernel", "BFD", … */
	const char *table; /* "" where BIRD says --- */
	const char *state; /* "up", "start", "down", "stop" */
	const char *since; /* as BIRD writes it; depends on `timeformat protocol` */
	const char *info;  /* "Established", "Active        Socket: Connection refused" */
	/* from `all` */
	const char *description;    /* "" if none */
	const char *bgp_state;	    /* "Established"; "" if it is no BGP */
	struct address neighbour;   /* family 0: none */
	const char *neighbour_text; /* as written: a range, with %device */
	uint32_t neighbour_as, local_as;
	const char *neighbour_id;		  /* "" while not established */
	const char *last_error;			  /* "" if none */
	const char *hold_timer, *keepalive_timer; /* "22.123/30"; "" if none */
	bird_channel_vec channels;
	bird_text_vec other;
};

struct bird_protocols {
	struct arena *arena;
	VEC(struct bird_protocol) list; /* in BIRD's order */
};

void bird_protocols_init(struct bird_protocols *p, struct arena *arena);
void bird_protocols_fini(struct bird_protocols *p);
bird_line_fn bird_protocols_line; /* context: struct bird_protocols * */
/* NULL if it is not there. */
const struct bird_protocol *bird_protocols_find(const struct bird_protocols *p, const char *name);
/* Up, and Established where it is BGP. */
bool bird_protocol_is_up(const struct bird_protocol *p);

#endif
