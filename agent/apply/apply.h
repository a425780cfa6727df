/* Does what operations_plan() says, in its order. An operation that fails is logged and reported,
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
/* Opens what is missing in ufw where that is active, closes what is no longer used. */
int apply_ufw(struct agent *a, const struct desired *d, struct fault *f);

#endif
