/* Does what operations_plan() says, in its order. An operation that fails is noted and reported,
 * and those that do not depend on it go on; but no peer is let in unless both fences stand. */
#ifndef SKEIN_AGENT_APPLY_APPLY_H
#define SKEIN_AGENT_APPLY_APPLY_H

#include "agent/agent.h"
#include "agent/plan/operations.h"

/* Returns the first error; `f` says what it was. Per membership it is noted in member->error. */
int apply_operations(struct agent *a, const struct desired *d, const struct operations *o,
		     struct fault *f);

/* The pieces, a file each. */
int apply_device(struct agent *a, const struct device_op *op, struct fault *f);
int apply_device_delete(struct agent *a, const struct link *l, struct fault *f);
int apply_sysctl(struct agent *a, const struct desired_sysctl *s, struct fault *f);
int apply_guard(struct agent *a, const struct desired *d, struct fault *f);
int apply_wg(struct agent *a, const struct device_wg_ops *w, struct fault *f);
/* The machine's own filter: what Skein needs is let through in the places that are meant for it,
 * and what is in the way all the same is noted in member->barred. */
int apply_filter(struct agent *a, const struct desired *d, struct fault *f);

typedef VEC(const struct passage *) passage_list;
/* Docker's chain for its user's rules, in iptables-nft's table: `wanted` is accepted there, nothing
 * else of ours is. *changed: rules were added or taken away. */
int apply_docker(struct agent *a, const struct filter *p, const passage_list *wanted, bool *changed,
		 struct fault *f);
/* In ufw, where that is active, opens what is missing: ports, BGP and BFD on mesh devices, and
 * `passages`; closes what is no longer used. */
int apply_ufw(struct agent *a, const struct desired *d, const passage_list *passages,
	      struct fault *f);

#endif
