/* `skein-agent join`: from a token to a machine of an organization. */
#ifndef SKEIN_AGENT_ENROL_H
#define SKEIN_AGENT_ENROL_H

#include "agent/config.h"
#include "lib/mesh/token.h"

struct enrolment {
	char machine[64], mesh[64], address[64]; /* for the message at the end */
};

/* Enrols under `name` (NULL: the host's). After an error nothing is left behind; but where the
 * answer may have been lost on its way (ERR_IO, ERR_TIMEOUT) the identity is kept until the
 * controller has answered, so that the same command gets the same machine. */
int enrol(const struct config *c, const struct join_token *token, const char *name,
	  struct enrolment *out, struct fault *f);

#endif
