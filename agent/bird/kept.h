/* What an update of BIRD's configuration means for its sessions: those that it neither removes nor
 * makes others are kept, and have to stand afterwards as they did before. Pure. */
#ifndef SKEIN_AGENT_BIRD_KEPT_H
#define SKEIN_AGENT_BIRD_KEPT_H

#include "lib/base/buf.h"
#include "lib/base/vec.h"
#include "lib/net/bird_parse_protocols.h"

#define BIRD_NAME_MAX 64

struct bird_kept {
	char name[BIRD_NAME_MAX + 1];
	bool up; /* at the last look */
};
typedef VEC(struct bird_kept) bird_kept_vec; /* by name */

/* What names the sessions and their ends, of a whole configuration. */
struct bird_texts {
	const char *conf; /* bird.conf, or what of it comes before the include */
	const char *text; /* membership.conf */
};

/* Those that are established now, or are `missed`, and that the update keeps. Caller vec_free()s.
 */
void bird_kept_find(const struct bird_texts *before, const struct bird_texts *after,
		    const struct bird_protocols *now, const bird_kept_vec *missed,
		    bird_kept_vec *out);
/* Notes which are established; returns how many are not. */
size_t bird_kept_look(bird_kept_vec *kept, const struct bird_protocols *now);
/* Whether so many, and such ones, are lost that it is not the end of a neighbour which happened to
 * come at the same time: any one with a gateway, a fellow or a sibling; of those with machines,
 * which come and go by themselves where there are many, more than a 16th. */
bool bird_kept_is_harmed(const bird_kept_vec *kept);
/* "g_3 with gw1 (Socket: Connection refused), m_7 with a2" and how many more. `now` is the reply to
 * `show protocols all`. */
void bird_kept_put_lost(const bird_kept_vec *kept, const struct bird_protocols *now,
			struct buf *out);

#endif
