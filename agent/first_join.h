/* A machine that was made from an image joins by itself: on its first start it finds a join token
 * in the file that the configuration names, and removes it when it has joined. Identity and keys
 * are made there and then; the image has none. */
#ifndef SKEIN_AGENT_FIRST_JOIN_H
#define SKEIN_AGENT_FIRST_JOIN_H

#include "agent/config.h"

/* Where the machine has not joined and the file is there: joins, waiting for a network and a
 * controller as long as it takes. Where it has joined, a file that is still there is removed. 0 too
 * where there is nothing to do. Else why not: what is wrong with file or token, what the controller
 * refuses. */
int first_join(const struct config *c, struct fault *f);

#endif
