#include "agent/enrol_check.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/bird/check.h"
#include "agent/machine.h"
#include "lib/base/run.h"
#include "lib/net/wg.h"

#define PROBE_MS 5000

static bool has_capability(unsigned cap)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	return syscall(SYS_capget, &head, data) == 0 &&
	       (data[cap / 32].effective >> (cap % 32) & 1) != 0;
}

static int check_wireguard(const struct config *c, struct fault *f)
{
	const char *const argv[] = {c->wireguard_go, "--version", NULL};
	int fd, status;

	if (wg_kernel_supported())
		return 0;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, ERR_MISSING,
				 "the kernel has no WireGuard and /dev/net/tun cannot be opened "
				 "for wireguard-go: load a module (modprobe wireguard, or "
				 "modprobe tun)");
	close(fd);
	if (run_program(argv, PROBE_MS, NULL, &status, NULL) != 0)
		return fault_set(f, ERR_MISSING,
				 "the kernel has no WireGuard and %s does not run: install "
				 "wireguard-go, or load a module (modprobe wireguard)",
				 c->wireguard_go);
	return 0;
}

int enrol_check_privilege(struct fault *f)
{
	return has_capability(CAP_NET_ADMIN)
		       ? 0
		       : fault_set(f, ERR_PRIVILEGE, "CAP_NET_ADMIN is missing: run it as root");
}

int enrol_check_machine(const struct config *c, struct fault *f)
{
	int code = enrol_check_privilege(f);

	return code == 0 ? check_wireguard(c, f) : code;
}

int enrol_check(const struct config *c, struct fault *f)
{
	int code;

	if (machine_exists(c))
		return fault_set(f, ERR_EXISTS,
				 "this machine has joined already (%s/machine.json): for another "
				 "mesh, `skein membership add` at the controller; to begin anew, "
				 "`skein-agent leave` first",
				 c->state_dir);
	code = enrol_check_machine(c, f);
	return code == 0 ? bird_check(c, f) : code;
}
