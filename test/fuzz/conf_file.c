#include "test/fuzz/conf_file.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/fuzz/fuzz.h"

int conf_file_make(const uint8_t *data, size_t size, char path[64])
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	FUZZ_HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}
