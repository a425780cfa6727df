/* Answers of a wireguard-go that we play ourselves, cut as no real one cuts them: what lib/net/wg.h
 * reads is the same from all, and of none of them is a value quoted. */
#include <errno.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/net/wg.h"
#include "test/test.h"

#define DIRECTORY   "/var/run/wireguard"
#define KEY_BEGIN   "77076d0a"
#define PRIVATE_KEY KEY_BEGIN "7318a57d3c16c17251b26645c6df6edf1c1a5e0c4f8f4d5a2a2b2a2a"
#define BUFFER	    16384 /* of the reader */
#define LINE_MOST   512	  /* it takes */
#define WHOLE	    SIZE_MAX

static struct player {
	char name[16], path[64];
	int fd;
	pthread_t thread;
	/* changed only while nobody asks */
	struct buf answer;
	size_t piece; /* so many bytes at a time */
	size_t end;   /* and so many of all */
} player;

/* Up to the empty line that ends a request; false when the other side is gone. */
static bool take_request(int fd)
{
	char before = 0, c;

	for (; read(fd, &c, 1) == 1; before = c)
		if (before == '\n' && c == '\n')
			return true;
	return false;
}

/* A piece is sent when the one before has been read: so the reader sees each for itself. */
static bool send_piece(int fd, const char *data, size_t len)
{
	int unread = 1;

	if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		return false;
	while (unread > 0 && ioctl(fd, SIOCOUTQ, &unread) == 0)
		sched_yield();
	return true;
}

static void *play(void *context)
{
	const struct player *p = context;
	int fd;

	while ((fd = accept4(p->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		size_t at = 0, end = p->answer.len < p->end ? p->answer.len : p->end, n;
		bool good = take_request(fd);

		for (; good && at < end; at += n) {
			n = end - at < p->piece ? end - at : p->piece;
			good = send_piece(fd, buf_text(&p->answer) + at, n);
		}
		close(fd);
	}
	return NULL;
}

static int enter(void)
{
	struct player *p = &player;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(p->name, sizeof(p->name), "wgtp%d", (int)getpid());
	snprintf(p->path, sizeof(p->path), DIRECTORY "/%s.sock", p->name);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", p->path);
	buf_init(&p->answer);
	p->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || file_make_dir(DIRECTORY, 0755, NULL) != 0 ||
	    bind(p->fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(p->fd, 8) != 0)
		return -1;
	return pthread_create(&p->thread, NULL, play, p);
}

static int leave(void)
{
	shutdown(player.fd, SHUT_RDWR);
	pthread_join(player.thread, NULL);
	close(player.fd);
	unlink(player.path);
	buf_fini(&player.answer);
	return 0;
}

/* ---- answers ---- */

static void begin_answer(void)
{
	buf_clear(&player.answer);
	buf_puts(&player.answer, "private_key=" PRIVATE_KEY "\nlisten_port=51820\n");
}

static void add_peers(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		buf_printf(&player.answer,
			   "public_key=%062x%02x\npersistent_keepalive_interval=%u\n"
			   "allowed_ip=10.%u.%u.0/24\nallowed_ip=fd00:%x::/32\n",
			   i, 9, i % 100, i / 256, i % 256, i);
}

/* A line that nobody knows, so long with its newline. */
static void add_unknown(size_t len)
{
	buf_puts(&player.answer, "x=");
	for (size_t i = 3; i < len; i++)
		buf_puts(&player.answer, "y");
	buf_puts(&player.answer, "\n");
}

static void end_answer(void)
{
	buf_puts(&player.answer, "errno=0\n\n");
}

/* Asks; what it says of a failure never has the key. */
static int ask(size_t piece, size_t end, struct wg_device *out, struct fault *f)
{
	struct wg_backend *b = NULL;
	int code;

	player.piece = piece;
	player.end = end;
	code = wg_open(player.name, &b, f);
	if (code == 0)
		code = wg_read(b, out, f);
	wg_close(b);
	CU_ASSERT(strstr(f->text, KEY_BEGIN) == NULL);
	return code;
}

static void expect_device(size_t piece, unsigned peers)
{
	struct wg_device d = {0};
	struct fault f = {0};
	int code = ask(piece, WHOLE, &d, &f);
	bool whole = code == 0 && d.has_private_key && d.listen_port == 51820 && d.peers.n == peers;

	for (unsigned i = 0; whole && i < peers; i++)
		whole = d.peers.at[i].keepalive == i % 100 && d.peers.at[i].nallowed == 2 &&
			prefix_to_ipv4(&d.peers.at[i].allowed[0]) == 0x0a000000 + (i << 8);
	if (!whole)
		TEST_FAIL("in pieces of %zu: %zu peers, %s", piece, d.peers.n,
			  code != 0 ? fault_text(&f, code) : "not as they were sent");
	wg_device_fini(&d);
}

/* ---- cases ---- */

static void the_pieces_do_not_matter(void)
{
	static const struct {
		unsigned peers;
		size_t piece;
	} rows[] = {
		{20, 1},	   {20, 2},
		{20, 3},	   {300, LINE_MOST - 1},
		{300, LINE_MOST},  {300, LINE_MOST + 1},
		{300, BUFFER - 1}, {300, BUFFER},
		{300, BUFFER + 1}, {300, WHOLE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_answer();
		add_peers(rows[i].peers);
		end_answer();
		CU_ASSERT(rows[i].peers < 300 || player.answer.len > 2 * BUFFER);
		expect_device(rows[i].piece, rows[i].peers);
	}
}

/* With its last newline, with its errno, with a line in its middle at the buffer's end. */
static void an_answer_that_just_fills_the_buffer(void)
{
	for (size_t len = BUFFER - 80; len <= BUFFER + 80; len++) {
		begin_answer();
		add_peers(100);
		while (len - player.answer.len > LINE_MOST + 100)
			add_unknown(LINE_MOST);
		add_unknown(len - player.answer.len - strlen("errno=0\n\n"));
		end_answer();
		TEST_NUMBER(player.answer.len, len);
		expect_device(WHOLE, 100);
	}
}

static void an_answer_that_ends_early(void)
{
	size_t len;

	begin_answer();
	add_peers(3);
	end_answer();
	/* The empty line behind errno is not waited for. */
	len = player.answer.len - 1;
	for (size_t end = 0; end <= len; end++) {
		struct wg_device d = {0};
		struct fault f = {0};
		int code = ask(WHOLE, end, &d, &f);

		if (code != (end < len ? ERR_TRUNCATED : 0))
			TEST_FAIL("%zu of %zu bytes: %s", end, len, fault_text(&f, code));
		wg_device_fini(&d);
	}
}

static void a_line_without_end(void)
{
	struct wg_device d = {0};
	struct fault f = {0};

	begin_answer();
	add_unknown(LINE_MOST);
	end_answer();
	expect_device(1, 0);
	begin_answer();
	add_unknown(LINE_MOST + 1);
	end_answer();
	TEST_NUMBER(ask(1, WHOLE, &d, &f), ERR_TOO_LARGE);
}

static void a_refusal(void)
{
	struct wg_device d = {0};
	struct fault f = {0};

	begin_answer();
	buf_printf(&player.answer, "errno=-%d\n\n", EADDRINUSE);
	TEST_NUMBER(ask(WHOLE, WHOLE, &d, &f), ERR_BUSY);
	CU_ASSERT(strstr(f.text, player.name) != NULL);
}

TEST_SUITE_WITH(net_wg_uapi, enter, leave, {"the pieces do not matter", the_pieces_do_not_matter},
		{"an answer that just fills the buffer", an_answer_that_just_fills_the_buffer},
		{"an answer that ends early", an_answer_that_ends_early},
		{"a line without end", a_line_without_end}, {"a refusal", a_refusal});
