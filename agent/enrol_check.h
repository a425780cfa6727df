/* What a machine must have, and not be, before anything is begun on it. */
#ifndef SKEIN_AGENT_ENROL_CHECK_H
#define SKEIN_AGENT_ENROL_CHECK_H

#include "agent/config.h"

/* What must be there before anything is begun: privilege, WireGuard or TUN, BIRD; and that this
 * machine has not joined. One message, the code's exit status. */
int enrol_check(const struct config *c, struct fault *f);
/* Of these, what nothing can be done without, at any time: privilege, WireGuard or TUN. */
int enrol_check_machine(const struct config *c, struct fault *f);
/* And what nothing can be undone without. */
int enrol_check_privilege(struct fault *f);

#endif
