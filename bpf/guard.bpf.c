/* The guard: TC ingress on every mesh device. What arrives there came out of WireGuard, whose
 * allowed IPs say which source a peer may use; the guard says which destination that source may
 * reach: this machine, or through it. Table `local` precedes every routing rule and a FIB knows
 * destinations only, so neither can.
 *
 * 1. Offset 0 is the IP header (mesh devices have no link layer). What is not whole, sane IPv4
 * goes.
 * 2. Source and destination each have a class, by longest prefix match.
 * 3. BGP and BFD to an own mesh address are for that address's speakers, over their device, at a
 *    bounded rate.
 * 4. The pair of classes has a verdict in the membership whose device it is: pass, or pass ICMP
 *    errors about traffic that passes.
 * 5. Everything else is dropped. Every packet counts, by reason.
 *
 * The quoted packet of an ICMP error went from the error's destination to somewhere: nothing here
 * translates addresses, so the quoted source must be the error's destination, and the pair is that
 * of the replies to it. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "bpf/guard.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guard_current);
} current SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GUARD_ENTRIES_MAX);
	__type(key, struct guard_class_key);
	__type(value, struct guard_class);
} classes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GUARD_DEVICES_MAX);
	__type(key, struct guard_device_key);
	__type(value, __u32);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GUARD_PAIRS_MAX);
	__type(key, struct guard_pair_key);
	__type(value, __u32);
} pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 2 * GUARD_SPEAKERS_MAX);
	__type(key, struct guard_speaker_key);
	__type(value, struct guard_bucket);
} speakers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GUARD_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

#define IP_MORE_FRAGMENTS 0x2000
#define IP_OFFSET_MASK	  0x1fff
#define OPTION_END	  0
#define OPTION_NOP	  1
#define OPTION_LSRR	  131
#define OPTION_SSRR	  137
#define OPTIONS_MAX	  40
#define OPTIONS_ROOM	  64
#define PORT_BFD	  3784
#define PORT_BFD_ECHO	  3785
#define PORT_BFD_MULTIHOP 4784
/* <linux/icmp.h> draws in the C library. */
#define ICMP_UNREACHABLE 3
#define ICMP_TIME_EXCEED 11
#define ICMP_PARAMETER	 12
/* A fragment's data is a multiple of this, so a first fragment has its ports or is too short. */
#define FRAGMENT_UNIT 8

struct packet {
	__u32 generation;
	__u32 ifindex;
	__u32 membership;	   /* whose device it came by */
	__u32 source, destination; /* network order */
	__u32 header;		   /* length of the IP header with options */
	__u32 length;		   /* of the packet, as its header says */
	__u32 offset;		   /* of this fragment, in units of 8; 0 for a whole packet */
	bool more;		   /* more fragments follow */
	__u8 protocol;
};

static __always_inline const struct guard_class *class_of(__u32 generation, __u32 address)
{
	struct guard_class_key key = {GUARD_CLASS_BITS + 32, generation, address};

	return bpf_map_lookup_elem(&classes, &key);
}

/* 0, which is in no pair, for a device that is of no membership. */
static __always_inline __u32 membership_of(__u32 generation, __u32 ifindex)
{
	struct guard_device_key key = {generation, ifindex};
	const __u32 *membership = bpf_map_lookup_elem(&devices, &key);

	return membership ? *membership : 0;
}

static __always_inline __u32 verdict_of(const struct packet *p, __u16 from, __u16 to)
{
	struct guard_pair_key key = {p->generation, p->membership, from, to};
	const __u32 *verdict = bpf_map_lookup_elem(&pairs, &key);

	return verdict ? *verdict : GUARD_DROP;
}

/* 0/8, 127/8, multicast, reserved and broadcast. */
static __always_inline bool is_martian(__u32 address)
{
	__u8 first = bpf_ntohl(address) >> 24;

	return first == 0 || first == 127 || first >= 224;
}

/* Options that choose a route lead a packet past every rule; the rest may pass (RFC 7126). */
static __noinline int options_are_bad(struct __sk_buff *skb, __u32 len)
{
	/* More than there can be: the verifier of Linux 6.1 does not conclude from at + 1 < len
	 * and len <= 40 that at + 1 < 40. */
	__u8 option[OPTIONS_ROOM] = {0};
	__u32 at = 0;

	if (len == 0 || len > OPTIONS_MAX)
		return 1;
	if (bpf_skb_load_bytes(skb, sizeof(struct iphdr), option, len) != 0)
		return 1;
	for (int i = 0; i < OPTIONS_MAX; i++) {
		__u8 kind;
		__u32 next;

		if (at >= len || at >= OPTIONS_MAX)
			return 0;
		kind = option[at];
		if (kind == OPTION_END)
			return 0;
		if (kind == OPTION_LSRR || kind == OPTION_SSRR)
			return 1;
		if (kind == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= len)
			return 1;
		next = option[at + 1];
		if (next < 2 || at + next > len)
			return 1;
		at += next;
	}
	return 0;
}

/* Fills *p from the header; GUARD_PASSED when it is sane. */
static __always_inline enum guard_reason packet_read(struct __sk_buff *skb, struct packet *p)
{
	struct iphdr ip;
	__u16 fragment;

	if (skb->protocol == bpf_htons(ETH_P_IPV6))
		return GUARD_IPV6;
	if (skb->protocol != bpf_htons(ETH_P_IP))
		return GUARD_NOT_IP;
	if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) != 0)
		return GUARD_TRUNCATED;
	if (ip.version != 4)
		return ip.version == 6 ? GUARD_IPV6 : GUARD_NOT_IP;
	p->header = ip.ihl * 4u;
	p->length = bpf_ntohs(ip.tot_len);
	if (p->header < sizeof(ip) || p->length < p->header || p->length > skb->len)
		return GUARD_TRUNCATED;
	if (p->header > sizeof(ip) && options_are_bad(skb, p->header - sizeof(ip)))
		return GUARD_SOURCE_ROUTE;
	fragment = bpf_ntohs(ip.frag_off);
	p->offset = fragment & IP_OFFSET_MASK;
	p->more = (fragment & IP_MORE_FRAGMENTS) != 0;
	p->protocol = ip.protocol;
	p->source = ip.saddr;
	p->destination = ip.daddr;
	p->ifindex = skb->ifindex;
	return GUARD_PASSED;
}

/* The ports of TCP and UDP, host order. False when the packet has too few bytes for them: then it
 * could be anything, control included. */
static __always_inline bool ports_read(struct __sk_buff *skb, const struct packet *p, __u16 *source,
				       __u16 *destination)
{
	__be16 port[2];
	__u32 need = p->more ? FRAGMENT_UNIT : sizeof(port);

	if (p->length - p->header < need ||
	    bpf_skb_load_bytes(skb, p->header, port, sizeof(port)) != 0)
		return false;
	*source = bpf_ntohs(port[0]);
	*destination = bpf_ntohs(port[1]);
	return true;
}

/* One packet more from this speaker: true when it is within the rate. */
static __always_inline bool bucket_take(struct guard_bucket *b)
{
	__u64 now = bpf_ktime_get_ns();

	for (int i = 0; i < 4; i++) {
		__u64 was = b->due;
		__u64 due = (was > now ? was : now) + b->interval_ns;

		if (due - now > b->burst_ns)
			return false;
		if (__sync_val_compare_and_swap(&b->due, was, due) == was)
			return true;
	}
	return true; /* four other CPUs were first: those counted */
}

/* Whether the packet is control traffic to an own mesh address, and what becomes of it then;
 * GUARD_REASON_COUNT when it is none and the pair decides. */
static __always_inline enum guard_reason control_decide(struct __sk_buff *skb,
							const struct packet *p, __u16 bgp_port)
{
	struct guard_speaker_key key = {p->generation, p->ifindex, p->source, p->destination};
	struct guard_bucket *bucket;
	enum guard_reason reason;
	__u16 from, to;

	if (p->offset != 0 || (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP))
		return GUARD_REASON_COUNT;
	if (!ports_read(skb, p, &from, &to))
		return GUARD_TRUNCATED;
	if (p->protocol == IPPROTO_TCP && (from == bgp_port || to == bgp_port))
		reason = GUARD_BGP;
	else if (p->protocol == IPPROTO_UDP &&
		 (to == PORT_BFD || to == PORT_BFD_ECHO || to == PORT_BFD_MULTIHOP))
		reason = GUARD_BFD;
	else
		return GUARD_REASON_COUNT;
	bucket = bpf_map_lookup_elem(&speakers, &key);
	if (!bucket)
		return reason;
	return bucket_take(bucket) ? GUARD_PASSED : GUARD_POLICED;
}

/* An ICMP error that quotes a packet whose replies may pass. */
static __always_inline bool error_is_wanted(struct __sk_buff *skb, const struct packet *p)
{
	const struct guard_class *from, *to;
	struct {
		__u8 type, code;
		__u16 checksum;
		__u32 rest;
		struct iphdr ip;
	} e;

	if (p->protocol != IPPROTO_ICMP || p->offset != 0 || p->more ||
	    p->length - p->header < sizeof(e) ||
	    bpf_skb_load_bytes(skb, p->header, &e, sizeof(e)) != 0)
		return false;
	if (e.type != ICMP_UNREACHABLE && e.type != ICMP_TIME_EXCEED && e.type != ICMP_PARAMETER)
		return false;
	if (e.ip.version != 4 || e.ip.ihl < 5 || e.ip.saddr != p->destination)
		return false;
	from = class_of(p->generation, e.ip.daddr);
	to = class_of(p->generation, e.ip.saddr);
	return from && to && verdict_of(p, from->from, to->to) == GUARD_PASS;
}

static __always_inline enum guard_reason packet_decide(struct __sk_buff *skb)
{
	const struct guard_class *from, *to;
	struct packet p = {0};
	enum guard_reason reason;
	__u32 zero = 0, verdict;
	const struct guard_current *now = bpf_map_lookup_elem(&current, &zero);

	if (!now)
		return GUARD_PAIR;
	p.generation = now->generation;
	reason = packet_read(skb, &p);
	if (reason != GUARD_PASSED)
		return reason;
	if (is_martian(p.source) || is_martian(p.destination))
		return GUARD_MARTIAN;
	from = class_of(p.generation, p.source);
	to = class_of(p.generation, p.destination);
	if (from && from->flags & GUARD_CLASS_OWN)
		return GUARD_OWN_SOURCE;
	if ((from && from->flags & GUARD_CLASS_NEVER) || (to && to->flags & GUARD_CLASS_NEVER))
		return GUARD_MARTIAN;
	if (to && to->flags & GUARD_CLASS_CLOSED)
		return GUARD_DESTINATION;
	if (to && to->flags & GUARD_CLASS_MESH) {
		reason = control_decide(skb, &p, to->bgp_port);
		if (reason != GUARD_REASON_COUNT)
			return reason;
	}
	if (!from || from->from == 0)
		return GUARD_SOURCE;
	if (!to || to->to == 0)
		return GUARD_DESTINATION;
	p.membership = membership_of(p.generation, p.ifindex);
	verdict = verdict_of(&p, from->from, to->to);
	if (verdict == GUARD_PASS)
		return GUARD_PASSED;
	if (verdict == GUARD_ICMP_ERROR)
		return error_is_wanted(skb, &p) ? GUARD_PASSED : GUARD_ICMP;
	return GUARD_PAIR;
}

SEC("tc")
int guard(struct __sk_buff *skb)
{
	__u32 reason = packet_decide(skb);
	__u64 *count = bpf_map_lookup_elem(&counters, &reason);

	if (count)
		*count += 1; /* per CPU; a program does not interrupt itself */
	/* UNSPEC: whatever else is attached has its say too. */
	return reason == GUARD_PASSED ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
