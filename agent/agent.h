/* The running agent: everything that lives longer than a round. One per process; handed around. */
#ifndef SKEIN_AGENT_AGENT_H
#define SKEIN_AGENT_AGENT_H

#include <uv.h>

#include "agent/contact.h"
#include "agent/fence.h"
#include "agent/follow.h"
#include "agent/idle.h"
#include "agent/member.h"
#include "agent/path_probe.h"
#include "agent/plan/facts.h"
#include "agent/saved.h"
#include "agent/trouble.h"
#include "agent/wireguard_go.h"
#include "gateway/guard.h"
#include "lib/net/netlink.h"

struct fetch;
struct report;
struct watch;
struct control;
struct answering;
struct health;
struct latency;

struct agent {
	struct config config;
	struct machine machine;
	member_vec members; /* in no order */
	uv_loop_t *loop;

	struct netlink *rtnl;
	struct fence fence;
	struct path_probe paths;
	struct guard *guard;	       /* NULL until the first round */
	struct saved saved;	       /* what was on the machine before us */
	ufw_rule_vec ufw_left;	       /* others have rules of these words */
	bool forwards;		       /* for a mesh: the machine's own filter counts */
	bool docker_clean;	       /* none of ours is in its chain */
	wireguard_go_vec wireguard_go; /* one per device that it serves */

	struct contact contact;
	struct fetch *fetch;
	struct report *report;
	struct watch *watch;
	struct control *control;
	struct answering *answering; /* the questions of now */

	struct latency *latency; /* NULL: latency and loss are not measured */
	struct follow follow;
	struct idle idle;
	VEC(struct health *) health; /* checks of what is announced */

	struct mono ties_looked, ties_measured; /* at the neighbours, last */
	move_vec moves;		 /* under way: of the last round, for the next */

	char error[FAULT_TEXT_MAX]; /* of the last round, where it is no membership's */
	struct troubles troubles;
	uint64_t rounds;
};

#endif
