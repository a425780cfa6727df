#include "lib/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"

void secret_random(struct secret *s)
{
	randombytes_buf(s->bytes, sizeof(s->bytes));
}

void secret_wipe(struct secret *s)
{
	sodium_memzero(s->bytes, sizeof(s->bytes));
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	return sodium_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

void secret_harden_process(void)
{
	/* Children inherit it, and wireguard-go has the keys. With 0 no file is written, but where
	 * core_pattern is a pipe the kernel writes whatever the limit is, unless it is 1. */
	const struct rlimit none = {1, 1};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	json_wipe_freed();
}

int secret_load(struct secret *s, const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), code = 0;
	struct stat st;
	uint8_t more;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fstat(fd, &st) != 0)
		code = fault_errno(f, errno, "%s", path);
	else if ((st.st_mode & 077) != 0)
		code = fault_set(f, ERR_PRIVILEGE, "%s: mode %04o lets others read it, want 0600",
				 path, (unsigned)st.st_mode & 07777);
	else if (read(fd, s->bytes, SECRET_SIZE) != SECRET_SIZE || read(fd, &more, 1) != 0)
		code = fault_set(f, ERR_INVALID, "%s: not a key file, want exactly 32 bytes", path);
	close(fd);
	if (code != 0)
		secret_wipe(s);
	return code;
}

int secret_store(const struct secret *s, const char *path, struct fault *f)
{
	return file_write(path, s->bytes, SECRET_SIZE, 0600, f);
}

int secret_remove(const char *path, struct fault *f)
{
	static const uint8_t zeros[SECRET_SIZE];
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), err = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : fault_errno(f, errno, "%s", path);
	if (write(fd, zeros, sizeof(zeros)) != sizeof(zeros) || fsync(fd) != 0)
		err = errno;
	close(fd);
	return err != 0 ? fault_errno(f, err, "%s", path) : file_remove(path, f);
}

bool secret_is_zero(const struct secret *s)
{
	return sodium_is_zero(s->bytes, sizeof(s->bytes));
}
