#include "gateway/guard_update.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/buf.h"

static int put(const struct guard_pins *p, enum guard_pin map, const void *key, const void *value,
	       struct fault *f)
{
	int err = bpf_map_update_elem(p->fds[map], key, value, BPF_NOEXIST);

	if (err == -E2BIG || err == -ENOSPC || err == -ENOMEM)
		return fault_set(f, ERR_EXHAUSTED, "guard: %s: full", guard_pin_name(map));
	if (err != 0)
		return fault_errno(f, -err, "guard: %s", guard_pin_name(map));
	return 0;
}

static int put_tables(const struct guard_pins *p, uint32_t generation, const struct guard_tables *t,
		      struct fault *f)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < t->entries.n; i++) {
		const struct guard_entry *entry = &t->entries.at[i];
		struct guard_class_key key = {GUARD_CLASS_BITS + entry->prefix.length, generation,
					      0};

		memcpy(&key.address, entry->prefix.bytes, sizeof(key.address));
		e = put(p, GUARD_PIN_CLASSES, &key, &entry->class, f);
	}
	for (size_t i = 0; e == 0 && i < t->devices.n; i++) {
		struct guard_device_key key = {generation, t->devices.at[i].ifindex};

		e = put(p, GUARD_PIN_DEVICES, &key, &t->devices.at[i].membership, f);
	}
	for (size_t i = 0; e == 0 && i < t->pairs.n; i++) {
		const struct guard_class_pair *pair = &t->pairs.at[i];
		struct guard_pair_key key = {generation, pair->membership, pair->from, pair->to};

		e = put(p, GUARD_PIN_PAIRS, &key, &pair->verdict, f);
	}
	for (size_t i = 0; e == 0 && i < t->voices.n; i++) {
		const struct guard_voice *v = &t->voices.at[i];
		struct guard_speaker_key key = {generation, v->ifindex, htonl(v->source),
						htonl(v->destination)};
		struct guard_bucket bucket = {0, t->interval_ns, t->burst_ns};

		e = put(p, GUARD_PIN_SPEAKERS, &key, &bucket, f);
	}
	return e;
}

/* Deletes what is not of generation `keep`. The keys are collected first: deleting while walking
 * starts the walk anew. */
static int sweep_map(int fd, size_t key_size, size_t generation_at, uint32_t keep, struct fault *f)
{
	uint8_t key[32], next[32];
	struct buf stale;
	int err, e = 0;

	buf_init(&stale);
	for (const void *at = NULL; (err = bpf_map_get_next_key(fd, at, next)) == 0; at = key) {
		uint32_t generation;

		memcpy(&generation, next + generation_at, sizeof(generation));
		if (generation != keep)
			buf_append(&stale, next, key_size);
		memcpy(key, next, key_size);
	}
	if (err != -ENOENT)
		e = fault_errno(f, -err, "guard: looking for old entries");
	for (size_t at = 0; e == 0 && at < stale.len; at += key_size) {
		err = bpf_map_delete_elem(fd, stale.data + at);
		if (err != 0 && err != -ENOENT)
			e = fault_errno(f, -err, "guard: deleting old entries");
	}
	buf_fini(&stale);
	return e;
}

static int sweep(struct guard_pins *p, struct fault *f)
{
	static const struct {
		enum guard_pin map;
		size_t key_size, generation_at;
	} maps[] = {
		{GUARD_PIN_CLASSES, sizeof(struct guard_class_key),
		 offsetof(struct guard_class_key, generation)},
		{GUARD_PIN_DEVICES, sizeof(struct guard_device_key),
		 offsetof(struct guard_device_key, generation)},
		{GUARD_PIN_PAIRS, sizeof(struct guard_pair_key),
		 offsetof(struct guard_pair_key, generation)},
		{GUARD_PIN_SPEAKERS, sizeof(struct guard_speaker_key),
		 offsetof(struct guard_speaker_key, generation)},
	};
	uint32_t keep = p->current->generation;

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int e = sweep_map(p->fds[maps[i].map], maps[i].key_size, maps[i].generation_at,
				  keep, f);

		if (e != 0)
			return e;
	}
	p->current->pending = 0;
	return 0;
}

/* Returns when every packet that was on its way through the program is out of it: programs run in
 * RCU read-side sections, and this waits for a grace period. */
static bool wait_for_packets(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
}

static bool stands_already(const struct guard_pins *p, const struct guard_tables *t)
{
	return p->current->generation != 0 &&
	       memcmp(p->current->digest, t->digest.bytes, sizeof(t->digest.bytes)) == 0;
}

/* In this order, whenever this process is killed: a digest never stands beside a generation that it
 * is not of. Nobody else reads the digest meanwhile, so it is the order of this thread alone that
 * matters. */
static void put_in_force(struct guard_current *now, uint32_t generation,
			 const struct digest *digest)
{
	memset(now->digest, 0, sizeof(now->digest));
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&now->generation, generation, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(now->digest, digest->bytes, sizeof(now->digest));
}

static int replace(struct guard_pins *p, const struct guard_tables *t, struct fault *f)
{
	uint32_t next = p->current->generation + 1;
	int e = 0;

	if (next == 0)
		next = 1;
	if (p->current->pending != 0) /* who wrote here before died, or could not wait */
		e = sweep(p, f);
	if (e != 0)
		return e;
	p->current->pending = next;
	e = put_tables(p, next, t, f);
	if (e != 0) {
		sweep(p, NULL);
		return e;
	}
	put_in_force(p->current, next, &t->digest);
	/* Where it cannot wait, the next update cleans up. */
	return wait_for_packets() ? sweep(p, f) : 0;
}

int guard_update(struct guard_pins *p, const struct guard_tables *t, struct fault *f)
{
	return stands_already(p, t) ? 0 : replace(p, t, f);
}
