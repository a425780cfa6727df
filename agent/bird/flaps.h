/* Which sessions of a BIRD were lost lately.
 *
 * A session that was established and is so no more, or is another one than before, was lost. What
 * comes back by it is the last choice until it has stood for `stable_ms` without a break: so a link
 * that flaps gets nothing back meanwhile, and one that is the only way carries all the same. Not
 * lost is what was never there, and what is excused: a change of our own has it begin anew. Pure.
 */
#ifndef SKEIN_AGENT_BIRD_FLAPS_H
#define SKEIN_AGENT_BIRD_FLAPS_H

#include "agent/bird/kept.h"
#include "lib/base/clock.h"
#include "lib/mesh/state.h"

#define FLAP_SINCE_MAX 32

struct flap { /* a session with a machine */
	char name[BIRD_NAME_MAX + 1];
	char since[FLAP_SINCE_MAX]; /* as BIRD writes it: another one, another session */
	bool up;		    /* at the last look */
	bool held;
	bool reload;	     /* what it says is to be judged anew */
	struct mono stable;  /* held, and established since then; ns 0: it is not */
	struct mono excused; /* until then it begins anew for a reason; ns 0: there is none */
};
typedef VEC(struct flap) flap_vec; /* by name */

/* Whether who is held is another set than before. */
bool flaps_look(flap_vec *v, const struct bird_protocols *now, uint32_t stable_ms,
		struct mono clock);
/* When the next one will have been stable for long enough, if nothing happens; ns 0: none will. */
struct mono flaps_due(const flap_vec *v, uint32_t stable_ms);
/* BIRD begins anew: who is held stays so, and nobody was there. */
void flaps_restart(flap_vec *v);

/* All but those of `kept` (NULL: all) begin anew, until then, for a reason. */
void flaps_excuse(flap_vec *v, const bird_kept_vec *kept, struct mono until);
/* Those with the peer of this index. */
void flaps_excuse_peer(flap_vec *v, uint32_t index, struct mono until);

/* Appends "define HELD = [ 10.1.0.3 ];", which filters read, with the names for flaps_read(). */
void flaps_put(const flap_vec *v, const struct state_image *view, struct buf *out);
/* Holds whom the text names, and nobody else. Names that are none are passed over. */
void flaps_read(flap_vec *v, const char *text);

/* NULL: there is no such session. */
const struct flap *flaps_find(const flap_vec *v, const char *name);

#endif
