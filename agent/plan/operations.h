/* From what is to what should be: small operations, in groups that are applied in this order. New
 * devices come first and get no peers in that round: what else they need is planned when they are
 * there. Both fences stand before a peer is let in; what leaves, leaves last. */
#ifndef SKEIN_AGENT_PLAN_OPERATIONS_H
#define SKEIN_AGENT_PLAN_OPERATIONS_H

#include "agent/plan/desired.h"
#include "lib/net/wg.h"

enum device_op_kind { DEVICE_OP_CREATE, DEVICE_OP_ALIAS, DEVICE_OP_MTU, DEVICE_OP_UP };

struct device_op {
	enum device_op_kind kind;
	const struct desired_device *device;
};

struct device_wg_ops {
	const struct desired_device *device;
	wg_op_vec ops;
};

struct operations {
	VEC(struct device_op) devices; /* DEVICE_OP_UP come last: after the guard */
	VEC(const struct desired_sysctl *) sysctls;
	rule_op_vec rules;
	bool fence; /* load the table (or take it away, when there is no membership) */
	VEC(const struct ifaddr *) addresses_add, addresses_delete;
	route_op_vec routes;
	VEC(struct device_wg_ops) wg;
	VEC(const struct link *) devices_delete;
	VEC(const struct seen_started *) processes_end; /* their devices are not there yet */
};

/* Pure. Borrows from both until operations_fini(). Sorts routes and rules of both. */
void operations_plan(struct desired *desired, struct observation *seen, struct operations *out);
void operations_fini(struct operations *o);
size_t operations_count(const struct operations *o);
/* One operation a line, for the log and the tests. */
void operations_format(const struct operations *o, struct buf *out);

#endif
