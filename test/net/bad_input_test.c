/* Bad input to the programs: the tables of test/bad, and what a table cannot say. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/operator.h"
#include "lib/mesh/token.h"
#include "lib/net/wg.h"
#include "test/net/bad_cases.h"
#include "test/net/bad_table.h"
#include "test/net/bad_world.h"
#include "test/test.h"

#define SETTLE_MS 30000
#define HANG_PORT 9443

/* What `ps` shows: the arguments of a process, one after the other. */
static bool has_in_arguments(pid_t pid, const char *word)
{
	char path[64], text[8192];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
	if (fd >= 0)
		close(fd);
	return n > 0 && memmem(text, (size_t)n, word, strlen(word)) != NULL;
}

/* After a join whose answer is lost: for the next one, until the controller has answered that. The
 * cases after this one want none. */
static void expect_identity_kept(void)
{
	static const char agent[] = "cd /var/lib/skein/agent && cp identity.key /run/identity && ";
	static const struct {
		const char *command;
		int status;
	} rows[] = {{"skein-agent join $elsewhere", 21},
		    {"skein-agent join $good --name 'no name'", 3},
		    {"skein-agent join $other_pin", 13}};
	char line[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "%s%s", agent, rows[i].command);
		TEST_NUMBER(bad_run("v", line, NULL), rows[i].status);
		TEST_NUMBER(
			bad_run("v", "cmp /run/identity /var/lib/skein/agent/identity.key", NULL),
			0);
	}
	TEST_NUMBER(bad_run("v", "skein-agent join $revoked", NULL), 16);
	TEST_NUMBER(bad_run("v", "rm /run/identity; ls -A /var/lib/skein/agent | grep .", NULL), 1);
	bad_run("v", "rm -rf /var/lib/skein/agent", NULL);
}

/* The controller of this token takes connections and says nothing: the join hangs while we look. */
static void a_token_does_not_stay_among_the_arguments(void)
{
	struct bad_port silent = {.type = SOCK_STREAM, .port = HANG_PORT, .fd = -1};
	struct pollfd connected = {.events = POLLIN};
	struct join_token t;
	struct process join = {0};
	struct fault f = {0};
	struct buf text;
	struct place p;
	const char *argv[] = {lab_program(bad_lab(), "skein-agent"), "join", NULL, NULL};
	struct command_line line = {.in = &p, .argv = argv};

	bad_hold("v", &silent);
	buf_init(&text);
	TEST_NUMBER(join_token_parse(getenv("good"), &t, NULL), 0);
	t.nurls = 1;
	snprintf(t.urls[0], sizeof(t.urls[0]), "https://127.0.0.1:%d", HANG_PORT);
	join_token_format(&t, &text);
	argv[2] = buf_text(&text);
	lab_place(bad_lab(), "v", &p);
	TEST_NUMBER(process_start(&line, &join, &f), 0);
	connected.fd = silent.fd;
	TEST_NUMBER(poll(&connected, 1, SETTLE_MS), 1);
	CU_ASSERT(has_in_arguments(join.pid, "xxxxxxxx"));
	CU_ASSERT(!has_in_arguments(join.pid, "skein-join."));
	process_signal(&join, SIGKILL);
	CU_ASSERT(process_await_end(&join, mono_add_ms(mono_now(), SETTLE_MS)));
	close(silent.fd);
	expect_identity_kept();
	buf_fini(&text);
}

static void without_tun_nothing_is_begun(void)
{
	static const char in_empty_dev[] =
		"unshare -m sh -c 'mount -t tmpfs none /dev/net && exec ";
	static const struct bad_row row = {.status = 24};
	static const char says[] =
		"skein-agent: the kernel has no WireGuard and /dev/net/tun cannot be opened for "
		"wireguard-go: load a module (modprobe wireguard, or modprobe tun)";
	struct buf said;
	char line[300];

	if (wg_kernel_supported()) {
		test_skip("kernel-has-wireguard");
		return;
	}
	buf_init(&said);
	snprintf(line, sizeof(line), "%sskein-agent join $good'", in_empty_dev);
	bad_table_expect("join", &row, says, bad_run("v", line, &said), &said);
	buf_clear(&said);
	snprintf(line, sizeof(line), "%sskein-agent run'", in_empty_dev);
	bad_table_expect("run", &row, says, bad_run("m", line, &said), &said);
	buf_clear(&said);
	bad_table_expect(
		"no wireguard-go", &row,
		"skein-agent: the kernel has no WireGuard and /nowhere/wg does not run: install "
		"wireguard-go, or load a module (modprobe wireguard)",
		bad_run("v",
			"echo wireguard_go = /nowhere/wg > $conf;"
			"skein-agent join $good --config $conf",
			&said),
		&said);
	buf_clear(&said);
	bad_run("v", "find /var/lib/skein -type f", &said);
	TEST_TEXT(buf_text(&said), "");
	buf_fini(&said);
}

TEST_SUITE_WITH(net_bad_input, bad_world_start, bad_world_stop,
		{"commands are refused and leave nothing", commands_are_refused_and_leave_nothing},
		{"configurations are refused by line", configurations_are_refused_by_line},
		{"damaged data is refused and left as it is",
		 damaged_data_is_refused_and_left_as_it_is},
		{"a token does not stay among the arguments",
		 a_token_does_not_stay_among_the_arguments},
		{"without TUN nothing is begun", without_tun_nothing_is_begun},
		{"taken ports name their holder", taken_ports_name_their_holder},
		{"a gateway says which port it lacks", a_gateway_says_which_port_it_lacks},
		{"without BIRD the tunnels stand", without_bird_the_tunnels_stand});
