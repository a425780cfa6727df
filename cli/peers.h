/* `skein ping` (ping.c), as `skein peers` names it in its table. */
#ifndef SKEIN_CLI_PEERS_H
#define SKEIN_CLI_PEERS_H

#include "cli/cli.h"

struct ping_options {
	const char *mesh;
	int64_t count, interval, timeout; /* 0: the usual; ms */
};
extern const struct option_row ping_options[];
int peers_ping(struct cli *c, const struct invocation *in);

#endif
