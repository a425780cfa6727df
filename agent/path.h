/* Where the agent's files are: below state_dir what outlives the machine's power, below run_dir
 * what does not. Each returns `out`. */
#ifndef SKEIN_AGENT_PATH_H
#define SKEIN_AGENT_PATH_H

#include "agent/config.h"
#include "lib/mesh/id.h"

#define PATH_TEXT_MAX 512 /* of any of them: the configuration's directories are bounded */

/* <state_dir>/<name> */
const char *path_state(const struct config *c, const char *name, char out[PATH_TEXT_MAX]);
/* <state_dir>/<membership>/<name>; the directory for an empty name, here and below. */
const char *path_member(const struct config *c, const struct id *membership, const char *name,
			char out[PATH_TEXT_MAX]);
/* <run_dir>/<name> */
const char *path_run(const struct config *c, const char *name, char out[PATH_TEXT_MAX]);
/* <run_dir>/<membership>/<name> */
const char *path_bird(const struct config *c, const struct id *membership, const char *name,
		      char out[PATH_TEXT_MAX]);

#define PATH_CONTROL	  "agent.sock" /* in run_dir */
#define PATH_WIREGUARD_GO "wireguard"  /* a directory in run_dir */

#endif
