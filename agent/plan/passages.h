/* What this machine forwards for its meshes, by the devices that it comes in and leaves by: what
 * the machine's own filter must let through. */
#ifndef SKEIN_AGENT_PLAN_PASSAGES_H
#define SKEIN_AGENT_PLAN_PASSAGES_H

#include "lib/base/vec.h"
#include "lib/net/filter.h"

struct desired;
struct membership_facts;

struct passage {
	const struct membership_facts *membership;
	char in[LINK_NAME_MAX], out[LINK_NAME_MAX]; /* "wg0t*": all that begin so; out "": any */
	const char *state; /* as conntrack has it: only what an exit translates is tracked */
};
typedef VEC(struct passage) passage_vec;

/* Would the machine's filter let it pass, for each device that it names? The
 * worst of the answers. `without`, `table` as in filter.h; `where` may be NULL. */
enum filter_verdict passage_judge(const struct desired *d, const struct passage *way,
				  const struct filter *p, const char *without, const char *table,
				  struct filter_place *where);

/* What the rules of ours in a chain lack, and which are too many or can have no effect. */
struct passage_ops {
	VEC(const struct passage *) add;
	VEC(uint64_t) remove; /* handles */
};
/* Pure. Borrows from `want` until passage_ops_fini(). */
void passages_compare(const passage_vec *want, const filter_accept_vec *have,
		      struct passage_ops *out);
void passage_ops_fini(struct passage_ops *ops);

#endif
