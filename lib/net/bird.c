#include "lib/net/bird.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/arena.h"

#define READ_SIZE  4096
#define STEP_READS 16
#define GREETING   1

struct bird {
	int fd;
	bool greeted, running, broken;
	int code; /* of the line before */
	char version[32];
	char command[BIRD_COMMAND_MAX + 1];
	size_t command_len, sent;
	char line[BIRD_LINE_MAX + READ_SIZE + 1]; /* what was read and is no whole line yet */
	size_t used;
	bird_line_fn *each;
	void *context;
};

int bird_open(const char *path, struct bird **out, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct bird *b;
	int fd, code;

	if (strlen(path) >= sizeof(address.sun_path))
		return fault_set(f, ERR_TOO_LARGE, "name of a socket: %.120s…", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_errno(f, errno, "socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		if (errno == EAGAIN) /* its queue of connections is full */
			code = fault_set(f, ERR_BUSY, "BIRD at %s is busy", path);
		else
			code = fault_errno(f, errno, "BIRD at %s", path);
		close(fd);
		return code;
	}
	b = mem_alloc(sizeof(*b));
	b->fd = fd;
	*out = b;
	return 0;
}

void bird_close(struct bird *b)
{
	if (b == NULL)
		return;
	close(b->fd);
	free(b);
}

int bird_fd(const struct bird *b)
{
	return b->fd;
}

short bird_events(const struct bird *b)
{
	return b->sent < b->command_len ? POLLIN | POLLOUT : POLLIN;
}

const char *bird_version(const struct bird *b)
{
	return b->version;
}

int bird_code(const struct bird *b)
{
	return b->code;
}

int bird_start(struct bird *b, const char *command, bird_line_fn *each, void *context,
	       struct fault *f)
{
	size_t len = strlen(command);

	if (b->broken)
		return fault_set(f, ERR_IO, "the connection to BIRD is broken");
	if (b->running)
		return fault_set(f, ERR_BUSY, "BIRD is still answering");
	if (len == 0 || len >= BIRD_COMMAND_MAX)
		return fault_set(f, ERR_TOO_LARGE, "command for BIRD of %zu bytes", len);
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)command[i]))
			return fault_set(f, ERR_INVALID, "command for BIRD with control bytes");
	b->command_len = (size_t)snprintf(b->command, sizeof(b->command), "%s\n", command);
	b->sent = 0;
	b->running = true;
	b->each = each;
	b->context = context;
	return 0;
}

/* ---- reading ---- */

static int broken(struct bird *b, int code, const char *how, struct fault *f)
{
	b->broken = true;
	b->running = false;
	return fault_set(f, code, "BIRD's control socket: %s", how);
}

static const struct {
	int reply, code;
} refusals[] = {
	{8001, ERR_NOT_FOUND}, /* no such route */
	{8002, ERR_INVALID},   /* mistake in the configuration */
	{8003, ERR_NOT_FOUND}, /* no such protocol */
	{8007, ERR_FORBIDDEN}, /* restricted */
};

static int end_of_reply(struct bird *b, const struct bird_line *l, struct fault *f)
{
	b->running = false;
	if (l->code < 8000)
		return 1;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].reply == l->code)
			return fault_set(f, refusals[i].code, "BIRD: %s", l->text);
	return fault_set(f, ERR_REMOTE, "BIRD: %s", l->text);
}

/* "0001 BIRD 2.0.12 ready." */
static int read_greeting(struct bird *b, const struct bird_line *l, struct fault *f)
{
	if (l->code != GREETING || !l->last || sscanf(l->text, "BIRD %31s", b->version) != 1)
		return broken(b, ERR_INVALID, "who listens is no BIRD", f);
	b->greeted = true;
	return 0;
}

bool bird_line_parse(const char *text, int code_before, struct bird_line *out)
{
	*out = (struct bird_line){.code = code_before, .text = text + 1};
	if (text[0] != ' ' || code_before == 0) {
		for (int i = 0; i < 4; i++)
			if (!isdigit((unsigned char)text[i]))
				return false;
		if (text[4] != ' ' && text[4] != '-')
			return false;
		out->code = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 +
			    (text[3] - '0');
		out->last = text[4] == ' ';
		out->text = text + 5;
	}
	out->len = strlen(out->text);
	return true;
}

/* 1: the reply is complete. */
static int read_line(struct bird *b, const char *text, size_t len, struct fault *f)
{
	struct bird_line l;
	int code;

	if (text[0] == '+') /* what BIRD tells whoever listens */
		return 0;
	if (strlen(text) != len || !bird_line_parse(text, b->code, &l))
		return broken(b, ERR_INVALID, "a line is none of its protocol", f);
	b->code = l.code;
	if (!b->greeted)
		return read_greeting(b, &l, f);
	if (!b->running)
		return broken(b, ERR_INVALID, "a reply to nothing", f);
	code = b->each != NULL ? b->each(b->context, &l) : 0;
	if (code != 0) {
		b->broken = true;
		b->running = false;
		return fault_set(f, code, "reply of BIRD: %s", error_text(code));
	}
	return l.last ? end_of_reply(b, &l, f) : 0;
}

static int read_lines(struct bird *b, struct fault *f)
{
	char *start = b->line, *end;
	int code = 0, complete = 0;

	while (code == 0 && (end = memchr(start, '\n', b->used)) != NULL) {
		size_t len = (size_t)(end - start);

		*end = '\0';
		code = len > BIRD_LINE_MAX ? broken(b, ERR_TOO_LARGE, "a line is too long", f)
					   : read_line(b, start, len, f);
		b->used -= len + 1;
		start = end + 1;
		if (code ==
		    1) { /* whatever follows is wrong, and must not answer the next command */
			complete = 1;
			code = 0;
		}
	}
	memmove(b->line, start, b->used);
	if (code == 0 && b->used > BIRD_LINE_MAX)
		code = broken(b, ERR_TOO_LARGE, "a line is too long", f);
	return code != 0 ? code : complete;
}

/* 1: nothing to read now. */
static int read_some(struct bird *b, struct fault *f)
{
	ssize_t got = recv(b->fd, b->line + b->used, READ_SIZE, 0);

	if (got < 0 && errno == EINTR)
		return 0;
	if (got < 0 && errno == EAGAIN)
		return 1;
	if (got < 0)
		return broken(b, ERR_IO, strerror(errno), f);
	if (got == 0)
		return broken(b, ERR_IO, "BIRD closed it", f);
	b->used += (size_t)got;
	return 0;
}

static int write_some(struct bird *b, struct fault *f)
{
	while (b->sent < b->command_len) {
		ssize_t sent =
			send(b->fd, b->command + b->sent, b->command_len - b->sent, MSG_NOSIGNAL);

		if (sent < 0 && errno == EAGAIN)
			return 0;
		if (sent < 0 && errno != EINTR)
			return broken(b, ERR_IO, strerror(errno), f);
		b->sent += sent > 0 ? (size_t)sent : 0;
	}
	return 0;
}

int bird_step(struct bird *b, struct fault *f)
{
	int code;

	if (b->broken)
		return fault_set(f, ERR_IO, "the connection to BIRD is broken");
	code = write_some(b, f);
	for (int i = 0; code == 0 && i < STEP_READS; i++) {
		code = read_some(b, f);
		if (code == 1)
			return 0;
		if (code == 0)
			code = read_lines(b, f);
	}
	return code;
}

/* ---- waiting ---- */

static int await_reply(struct bird *b, struct mono deadline, struct fault *f)
{
	int code;

	while ((code = bird_step(b, f)) == 0) {
		struct pollfd p = {.fd = b->fd, .events = bird_events(b)};
		int64_t left = mono_ms_between(mono_now(), deadline);

		if (left <= 0)
			return broken(b, ERR_TIMEOUT, "BIRD does not answer", f);
		(void)poll(&p, 1, left > 60000 ? 60000 : (int)left);
	}
	return code < 0 ? code : 0;
}

int bird_call(struct bird *b, const char *command, struct mono deadline, bird_line_fn *each,
	      void *context, struct fault *f)
{
	int code = bird_start(b, command, each, context, f);

	return code != 0 ? code : await_reply(b, deadline, f);
}

int bird_ask(const char *path, const char *command, struct mono deadline, bird_line_fn *each,
	     void *context, struct fault *f)
{
	struct bird *b = NULL;
	int code = bird_open(path, &b, f);

	if (b != NULL)
		code = bird_call(b, command, deadline, each, context, f);
	bird_close(b);
	return code;
}

bool bird_name_valid(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_");

	return len > 0 && len <= 64 && name[len] == '\0' && !isdigit((unsigned char)name[0]);
}
