/* This machine, as the agent that runs here says it is: its meshes and their peers. The names are
 * those of the state that the agent has verified; no controller is asked. */
#ifndef SKEIN_CLI_HERE_H
#define SKEIN_CLI_HERE_H

#include "cli/cli.h"

#define PEERS_SCHEMA "skein-peers.v1"

/* The agent's status (docs/json/skein-agent-status.v1.json); kept until the command ends.
 * ERR_NOT_FOUND: no agent runs here. */
int here_read(struct cli *c, const json_t **status);
/* The peers of a membership, each once: where it is on two devices, or under two keys, the entry
 * that greeted last. An array, a new reference (docs/json/skein-peers.v1.json, "Peer"). */
json_t *here_peers(const json_t *membership);
/* By name, mesh address, or MESH/NAME; `mesh` may be NULL. Kept until the command ends.
 * ERR_NOT_FOUND; ERR_USAGE where several meshes have it. */
int here_find(struct cli *c, const json_t *status, const char *mesh, const char *peer,
	      const json_t **out);
/* It is not as it should be: a session that is down, packets that are lost, a router that does not
 * answer. */
bool here_is_troubled(const json_t *peer);
/* So that what matters comes first. */
void here_sort(json_t *peers);

extern const struct column here_columns[];

/* `skein status` on a machine. */
int here_status(struct cli *c);

#endif
