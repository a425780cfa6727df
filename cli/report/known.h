/* The secrets that this machine has, wherever they lie: so that a report can be searched for them.
 */
#ifndef SKEIN_CLI_REPORT_KNOWN_H
#define SKEIN_CLI_REPORT_KNOWN_H

#include "cli/report/scrub.h"

/* The agent's below `state`, the controller's below `data`, the operator's in `config` (NULL: the
 * user's own login). What is not there has none. */
void known_gather(struct scrub *s, const char *state, const char *data, const char *config);

#endif
