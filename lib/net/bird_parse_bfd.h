/* Reads the reply to `show bfd sessions`. Texts live in the arena. */
#ifndef SKEIN_NET_BIRD_PARSE_BFD_H
#define SKEIN_NET_BIRD_PARSE_BFD_H

#include "lib/base/arena.h"
#include "lib/net/bird.h"
#include "lib/net/prefix.h"

#define BIRD_BFD_MAX 65536

struct bird_bfd_session {
	const char *protocol; /* the instance's name: f_main */
	struct address address;
	const char *device; /* "" if it is multihop */
	const char *state;  /* "Up", "Down", "Init", "AdminDown" */
	const char *since;
	uint32_t interval_us, timeout_us;
};

struct bird_bfd {
	struct arena *arena;
	VEC(struct bird_bfd_session) list;
	VEC(const char *) other;
	const char *protocol; /* the parser's own */
};

void bird_bfd_init(struct bird_bfd *p, struct arena *arena);
void bird_bfd_fini(struct bird_bfd *p);
bird_line_fn bird_bfd_line; /* context: struct bird_bfd * */

#endif
