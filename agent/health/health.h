/* Health checks of what this machine announces: each is asked every interval_ms, and after `fall`
 * bad answers in a row its prefix is withdrawn, after `rise` good ones announced again
 * (plan/offers.h says when it is preferred again).
 *
 * A check that is new believes what BIRD in place announces: so neither an agent that starts anew
 * withdraws what is well, nor a machine that does announce what nobody has looked at. */
#ifndef SKEIN_AGENT_HEALTH_HEALTH_H
#define SKEIN_AGENT_HEALTH_HEALTH_H

#include <jansson.h>

#include "agent/agent.h"

#define HEALTH_CHECKS_MAX 256 /* of a machine; those beyond are not asked, and not well */

/* Begins what the memberships' state has, ends what it has no longer. Before each round. */
void health_follow(struct agent *a);
/* Ends all. */
void health_stop(struct agent *a);
/* Why it is unwell, borrowed until the next check; "": nobody has looked yet. NULL: it is well, or
 * has no check. */
const char *health_unwell(const struct agent *a, const struct id *membership,
			  const struct prefix *prefix);
/* A new reference; null: the prefix has no check. */
json_t *health_json(const struct agent *a, const struct id *membership,
		    const struct prefix *prefix);

#endif
