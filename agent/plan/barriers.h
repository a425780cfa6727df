/* What of the machine's own filter is in the way of its meshes, and not ours to change. */
#ifndef SKEIN_AGENT_PLAN_BARRIERS_H
#define SKEIN_AGENT_PLAN_BARRIERS_H

#include "agent/plan/desired.h"

enum barrier_kind { BARRIER_FORWARD, BARRIER_WIREGUARD, BARRIER_BGP, BARRIER_BFD };

struct barrier {
	enum barrier_kind kind;
	const struct membership_facts *membership;
	bool certain;		   /* else it may depend on more than the devices */
	struct filter_place where; /* chain "": tables of iptables-legacy */
	char from[LINK_NAME_MAX], to[LINK_NAME_MAX]; /* to "": this machine */
	unsigned port;				     /* 0: any */
};
typedef VEC(struct barrier) barrier_vec;

#define BARRIER_TEXT_MAX 400

/* Pure: of what is forwarded. Appends. */
void barriers_find_forward(const struct desired *d, const struct filter *p, barrier_vec *out);
/* Of what comes to this machine: WireGuard's packets, BGP and BFD. */
void barriers_find_input(const struct desired *d, const struct filter *p, barrier_vec *out);
/* "chain FORWARD of table ip filter drops what goes from wg0 to lan0 (policy drop)". */
const char *barrier_format(const struct barrier *b, char out[BARRIER_TEXT_MAX]);
/* What an administrator can do. */
const char *barrier_advice(const struct barrier *b, char out[BARRIER_TEXT_MAX]);
const char *barrier_kind_name(enum barrier_kind kind);

#endif
