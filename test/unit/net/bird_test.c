/* The control protocol against a socket that says what a test wants, in pieces. */
#include "lib/net/bird.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/net/bird_configure.h"
#include "test/test.h"

static char path[200];
static int listener = -1, peer = -1;
static struct bird *bird;

static void begin(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct fault f = {0};

	snprintf(path, sizeof(path), "%s/bird.ctl", test_dir());
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 1) != 0)
		TEST_FAIL("cannot listen at %s", path);
	if (bird_open(path, &bird, &f) != 0)
		TEST_FAIL("%s", f.text);
	peer = accept(listener, NULL, NULL);
}

static void end(void)
{
	bird_close(bird);
	bird = NULL;
	close(peer);
	close(listener);
	unlink(path);
}

static void say(const char *text)
{
	if (write(peer, text, strlen(text)) != (ssize_t)strlen(text))
		TEST_FAIL("cannot write");
}

static void expect_command(const char *want)
{
	char got[200] = "";

	if (recv(peer, got, sizeof(got) - 1, MSG_DONTWAIT) < 0)
		got[0] = '\0';
	TEST_TEXT(got, want);
}

static int count(void *context, const struct bird_line *l)
{
	(void)l;
	++*(int *)context;
	return 0;
}

static void a_reply_in_pieces(void)
{
	static const char reply[] = "0001 BIRD 2.0.12 ready.\n1000-one\n1011-two\n three\n"
				    "+unasked\n0013 four\n";
	char piece[2] = "";
	int lines = 0, code = 0;

	begin();
	TEST_NUMBER(bird_start(bird, "show status", count, &lines, NULL), 0);
	CU_ASSERT((bird_events(bird) & POLLOUT) != 0);
	TEST_NUMBER(bird_start(bird, "show status", NULL, NULL, NULL), ERR_BUSY);
	TEST_NUMBER(bird_step(bird, NULL), 0);
	expect_command("show status\n");
	CU_ASSERT((bird_events(bird) & POLLOUT) == 0);
	for (const char *p = reply; *p != '\0'; p++) {
		TEST_NUMBER(code, 0);
		piece[0] = *p;
		say(piece);
		code = bird_step(bird, NULL);
	}
	TEST_NUMBER(code, 1);
	TEST_NUMBER(lines, 4);
	TEST_NUMBER(bird_code(bird), 13);
	TEST_TEXT(bird_version(bird), "2.0.12");
	say("1000-x\n0013 y\n");
	TEST_NUMBER(bird_call(bird, "show status", mono_add_ms(mono_now(), 1000), NULL, NULL, NULL),
		    0);
	end();
}

static void refusals(void)
{
	static const struct {
		const char *reply;
		int code;
	} rows[] = {
		{"8001 Network not found\n", ERR_NOT_FOUND},
		{"8003 No protocols match\n", ERR_NOT_FOUND},
		{"0002-Reading\n8002 a.conf:1:19 syntax error\n", ERR_INVALID},
		{"8007 Access denied\n", ERR_FORBIDDEN},
		{"9001 syntax error\n", ERR_REMOTE},
		{"0000 \n", 0},
	};
	struct mono deadline = mono_add_ms(mono_now(), 1000);

	begin();
	say("0001 BIRD 2.13 ready.\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};

		say(rows[i].reply);
		TEST_NUMBER(bird_call(bird, "x", deadline, NULL, NULL, &f), rows[i].code);
		if (rows[i].code == ERR_INVALID)
			TEST_TEXT(f.text, "BIRD: a.conf:1:19 syntax error");
	}
	end();
}

static void what_is_no_bird(void)
{
	static char long_line[BIRD_LINE_MAX + 10];
	static const char *const rows[] = {
		"SSH-2.0-OpenSSH\n",
		"0001 NOBIRD\n",
		"0013 first\n",
		" first\n",
		"\n",
		"0001 BIRD 2.0.12 ready.\n0000 \n0000 \n0000 \n",
		long_line,
	};

	memset(long_line, '1', sizeof(long_line) - 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mono deadline = mono_add_ms(mono_now(), 1000);
		struct fault f = {0};
		int code;

		begin();
		say(rows[i]);
		code = bird_call(bird, "show status", deadline, NULL, NULL, &f);
		CU_ASSERT(code == ERR_INVALID || code == ERR_TOO_LARGE);
		TEST_NUMBER(bird_start(bird, "x", NULL, NULL, NULL), ERR_IO);
		end();
	}
}

static void time_and_ends(void)
{
	struct fault f = {0}, g = {0};

	begin();
	TEST_NUMBER(bird_call(bird, "x", mono_add_ms(mono_now(), 20), NULL, NULL, &f), ERR_TIMEOUT);
	end();
	begin();
	say("0001 BIRD 2.0.12 ready.\n1000-half");
	shutdown(peer, SHUT_WR);
	TEST_NUMBER(bird_call(bird, "x", mono_add_ms(mono_now(), 1000), NULL, NULL, &g), ERR_IO);
	TEST_TEXT(g.text, "BIRD's control socket: BIRD closed it");
	end();
	TEST_NUMBER(bird_open("/nonexistent/bird.ctl", &bird, NULL), ERR_NOT_FOUND);
}

static void commands_are_one_line(void)
{
	static char long_command[BIRD_COMMAND_MAX + 1];

	memset(long_command, 'x', BIRD_COMMAND_MAX);
	begin();
	TEST_NUMBER(bird_start(bird, "show\ndown", NULL, NULL, NULL), ERR_INVALID);
	TEST_NUMBER(bird_start(bird, "", NULL, NULL, NULL), ERR_TOO_LARGE);
	TEST_NUMBER(bird_start(bird, long_command, NULL, NULL, NULL), ERR_TOO_LARGE);
	TEST_NUMBER(bird_protocol_do(bird, BIRD_PROTOCOL_DISABLE, "m_1\" down",
				     mono_add_ms(mono_now(), 10), NULL),
		    ERR_INVALID);
	end();
	CU_ASSERT(bird_name_valid("m_17") && !bird_name_valid("7m") && !bird_name_valid(""));
}

static void configure_commands(void)
{
	char out[BIRD_COMMAND_MAX];

	TEST_NUMBER(bird_configure_command(BIRD_CONFIGURE_CHECK, "/run/a b.conf", 0, out, NULL), 0);
	TEST_TEXT(out, "configure check \"/run/a b.conf\"");
	TEST_NUMBER(bird_configure_command(BIRD_CONFIGURE_TIMEOUT, NULL, 30, out, NULL), 0);
	TEST_TEXT(out, "configure timeout 30");
	TEST_NUMBER(bird_configure_command(BIRD_CONFIGURE_TIMEOUT, NULL, 0, out, NULL), ERR_RANGE);
	TEST_NUMBER(bird_configure_command(BIRD_CONFIGURE, "a\"b", 0, out, NULL), ERR_INVALID);
}

TEST_SUITE(net_bird, {"a reply in pieces", a_reply_in_pieces}, {"refusals", refusals},
	   {"what is no BIRD", what_is_no_bird}, {"time and ends", time_and_ends},
	   {"commands are one line", commands_are_one_line},
	   {"configure commands", configure_commands});
