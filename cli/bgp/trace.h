/* A packet's way from machine to machine. */
#ifndef SKEIN_CLI_BGP_TRACE_H
#define SKEIN_CLI_BGP_TRACE_H

#include "cli/cli.h"

int bgp_trace(struct cli *c, const struct invocation *in);

#endif
