/* BGP sessions of one BIRD, asked for by its control socket. */
#ifndef SKEIN_AGENT_BIRD_SESSIONS_H
#define SKEIN_AGENT_BIRD_SESSIONS_H

#include <stdint.h>

#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"

/* `show protocols`, or with `all`; false where BIRD does not answer within half a second. Caller
 * bird_protocols_fini()s and arena_fini()s, whatever comes out. */
bool bird_sessions_ask(const char *socket, const char *command, struct arena *arena,
		       struct bird_protocols *out);

/* `show bfd sessions`, the same way; false also where BIRD has none. Caller
 * bird_bfd_fini()s and arena_fini()s. */
bool bird_sessions_ask_bfd(const char *socket, struct arena *arena, struct bird_bfd *out);

/* All are established; false also when BIRD does not answer. *heard: updates that came in so far.
 */
bool bird_sessions_established(const char *socket, uint64_t *heard);
/* A session that restarts while the machine's address is gone (its devices are being made anew)
 * cannot bind, and BIRD disables it for good. Enables those again, and no others. `now` is the
 * short list. */
void bird_sessions_revive(const char *socket, const struct bird_protocols *now);
/* Enables one; the log says why it was not, in the words of `what`. */
void bird_session_enable(const char *socket, const char *name, const char *what);

#endif
