/* The guard's program and maps, pinned. Below the directory: `guard-<digest of the program>/` has
 * them; beside it, link-<ifindex> and filter-<ifindex> say where it is attached (gateway/tc.h). An
 * agent that brings another program makes its own directory; guard_attach() moves the devices over,
 * the old maps live until the last has. */
#ifndef SKEIN_GATEWAY_GUARD_PINS_H
#define SKEIN_GATEWAY_GUARD_PINS_H

#include "bpf/guard.h"
#include "gateway/bpffs.h"
#include "lib/base/error.h"

enum guard_pin {
	GUARD_PIN_PROGRAM,
	GUARD_PIN_CURRENT,
	GUARD_PIN_CLASSES,
	GUARD_PIN_DEVICES,
	GUARD_PIN_PAIRS,
	GUARD_PIN_SPEAKERS,
	GUARD_PIN_COUNTERS,
	GUARD_PINS
};

struct guard_pins {
	char directory[BPFFS_PATH_MAX];
	char own[32]; /* the name of the directory in it */
	int fds[GUARD_PINS];
	struct guard_current *current; /* the map, mapped: the program reads it */
};

/* Takes up what is there, or loads the program and pins it; removes those of other programs. Caller
 * guard_pins_close()s, whatever comes out. */
int guard_pins_open(struct guard_pins *p, const char *directory, struct fault *f);
void guard_pins_close(struct guard_pins *p); /* all that is pinned stays */
const char *guard_pin_name(enum guard_pin pin);

#endif
