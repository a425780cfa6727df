/* From sets of prefixes that overlap to tables a packet is looked up in. Pure.
 *
 * Walked in order of address, shorter first, the prefixes of all sets form a tree; an address is in
 * the sets of the longest prefix that has it and of all around that one. Each node's sets, of those
 * that are a source in some pair, are one class of sources, and likewise of destinations. Equal
 * ones share a number, so that classes are few and pairs of classes a table. */
#ifndef SKEIN_GATEWAY_GUARD_COMPILE_H
#define SKEIN_GATEWAY_GUARD_COMPILE_H

#include "gateway/guard.h"
#include "lib/base/hash.h"

struct guard_entry {
	struct prefix prefix;
	struct guard_class class;
};

struct guard_device {
	uint32_t ifindex;
	uint32_t membership; /* its place in the input, from 1 */
};

struct guard_class_pair {
	uint32_t membership;
	uint16_t from, to;
	uint32_t verdict;
};

struct guard_voice {
	uint32_t ifindex;
	uint32_t source, destination; /* host order */
};

struct guard_tables {
	VEC(struct guard_entry) entries;    /* by prefix */
	VEC(struct guard_device) devices;   /* by membership */
	VEC(struct guard_class_pair) pairs; /* by membership, from, to */
	VEC(struct guard_voice) voices;	    /* sorted, each once */
	uint64_t interval_ns, burst_ns;	    /* of the speakers' buckets */
	uint32_t from_classes, to_classes;  /* class 0 included */
	struct digest digest;		    /* of all the above */
};

/* Fills *out (caller guard_tables_fini()s, on errors too). ERR_INVALID, ERR_RANGE, ERR_EXHAUSTED.
 * O(p log p + p·s/64) for p prefixes in s sets, and the pairs' classes multiplied. */
int guard_compile(const struct guard_input *in, struct guard_tables *out, struct fault *f);
void guard_tables_fini(struct guard_tables *t);

#endif
