/* A report as it grows: the archive's files, and a row for each part that was looked for. */
#ifndef SKEIN_CLI_REPORT_BUNDLE_H
#define SKEIN_CLI_REPORT_BUNDLE_H

#include <jansson.h>

#include "cli/report/parts.h"
#include "cli/report/scrub.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"

#define BUNDLE_PART_MAX (1u << 20)  /* bytes of one part */
#define BUNDLE_MAX	(64u << 20) /* of all */

/* A word of parts.h, and what it stands for. */
struct bundle_word {
	const char *word, *value; /* NULL ends them */
};

struct bundle {
	struct arena arena; /* wiped */
	struct scrub scrub;
	struct buf files;   /* of the archive */
	json_t *parts;	    /* as docs/json/skein-report.v1.json has them */
	const char *top;    /* the directory in the archive */
	const char *socket; /* the agent's */
	struct wall at;
	struct mono deadline; /* of all parts */
	struct mono begun;    /* the part that is collected now */
};

void bundle_init(struct bundle *b);
void bundle_fini(struct bundle *b);
/* Collects a part, without its secrets. What cannot be had is noted, and no error. */
void bundle_add(struct bundle *b, const struct part *part, const struct bundle_word *words);
/* A file of the archive, as it is, appended to `to`. ERR_TOO_LARGE when there is no room. */
int bundle_put(struct bundle *b, const char *name, const void *data, size_t len, struct buf *to,
	       struct fault *f);

#endif
