/* A packet's way, machine by machine: each is asked for its evidence and names the next one; the
 * first layer that stops it, on the first machine that does, ends the way. Who is asked how is the
 * asker's business: this machine, another one through the controller, a test. */
#ifndef SKEIN_CLI_EXPLAIN_WALK_H
#define SKEIN_CLI_EXPLAIN_WALK_H

#include "cli/explain/layer.h"

#define WALK_MAX 16

/* Evidence in the arena. An error is why it could not be asked. */
typedef int walk_ask(void *context, const char *machine, const struct hop_question *q,
		     struct arena *a, struct hop *out, struct fault *f);

struct step {
	const char *machine;
	const char *error; /* NULL: it was asked */
	int code;	   /* of the error */
	struct hop hop;
	struct finding findings[LAYER_COUNT];
	size_t n;
};

enum way_end {
	WAY_NOT_ASKED,
	WAY_ARRIVES,
	WAY_STOPS,  /* the last finding of the last step says by what */
	WAY_UNKNOWN /* the last machine could not be asked */
};

struct way {
	struct step steps[WALK_MAX];
	size_t n;
	enum way_end end;
};

/* From `machine`, whose packet it is or who has it in front; `from` of family 0: as it chooses. */
void walk_go(const char *machine, const struct address *from, const struct address *to,
	     walk_ask *ask, void *context, struct arena *a, struct way *out);
/* NULL: nothing stops it. */
const struct finding *walk_stop(const struct way *w);
/* The last machine that was asked; NULL: none was. */
const struct step *walk_last(const struct way *w);

#endif
