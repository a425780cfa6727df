#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gateway/bpffs.h"
#include "gateway/tc.h"

/* Not in the headers of Debian 12. */
#define ATTACH_TCX_INGRESS ((enum bpf_attach_type)46)
#define ATTACH_BEFORE	   (1u << 3) /* without a relative: before all others */

#define LINK_PIN	"link-"
#define FILTER_PIN	"filter-"
#define FILTER_PRIORITY 1
#define FILTER_HANDLE	1

static int pin_path(char out[BPFFS_PATH_MAX], const char *directory, const char *kind,
		    uint32_t ifindex, struct fault *f)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%u", kind, ifindex);
	return bpffs_path(out, directory, name, f);
}

static uint32_t program_id(int program)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	return bpf_obj_get_info_by_fd(program, &info, &len) == 0 ? info.id : 0;
}

static bool device_exists(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return if_indextoname(ifindex, name) != NULL;
}

/* ---- tcx ---- */

/* The pinned link, or -1. A link whose device is gone is let go of. */
static int link_open(const char *path, uint32_t ifindex, struct bpf_link_info *info)
{
	uint32_t len = sizeof(*info);
	int link = bpf_obj_get(path);

	if (link < 0)
		return -1;
	*info = (struct bpf_link_info){0};
	/* tcx.ifindex lies where xdp.ifindex does; this header knows the latter only. */
	if (bpf_obj_get_info_by_fd(link, info, &len) == 0 && info->xdp.ifindex == ifindex)
		return link;
	close(link);
	unlink(path);
	return -1;
}

static int link_make(const char *path, int program, uint32_t ifindex, struct fault *f)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = ATTACH_BEFORE);
	int link = bpf_link_create(program, (int)ifindex, ATTACH_TCX_INGRESS, &opts);
	int e = 0;

	if (link == -EINVAL)
		return ERR_UNSUPPORTED; /* a kernel before 6.6 */
	if (link < 0)
		return fault_errno(f, -link, "guard: attaching to device %u", ifindex);
	if (bpf_obj_pin(link, path) != 0)
		e = fault_errno(f, errno, "%s: pinning", path);
	close(link);
	return e;
}

static int link_attach(const char *directory, int program, uint32_t ifindex, struct fault *f)
{
	struct bpf_link_info info;
	char path[BPFFS_PATH_MAX];
	int link, e = pin_path(path, directory, LINK_PIN, ifindex, f);

	if (e != 0)
		return e;
	link = link_open(path, ifindex, &info);
	if (link < 0)
		return link_make(path, program, ifindex, f);
	if (info.prog_id != program_id(program)) {
		int err = bpf_link_update(link, program, NULL);

		if (err != 0)
			e = fault_errno(f, -err, "guard: replacing it on device %u", ifindex);
	}
	close(link);
	return e;
}

static int link_detach(const char *directory, uint32_t ifindex, struct fault *f)
{
	struct bpf_link_info info;
	char path[BPFFS_PATH_MAX];
	int link, e = pin_path(path, directory, LINK_PIN, ifindex, f);

	if (e != 0)
		return e;
	link = link_open(path, ifindex, &info);
	if (link < 0)
		return 0;
	/* The pin is all that holds the link, but the kernel lets go of it some time later. */
	bpf_link_detach(link);
	close(link);
	if (unlink(path) != 0)
		return fault_errno(f, errno, "%s: unpinning", path);
	return 0;
}

/* ---- clsact ---- */

static int filter_attach(const char *directory, int program, uint32_t ifindex, struct fault *f)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, was, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY,
		    .prog_fd = program, .flags = BPF_TC_F_REPLACE);
	char path[BPFFS_PATH_MAX];
	int err, e = pin_path(path, directory, FILTER_PIN, ifindex, f);

	if (e != 0)
		return e;
	if (bpf_tc_query(&hook, &was) == 0 && was.prog_id == program_id(program))
		return 0;
	err = bpf_tc_hook_create(&hook);
	if (err != 0 && err != -EEXIST)
		return fault_errno(f, -err, "guard: clsact on device %u", ifindex);
	err = bpf_tc_attach(&hook, &opts);
	if (err != 0)
		return fault_errno(f, -err, "guard: attaching to device %u", ifindex);
	unlink(path);
	if (bpf_obj_pin(program, path) != 0)
		return fault_errno(f, errno, "%s: pinning", path);
	return 0;
}

static int filter_detach(uint32_t ifindex, struct fault *f)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE, .priority = FILTER_PRIORITY);
	int err = device_exists(ifindex) ? bpf_tc_detach(&hook, &opts) : 0;

	if (err != 0 && err != -ENOENT && err != -EINVAL && err != -ENODEV)
		return fault_errno(f, -err, "guard: detaching from device %u", ifindex);
	return 0;
}

/* ---- both ---- */

int tc_attach(const char *directory, int program, uint32_t ifindex, enum tc_way way,
	      struct fault *f)
{
	int e = ERR_UNSUPPORTED;

	if (!device_exists(ifindex))
		return fault_set(f, ERR_NOT_FOUND, "guard: no device %u", ifindex);
	if (way != TC_FILTER)
		e = link_attach(directory, program, ifindex, f);
	if (e == ERR_UNSUPPORTED && way != TC_LINK)
		e = filter_attach(directory, program, ifindex, f);
	return e;
}

int tc_detach(const char *directory, uint32_t ifindex, struct fault *f)
{
	char path[BPFFS_PATH_MAX];
	int e = pin_path(path, directory, FILTER_PIN, ifindex, f);

	if (e == 0 && access(path, F_OK) == 0) {
		e = filter_detach(ifindex, f);
		if (e == 0 && unlink(path) != 0)
			e = fault_errno(f, errno, "%s: unpinning", path);
	}
	return e != 0 ? e : link_detach(directory, ifindex, f);
}

/* The index that a pin's name ends with; 0 for other names. */
static uint32_t pin_ifindex(const char *name)
{
	static const char *const kinds[] = {LINK_PIN, FILTER_PIN};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i]);
		unsigned long ifindex;
		char *end;

		if (strncmp(name, kinds[i], len) != 0)
			continue;
		ifindex = strtoul(name + len, &end, 10);
		return *end == '\0' && ifindex <= INT32_MAX ? (uint32_t)ifindex : 0;
	}
	return 0;
}

int tc_sweep(const char *directory, bool gone_only, struct fault *f)
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	int e = 0;

	if (d == NULL)
		return errno == ENOENT ? 0 : fault_errno(f, errno, "%s", directory);
	while (e == 0 && (entry = readdir(d)) != NULL) {
		uint32_t ifindex = pin_ifindex(entry->d_name);

		if (ifindex != 0 && !(gone_only && device_exists(ifindex)))
			e = tc_detach(directory, ifindex, f);
	}
	closedir(d);
	return e;
}
