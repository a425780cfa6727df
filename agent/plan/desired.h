/* What the machine should be like, all memberships together; a file per noun fills its part. What
 * needs the index of a device that is not there yet is left out: the next round has it. */
#ifndef SKEIN_AGENT_PLAN_DESIRED_H
#define SKEIN_AGENT_PLAN_DESIRED_H

#include "agent/plan/facts.h"
#include "agent/plan/passages.h"
#include "gateway/guard.h"
#include "lib/base/buf.h"

struct desired_device {
	const struct membership_facts *membership;
	char name[LINK_NAME_MAX];
	uint8_t slot; /* 0: the main device */
	int index;    /* 0: not there yet */
	bool leaving; /* struct trunk_facts */
	uint32_t mtu;
	struct wg_device wg; /* peers and their allowed IPs live in the arena */
};

/* The way to a peer that was heard of lately; what its first link carries. */
struct desired_path {
	struct wg_endpoint to;
	uint32_t mtu;
};

/* A peer that is about to change its key: its allowed IPs are to follow at once. */
struct desired_follow {
	char device[LINK_NAME_MAX];
	struct wg_key now, next;
	struct prefix *allowed;
	size_t nallowed;
};

struct desired_sysctl {
	char device[LINK_NAME_MAX]; /* "": net/ipv4/<name> itself */
	const char *name;
	int value;
	bool on_mesh_device; /* goes with the device; else what was there is kept for leave */
	bool back;	     /* it is what was there: forget that we had changed it */
};

struct desired_bird {
	const struct membership_facts *membership;
	const char *head, *tail; /* bird.conf before and after the include; see birds.c */
};

struct desired {
	struct arena arena;
	struct facts facts;
	VEC(struct desired_device)
	devices;			/* by membership, slot; those that are being left last */
	VEC(struct desired_path) paths; /* by address, once each */
	VEC(struct desired_follow) follows;
	ifaddr_vec addresses;
	route_vec routes;
	rule_vec rules;
	VEC(struct desired_sysctl) sysctls;
	struct buf fence; /* nft: what is inside `table inet skein { }` */
	passage_vec passages;
	struct guard_input guard;
	VEC(struct desired_bird) birds;
	move_vec moves;	  /* what the next round is to be told */
	struct mono wake; /* when the plan changes although nothing else does; ns 0: never */
};

/* Pure: depends on nothing but `in`, which is borrowed until desired_fini(). */
void desired_make(const struct plan_input *in, struct desired *out);
void desired_fini(struct desired *d);
/* The plan changes then; ns 0: it does not. */
void desired_wake(struct desired *d, struct mono at);
const struct desired_device *desired_device(const struct desired *d, const char *name);
/* Of one whose key is rotated: it uses the next one when it has greeted by that since it last did
 * by the other one. NULL: the device does not have it. */
bool peer_uses_next(const struct wg_peer *next, const struct wg_peer *now);

/* The nouns, in the order of desired_make(). */
void plan_devices(struct desired *d);
void plan_peers(struct desired *d); /* into devices */
void plan_mtu(struct desired *d);   /* into devices; paths */
void plan_addresses(struct desired *d);
void plan_routes(struct desired *d);
void plan_rules(struct desired *d);
void plan_sysctls(struct desired *d);
void plan_fence(struct desired *d);
void plan_fence_moves(struct desired *d); /* of plan_fence() */
void plan_passages(struct desired *d);
void plan_guard(struct desired *d);
void plan_birds(struct desired *d);

#endif
