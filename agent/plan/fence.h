/* Why the nftables table drops: the names of its counters. */
#ifndef SKEIN_AGENT_PLAN_FENCE_H
#define SKEIN_AGENT_PLAN_FENCE_H

/* X(counter, text) */
#define FENCE_REASONS(X)                                                                           \
	X(mesh_source, "a mesh address as source on a foreign device")                             \
	X(mesh_destination, "a mesh address as destination on a foreign device")                   \
	X(prefix_source, "a prefix of others as source on a foreign device")                       \
	X(prefix_destination, "a prefix of others as destination on a foreign device")             \
	X(control, "BGP or BFD on a foreign device")                                               \
	X(redirect_in, "an ICMP redirect")                                                         \
	X(redirect_out, "an ICMP redirect of our own")                                             \
	X(opened, "from a device opened for the mesh, to elsewhere")                               \
	X(control_out, "BGP or BFD of a program that is not BIRD")                                 \
	X(unasked, "to a container, or by an exit's device, and no answer")

enum fence_reason {
#define X(name, text) FENCE_##name,
	FENCE_REASONS(X)
#undef X
		FENCE_REASON_COUNT
};

#define FENCE_FAMILY "inet"
#define FENCE_TABLE  "skein"
/* The counter of a drained machine: what comes from the mesh and is not for its own addresses there.
 * It begins anew when the table is loaded. */
#define FENCE_CARRIED "carried"
/* How the names of the sets begin that say whose new device has been heard (fence_moves.c). */
#define FENCE_GREETED "greeted_"

extern const char *const fence_counters[FENCE_REASON_COUNT];
extern const char *const fence_texts[FENCE_REASON_COUNT];

#endif
