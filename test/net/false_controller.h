/* A controller that gives a machine whatever a case wants it to: on the loopback of that machine,
 * without TLS, for one membership. */
#ifndef SKEIN_TEST_NET_FALSE_CONTROLLER_H
#define SKEIN_TEST_NET_FALSE_CONTROLLER_H

#include <stdint.h>

#include "lab/netns.h"
#include "lib/base/buf.h"

#define FALSE_CONTROLLER_URL "http://127.0.0.1:8099"

enum false_part { FALSE_VIEW, FALSE_MEMBERSHIP, FALSE_TEMPLATES, FALSE_TEXT, FALSE_PARTS };

struct false_offer {
	const char *membership; /* its id */
	uint64_t revision;	/* that it says both images have */
	const struct buf *parts[FALSE_PARTS];
	const struct buf *steps[2]; /* to who asks for steps; NULL: the whole */
};

/* Answers in a thread, with nothing to offer yet. -1: cannot. */
int false_controller_start(const struct place *machine);
void false_controller_stop(void);
/* From now on; borrowed until the next, or the end. What was reported before is forgotten. */
void false_controller_offer(const struct false_offer *offer);
/* The error of the last report that had one, or ""; copied. */
void false_controller_reported(char *out, size_t size);

#endif
