/* `skein-agent join`: from a token to a machine of an organization. */
#ifndef SKEIN_AGENT_ENROL_H
#define SKEIN_AGENT_ENROL_H

#include "agent/config.h"
#include "lib/mesh/token.h"

/* What must be there before anything is begun: privilege, WireGuard or TUN, BIRD; and that this
 * machine has not joined. One message, the code's exit status. */
int enrol_check(const struct config *c, struct fault *f);
/* Of these, what nothing can be done without, at any time: privilege, WireGuard or TUN. */
int enrol_check_machine(const struct config *c, struct fault *f);
/* And what nothing can be undone without. */
int enrol_check_privilege(struct fault *f);

struct enrolment {
	char machine[64], mesh[64], address[64]; /* for the message at the end */
};

/* Enrols under `name` (NULL: the host's). After an error nothing is left behind; but where the
 * answer may have been lost on its way (ERR_IO, ERR_TIMEOUT) the identity is kept until the
 * controller has answered, so that the same command gets the same machine. */
int enrol(const struct config *c, const struct join_token *token, const char *name,
	  struct enrolment *out, struct fault *f);

#endif
