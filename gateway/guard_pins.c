#include "gateway/guard_pins.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/guard.skel.h"
#include "lib/base/hash.h"

#define OWN_PREFIX   "guard-"
#define NEW_NAME     "new" /* a bpffs takes no dots in names */
#define TAG_DIGITS   16
#define CURRENT_SIZE 4096

static const char *const names[GUARD_PINS] = {
	[GUARD_PIN_PROGRAM] = "program",   [GUARD_PIN_CURRENT] = "current",
	[GUARD_PIN_CLASSES] = "classes",   [GUARD_PIN_DEVICES] = "devices",
	[GUARD_PIN_PAIRS] = "pairs",	   [GUARD_PIN_SPEAKERS] = "speakers",
	[GUARD_PIN_COUNTERS] = "counters",
};

const char *guard_pin_name(enum guard_pin pin)
{
	return names[pin];
}

static int pin_path(char out[BPFFS_PATH_MAX], const char *directory, const char *sub,
		    enum guard_pin i, struct fault *f)
{
	char name[64];

	snprintf(name, sizeof(name), "%s/%s", sub, names[i]);
	return bpffs_path(out, directory, name, f);
}

static int pin_all(const struct guard_pins *p, const struct guard_bpf *skel, struct fault *f)
{
	const int fds[GUARD_PINS] = {
		[GUARD_PIN_PROGRAM] = bpf_program__fd(skel->progs.guard),
		[GUARD_PIN_CURRENT] = bpf_map__fd(skel->maps.current),
		[GUARD_PIN_CLASSES] = bpf_map__fd(skel->maps.classes),
		[GUARD_PIN_DEVICES] = bpf_map__fd(skel->maps.devices),
		[GUARD_PIN_PAIRS] = bpf_map__fd(skel->maps.pairs),
		[GUARD_PIN_SPEAKERS] = bpf_map__fd(skel->maps.speakers),
		[GUARD_PIN_COUNTERS] = bpf_map__fd(skel->maps.counters),
	};
	char path[BPFFS_PATH_MAX];

	for (enum guard_pin i = 0; i < GUARD_PINS; i++) {
		int e = pin_path(path, p->directory, NEW_NAME, i, f);

		if (e != 0)
			return e;
		if (bpf_obj_pin(fds[i], path) != 0)
			return fault_errno(f, errno, "%s: pinning", path);
	}
	return 0;
}

/* Loads the program, pins all of it in a new directory, then gives that its name: it is there whole
 * or not at all. */
static int load(const struct guard_pins *p, struct fault *f)
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
	e = bpffs_path(fresh, p->directory, NEW_NAME, f);
	if (e == 0)
		e = bpffs_path(own, p->directory, p->own, f);
	if (e == 0)
		e = bpffs_remove(fresh, f); /* of one that died here */
	if (e == 0 && mkdir(fresh, 0700) != 0)
		e = fault_errno(f, errno, "%s", fresh);
	if (e == 0)
		e = pin_all(p, skel, f);
	if (e == 0 && rename(fresh, own) != 0)
		e = fault_errno(f, errno, "%s", own);
out:
	guard_bpf__destroy(skel);
	return e;
}

/* What attached devices still use of another program stays in the kernel without its pins. */
static int remove_others(const struct guard_pins *p, struct fault *f)
{
	DIR *d = opendir(p->directory);
	char path[BPFFS_PATH_MAX];
	struct dirent *entry;
	int e = 0;

	if (d == NULL)
		return fault_errno(f, errno, "%s", p->directory);
	while (e == 0 && (entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, OWN_PREFIX, strlen(OWN_PREFIX)) != 0 ||
		    strcmp(entry->d_name, p->own) == 0)
			continue;
		e = bpffs_path(path, p->directory, entry->d_name, f);
		if (e == 0)
			e = bpffs_remove(path, f);
	}
	closedir(d);
	return e;
}

static int open_all(struct guard_pins *p, struct fault *f)
{
	char path[BPFFS_PATH_MAX];

	for (enum guard_pin i = 0; i < GUARD_PINS; i++) {
		int e = pin_path(path, p->directory, p->own, i, f);

		if (e != 0)
			return e;
		p->fds[i] = bpf_obj_get(path);
		if (p->fds[i] < 0)
			return fault_errno(f, errno, "%s", path);
	}
	p->current = mmap(NULL, CURRENT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  p->fds[GUARD_PIN_CURRENT], 0);
	if (p->current == MAP_FAILED) {
		p->current = NULL;
		return fault_errno(f, errno, "guard: mapping");
	}
	return 0;
}

static void name_own(struct guard_pins *p)
{
	char text[DIGEST_TEXT_MAX];
	struct digest digest;
	const void *elf;
	size_t size;

	elf = guard_bpf__elf_bytes(&size);
	digest_of(elf, size, &digest);
	snprintf(p->own, sizeof(p->own), "%s%.*s", OWN_PREFIX, TAG_DIGITS,
		 digest_format(&digest, text));
}

int guard_pins_open(struct guard_pins *p, const char *directory, struct fault *f)
{
	char own[BPFFS_PATH_MAX];
	int e;

	*p = (struct guard_pins){0};
	for (enum guard_pin i = 0; i < GUARD_PINS; i++)
		p->fds[i] = -1;
	name_own(p);
	e = bpffs_prepare(directory, f);
	if (e != 0)
		return e;
	snprintf(p->directory, sizeof(p->directory), "%s", directory);
	e = bpffs_path(own, directory, p->own, f);
	if (e == 0 && access(own, F_OK) != 0)
		e = load(p, f);
	if (e == 0)
		e = open_all(p, f);
	return e != 0 ? e : remove_others(p, f);
}

void guard_pins_close(struct guard_pins *p)
{
	if (p->current != NULL)
		munmap(p->current, CURRENT_SIZE);
	p->current = NULL;
	for (enum guard_pin i = 0; i < GUARD_PINS; i++) {
		if (p->fds[i] >= 0)
			close(p->fds[i]);
		p->fds[i] = -1;
	}
}
