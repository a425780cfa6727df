/* `skein hop`: the evidence of this machine, as a page or as JSON. */
#ifndef SKEIN_CLI_HOP_COMMAND_H
#define SKEIN_CLI_HOP_COMMAND_H

#include "cli/hop/hop.h"
#include "cli/output.h"

void hop_print(const struct output *o, const struct hop *h);

#endif
