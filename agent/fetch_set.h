/* The new state of one membership: those of its parts that changed are asked for, one after the
 * other, images by what differs from the one that is here, and when the set is complete it is
 * verified, stored and put to use as a whole. */
#ifndef SKEIN_AGENT_FETCH_SET_H
#define SKEIN_AGENT_FETCH_SET_H

#include "agent/agent.h"
#include "agent/offer.h"

enum fetch_step {
	FETCH_KEY,
	FETCH_VIEW,
	FETCH_MEMBERSHIP,
	FETCH_TEMPLATES,
	FETCH_TEXT,
	FETCH_LINGER,
	FETCH_INSTALL,
	FETCH_ROTATION
};

typedef void fetch_set_done(void *context);

struct fetch_set {
	struct agent *agent;
	fetch_set_done *done; /* called when the set has ended that fetch_set_start() began */
	void *context;
	struct offered offered;
	enum fetch_step step; /* what comes next */
	bool whole;	      /* of the image at hand; steps would not do */
	bool failed;	      /* something did not come, or is not used: ask again */
	struct member_update update;
	uv_timer_t *linger;
	struct mono lingers; /* since then this machine is to offer less; ns 0: never yet */
};

void fetch_set_open(struct fetch_set *s, struct agent *a, fetch_set_done *done, void *context);
void fetch_set_close(struct fetch_set *s);

/* True when a request is on its way, and `done` will be called; false when it has ended already. */
bool fetch_set_start(struct fetch_set *s, const struct offered *o);
/* Frees what has come so far. */
void fetch_set_clear(struct fetch_set *s);

#endif
