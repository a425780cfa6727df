/* Bad input to the programs: the tables of test/bad, and what a table cannot say. Each is refused
 * with one line, an exit status of its own, and leaves nothing. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/document.h"
#include "lab/machine.h"
#include "lab/operator.h"
#include "lab/reach.h"
#include "lib/base/file.h"
#include "lib/mesh/token.h"
#include "lib/net/wg.h"
#include "test/net/bad_world.h"
#include "test/test.h"

#define TABLE_MAX 65536
#define TEXT_MAX  1000
#define SETTLE_MS 30000
#define HANG_PORT 9443

/* ---- the tables ---- */

struct row {
	struct field_mark mark;
	const char *on, *run, *program, *text, *says;
	int64_t status;
};

struct table {
	struct field_list commands, configurations;
};

#define AT(member) offsetof(struct row, member)

static const struct field_row command_rows[] = {
	{"on", FIELD_NAME, AT(on), .required = true},
	{"run", FIELD_TEXT, AT(run), .required = true, .max = TEXT_MAX},
	{"status", FIELD_NUMBER, AT(status), .required = true, .max = 255},
	{"says", FIELD_TEXT, AT(says), .required = true, .max = TEXT_MAX},
	{0}};

static const struct field_row configuration_rows[] = {
	{"program", FIELD_NAME, AT(program), .required = true},
	{"text", FIELD_TEXT, AT(text), .required = true, .max = TEXT_MAX},
	{"status", FIELD_NUMBER, AT(status), .required = true, .max = 255},
	{"says", FIELD_TEXT, AT(says), .required = true, .max = TEXT_MAX},
	{0}};

static const struct field_row table_rows[] = {
	{"commands", FIELD_ROWS, offsetof(struct table, commands), .rows = command_rows,
	 .row_size = sizeof(struct row)},
	{"configurations", FIELD_ROWS, offsetof(struct table, configurations),
	 .rows = configuration_rows, .row_size = sizeof(struct row)},
	{0}};

static bool read_table(const char *path, struct arena *arena, struct table *out)
{
	struct fault f = {0};
	struct buf text;
	int code;

	memset(out, 0, sizeof(*out));
	buf_init(&text);
	code = file_read(path, TABLE_MAX, &text, &f);
	if (code == 0)
		code = document_decode(path, buf_text(&text), text.len, table_rows, arena, out, &f);
	buf_fini(&text);
	if (code != 0)
		TEST_FAIL("%s", f.text);
	return code == 0;
}

/* One line, and only that. */
static void expect(const char *table, const struct row *row, const char *pattern, int status,
		   struct buf *said)
{
	size_t len = said->len;

	if (len > 0 && said->data[len - 1] == '\n')
		said->data[--len] = '\0';
	if (status != row->status)
		TEST_FAIL("%s:%u: status %d, want %d; says: %s", table, row->mark.line, status,
			  (int)row->status, buf_text(said));
	else if (strchr(buf_text(said), '\n') != NULL || fnmatch(pattern, buf_text(said), 0) != 0)
		TEST_FAIL("%s:%u: says: %s", table, row->mark.line, buf_text(said));
	else
		CU_PASS("refused");
}

static void follow(const char *path, const struct row *row)
{
	struct buf said;

	buf_init(&said);
	expect(path, row, row->says, bad_run(row->on, row->run, &said), &said);
	buf_fini(&said);
}

/* Looked at once, around all of them: the audit log would tell whose trace it is. */
static void commands_are_refused_and_leave_nothing(void)
{
	static const char path[] = "test/bad/commands.yaml";
	struct arena arena;
	struct table table;
	struct buf before, after;

	arena_init(&arena);
	buf_init(&before);
	buf_init(&after);
	if (read_table(path, &arena, &table)) {
		const struct row *rows = table.commands.at;

		CU_ASSERT(table.commands.n > 0);
		bad_snapshot(&before);
		for (size_t i = 0; i < table.commands.n; i++)
			follow(path, &rows[i]);
		bad_snapshot(&after);
	}
	if (strcmp(buf_text(&before), buf_text(&after)) != 0)
		TEST_FAIL("%s left something\n--- before\n%s--- after\n%s", path, buf_text(&before),
			  buf_text(&after));
	buf_fini(&before);
	buf_fini(&after);
	arena_fini(&arena);
}

static void configurations_are_refused_by_line(void)
{
	static const char path[] = "test/bad/configurations.yaml";
	struct arena arena;
	struct table table;

	arena_init(&arena);
	if (read_table(path, &arena, &table)) {
		const struct row *rows = table.configurations.at;

		CU_ASSERT(table.configurations.n > 0);
		for (size_t i = 0; i < table.configurations.n; i++) {
			char line[128], pattern[TEXT_MAX + 128];
			struct buf said;

			buf_init(&said);
			setenv("text", rows[i].text, 1);
			snprintf(
				line, sizeof(line),
				"printf '%%s\\n' \"$text\" > $conf; %s check-config --config $conf",
				rows[i].program);
			snprintf(pattern, sizeof(pattern), "%s: /run/bad.conf%s", rows[i].program,
				 rows[i].says);
			expect(path, &rows[i], pattern, bad_run("v", line, &said), &said);
			buf_fini(&said);
		}
		unsetenv("text");
	}
	arena_fini(&arena);
}

/* ---- what a table cannot say ---- */

struct held {
	int type;
	uint16_t port;
	int fd;
};

/* Takes a port of the network that the thread is in; the holder is this test. */
static int hold(void *context)
{
	struct held *h = context;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(h->port)};

	h->fd = socket(AF_INET, h->type | SOCK_CLOEXEC, 0);
	if (bind(h->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (h->type == SOCK_STREAM && listen(h->fd, 8) != 0))
		return -1;
	return 0;
}

static void hold_on(const char *machine, struct held *h)
{
	struct fault f = {0};
	struct place p;

	lab_place(bad_lab(), machine, &p);
	if (place_inside(&p, hold, h, &f) != 0)
		TEST_FAIL("port %u of %s cannot be held", h->port, machine);
}

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
	struct held silent = {.type = SOCK_STREAM, .port = HANG_PORT, .fd = -1};
	struct pollfd connected = {.events = POLLIN};
	struct join_token t;
	struct process join = {0};
	struct fault f = {0};
	struct buf text;
	struct place p;
	const char *argv[] = {lab_program(bad_lab(), "skein-agent"), "join", NULL, NULL};
	struct command_line line = {.in = &p, .argv = argv};

	hold_on("v", &silent);
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
	static const struct row row = {.status = 24};
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
	expect("join", &row, says, bad_run("v", line, &said), &said);
	buf_clear(&said);
	snprintf(line, sizeof(line), "%sskein-agent run'", in_empty_dev);
	expect("run", &row, says, bad_run("m", line, &said), &said);
	buf_clear(&said);
	expect("no wireguard-go", &row,
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

/* Polls `skein-agent status` until it has the words. */
static void await_status(const char *machine, const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);
	struct buf said;
	bool has = false;

	buf_init(&said);
	while (!has && !mono_reached(deadline, mono_now())) {
		buf_clear(&said);
		bad_run(machine, "skein-agent status", &said);
		has = strstr(buf_text(&said), words) != NULL;
		if (!has)
			poll(NULL, 0, 100);
	}
	if (has) {
		CU_PASS("status");
	} else {
		TEST_FAIL("%s: want '%s' in: %s", machine, words, buf_text(&said));
	}
	buf_fini(&said);
}

/* Both ports that a member has by default belong to somebody: status names who, and what does not
 * need them works. */
static void taken_ports_name_their_holder(void)
{
	struct held udp = {.type = SOCK_DGRAM, .port = 51820, .fd = -1};
	struct held tcp = {.type = SOCK_STREAM, .port = 179, .fd = -1};
	struct fault f = {0};
	char holder[64], words[200];

	snprintf(holder, sizeof(holder), "net (pid %d)", (int)getpid());
	hold_on("w", &udp);
	hold_on("w", &tcp);
	TEST_NUMBER(bad_run("w", "skein-agent join $good --name w --no-start", NULL), 0);
	TEST_NUMBER(machine_start_agent(bad_lab(), "w", &f), 0);
	TEST_NUMBER(machine_start_agent(bad_lab(), "m", &f), 0);
	snprintf(words, sizeof(words), "its own port is taken by %s", holder);
	await_status("w", words);
	snprintf(words, sizeof(words), "TCP port 179, which BGP needs, is taken by %s", holder);
	await_status("w", words);
	TEST_NUMBER(bad_run("w", "ping -q -c 1 -w 15 10.120.0.1", NULL), 0);
	close(tcp.fd);
	await_status("w", "bird up");
	close(udp.fd);
}

TEST_SUITE_WITH(net_bad_input, bad_world_start, bad_world_stop,
		{"commands are refused and leave nothing", commands_are_refused_and_leave_nothing},
		{"configurations are refused by line", configurations_are_refused_by_line},
		{"a token does not stay among the arguments",
		 a_token_does_not_stay_among_the_arguments},
		{"without TUN nothing is begun", without_tun_nothing_is_begun},
		{"taken ports name their holder", taken_ports_name_their_holder});
