#include "lib/net/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/link.h"

#define PATH_TEXT_MAX 160

/* Device names are components of a path here, so their dots need no escape; names that would lead
 * elsewhere are refused. */
static int conf_path(const char *device, const char *name, char out[PATH_TEXT_MAX], struct fault *f)
{
	if (!link_name_valid(device) || strchr(name, '/') != NULL)
		return fault_set(f, ERR_INVALID, "no setting %.60s of a device %.60s", name,
				 device);
	snprintf(out, PATH_TEXT_MAX, "/proc/sys/net/ipv4/conf/%s/%s", device, name);
	return 0;
}

static int ipv4_path(const char *name, char out[PATH_TEXT_MAX], struct fault *f)
{
	if (strchr(name, '/') != NULL)
		return fault_set(f, ERR_INVALID, "no setting %.60s", name);
	snprintf(out, PATH_TEXT_MAX, "/proc/sys/net/ipv4/%s", name);
	return 0;
}

static int read_number(const char *path, int *out, struct fault *f)
{
	char text[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len < 0)
		return fault_errno(f, errno, "%s", path);
	text[len] = '\0';
	*out = (int)strtol(text, NULL, 10);
	return 0;
}

static int write_number(const char *path, int value, struct fault *f)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%d\n", value);
	int now = 0, fd, code = read_number(path, &now, f);

	if (code != 0 || now == value)
		return code;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (write(fd, text, (size_t)len) != len)
		code = fault_errno(f, errno, "%s", path);
	close(fd);
	return code;
}

int sysctl_read_conf(const char *device, const char *name, int *out, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = conf_path(device, name, path, f);

	return code != 0 ? code : read_number(path, out, f);
}

int sysctl_write_conf(const char *device, const char *name, int value, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = conf_path(device, name, path, f);

	return code != 0 ? code : write_number(path, value, f);
}

int sysctl_read_ipv4(const char *name, int *out, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = ipv4_path(name, path, f);

	return code != 0 ? code : read_number(path, out, f);
}

int sysctl_write_ipv4(const char *name, int value, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = ipv4_path(name, path, f);

	return code != 0 ? code : write_number(path, value, f);
}
