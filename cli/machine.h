/* What `skein machine` and `skein gateway` have in common. */
#ifndef SKEIN_CLI_MACHINE_H
#define SKEIN_CLI_MACHINE_H

#include "cli/cli.h"

/* machine_drain.c: out of service, and back: one thing, whatever the machine is in its meshes. */
struct machine_drain_options {
	bool wait;
};
extern const struct option_row machine_drain_options[];
int machine_drain(struct cli *c, const struct invocation *in);
int machine_undrain(struct cli *c, const struct invocation *in);

/* machine_key.c: it is to have another key, in one mesh or in all. */
struct machine_key_options {
	const char *mesh;
	bool wait;
};
extern const struct option_row machine_key_options[];
int machine_key_rotate(struct cli *c, const struct invocation *in);

/* cli/machine_neighbours.c */
int machine_show_neighbours(struct cli *c, const json_t *machine);
int machine_sessions(struct cli *c, const struct invocation *in);
int machine_paths(struct cli *c, const struct invocation *in);

#endif
