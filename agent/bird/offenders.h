/* Who offends by BGP (offences.h): looked for, logged by name, kept for status and report. */
#ifndef SKEIN_AGENT_BIRD_OFFENDERS_H
#define SKEIN_AGENT_BIRD_OFFENDERS_H

#include "agent/member.h"

/* In every round; asks BIRD when it is time. A session that a limit ended is enabled again after
 * OFFENCES_HOLD_MS. */
void offenders_look(struct member *m, const char *socket, const char *log);
/* What is sure; NULL at the end. `at` begins with 0. */
const struct offence *offenders_next(const struct member *m, size_t *at);
/* Its name; "" when it is none of the mesh any more. */
const char *offender_name(const struct member *m, const struct offence *x);

#endif
