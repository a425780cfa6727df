/* What lies about on the machines: files, logs, the agent's socket; and what a user of one can do
 * who has no rights there. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lab/machine.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define NOBODY	   65534
#define GROUP	   65533 /* stands for `skein`, which this computer need not have */
#define ANSWER_MS  5000
#define WORD_MS	   700
#define AGENT_SOCK "/run/skein/agent.sock"

/* ---- files and processes ---- */

static void expect_refused(const char *machine, const char *path)
{
	static const char read_it[] =
		"setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all"
		" cat \"$1\" 2>&1 >/dev/null | grep -c 'Permission denied'";
	struct fault f = {0};

	if (hostile_shell(machine, read_it, path, NULL, &f) != 0)
		TEST_FAIL("%s: %s can be read: %s", machine, path, f.text);
	else
		CU_PASS("refused");
}

static void expect_none(const char *machine, const char *what, const char *command)
{
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	if (hostile_shell(machine, command, NULL, &out, &f) != 0)
		TEST_FAIL("%s: %s", machine, f.text);
	else if (strcmp(buf_text(&out), "") != 0)
		TEST_FAIL("%s: %s:\n%s", machine, what, buf_text(&out));
	else
		CU_PASS("none");
	buf_fini(&out);
}

/* Limits of 0 or 1: a program that a core file is piped to would get it with 0. */
static void check_core_limit(const char *machine, const char *program)
{
	process_vec found = {0};
	struct place p;
	char path[64];

	lab_place(hostile_lab(), machine, &p);
	process_find(&p, program, &found);
	CU_ASSERT(found.n > 0);
	for (size_t i = 0; i < found.n; i++) {
		struct rlimit limit = {9, 9};

		if (prlimit(found.at[i].pid, RLIMIT_CORE, NULL, &limit) != 0)
			continue; /* it has ended */
		TEST_NUMBER((long long)limit.rlim_cur, 1);
		TEST_NUMBER((long long)limit.rlim_max, 1);
	}
	/* Not dumpable: its files in /proc are root's whoever it runs as, and it cannot be traced
	 * by who is not privileged. The flag itself shows as the owner of nothing, so ask for the
	 * memory, as the same user without capabilities. */
	for (size_t i = 0; i < found.n && strncmp(program, "skein", 5) == 0; i++) {
		snprintf(path, sizeof(path), "/proc/%d/environ", (int)found.at[i].pid);
		expect_refused(machine, path);
	}
	vec_free(&found);
}

void hostile_files_are_not_for_others(void)
{
	static const char *const machines[] = {"r1", "g1"};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		expect_none(machines[i], "open to others",
			    "find /var/lib/skein/agent /run/wireguard/*.sock -perm /077");
		expect_none(machines[i], "others may write",
			    "find /run/skein ! -type l -perm /002");
		expect_none(machines[i], "others may read",
			    "find /run/skein/*-*-* /run/skein/agent.sock ! -type l -perm /007"
			    " ! -name bird.pid");
		check_core_limit(machines[i], "skein-agent");
		check_core_limit(machines[i], "bird");
	}
	expect_none(LAB_CONTROLLER, "open to others",
		    "find /var/lib/skein/controller -perm /077 ! -name tls.crt");
	check_core_limit(LAB_CONTROLLER, "skein-controller");
}

/* What a neighbour can make a child say without end (a packet, a line) ends at some size; a new
 * address makes the agent look. */
void hostile_log_stays_short(void)
{
	static const char fill[] = "for l in /run/skein/*/bird.log /run/skein/wireguard/log; do"
				   " head -c 3000000 /dev/zero >> $l; done;"
				   " ip address add 192.0.2.250/32 dev lo";
	static const char is_long[] = "find /run/skein -name '*log' -size +2000k";
	struct mono deadline = mono_add_ms(mono_now(), (int64_t)2 * ANSWER_MS);
	struct fault f = {0};
	size_t found;

	if (hostile_shell("g1", fill, NULL, NULL, &f) != 0)
		TEST_FAIL("%s", f.text);
	do {
		struct buf out;

		buf_init(&out);
		if (hostile_shell("g1", is_long, NULL, &out, &f) != 0)
			TEST_FAIL("%s", f.text);
		found = out.len;
		buf_fini(&out);
	} while (found > 0 && f.code == 0 && !mono_reached(deadline, mono_now()));
	TEST_NUMBER((long long)found, 0);
	expect_none("g1", "", "ip address del 192.0.2.250/32 dev lo");
}

/* ---- the agent's socket ---- */

struct visit {
	gid_t group;
	const char *command;
	int error; /* of connect(); 0: `answer` has what it said */
	struct buf answer;
};

static void talk(struct visit *v, int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[4096];
	ssize_t n;

	if (dprintf(fd, "%s\n", v->command) < 0)
		return;
	while (poll(&p, 1, ANSWER_MS) == 1 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_append(&v->answer, chunk, (size_t)n);
}

/* Inside the machine, as a user without rights and with one group. The effective ids go back to
 * root's, which the real ones have stayed. */
static int pay_visit(void *context)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = AGENT_SOCK};
	struct visit *v = context;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setgroups(0, NULL) != 0 || setegid(v->group) != 0 || seteuid(NOBODY) != 0)
		abort(); /* nothing after this would mean anything */
	v->error = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ? 0 : errno;
	if (seteuid(0) != 0 || setegid(0) != 0)
		abort();
	if (v->error == 0)
		talk(v, fd);
	close(fd);
	return 0;
}

static void visit(struct visit *v, gid_t group, const char *command)
{
	struct fault f = {0};
	struct place p;

	*v = (struct visit){.group = group, .command = command};
	buf_init(&v->answer);
	lab_place(hostile_lab(), "r1", &p);
	if (place_inside(&p, pay_visit, v, &f) != 0 && f.code != 0)
		TEST_FAIL("%s", f.text);
}

void hostile_socket_is_not_for_others(void)
{
	static const char give[] = "chgrp 65533 " AGENT_SOCK; /* GROUP */
	struct fault f = {0};
	struct visit v;

	if (hostile_shell("r1", give, NULL, NULL, &f) != 0)
		TEST_FAIL("%s", f.text);
	visit(&v, NOBODY, "status");
	TEST_NUMBER(v.error, EACCES);
	buf_fini(&v.answer);
	visit(&v, GROUP, "status");
	TEST_NUMBER(v.error, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&v.answer), "\"memberships\""));
	buf_fini(&v.answer);
	visit(&v, GROUP, "leave force");
	TEST_NUMBER(v.error, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&v.answer), "only root"));
	buf_fini(&v.answer);
	/* No key, no token in what a reader is shown. */
	visit(&v, GROUP, "status");
	CU_ASSERT_PTR_NULL(strstr(buf_text(&v.answer), "skein-machine."));
	CU_ASSERT_PTR_NULL(strstr(buf_text(&v.answer), "private"));
	buf_fini(&v.answer);
}

/* ---- a neighbour's word ---- */

/* Says something to a BIRD, from an address that everybody on the machine has. */
struct word {
	const char *from, *to;
	uint16_t port;
	int type;
	uid_t user;
	bool out; /* it got there; of UDP: on its way */
};

static bool is_connected(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int error = ETIMEDOUT;
	socklen_t len = sizeof(error);

	if (poll(&p, 1, ms) == 1)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return error == 0;
}

static void speak(struct word *w, int fd)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};

	inet_pton(AF_INET, w->from, &from.sin_addr);
	inet_pton(AF_INET, w->to, &to.sin_addr);
	to.sin_port = htons(w->port);
	if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) != 0)
		return;
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS)
		return;
	w->out = w->type == SOCK_DGRAM ? send(fd, "", 1, 0) == 1
				       : is_connected(fd, w->user == NOBODY ? WORD_MS : ANSWER_MS);
}

static int say_word(void *context)
{
	struct word *w = context;
	int fd;

	if (seteuid(w->user) != 0)
		abort(); /* nothing after this would mean anything */
	fd = socket(AF_INET, w->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	w->out = false;
	speak(w, fd);
	close(fd);
	if (seteuid(0) != 0)
		abort();
	return 0;
}

static uint64_t count_words(void)
{
	struct fault f = {0};
	json_t *status = machine_agent_status(hostile_lab(), "g1", &f);
	uint64_t n = status != NULL ? hostile_counter(status, "fence", "control_out") : 0;

	if (status == NULL)
		TEST_FAIL("%s", f.text);
	json_decref(status);
	return n;
}

/* Each word comes through when BIRD's user says it. */
void hostile_user_is_no_bird(void)
{
	static const struct word words[] = {
		{G1, R1, 179, SOCK_STREAM, 0, false},
		{G1, R1, 3784, SOCK_DGRAM, 0, false},
		{G1, G1, 179, SOCK_STREAM, 0, false},
		{"127.83.1.1", "127.83.0.1", 17983, SOCK_STREAM, 0, false},
	};
	const struct passwd *bird = getpwnam("bird");
	const uid_t users[] = {NOBODY, bird != NULL ? bird->pw_uid : 0};
	uint64_t before = count_words();
	struct fault f = {0};
	struct place p;

	lab_place(hostile_lab(), "g1", &p);
	for (size_t i = 0; i < 2 * sizeof(words) / sizeof(words[0]); i++) {
		struct word w = words[i / 2];

		w.user = users[i % 2];
		if (place_inside(&p, say_word, &w, &f) != 0 || w.out != (w.user != NOBODY))
			TEST_FAIL("user %u, %s to %s port %u: %s %s", (unsigned)w.user, w.from,
				  w.to, w.port, w.out ? "out" : "not out", f.text);
	}
	CU_ASSERT(count_words() >= before + sizeof(words) / sizeof(words[0]));
}
