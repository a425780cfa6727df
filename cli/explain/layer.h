/* What stops a packet on one machine: the layers of its way there, in the order in which one needs
 * the other, each judged by the evidence (cli/hop/hop.h). Pure: a table of layers, and no more is
 * known than what stands in the evidence. */
#ifndef SKEIN_CLI_EXPLAIN_LAYER_H
#define SKEIN_CLI_EXPLAIN_LAYER_H

#include "cli/hop/hop.h"

enum layer {
	LAYER_MACHINE,	  /* machine and mesh are known */
	LAYER_ACCEPTANCE, /* WireGuard takes from the machine before what it hands on */
	LAYER_PERMISSION, /* peering, approval, users, guard */
	LAYER_SESSION,
	LAYER_BEST, /* BIRD's route */
	LAYER_RULE,
	LAYER_ROUTE,
	LAYER_FIREWALL,
	LAYER_ALLOWED, /* whose the packet is to WireGuard */
	LAYER_HANDSHAKE,
	LAYER_PATH, /* endpoint, underlay */
	LAYER_COUNT
};

enum verdict {
	VERDICT_OK,
	VERDICT_WARNS, /* packets pass, and something is not as it should be */
	VERDICT_UNKNOWN,
	VERDICT_STOPS
};

struct finding {
	enum layer layer;
	enum verdict verdict;
	const char *evidence;
	const char *advice; /* what to do; NULL where there is nothing */
};

/* "kernel-route"; "kernel route". */
const char *layer_name(enum layer l);
const char *layer_title(enum layer l);
const char *verdict_name(enum verdict v);

/* Those that the packet meets here, in their order; up to the first that stops it. Returns how
 * many. Texts are in the arena, or the evidence's. */
size_t layers_judge(const struct hop *h, struct arena *a, struct finding out[LAYER_COUNT]);

#endif
