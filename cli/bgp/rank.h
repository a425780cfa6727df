/* What a mesh's own filters mean by a local preference and by a rejection
 * (bird-templates/filters.conf has the law). */
#ifndef SKEIN_CLI_BGP_RANK_H
#define SKEIN_CLI_BGP_RANK_H

#include <stdbool.h>

#include "cli/bgp/bgp.h"
#include "lib/net/bird_parse_routes.h"

/* Whether this BIRD runs the templates: one of the agent's, or it has their protocols. */
bool rank_is_known(const struct bgp *b);
/* "in service, priority 100, at first hand" for 1001009. False for what is no such number. */
bool rank_put(const char *local_pref, struct buf *out);
/* Why the filters of a mesh rejected it, as far as the route itself tells. */
const char *rank_rejection(const struct bird_route *r, const struct bird_protocol *session);

#endif
