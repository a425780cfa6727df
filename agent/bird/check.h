/* What BIRD needs of the machine: a program of the right version, its user, its port. */
#ifndef SKEIN_AGENT_BIRD_CHECK_H
#define SKEIN_AGENT_BIRD_CHECK_H

#include "agent/config.h"
#include "agent/member.h"

/* BIRD of the version that the filters are written for, and its user: ERR_MISSING, with what to do.
 */
int bird_check(const struct config *c, struct fault *f);
/* Whom its processes belong to. */
uid_t bird_uid(const struct config *c);
/* Writes the arguments by which BIRD gives up root; none where it is not root's to give up. */
void bird_put_user(const struct config *c, const char *argv[4]);
/* The port that BGP needs on the own address: ERR_BUSY, with who has it. */
int bird_check_port(const struct member *m, struct fault *f);

#endif
