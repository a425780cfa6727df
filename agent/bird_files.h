/* The files of one BIRD: written beside, checked by `bird -p`, renamed into place. */
#ifndef SKEIN_AGENT_BIRD_FILES_H
#define SKEIN_AGENT_BIRD_FILES_H

#include "agent/config.h"
#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/mesh/id.h"

struct bird_wish {
	const char *head, *tail; /* of bird.conf, around the include */
	const struct buf *templates, *text;
};

/* Hash of all that the wish says (STARTING aside). */
void bird_wish_digest(const struct bird_wish *w, struct digest *out);
/* Whether bird.conf, as it is in place, is for the first of the two steps. */
bool bird_files_starting(const struct config *c, const struct id *membership);
/* Checks and replaces all three. ERR_INVALID with BIRD's words; then everything is as it was. */
int bird_files_install(const struct config *c, const struct id *membership,
		       const struct bird_wish *w, bool starting, struct fault *f);
/* Rewrites only the first line of bird.conf. */
int bird_files_set_starting(const struct config *c, const struct id *membership, bool starting,
			    struct fault *f);

#endif
