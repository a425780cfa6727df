/* An image in a file, and in FILE.delta the steps that came since it was written: so that a step
 * costs what it changes on the disk, too. The file is mapped; what steps change is the mapping's
 * own. */
#ifndef SKEIN_MESH_STATE_FILE_H
#define SKEIN_MESH_STATE_FILE_H

#include "lib/mesh/delta.h"

struct state_file {
	struct delta_target target; /* .data NULL: nothing is open */
	uint64_t room;		    /* of the mapping */
	uint64_t log;		    /* bytes of whole steps in FILE.delta */
	bool log_damaged;	    /* there is more in it, which cannot be built upon */
};

/* Maps and verifies the image, then applies what FILE.delta has. A step that is cut off (the power
 * went) or does not verify ends it there: the state is an earlier one, and good. On an error
 * nothing is open. ERR_NOT_FOUND, and those of state_open(). */
int state_file_open(struct state_file *out, const char *path, const struct state_expect *expect,
		    struct fault *f);
void state_file_close(struct state_file *s);

/* delta_apply() and delta_undo() in memory; nothing is stored. */
int state_file_apply(struct state_file *s, const void *delta, size_t len, const uint8_t signer[32],
		     struct delta_undo **undo, struct fault *f);
void state_file_undo(struct state_file *s, struct delta_undo *undo);
/* Stores steps that were applied: appends them, or, where that has become much, writes the image
 * anew. On an error the file is as it was. */
int state_file_append(struct state_file *s, const char *path, const void *delta, size_t len,
		      struct fault *f);
/* Stores a whole image in place of what is there; what is open stays as it is. */
int state_file_write(const char *path, const void *image, size_t len, struct fault *f);

#endif
