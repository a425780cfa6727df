/* How this machine sees its neighbours in a mesh, and what of that the controller knows: BGP and
 * BFD sessions, and the ways to peers. The controller is told changes only
 * (controller/api/report_ties.h), a bounded number at a time; whenever it may have missed one, all
 * is told anew, in another stream.
 *
 * So that not each second is a change, what always moves is told by its class: a handshake is live,
 * old or never was; a latency has an upper end. */
#ifndef SKEIN_AGENT_TIES_TIES_H
#define SKEIN_AGENT_TIES_TIES_H

#include "lib/base/clock.h"
#include "lib/base/vec.h"
#include "lib/net/wg_device.h"

#define TIES_TOLD_MAX 512 /* changes in one report, of all memberships */
#define TIES_WORD_MAX 16
#define TIE_LIVE_MS   180000 /* beyond, WireGuard uses no session any more (REJECT_AFTER_TIME) */

enum tie_kind { TIE_SESSION, TIE_PATH };
enum tie_handshake { TIE_NEVER, TIE_OLD, TIE_LIVE };

struct tie_session {
	char name[32];
	char state[TIES_WORD_MAX], bfd[TIES_WORD_MAX]; /* bfd "": none */
	struct wall since;
	char error[96];
};

struct tie_path {
	struct address peer;
	struct wg_endpoint endpoint;
	uint8_t slot, handshake;
	uint16_t latency_ms;  /* 0: not measured */
	int16_t loss_percent; /* -1: not measured */
};

struct tie {
	enum tie_kind kind;
	union {
		struct tie_session session;
		struct tie_path path;
	};
};

typedef VEC(struct tie) tie_vec; /* by kind, then name or address; each once */

struct tie_change {
	bool lost;
	struct tie tie;
};

struct ties {
	tie_vec now, told;
	VEC(struct tie_change) changes; /* of the report that is under way */
	uint64_t stream, sequence;	/* of the last report that was taken; 0: begin anew */
	uint64_t sent_stream, sent_sequence;
	bool first;   /* the report under way begins a stream */
	bool looked;  /* `now` is what is */
	bool telling; /* a report is under way */
};

void ties_fini(struct ties *t);
/* Sorts *now and takes it; it is empty then. */
void ties_see(struct ties *t, tie_vec *now);
/* The controller does not know all that there is. */
bool ties_news(const struct ties *t);
/* Fills changes (`room` at most, 1 at least) and what is sent, for one report; `fresh` is a
 * stream's number that was never used before, for when one begins. Then comes ties_taken() or
 * ties_lost(). */
void ties_tell(struct ties *t, uint64_t fresh, size_t room);
void ties_taken(struct ties *t);
/* It may have arrived or not; or the controller wants all of it. */
void ties_lost(struct ties *t);
/* NULL: there is none. */
const struct tie *ties_find(const struct ties *t, const struct tie *key);

/* The class that a latency is told by: its upper end in ms. `before` is what was told last (0:
 * nothing): it stays while the latency is not clearly outside. */
uint16_t ties_latency_class(int64_t us, uint16_t before);
/* The same for a loss, without regard to before. */
int16_t ties_loss_class(unsigned percent);

#endif
