/* What the images and the observation say, put so that each noun of the plan finds it: who I am in
 * each mesh, my devices, whom I reach over which, what I announce, what is in the way. */
#ifndef SKEIN_AGENT_PLAN_FACTS_H
#define SKEIN_AGENT_PLAN_FACTS_H

#include <sys/types.h>

#include "agent/config.h"
#include "agent/observe/observation.h"
#include "lib/mesh/id.h"
#include "lib/mesh/state.h"

/* The metrics of a table T, the first that is there wins (docs/architecture.md). */
#define METRIC_MOVE	 1u  /* of a peer that is being moved: before what BIRD still has */
#define METRIC_BIRD	 32u /* what BIRD has learned */
#define METRIC_HOLD	 33u /* what it had before the own role changed */
#define METRIC_STATE	 1024u
#define METRIC_AGGREGATE 4294967294u
#define METRIC_LAST	 4294967295u

struct shadow;

/* What this machine has to offer, as it stood in the last round. */
struct plan_offer {
	struct prefix prefix;
	bool unwell;		  /* its health check says so */
	bool been;		  /* it was announced, */
	bool gone;		  /* and then was not; */
	struct mono back;	  /* it came back then. ns 0: it never went */
	int way;		  /* index of the LAN device that led to all of it; 0: none */
	uint32_t carrier_changes; /* of that device */
};
typedef VEC(struct plan_offer) offer_vec;

struct plan_membership {
	struct id id, mesh;
	const struct state_image *view, *image; /* validated; image->self's peer is in the view */
	struct wg_key public_key;		/* of the key that was made here */
	uint64_t ports_taken; /* bit s: the port of slot s (0: main device) belongs to somebody */
	/* ns 0: not, that we know */
	struct mono moved; /* when the own role or slot changed */
	struct mono grown; /* when this machine got something to offer that others have too */
	bool settled;	   /* all sessions are established */
	const struct plan_offer *offers;
	size_t noffers;
};

struct plan_move;
typedef VEC(struct plan_move) move_vec;

struct plan_controller {
	struct address address;
	uint16_t port;
};

struct plan_input {
	const struct config *config;
	const struct plan_membership *memberships; /* by rising number */
	size_t n;
	const struct observation *seen;
	const struct plan_controller *controllers; /* where its answers come from */
	size_t ncontrollers;
	const char (*opened)[LINK_NAME_MAX]; /* LAN devices that forwarded nothing before us */
	size_t nopened;
	uid_t bird;		       /* whom BIRD's sockets belong to */
	const struct plan_move *moves; /* that were under way in the last round */
	size_t nmoves;
	struct wall now;
	struct mono clock;
};

struct trunk_facts {
	uint8_t slot;
	char name[LINK_NAME_MAX];
	int index;    /* 0: not there yet */
	bool leaving; /* no router has the slot any more; a peer is still on its way elsewhere */
};

struct router_facts {
	uint32_t peer;
	uint8_t slot;
	bool gateway;
	struct address address;
	const struct trunk_facts *trunk;
	const struct state_trunk *state;
};

/* Devices of the machine's own (lans.h). */
struct lans {
	const struct link **at;
	size_t n, whole; /* the first `whole` lead to all of the prefix */
};

/* A peer that is reached over a trunk now: a router, unless it is still to move there, and one that
 * has ceased to be a router and is still to leave. */
struct over_facts {
	uint32_t peer;
	struct address address;
	const struct trunk_facts *trunk;
	bool gateway;
};

struct own_prefix {
	struct prefix prefix;
	bool part;		 /* of another one, for the gateways */
	struct lans lans;	 /* over which main reaches it */
	const struct link *here; /* has it as an address of the machine itself; NULL: none */
	const struct state_terms *terms; /* NULL: the usual ones */
	bool announced;
	bool held; /* it has come back: it is announced as if this machine were drained */
};

/* The machine has it, or a way to it: without either it is not announced. */
bool own_prefix_reached(const struct own_prefix *own);

struct membership_facts {
	const struct plan_membership *from;
	const struct state_self *self;
	const struct state_mesh *mesh;
	struct id id;
	uint32_t number;
	uint32_t table, control; /* T, C */
	struct prefix cidr;
	struct address own;
	bool gateway, router; /* a gateway is a router */
	bool drained;	      /* an operator takes it out of service */
	char main[LINK_NAME_MAX];
	int index;		    /* of the main device; 0: not there yet */
	struct trunk_facts *trunks; /* by rising slot */
	size_t ntrunks;
	struct router_facts *routers;
	size_t nrouters;
	struct move_facts *moves; /* by peer */
	size_t nmoves;
	struct over_facts *over; /* by trunk */
	size_t nover;
	struct own_prefix *approved; /* but 0.0.0.0/0 */
	size_t napproved;
	struct own_prefix everything; /* 0.0.0.0/0, where it is an exit */
	struct mono held_until;	      /* the first of them; ns 0: none is */
	/* It is an exit: the device of its own default route, and who goes out there (of
	 * STATE_USERS). NULL: it is none, or has no default route now. */
	const struct link *exit;
	struct state_range exit_users;
	bool uses_exit;		 /* of another machine */
	bool direct_when_lost;	 /* then it goes out by itself; all its exits say so */
	struct shadow *shadowed; /* by prefix (shadow.h) */
	size_t nshadowed;
	struct prefix refused; /* family 0: no. Else the connected network that the mesh overlaps */
};

struct connected {
	struct prefix prefix;
	const char *device;
};

struct facts {
	const struct plan_input *in;
	struct arena *arena;
	struct membership_facts *memberships; /* those that are not refused come first: n of them */
	size_t n, nrefused;
	struct connected *connected; /* networks of devices that are not ours; lo is left out */
	size_t nconnected;
	/* Of `connected`, those of containers: of bridges without a physical port that are no LAN;
	 * each network of a bridge once. */
	struct connected *containers;
	size_t ncontainers;
	struct route *held; /* of those that move, at metric 1 (move.h) */
	size_t nheld;
};

/* WireGuard in IPv6: 40 + 8 + 32. */
#define WIREGUARD_OVERHEAD 80

/* All but what is shadowed, and what moves: shadows_gather() and moves_find() know that. */
void facts_gather(const struct plan_input *in, struct arena *a, struct facts *out);
/* The connected network that has it whole; NULL: none. */
const struct connected *facts_shadowing(const struct facts *f, const struct prefix *p);
/* Is it a prefix that this machine may announce in this mesh? */
const struct own_prefix *facts_own(const struct membership_facts *m, const struct prefix *p);
/* May this membership use it? Limited prefixes are for those whom the image names. */
bool facts_usable(const struct membership_facts *m, const struct state_announced *a);
/* NULL: it is no router. */
const struct router_facts *facts_router(const struct membership_facts *m, uint32_t peer);
/* How long what BIRD had before the own role changed is kept, for its sessions begin anew; whether
 * it is, by when that was (ns 0: it did not). */
#define FACTS_HOLD_MS 20000
bool facts_holds(struct mono moved, struct mono now);
/* Whether somebody else may send all of it. */
bool facts_others_may(const struct membership_facts *m, uint32_t peer, const struct prefix *p);
/* What a peer may send from, by prefix: its address and what the images give it. Appends. */
void facts_allowed(const struct membership_facts *m, uint32_t peer, prefix_vec *out);
const struct membership_facts *facts_by_id(const struct facts *f, const uint8_t membership[16]);
/* The link is one of Skein's, or about to be. */
bool facts_ours(const struct plan_input *in, const struct link *l);
/* The machine's own answer to "which way to p": the longest route of main that has it, the default
 * aside; NULL: none, or none that leads over a device which is running
 * and not ours. */
const struct route *facts_main_route(const struct plan_input *in, const struct prefix *p);

/* The device of the default route; 0: there is none. */
int facts_default_device(const struct plan_input *in);
bool facts_has_exit(const struct facts *f); /* the machine is one, in some mesh */

#endif
