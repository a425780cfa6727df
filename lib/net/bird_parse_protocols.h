/* Reads the reply to `show protocols` and `show protocols all`, BIRD 2.0 to 3.
 *
 * Give bird_protocols_line to bird_call() as its callback, with the struct below as context. Texts
 * live in the arena. What is not understood is kept in `other`. */
#ifndef SKEIN_NET_BIRD_PARSE_PROTOCOLS_H
#define SKEIN_NET_BIRD_PARSE_PROTOCOLS_H

#include "lib/base/arena.h"
#include "lib/net/bird.h"
#include "lib/net/bird_parse_channel.h"
#include "lib/net/prefix.h"

#define BIRD_PROTOCOLS_MAX 65536 /* more in one reply: ERR_TOO_LARGE */

/* "Graceful restart" with "Restart time: 120; AF supported: ipv4". */
struct bird_capability {
	const char *name, *detail; /* "" if there is none */
};

typedef VEC(struct bird_capability) bird_capability_vec;
typedef VEC(struct bird_channel) bird_channel_vec;

struct bird_timer {
	const char *name;      /* "Hold timer" */
	const char *left, *of; /* seconds, as written; `of` is "-" where it has no end of its own */
};

typedef VEC(struct bird_timer) bird_timer_vec;

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
	const char *neighbour_id; /* "" while not established */
	const char *last_error;	  /* "" if none */
	const char *message;	  /* of who disabled it; "" if none */
	const char *session;	  /* "internal route-reflector AS4"; "" if not up */
	const char *source;	  /* address that it speaks from; "" if not up */
	bird_timer_vec timers;
	bird_capability_vec local_capabilities, neighbour_capabilities;
	bird_channel_vec channels;
	bird_text_vec other; /* lines that are not understood, outside of channels */
};

struct bird_protocols {
	struct arena *arena;
	VEC(struct bird_protocol) list; /* in BIRD's order */
	/* the parser's own */
	bird_capability_vec *section; /* whose capabilities are being listed */
};

void bird_protocols_init(struct bird_protocols *p, struct arena *arena);
void bird_protocols_fini(struct bird_protocols *p);
bird_line_fn bird_protocols_line; /* context: struct bird_protocols * */
/* NULL if it is not there. */
const struct bird_protocol *bird_protocols_find(const struct bird_protocols *p, const char *name);
/* Up, and Established where it is BGP. */
bool bird_protocol_is_up(const struct bird_protocol *p);

#endif
