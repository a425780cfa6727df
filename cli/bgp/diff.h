/* What differs between two machines of the fleet. */
#ifndef SKEIN_CLI_BGP_DIFF_H
#define SKEIN_CLI_BGP_DIFF_H

#include "cli/bgp/bgp.h"

struct bgp_diff_options {
	const char *mesh;
};

int bgp_diff(struct cli *c, const struct invocation *in);

#endif
