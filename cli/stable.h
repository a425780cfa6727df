/* --stable-for, which prefixes and meshes have. */
#ifndef SKEIN_CLI_STABLE_H
#define SKEIN_CLI_STABLE_H

#include "cli/api.h"

/* Into `body`, if it was said (not NULL). ERR_USAGE. */
int stable_put(struct cli *c, const char *seconds, json_t *body);

#endif
