/* The demo: the fleet of a file brought up, shown, broken, mended and attacked, with figures. */
#ifndef SKEIN_LAB_DEMO_H
#define SKEIN_LAB_DEMO_H

#include "lab/operator.h"
#include "lab/session.h"

/* Tells on standard output, ends with one line per figure. On a terminal it waits for Enter before
 * the lab is taken down; with `stay` it is left. ERR_CHECK when a figure does not hold. */
int demo_run(const char *path, bool stay, struct fault *f);

/* Who plays what; chosen from the file. */
struct demo_cast {
	const char *meshes[2];
	const char *members[2][8]; /* plain ones, in the file's order */
	size_t nmembers[2];
	const char *gateway;
	const char *host; /* behind a member of the second mesh; NULL: none */
};

/* ERR_INVALID where the file has too few for the story. */
int demo_choose(const struct lab_file *file, struct demo_cast *out, struct fault *f);

/* ---- what the demo shows ---- */
void demo_show_sessions(const session_vec *sessions);
/* The way from a member to a host or member of the other mesh, each hop by name. */
int demo_show_path(struct lab *lab, const operator_member_vec *members,
		   const struct demo_cast *cast, struct fault *f);
/* What `skein` says, on a member of the first mesh and to its operator, of the way to a
 * destination. ERR_CHECK where a command fails. */
int demo_tour(struct lab *lab, const struct demo_cast *cast, const char *destination,
	      struct fault *f);

#endif
