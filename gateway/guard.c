#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf/guard.skel.h"
#include "gateway/bpffs.h"
#include "gateway/guard.h"
#include "gateway/guard_compile.h"
#include "gateway/tc.h"
#include "lib/base/buf.h"

/* Below the directory: `guard-<digest of the program>/` has program and maps, link-<ifindex> and
 * filter-<ifindex> say where it is attached. An agent that brings another program makes its own
 * directory; guard_attach() moves the devices over, the old maps live until the last has. */
#define OWN_PREFIX   "guard-"
#define NEW_NAME     "new" /* a bpffs takes no dots in names */
#define TAG_DIGITS   16
#define CURRENT_SIZE 4096

enum object { PROGRAM, CURRENT, CLASSES, DEVICE_MAP, PAIRS, SPEAKERS, COUNTERS, OBJECTS };
static const char *const object_names[OBJECTS] = {"program", "current",	 "classes", "devices",
						  "pairs",   "speakers", "counters"};

struct guard {
	char directory[BPFFS_PATH_MAX];
	char own[sizeof(OWN_PREFIX) + TAG_DIGITS];
	int fds[OBJECTS];
	struct guard_current *current; /* the map, mapped: the program reads it */
};

static const char *const reason_names[] = {
#define X(name, label, text) label,
	GUARD_REASONS(X)
#undef X
};

static const char *const reason_texts[] = {
#define X(name, label, text) text,
	GUARD_REASONS(X)
#undef X
};

const char *guard_reason_name(enum guard_reason r)
{
	return r < GUARD_REASON_COUNT ? reason_names[r] : "unknown";
}

const char *guard_reason_text(enum guard_reason r)
{
	return r < GUARD_REASON_COUNT ? reason_texts[r] : "unknown";
}

/* ---- open ---- */

static int object_path(char out[BPFFS_PATH_MAX], const char *directory, const char *sub,
		       enum object o, struct fault *f)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", sub, object_names[o]);
	return bpffs_path(out, directory, name, f);
}

static int pin_all(const struct guard *g, const struct guard_bpf *skel, struct fault *f)
{
	const int fds[OBJECTS] = {
		[PROGRAM] = bpf_program__fd(skel->progs.guard),
		[CURRENT] = bpf_map__fd(skel->maps.current),
		[CLASSES] = bpf_map__fd(skel->maps.classes),
		[DEVICE_MAP] = bpf_map__fd(skel->maps.devices),
		[PAIRS] = bpf_map__fd(skel->maps.pairs),
		[SPEAKERS] = bpf_map__fd(skel->maps.speakers),
		[COUNTERS] = bpf_map__fd(skel->maps.counters),
	};
	char path[BPFFS_PATH_MAX];

	for (enum object o = 0; o < OBJECTS; o++) {
		int e = object_path(path, g->directory, NEW_NAME, o, f);

		if (e != 0)
			return e;
		if (bpf_obj_pin(fds[o], path) != 0)
			return fault_errno(f, errno, "%s: pinning", path);
	}
	return 0;
}

/* Loads the program, pins all of it in a new directory, then gives that its name: it is there whole
 * or not at all. */
static int load(const struct guard *g, struct fault *f)
{
	struct guard_bpf *skel = guard_bpf__open();
	char fresh[BPFFS_PATH_MAX], own[BPFFS_PATH_MAX];
	int err, e;

	if (skel == NULL)
		return fault_errno(f, errno, "guard: reading the program");
	err = guard_bpf__load(skel);
	if (err != 0) {
		e = fault_errno(f, -err, "guard: the kernel does not take the program");
		goto out;
	}
	e = bpffs_path(fresh, g->directory, NEW_NAME, f);
	if (e == 0)
		e = bpffs_path(own, g->directory, g->own, f);
	if (e == 0)
		e = bpffs_remove(fresh, f); /* of one that died here */
	if (e == 0 && mkdir(fresh, 0700) != 0)
		e = fault_errno(f, errno, "%s", fresh);
	if (e == 0)
		e = pin_all(g, skel, f);
	if (e == 0 && rename(fresh, own) != 0)
		e = fault_errno(f, errno, "%s", own);
out:
	guard_bpf__destroy(skel);
	return e;
}

/* What attached devices still use of another program stays in the kernel without its pins. */
static int remove_others(const struct guard *g, struct fault *f)
{
	DIR *d = opendir(g->directory);
	char path[BPFFS_PATH_MAX];
	struct dirent *entry;
	int e = 0;

	if (d == NULL)
		return fault_errno(f, errno, "%s", g->directory);
	while (e == 0 && (entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, OWN_PREFIX, strlen(OWN_PREFIX)) != 0 ||
		    strcmp(entry->d_name, g->own) == 0)
			continue;
		e = bpffs_path(path, g->directory, entry->d_name, f);
		if (e == 0)
			e = bpffs_remove(path, f);
	}
	closedir(d);
	return e;
}

static int open_all(struct guard *g, struct fault *f)
{
	char path[BPFFS_PATH_MAX];

	for (enum object o = 0; o < OBJECTS; o++) {
		int e = object_path(path, g->directory, g->own, o, f);

		if (e != 0)
			return e;
		g->fds[o] = bpf_obj_get(path);
		if (g->fds[o] < 0)
			return fault_errno(f, errno, "%s", path);
	}
	g->current =
		mmap(NULL, CURRENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, g->fds[CURRENT], 0);
	if (g->current == MAP_FAILED) {
		g->current = NULL;
		return fault_errno(f, errno, "guard: mapping");
	}
	return 0;
}

static void name_own(struct guard *g)
{
	char text[DIGEST_TEXT_MAX];
	struct digest digest;
	const void *elf;
	size_t size;

	elf = guard_bpf__elf_bytes(&size);
	digest_of(elf, size, &digest);
	snprintf(g->own, sizeof(g->own), "%s%.*s", OWN_PREFIX, TAG_DIGITS,
		 digest_format(&digest, text));
}

int guard_open(const char *directory, struct guard **out, struct fault *f)
{
	struct guard *g = mem_alloc(sizeof(*g));
	char own[BPFFS_PATH_MAX];
	int e;

	*out = NULL;
	libbpf_set_print(NULL); /* what it has to say comes back as an error */
	for (enum object o = 0; o < OBJECTS; o++)
		g->fds[o] = -1;
	name_own(g);
	e = bpffs_prepare(directory, f);
	if (e != 0)
		goto out;
	snprintf(g->directory, sizeof(g->directory), "%s", directory);
	e = bpffs_path(own, directory, g->own, f);
	if (e == 0 && access(own, F_OK) != 0)
		e = load(g, f);
	if (e == 0)
		e = open_all(g, f);
	if (e == 0)
		e = remove_others(g, f);
	if (e == 0)
		e = tc_sweep(directory, true, f);
out:
	if (e != 0) {
		guard_close(g);
		return e;
	}
	*out = g;
	return 0;
}

void guard_close(struct guard *g)
{
	if (g == NULL)
		return;
	if (g->current != NULL)
		munmap(g->current, CURRENT_SIZE);
	for (enum object o = 0; o < OBJECTS; o++)
		if (g->fds[o] >= 0)
			close(g->fds[o]);
	free(g);
}

/* ---- apply ---- */

static int put(const struct guard *g, enum object map, const void *key, const void *value,
	       struct fault *f)
{
	int err = bpf_map_update_elem(g->fds[map], key, value, BPF_NOEXIST);

	if (err == -E2BIG || err == -ENOSPC || err == -ENOMEM)
		return fault_set(f, ERR_EXHAUSTED, "guard: %s: full", object_names[map]);
	if (err != 0)
		return fault_errno(f, -err, "guard: %s", object_names[map]);
	return 0;
}

static int put_tables(const struct guard *g, uint32_t generation, const struct guard_tables *t,
		      struct fault *f)
{
	int e = 0;

	for (size_t i = 0; e == 0 && i < t->entries.n; i++) {
		const struct guard_entry *entry = &t->entries.at[i];
		struct guard_class_key key = {GUARD_CLASS_BITS + entry->prefix.length, generation,
					      0};

		memcpy(&key.address, entry->prefix.bytes, sizeof(key.address));
		e = put(g, CLASSES, &key, &entry->class, f);
	}
	for (size_t i = 0; e == 0 && i < t->devices.n; i++) {
		struct guard_device_key key = {generation, t->devices.at[i].ifindex};

		e = put(g, DEVICE_MAP, &key, &t->devices.at[i].membership, f);
	}
	for (size_t i = 0; e == 0 && i < t->pairs.n; i++) {
		const struct guard_class_pair *pair = &t->pairs.at[i];
		struct guard_pair_key key = {generation, pair->membership, pair->from, pair->to};

		e = put(g, PAIRS, &key, &pair->verdict, f);
	}
	for (size_t i = 0; e == 0 && i < t->voices.n; i++) {
		const struct guard_voice *v = &t->voices.at[i];
		struct guard_speaker_key key = {generation, v->ifindex, htonl(v->source),
						htonl(v->destination)};
		struct guard_bucket bucket = {0, t->interval_ns, t->burst_ns};

		e = put(g, SPEAKERS, &key, &bucket, f);
	}
	return e;
}

/* Deletes what is not of generation `keep`. The keys are collected first: deleting while walking
 * starts the walk anew. */
static int sweep_map(int fd, size_t key_size, size_t generation_at, uint32_t keep, struct fault *f)
{
	uint8_t key[32], next[32];
	bool first = true;
	struct buf stale;
	int e = 0;

	buf_init(&stale);
	while (bpf_map_get_next_key(fd, first ? NULL : key, next) == 0) {
		uint32_t generation;

		memcpy(&generation, next + generation_at, sizeof(generation));
		if (generation != keep)
			buf_append(&stale, next, key_size);
		memcpy(key, next, key_size);
		first = false;
	}
	for (size_t at = 0; e == 0 && at < stale.len; at += key_size) {
		int err = bpf_map_delete_elem(fd, stale.data + at);

		if (err != 0 && err != -ENOENT)
			e = fault_errno(f, -err, "guard: deleting old entries");
	}
	buf_fini(&stale);
	return e;
}

static int sweep(struct guard *g, struct fault *f)
{
	static const struct {
		enum object map;
		size_t key_size, generation_at;
	} maps[] = {
		{CLASSES, sizeof(struct guard_class_key),
		 offsetof(struct guard_class_key, generation)},
		{DEVICE_MAP, sizeof(struct guard_device_key),
		 offsetof(struct guard_device_key, generation)},
		{PAIRS, sizeof(struct guard_pair_key), offsetof(struct guard_pair_key, generation)},
		{SPEAKERS, sizeof(struct guard_speaker_key),
		 offsetof(struct guard_speaker_key, generation)},
	};
	uint32_t keep = g->current->generation;

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		int e = sweep_map(g->fds[maps[i].map], maps[i].key_size, maps[i].generation_at,
				  keep, f);

		if (e != 0)
			return e;
	}
	g->current->pending = 0;
	return 0;
}

/* Returns when every packet that was on its way through the program is out of it: programs run in
 * RCU read-side sections, and this waits for a grace period. */
static bool wait_for_packets(void)
{
	return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) == 0;
}

static bool stands_already(const struct guard *g, const struct guard_tables *t)
{
	return g->current->generation != 0 &&
	       memcmp(g->current->digest, t->digest.bytes, sizeof(t->digest.bytes)) == 0;
}

static int replace(struct guard *g, const struct guard_tables *t, struct fault *f)
{
	uint32_t next = g->current->generation + 1;
	int e = 0;

	if (next == 0)
		next = 1;
	if (g->current->pending != 0) /* who wrote here before died, or could not wait */
		e = sweep(g, f);
	if (e != 0)
		return e;
	g->current->pending = next;
	e = put_tables(g, next, t, f);
	if (e != 0) {
		sweep(g, NULL);
		return e;
	}
	__atomic_store_n(&g->current->generation, next, __ATOMIC_RELEASE);
	memcpy(g->current->digest, t->digest.bytes, sizeof(g->current->digest));
	/* Where it cannot wait, the next update cleans up. */
	return wait_for_packets() ? sweep(g, f) : 0;
}

int guard_apply(struct guard *g, const struct guard_input *in, struct fault *f)
{
	struct guard_tables tables;
	int e = guard_compile(in, &tables, f);

	if (e == 0 && !stands_already(g, &tables))
		e = replace(g, &tables, f);
	guard_tables_fini(&tables);
	return e;
}

/* ---- devices, counters ---- */

int guard_attach(struct guard *g, uint32_t ifindex, struct fault *f)
{
	return tc_attach(g->directory, g->fds[PROGRAM], ifindex, TC_ANY, f);
}

int guard_detach(struct guard *g, uint32_t ifindex, struct fault *f)
{
	return tc_detach(g->directory, ifindex, f);
}

int guard_program(const struct guard *g)
{
	return g->fds[PROGRAM];
}

int guard_counters(const struct guard *g, uint64_t out[GUARD_REASON_COUNT], struct fault *f)
{
	int ncpus = libbpf_num_possible_cpus();
	uint64_t *each;
	int e = 0;

	if (ncpus < 1)
		return fault_errno(f, -ncpus, "guard: counting CPUs");
	each = mem_alloc((size_t)ncpus * sizeof(*each));
	for (uint32_t reason = 0; e == 0 && reason < GUARD_REASON_COUNT; reason++) {
		int err = bpf_map_lookup_elem(g->fds[COUNTERS], &reason, each);

		if (err != 0)
			e = fault_errno(f, -err, "guard: reading counters");
		out[reason] = 0;
		for (int i = 0; e == 0 && i < ncpus; i++)
			out[reason] += each[i];
	}
	free(each);
	return e;
}

int guard_remove(const char *directory, struct fault *f)
{
	int e;

	if (!bpffs_has(directory))
		return 0;
	libbpf_set_print(NULL);
	e = tc_sweep(directory, false, f);
	return e != 0 ? e : bpffs_remove(directory, f);
}
