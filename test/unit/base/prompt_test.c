/* Somebody at a terminal: the test sits at the other end of it. */
#include "lib/base/prompt.h"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/test.h"

#define ANSWER_MAX 16
#define WAIT_MS	   10000

struct seat {
	int fd; /* the master's side */
	pid_t pid;
	char seen[512]; /* what the terminal has shown */
	size_t len;
	char kept[200]; /* file with what was read */
};

/* In the child: what a program does with the answer. */
static void answer(const char *kept)
{
	struct fault f = {0};
	struct buf out;
	int code;

	buf_init_secret(&out);
	code = prompt_secret("word", ANSWER_MAX, &out, &f);
	if (code == 0)
		code = file_write(kept, out.data, out.len, 0600, NULL);
	if (f.text[0] != '\0')
		fprintf(stderr, "%s\n", f.text);
	buf_fini(&out);
	_exit(error_exit_status(code));
}

/* Reads on until the terminal has shown it, or (NULL) until its program has ended. */
static void look(struct seat *s, const char *until)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	while ((until == NULL || strstr(s->seen, until) == NULL) && poll(&p, 1, WAIT_MS) == 1) {
		ssize_t n = read(s->fd, s->seen + s->len, sizeof(s->seen) - 1 - s->len);

		if (n <= 0)
			return;
		s->len += (size_t)n;
		s->seen[s->len] = '\0';
	}
}

static void sit(struct seat *s)
{
	*s = (struct seat){.fd = -1};
	snprintf(s->kept, sizeof(s->kept), "%s/kept", test_dir());
	unlink(s->kept);
	s->pid = forkpty(&s->fd, NULL, NULL, NULL);
	if (s->pid == 0)
		answer(s->kept);
	look(s, "word: ");
}

static int type(struct seat *s, const char *keys)
{
	int status = -1;

	CU_ASSERT(write(s->fd, keys, strlen(keys)) == (ssize_t)strlen(keys));
	look(s, NULL);
	CU_ASSERT(waitpid(s->pid, &status, 0) == s->pid);
	close(s->fd);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void what_is_typed_is_read_and_not_shown(void)
{
	struct seat s;
	struct buf kept;

	sit(&s);
	TEST_NUMBER(type(&s, "swordfish\n"), 0);
	TEST_TEXT(s.seen, "word: \r\n");
	buf_init(&kept);
	TEST_NUMBER(file_read(s.kept, 100, &kept, NULL), 0);
	TEST_TEXT(buf_text(&kept), "swordfish\n");
	buf_fini(&kept);
}

static void what_is_no_answer_is_told(void)
{
	static const struct {
		const char *keys;
		int status;
		const char *says;
	} rows[] = {
		{"\n", 2, "word: nothing was typed"},
		{"\004", 2, "word: nothing was typed"},
		{"seventeen letters\n", 4, "word: longer than 16 bytes"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seat s;

		sit(&s);
		TEST_NUMBER(type(&s, rows[i].keys), rows[i].status);
		if (strstr(s.seen, rows[i].says) == NULL)
			TEST_FAIL("want '%s' in: %s", rows[i].says, s.seen);
		CU_ASSERT(access(s.kept, F_OK) != 0);
	}
}

/* The shell that comes back would be typed into blindly. */
static void who_interrupts_sees_again(void)
{
	struct termios t;
	struct seat s;
	int status = -1;

	sit(&s);
	CU_ASSERT(tcgetattr(s.fd, &t) == 0 && (t.c_lflag & ECHO) == 0);
	CU_ASSERT(write(s.fd, "swo\003", 4) == 4);
	CU_ASSERT(waitpid(s.pid, &status, 0) == s.pid);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	CU_ASSERT(tcgetattr(s.fd, &t) == 0 && (t.c_lflag & ECHO) != 0);
	close(s.fd);
}

TEST_SUITE(base_prompt,
	   {"what is typed is read and not shown", what_is_typed_is_read_and_not_shown},
	   {"what is no answer is told", what_is_no_answer_is_told},
	   {"who interrupts sees again", who_interrupts_sees_again});
