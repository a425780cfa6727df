#include "lib/base/prompt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/file.h"

/* A terminal that shows nothing of what is typed, and signals that wait until it does again. */
struct hush {
	struct termios before;
	sigset_t held, mask;
	int signals; /* signalfd */
};

static int hush_begin(struct hush *h, struct fault *f)
{
	struct termios quiet;

	sigemptyset(&h->held);
	sigaddset(&h->held, SIGINT);
	sigaddset(&h->held, SIGQUIT);
	sigaddset(&h->held, SIGTERM);
	sigaddset(&h->held, SIGTSTP);
	h->signals = signalfd(-1, &h->held, SFD_CLOEXEC);
	if (h->signals < 0 || tcgetattr(STDIN_FILENO, &h->before) != 0)
		return fault_errno(f, errno, "the terminal");
	pthread_sigmask(SIG_BLOCK, &h->held, &h->mask);
	quiet = h->before;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	quiet.c_lflag |= ICANON | ECHONL;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	return 0;
}

/* What waited comes now, and may end the program. */
static void hush_end(struct hush *h)
{
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &h->before);
	pthread_sigmask(SIG_SETMASK, &h->mask, NULL);
	close(h->signals);
}

/* A terminal gives a line at a time, or what there is of it at Ctrl-D. A signal: ERR_TIMEOUT. */
static int read_line(const struct hush *h, char *line, size_t size, size_t *len, struct fault *f)
{
	struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
			      {.fd = h->signals, .events = POLLIN}};
	ssize_t n;

	while (poll(p, 2, -1) < 0)
		continue;
	if (p[1].revents != 0)
		return fault_set(f, ERR_TIMEOUT, "interrupted");
	n = read(STDIN_FILENO, line, size);
	if (n < 0)
		return fault_errno(f, errno, "the terminal");
	*len = (size_t)n;
	return 0;
}

static int ask(const char *what, size_t max, struct buf *out, struct fault *f)
{
	struct hush h = {.signals = -1};
	char line[4096]; /* a terminal's longest */
	size_t len = 0;
	int code = hush_begin(&h, f);

	if (code == 0) {
		fprintf(stderr, "%s: ", what);
		fflush(stderr);
		code = read_line(&h, line, sizeof(line), &len, f);
		hush_end(&h);
	} else if (h.signals >= 0) {
		close(h.signals);
	}
	if (code == 0 && len > max)
		code = fault_set(f, ERR_TOO_LARGE, "%s: longer than %zu bytes", what, max);
	else if (code == 0 && len <= 1)
		code = fault_set(f, ERR_USAGE, "%s: nothing was typed", what);
	if (code == 0)
		buf_append(out, line, len);
	explicit_bzero(line, sizeof(line));
	return code;
}

int prompt_secret(const char *what, size_t max, struct buf *out, struct fault *f)
{
	return isatty(STDIN_FILENO) == 1 ? ask(what, max, out, f) : file_read("-", max, out, f);
}
