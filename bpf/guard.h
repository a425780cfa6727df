/* What the guard's program and user space share: the maps' keys and values, verdicts, reasons.
 * Only fixed-size types; addresses in network order, as on the wire. */
#ifndef SKEIN_BPF_GUARD_H
#define SKEIN_BPF_GUARD_H

#include <linux/types.h>

/* A pair's verdict; the greater one wins where several pairs have a packet. */
enum guard_verdict {
	GUARD_DROP = 0,
	GUARD_ICMP_ERROR = 1, /* only ICMP 3, 11, 12 that quote a packet of a pair that passes */
	GUARD_PASS = 2,
};

/* What became of a packet: X(constant, name, text). Every packet counts in exactly one. The names
 * are what `skein-agent status` and metrics show: append only. */
#define GUARD_REASONS(X)                                                                           \
	X(GUARD_PASSED, "passed", "let through")                                                   \
	X(GUARD_NOT_IP, "not-ip", "neither IPv4 nor IPv6")                                         \
	X(GUARD_IPV6, "ipv6", "IPv6, which meshes do not carry yet")                               \
	X(GUARD_TRUNCATED, "truncated", "shorter than its headers say or its ports need")          \
	X(GUARD_SOURCE_ROUTE, "source-route", "IP options that are malformed or choose a route")   \
	X(GUARD_MARTIAN, "martian", "loopback, multicast, broadcast or no address")                \
	X(GUARD_OWN_SOURCE, "own-source", "claims to come from this machine")                      \
	X(GUARD_SOURCE, "source", "a source that is authorized for nothing here")                  \
	X(GUARD_DESTINATION, "destination", "a destination that nobody may reach here")            \
	X(GUARD_PAIR, "pair", "this source may not reach this destination")                        \
	X(GUARD_ICMP, "icmp", "only ICMP errors about permitted traffic may pass")                 \
	X(GUARD_BGP, "bgp", "BGP from who has no session here, or over another device")            \
	X(GUARD_BFD, "bfd", "BFD from who has no session here, or over another device")            \
	X(GUARD_POLICED, "policed", "BGP and BFD of one peer beyond the rate")

enum guard_reason {
#define X(name, label, text) name,
	GUARD_REASONS(X)
#undef X
		GUARD_REASON_COUNT
};

/* Every map holds the entries of one generation, or of two while an update is on its way; the
 * generation is part of each key, and a packet reads the current one once. 0: nothing was ever
 * applied, no entry has it, everything is dropped. */
struct guard_current {
	__u32 generation;
	/* User space's own: what it was about to put in force, or had not yet cleaned up behind
	 * when it died; and the digest of what this generation says. */
	__u32 pending;
	__u8 digest[32];
};

/* classes: longest prefix match of an address. */
struct guard_class_key {
	__u32 prefixlen; /* GUARD_CLASS_BITS + the prefix's length */
	__u32 generation;
	__u32 address;
};
#define GUARD_CLASS_BITS 32

enum guard_class_flag {
	GUARD_CLASS_OWN = 1,   /* of this machine: never a source */
	GUARD_CLASS_MESH = 2,  /* an own mesh address: BGP and BFD are for speakers */
	GUARD_CLASS_NEVER = 4, /* a mesh's network or broadcast address */
	/* Of this machine, and no mesh's, even where a prefix around it is. */
	GUARD_CLASS_CLOSED = 8,
};

/* Addresses that are the same to every pair as a source share `from`, as a destination `to`; 0 is
 * in no pair. */
struct guard_class {
	__u16 from, to;
	__u16 flags;
	__u16 bgp_port; /* with GUARD_CLASS_MESH; host order */
};

/* devices: which membership a device is of; the value is a __u32, 1 and up. */
struct guard_device_key {
	__u32 generation;
	__u32 ifindex;
};

/* pairs: from these to those, as the membership has it whose device the packet came by: two meshes
 * may have the same private prefix, and what it may in one says nothing about the other. The value
 * is a __u32, enum guard_verdict. */
struct guard_pair_key {
	__u32 generation;
	__u32 membership;
	__u16 from, to;
};

/* speakers: who may speak BGP and BFD to which own address over which device. */
struct guard_speaker_key {
	__u32 generation;
	__u32 ifindex;
	__u32 source;
	__u32 destination;
};

/* The speaker's token bucket as a clock (GCRA): each packet moves `due` by `interval_ns`; a packet
 * that would put it more than `burst_ns` ahead of now is too many. One word of state. */
struct guard_bucket {
	__u64 due;
	__u64 interval_ns;
	__u64 burst_ns;
};

#define GUARD_CLASSES_MAX  4096 /* of sources, and of destinations */
#define GUARD_ENTRIES_MAX  1048576
#define GUARD_PAIRS_MAX	   65536
#define GUARD_SPEAKERS_MAX 16384
#define GUARD_DEVICES_MAX  16384

#endif
