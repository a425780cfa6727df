#include "lib/mesh/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/file.h"

/* Room to grow in, of the address space only; beyond it the whole has to be fetched. */
#define ROOM_MORE (UINT64_C(1) << 20)
#define ROOM_MAX  (STATE_IMAGE_MAX + ROOM_MORE)
/* The log may have this, or a quarter of the image: reading it again is no more than that. */
#define LOG_SMALL (64u << 10)
#define LOG_MAX	  (STATE_IMAGE_MAX / 4)

static const char *log_path(const char *path, char out[PATH_MAX])
{
	snprintf(out, PATH_MAX, "%s.delta", path);
	return out;
}

static uint64_t log_limit(const struct state_file *s)
{
	uint64_t quarter = s->target.image.size / 4;

	return quarter > LOG_SMALL ? quarter : LOG_SMALL;
}

/* ---- the mapping ---- */

/* Zeroed room, the file at its beginning. Only an exchange of pages may write. */
static int map(struct state_file *s, int fd, uint64_t size, const char *path, struct fault *f)
{
	uint64_t room = size * 2 + ROOM_MORE;
	void *at;

	s->room = room > ROOM_MAX ? ROOM_MAX : room;
	at = mmap(NULL, s->room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (at == MAP_FAILED)
		return fault_errno(f, errno, "%s", path);
	s->target.data = at;
	if (mmap(at, size, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		return fault_errno(f, errno, "%s", path);
	return 0;
}

static void set_writable(struct state_file *s, bool writable)
{
	/* Fails for nothing that map() has not tried. */
	(void)mprotect(s->target.data, s->room, writable ? PROT_READ | PROT_WRITE : PROT_READ);
}

void state_file_close(struct state_file *s)
{
	void *data = s->target.data;

	delta_target_fini(&s->target);
	if (data != NULL)
		munmap(data, s->room);
	*s = (struct state_file){0};
}

static int open_image(struct state_file *s, const char *path, const struct state_expect *expect,
		      struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), code = 0;
	struct stat st;

	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	if (fstat(fd, &st) != 0)
		code = fault_errno(f, errno, "%s", path);
	else if (st.st_size <= 0 || (uint64_t)st.st_size > STATE_IMAGE_MAX)
		code = fault_set(f, ERR_INVALID, "%s: no image by its size", path);
	if (code == 0)
		code = map(s, fd, (uint64_t)st.st_size, path, f);
	close(fd);
	if (code == 0)
		code = delta_target_open(&s->target, s->target.data, (uint64_t)st.st_size, s->room,
					 expect, f);
	return code;
}

int state_file_apply(struct state_file *s, const void *delta, size_t len, const uint8_t signer[32],
		     struct delta_undo **undo, struct fault *f)
{
	int code;

	set_writable(s, true);
	code = delta_apply(&s->target, delta, len, signer, undo, f);
	set_writable(s, false);
	return code;
}

void state_file_undo(struct state_file *s, struct delta_undo *undo)
{
	set_writable(s, true);
	delta_undo(&s->target, undo);
	set_writable(s, false);
}

/* ---- the log ---- */

/* Those that start elsewhere were written into the image already, or twice. */
static bool replay_step(struct state_file *s, const char *step, size_t len,
			const uint8_t signer[32])
{
	struct fault why = {0};

	return delta_base(step) != s->target.image.root->revision ||
	       state_file_apply(s, step, len, signer, NULL, &why) == 0;
}

static void replay(struct state_file *s, const struct buf *log, const uint8_t signer[32])
{
	size_t len;

	while ((len = delta_step_size(buf_text(log) + s->log, log->len - s->log)) > 0) {
		if (!replay_step(s, buf_text(log) + s->log, len, signer))
			break;
		s->log += len;
	}
	s->log_damaged = s->log < log->len;
}

int state_file_open(struct state_file *out, const char *path, const struct state_expect *expect,
		    struct fault *f)
{
	char beside[PATH_MAX];
	struct buf log;
	int code;

	*out = (struct state_file){0};
	code = open_image(out, path, expect, f);
	if (code != 0) {
		state_file_close(out);
		return code;
	}
	buf_init(&log);
	/* Not by access(): that asks for the real user, who may be less than this process. */
	code = file_read(log_path(path, beside), LOG_MAX, &log, NULL);
	if (code == 0)
		replay(out, &log, expect->signer);
	else
		out->log_damaged = code != ERR_NOT_FOUND;
	buf_fini(&log);
	return 0;
}

int state_file_write(const char *path, const void *image, size_t len, struct fault *f)
{
	char beside[PATH_MAX];
	int code = file_write(path, image, len, 0600, f);

	/* A log that stays is one whose steps start elsewhere. */
	return code != 0 ? code : file_remove(log_path(path, beside), f);
}

int state_file_append(struct state_file *s, const char *path, const void *delta, size_t len,
		      struct fault *f)
{
	char beside[PATH_MAX];
	int code;

	if (!s->log_damaged && s->log + len <= log_limit(s)) {
		code = file_append(log_path(path, beside), delta, len, 0600, f);
		s->log += code == 0 ? len : 0;
		return code;
	}
	code = state_file_write(path, s->target.data, s->target.image.size, f);
	if (code == 0) {
		s->log = 0;
		s->log_damaged = false;
	}
	return code;
}
