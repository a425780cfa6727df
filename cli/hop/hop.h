/* What one machine knows about its part of a packet's way: what the controller wants (the state
 * that it signed), what BIRD chose, what the kernel does, whose the packet is to WireGuard, and who
 * gets it next. It is evidence and no judgement (cli/explain has that): every field is what was
 * read, and what could not be read has its words in `error`.
 *
 * Read without the agent, so that it says the truth about a machine whose agent has stopped; what
 * the agent itself says is `agent`. The same struct is what a machine sends, by hop_rows. */
#ifndef SKEIN_CLI_HOP_HOP_H
#define SKEIN_CLI_HOP_HOP_H

#include "lib/base/arena.h"
#include "lib/base/json.h"
#include "lib/net/prefix.h"

#define HOP_SCHEMA "skein-hop.v1"

/* Texts are in an arena; NULL: not known, or there is none. */

struct hop_owner {
	const char *name, *address, *role;
};

/* What a destination is to this machine, by the state. */
struct hop_intent {
	const char *kind;    /* "here", "machine", "prefix", "remote", "nobody", "outside" */
	const char *mesh;    /* the own one that says so */
	const char *address; /* of this machine there */
	const char *membership;
	const char *prefix;  /* that the destination is in */
	const char *peering; /* that it is reached by; of a remote one */
	bool permitted;	     /* this machine may use it; a peering shows it */
	bool learned;	     /* only BGP knows the way: the state has none */
	struct json_rows owners;
};

struct hop_agent {
	const char *answer; /* "yes", "silent" (it runs and does not answer), "absent" */
	const char *state;  /* of the membership: "up", "degraded", "refused", "waiting" */
	const char *error;
};

struct hop_session {
	const char *name, *neighbor, *address, *state, *error;
	bool up;
};

struct hop_rib {
	const char *mesh, *error; /* why BIRD could not be asked */
	const char *prefix, *protocol, *from, *type, *gateway, *device; /* of the best route */
	bool not_in_kernel;						/* by BIRD's mark */
	struct json_rows sessions; /* with those who could tell of the destination */
};

struct hop_rule {
	int64_t priority; /* 0: none */
	const char *text;
};

struct hop_fib {
	const char *error; /* what the kernel answered instead of a route */
	const char *prefix, *type, *device, *gateway, *protocol;
	int64_t table, metric;
	struct hop_rule rule;	   /* that led there, or refused */
	int64_t mesh_table;	   /* where the way should be; 0: it is not one of a mesh */
	struct hop_rule mesh_rule; /* the first rule that would look there */
	const char *mesh_route;	   /* the longest match there that is not BIRD's */
};

struct hop_peer {
	const char *device, *name, *address, *key;
	const char *endpoint;	 /* "192.0.2.1:51820" */
	const char *allowed;	 /* the allowed IP that has the address */
	const char *other;	 /* who has it instead, where it is not the one that it should be */
	bool greeted;		 /* there was a handshake */
	int64_t handshake_age_s; /* if so */
	uint64_t rx_bytes, tx_bytes;
};

/* How a packet that another machine of the mesh sent comes in. */
struct hop_arrival {
	const char *mesh, *from; /* the machine that sends it here */
	struct hop_peer peer;
	const char *guard; /* "pass", "icmp-error", "drop": source and destination, by the state */
	const char *peering; /* that lets it pass */
};

struct hop_next {
	const char *machine, *address, *mesh;
	const char *own; /* address of this machine there */
};

/* Whether somebody answered an echo request; asked only when it was wanted. */
struct hop_probe {
	bool asked, answered;
	int64_t rtt_us;
	bool heard; /* of the next machine: WireGuard took something from it meanwhile */
};

struct hop {
	const char *machine;
	const char *to, *from;
	const char *delivered; /* "here", "lan", "next", "nowhere" */
	struct hop_agent agent;
	struct hop_intent intent;
	struct hop_rib rib;
	struct hop_fib fib;
	struct hop_peer peer;	    /* that WireGuard gives the packet to; device NULL: none */
	struct hop_arrival arrival; /* mesh NULL: it starts here, or behind here */
	struct hop_next next;	    /* machine NULL: nobody */
	struct hop_probe probe;	    /* of the next machine's mesh address */
	struct hop_probe end;	    /* of the destination, where the packet begins here */
	const char *firewall;	    /* the base chain of the machine's own that drops it */
};

extern const struct json_row hop_rows[];

/* New reference; what is not there is null. */
json_t *hop_json(const struct hop *h);

struct hop_question {
	struct address to;
	struct address from;	 /* family 0: what this machine would speak from */
	struct address previous; /* mesh address of the machine that hands it on; family 0: none */
	bool probe;
};

/* Reads this machine. Texts are in the arena. ERR_NOT_FOUND: it is in no mesh; ERR_PRIVILEGE: only
 * root may look. What else fails is in the evidence. */
int hop_gather(const struct hop_question *q, struct arena *a, struct hop *out, struct fault *f);

#endif
