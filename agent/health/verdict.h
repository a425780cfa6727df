/* What is believed of something after good and bad results: it changes when so many in a row say
 * otherwise. */
#ifndef SKEIN_AGENT_HEALTH_VERDICT_H
#define SKEIN_AGENT_HEALTH_VERDICT_H

#include <stdbool.h>

struct verdict {
	bool well;
	unsigned against; /* results in a row that say otherwise */
};

/* True: it has changed. */
bool verdict_add(struct verdict *v, bool good, unsigned rise, unsigned fall);

#endif
