/* Ports that belong to somebody else, and a BIRD that is not there: a machine goes on with what it
 * has, and its status and report name what it has not. */
#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "lib/base/file.h"
#include "test/net/bad_cases.h"
#include "test/net/bad_world.h"
#include "test/test.h"

#define SETTLE_MS 30000

/* Takes a port of the network that the thread is in; the holder is this test. */
static int hold(void *context)
{
	struct bad_port *h = context;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(h->port)};

	h->fd = socket(AF_INET, h->type | SOCK_CLOEXEC, 0);
	if (bind(h->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    (h->type == SOCK_STREAM && listen(h->fd, 8) != 0))
		return -1;
	return 0;
}

void bad_hold(const char *machine, struct bad_port *h)
{
	struct fault f = {0};
	struct place p;

	lab_place(bad_lab(), machine, &p);
	if (place_inside(&p, hold, h, &f) != 0)
		TEST_FAIL("port %u of %s cannot be held", h->port, machine);
}

/* Until a command on the machine has said the words. */
static void await_words(const char *machine, const char *command, const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);
	struct buf said;
	bool has = false;

	buf_init(&said);
	while (!has && !mono_reached(deadline, mono_now())) {
		buf_clear(&said);
		bad_run(machine, command, &said);
		has = strstr(buf_text(&said), words) != NULL;
		if (!has)
			poll(NULL, 0, 100);
	}
	if (has) {
		CU_PASS("words");
	} else {
		TEST_FAIL("%s: %s: want '%s' in: %s", machine, command, words, buf_text(&said));
	}
	buf_fini(&said);
}

static void await_status(const char *machine, const char *words)
{
	await_words(machine, "skein-agent status", words);
}

static const char *me(char out[64])
{
	snprintf(out, 64, "net (pid %d)", (int)getpid());
	return out;
}

/* Both ports that a member has by default belong to somebody: status names who, and what does not
 * need them works. */
void taken_ports_name_their_holder(void)
{
	struct bad_port udp = {.type = SOCK_DGRAM, .port = 51820, .fd = -1};
	struct bad_port tcp = {.type = SOCK_STREAM, .port = 179, .fd = -1};
	struct fault f = {0};
	char holder[64], words[200];

	bad_hold("w", &udp);
	bad_hold("w", &tcp);
	TEST_NUMBER(bad_run("w", "skein-agent join $good --name w --no-start", NULL), 0);
	TEST_NUMBER(machine_start_agent(bad_lab(), "w", &f), 0);
	TEST_NUMBER(machine_start_agent(bad_lab(), "m", &f), 0);
	snprintf(words, sizeof(words), "its own port is taken by %s", me(holder));
	await_status("w", words);
	snprintf(words, sizeof(words), "TCP port 179, which BGP needs, is taken by %s", holder);
	await_status("w", words);
	TEST_NUMBER(bad_run("w", "ping -q -c 1 -w 15 10.120.0.1", NULL), 0);
	close(tcp.fd);
	await_status("w", "bird up");
	/* Of a plain member that is no error. */
	await_status("w", "10.120.0.0/16  member  AS4200000001  up");
	close(udp.fd);
}

/* However many rounds tried it. */
static void expect_said_once(const char *words)
{
	char log[PLACE_PATH_MAX];
	struct buf said;
	size_t begun = 0, over = 0;

	buf_init(&said);
	TEST_NUMBER(
		file_read(lab_log_path(bad_lab(), "w", "skein-agent", log), 1 << 24, &said, NULL),
		0);
	for (char *line = strtok(said.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		bool has = strstr(line, words) != NULL, ends = strstr(line, "is over") != NULL;

		begun += has && !ends;
		over += has && ends;
	}
	TEST_NUMBER(begun, 1);
	TEST_NUMBER(over, 1);
	buf_fini(&said);
}

/* A gateway is expected at its ports, so one that is taken is an error, here and at the controller;
 * its other mesh, and who is in it, mind nothing. When the port is given up, all is well. */
void a_gateway_says_which_port_it_lacks(void)
{
	struct bad_port udp = {.type = SOCK_DGRAM, .port = 51820, .fd = -1};
	char holder[64], words[200];

	bad_hold("w", &udp);
	TEST_NUMBER(
		bad_run(LAB_CONTROLLER, "skein gateway enable w --mesh prod --mesh staging", NULL),
		0);
	snprintf(words, sizeof(words), "error: wg0: UDP port 51820 is taken by %s", me(holder));
	await_status("w", words);
	snprintf(words, sizeof(words), "its own port is taken by %s", holder);
	await_status("w", words);
	await_status("w", "10.120.0.0/16  gateway  AS4200000001  degraded");
	await_status("w", "10.121.0.0/16  gateway  AS4200000002  up");
	snprintf(words, sizeof(words), "\"error\": \"wg0: UDP port 51820 is taken by %s", holder);
	await_words(LAB_CONTROLLER, "skein membership list --machine w --mesh prod --json", words);
	await_words(LAB_CONTROLLER, "skein membership list --machine w --mesh staging --json",
		    "\"current\": true");
	close(udp.fd);
	await_status("w", "10.120.0.0/16  gateway  AS4200000001  up");
	await_words(LAB_CONTROLLER, "skein membership list --machine w --mesh prod --json",
		    "\"error\": null");
	TEST_NUMBER(bad_run("m", "ping -q -c 1 -w 15 10.120.0.2", NULL), 0);
	expect_said_once("wg0: UDP port 51820 is taken");
}

/* What needs no BIRD goes on without it. */
void without_bird_the_tunnels_stand(void)
{
	const char *const argv[] = {lab_program(bad_lab(), "skein-agent"), "run", "--config",
				    "/run/bad.conf", NULL};
	struct fault f = {0};

	TEST_NUMBER(outage_cause(bad_lab(), "m", "agent", &f), 0);
	TEST_NUMBER(outage_cause(bad_lab(), "m", "bird", &f), 0);
	TEST_NUMBER(bad_run("m", "echo bird = /nowhere/bird > $conf", NULL), 0);
	TEST_NUMBER(machine_start(bad_lab(), "m", argv, &f), 0);
	await_status("m", "error: /nowhere/bird does not run: install bird2 (2.0.12 or later)");
	await_status("m", "degraded");
	TEST_NUMBER(bad_run("m", "ping -q -c 1 -w 15 10.120.0.2", NULL), 0);
}
