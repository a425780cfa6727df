/* What `skein machine` and `skein gateway` have in common. */
#ifndef SKEIN_CLI_MACHINE_H
#define SKEIN_CLI_MACHINE_H

#include "cli/cli.h"

/* Out of service, and back: one thing, whatever the machine is in its meshes. */
int machine_drain(struct cli *c, const struct invocation *in);
int machine_undrain(struct cli *c, const struct invocation *in);

#endif
