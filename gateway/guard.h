/* The guard: the fence on every mesh device (bpf/guard.bpf.c), by source and destination.
 *
 * One program and one set of maps serve all memberships of the machine. They are pinned: what was
 * applied last stands while the agent is away, and a device that is attached before anything was
 * applied lets nothing in. An update is taken whole or not at all, and a packet sees the old or the
 * new one.
 *
 * The order on bringing up a device: make it, guard_attach(), guard_apply() with its ifindex among
 * the speakers, then set it up. guard_attach() is cheap and idempotent: call it for every mesh
 * device in every round, after guard_apply(); it also moves a device on to the program of a newer
 * agent. */
#ifndef SKEIN_GATEWAY_GUARD_H
#define SKEIN_GATEWAY_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/guard.h"
#include "lib/base/error.h"
#include "lib/net/prefix.h"

#define GUARD_DIRECTORY	      "/sys/fs/bpf/skein"
#define GUARD_CONTROL_RATE    2000 /* packets per second of one speaker */
#define GUARD_CONTROL_BURST   2000
#define GUARD_CONTROL_MAX     1000000
#define GUARD_SETS_MAX	      4096 /* of all memberships together */
#define GUARD_MEMBERSHIPS_MAX 256

/* A set of prefixes. An address is in it when one of them has it. */
struct guard_set {
	const struct prefix *at;
	size_t n;
};

/* Packets from one set to another. Indices into the sets of the same membership. A pair holds one
 * direction. What is delivered here is a pair to a set with the own address in it. */
struct guard_pair {
	uint32_t from, to;
	enum guard_verdict verdict;
};

/* Who may speak BGP and BFD to this membership's own address, over which device: the one that
 * table C has for it. The same source over two devices is two speakers. */
struct guard_speaker {
	struct address source;
	uint32_t ifindex;
};

struct guard_membership {
	struct prefix cidr; /* its network and broadcast address are nobody's */
	struct address own;
	uint16_t bgp_port;
	const struct guard_set *sets;
	size_t nsets;
	const struct guard_pair *pairs;
	size_t npairs;
	const struct guard_speaker *speakers;
	size_t nspeakers;
	/* By ifindex. What comes by them is decided by these pairs; what comes by a device of no
	 * membership is dropped. */
	const uint32_t *devices;
	size_t ndevices;
};

/* All that the machine lets in, over all its mesh devices. */
struct guard_input {
	const struct guard_membership *memberships;
	size_t n;
	/* The machine's other addresses are never a source. Those in `own` are in a network that it
	 * announces, so sets and pairs decide who reaches them; nobody reaches those in `closed`,
	 * whatever prefix around them a mesh has. Both may be empty. */
	const struct address *own, *closed;
	size_t nown, nclosed;
	/* Networks that nobody reaches but by a pair with a prefix inside: those that an exit is
	 * connected to. May be empty. */
	const struct prefix *barred;
	size_t nbarred;
	uint32_t control_rate, control_burst; /* per speaker; 0: the defaults above */
};

struct guard;

/* Takes up the program and maps that are pinned below `directory`, or loads and pins them; mounts a
 * bpffs where there is none. ERR_PRIVILEGE, ERR_MISSING (kernel), ERR_IO. */
int guard_open(const char *directory, struct guard **out, struct fault *f);
/* Lets go of it; everything pinned stays in force. Accepts NULL. */
void guard_close(struct guard *g);

/* Puts `in` in force in place of what was. On any error the old one stands: ERR_INVALID for what
 * makes no sense, ERR_EXHAUSTED beyond the limits of bpf/guard.h. Nothing is written when it is
 * what stands already. `in` is borrowed for the call. Takes some 20 ms when something changed: it
 * waits until no packet uses the old entries. */
int guard_apply(struct guard *g, const struct guard_input *in, struct fault *f);

int guard_attach(struct guard *g, uint32_t ifindex, struct fault *f);
/* Absent is success, as is a device that is gone. */
int guard_detach(struct guard *g, uint32_t ifindex, struct fault *f);

/* Descriptor of the program, borrowed until guard_close(). */
int guard_program(const struct guard *g);

/* Packets by reason, since the program was loaded. */
int guard_counters(const struct guard *g, uint64_t out[GUARD_REASON_COUNT], struct fault *f);
const char *guard_reason_name(enum guard_reason r); /* "own-source" */
const char *guard_reason_text(enum guard_reason r); /* for people */

/* Detaches from every device and unpins all below `directory`: on leave. */
int guard_remove(const char *directory, struct fault *f);

#endif
