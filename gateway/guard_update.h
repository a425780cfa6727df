/* Putting tables in force: entries of a new generation are added beside the old ones, then one word
 * is changed, which each packet reads once; the old ones go when no packet uses them any more. */
#ifndef SKEIN_GATEWAY_GUARD_UPDATE_H
#define SKEIN_GATEWAY_GUARD_UPDATE_H

#include "gateway/guard_compile.h"
#include "gateway/guard_pins.h"

/* Nothing is written when it is what stands already. On an error the old ones stand. */
int guard_update(struct guard_pins *p, const struct guard_tables *t, struct fault *f);

#endif
