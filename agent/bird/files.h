/* The files of one BIRD. In place are those that it is known to run well with: those of a crash, of
 * a restart of the agent, of an update that has to be taken back. They are links into a directory,
 * `now`. The next ones are written into a directory beside, `next`, checked there by `bird -p`,
 * tried, and then the two change their names, at once: whoever is killed at whatever moment, the
 * three in place belong together. Refused ones stay in `next`, for who wants to read the line that
 * BIRD names. */
#ifndef SKEIN_AGENT_BIRD_FILES_H
#define SKEIN_AGENT_BIRD_FILES_H

#include "agent/path.h"
#include "lib/base/buf.h"
#include "lib/base/hash.h"

struct bird_wish {
	const char *head, *tail; /* of bird.conf, around the include */
	const struct buf *templates, *text;
};

/* Hash of all that the wish says (STARTING aside). */
void bird_wish_digest(const struct bird_wish *w, struct digest *out);
/* Whether bird.conf, as it is in place, is for the first of the two steps. */
bool bird_files_starting(const struct config *c, const struct id *membership);
/* Whether there are any in place; whether these say what the wish says (STARTING aside). */
bool bird_files_exist(const struct config *c, const struct id *membership);
bool bird_files_match(const struct config *c, const struct id *membership,
		      const struct bird_wish *w);
/* Whether the templates in place are the wish's. */
bool bird_files_have_templates(const struct config *c, const struct id *membership,
			       const struct bird_wish *w);
/* The ones in place, appended. */
int bird_files_read(const struct config *c, const struct id *membership, struct buf *conf,
		    struct buf *text, struct fault *f);
/* Writes the next ones and checks them. ERR_INVALID with BIRD's words. */
int bird_files_prepare(const struct config *c, const struct id *membership,
		       const struct bird_wish *w, struct fault *f);
/* The next bird.conf, for `configure`. Returns `out`. */
const char *bird_files_next(const struct config *c, const struct id *membership,
			    char out[PATH_TEXT_MAX]);
/* The next ones become those in place. */
int bird_files_place(const struct config *c, const struct id *membership, struct fault *f);

/* What is not known to be good must not be what a machine that is switched on runs from: the texts
 * in place are kept below state_dir, in `good`, while newer ones are tried, or refused. */
int bird_files_keep(const struct config *c, const struct id *membership, struct fault *f);
void bird_files_drop_kept(const struct config *c, const struct id *membership);
/* False where there are none. */
bool bird_files_read_kept(const struct config *c, const struct id *membership,
			  struct buf *templates, struct buf *text);

/* held.conf, which bird.conf includes: it lies beside, for those in place and the next ones. */
int bird_files_set_held(const struct config *c, const struct id *membership, const struct buf *text,
			struct fault *f);
int bird_files_read_held(const struct config *c, const struct id *membership, struct buf *out);

/* Rewrites only the first line of bird.conf. */
int bird_files_set_starting(const struct config *c, const struct id *membership, bool starting,
			    struct fault *f);

#endif
