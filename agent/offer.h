/* The answer to GET /machine. */
#ifndef SKEIN_AGENT_OFFER_H
#define SKEIN_AGENT_OFFER_H

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/mesh/id.h"
#include "lib/mesh/question.h"

/* Where the rotation of a key stands (key_rotation.h). */
enum offer_rotation {
	OFFER_ROTATION_NONE,
	OFFER_ROTATION_OFFER,
	OFFER_ROTATION_WAIT, /* until others know the next key */
	OFFER_ROTATION_SWITCH
};

struct offered { /* a membership, as the controller has it */
	struct id id;
	bool needs_key;
	enum offer_rotation rotation;
	uint64_t view, membership; /* revisions; 0: not rendered yet */
};

struct offer {
	struct offered *at;
	size_t n;
	const struct question *questions; /* as they came: not checked yet */
	size_t nquestions;
};

#define OFFER_MEMBERSHIPS_MAX 64 /* at most as many as there are tables for them */

int offer_parse(const struct buf *body, struct arena *arena, struct offer *out, struct fault *f);

#endif
