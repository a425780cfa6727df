/* A mesh of six addresses, filled by machines that join: who comes then is told so, and leaves
 *nothing; who goes makes room, after a while. All machines are one, with a directory of its own for
 *each.
 *
 *	one namespace:   skein-controller  <-  skein, skein-agent join */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "test/net/office.h"
#include "test/net/steps.h"
#include "test/test.h"

#define AGENT	    TEST_BUILD "/skein-agent"
#define REST_MS	    4000
#define AGAIN_MS    200
#define DEADLINE    30000
#define FULL	    "mesh tiny (10.126.0.0/29): all 6 addresses are in use"
#define FOLLOW(...) STEPS_FOLLOW(OFFICE_SKEIN, __VA_ARGS__)

static char token_file[200];

static int enter(void)
{
	struct buf said;
	int code = office_open("address_rest = 4s\n");

	if (code != 0)
		return code;
	buf_init(&said);
	code = steps_run(OFFICE_SKEIN, "mesh create tiny --cidr 10.126.0.0/29", NULL);
	if (code == 0)
		code = steps_run(OFFICE_SKEIN, "mesh create wide --cidr 10.127.0.0/24", NULL);
	if (code == 0)
		code = steps_run(OFFICE_SKEIN, "token create --mesh tiny --any", &said);
	snprintf(token_file, sizeof(token_file), "%s/join-token", test_dir());
	if (code == 0)
		code = file_write(token_file, said.data, said.len, 0600, NULL);
	buf_fini(&said);
	return code;
}

static const char *state_of(const char *machine)
{
	static char path[4096];
	char root[2000];

	snprintf(path, sizeof(path), "%s/%s/%s", getcwd(root, sizeof(root)), test_dir(), machine);
	return path;
}

/* Its exit status; what it said is appended. */
static int join(const char *machine, const char *token, struct buf *said)
{
	char config[200], line[900];
	struct buf text;

	buf_init(&text);
	buf_printf(&text, "state_dir = %s\n", state_of(machine));
	snprintf(config, sizeof(config), "%s/agent.conf", test_dir());
	file_write(config, text.data, text.len, 0644, NULL);
	buf_fini(&text);
	snprintf(line, sizeof(line), "join --no-start --file %s --name %s --config %s", token,
		 machine, config);
	return steps_run(AGENT, line, said);
}

static void expect_join(const char *machine, const char *address)
{
	char want[100];
	struct buf said;

	buf_init(&said);
	TEST_NUMBER(join(machine, token_file, &said), 0);
	snprintf(want, sizeof(want), "Joined as %s: %s in mesh tiny.\n", machine, address);
	TEST_TEXT(buf_text(&said), want);
	buf_fini(&said);
}

static void expect_full(const char *machine, const char *words)
{
	struct buf said;

	buf_init(&said);
	TEST_NUMBER(join(machine, token_file, &said), 10);
	if (strncmp(buf_text(&said), words, strlen(words)) != 0 ||
	    strchr(buf_text(&said), '\n') != said.data + said.len - 1)
		TEST_FAIL("want '%s', says: %s", words, buf_text(&said));
	/* Nothing of it, here or there. */
	CU_ASSERT(access(state_of(machine), F_OK) != 0);
	buf_clear(&said);
	TEST_NUMBER(steps_run(OFFICE_SKEIN, "machine list", &said), 0);
	CU_ASSERT(strstr(buf_text(&said), machine) == NULL);
	buf_fini(&said);
}

static void the_last_address_is_given_and_no_other(void)
{
	static const char *const machines[] = {"m1", "m2", "m3", "m4", "m5", "m6"};

	for (size_t i = 0; i < 6; i++) {
		char address[16];

		snprintf(address, sizeof(address), "10.126.0.%zu", i + 1);
		expect_join(machines[i], address);
	}
	expect_full("late", "skein-agent: " FULL "\n");
	FOLLOW({"mesh show tiny", 0, "members                     6"}, {"token list", 0, "6 of any"});
}

/* A machine of another mesh is let in by an operator, or would be. */
static void an_operator_is_told_the_same(void)
{
	struct buf said;
	char wide[200];

	snprintf(wide, sizeof(wide), "%s/wide-token", test_dir());
	buf_init(&said);
	TEST_NUMBER(steps_run(OFFICE_SKEIN, "token create --mesh wide", &said), 0);
	file_write(wide, said.data, said.len, 0600, NULL);
	TEST_NUMBER(join("far", wide, NULL), 0);
	FOLLOW({"membership add far tiny", 10, "skein: " FULL "\n"},
	       {"gateway enable far --mesh wide --mesh tiny", 10, "skein: " FULL "\n"},
	       {"gateway list", 0, "no gateway"}, {"membership list --machine far", 0, "wide"});
	buf_clear(&said);
	steps_run(OFFICE_SKEIN, "membership list --machine far", &said);
	CU_ASSERT(strstr(buf_text(&said), "tiny") == NULL);
	buf_fini(&said);
}

/* Joins as soon as it can, and not before the address has rested. */
static void expect_join_after_rest(const char *machine, const char *address, struct mono freed)
{
	struct mono deadline = mono_add_ms(freed, DEADLINE);
	char want[100];
	struct buf said;

	buf_init(&said);
	while (join(machine, token_file, &said) == 10 && !mono_reached(deadline, mono_now())) {
		CU_ASSERT(strstr(buf_text(&said), "in use or rest; one is free at 20") != NULL);
		CU_ASSERT(access(state_of(machine), F_OK) != 0);
		buf_clear(&said);
		poll(NULL, 0, AGAIN_MS);
	}
	CU_ASSERT(mono_ms_between(freed, mono_now()) >= REST_MS);
	snprintf(want, sizeof(want), "Joined as %s: %s in mesh tiny.\n", machine, address);
	TEST_TEXT(buf_text(&said), want);
	buf_fini(&said);
}

static void who_goes_makes_room_after_a_while(void)
{
	struct mono freed = mono_now();

	FOLLOW({"machine revoke m3", 0, NULL});
	expect_full("eager", "skein-agent: " FULL " or rest; one is free at 20");
	expect_join_after_rest("n3", "10.126.0.3", freed);
	/* The lowest of those that have rested, whichever way they went. */
	FOLLOW({"membership remove m5 tiny", 0, NULL}, {"machine delete m2", 0, NULL});
	freed = mono_now();
	while (mono_ms_between(freed, mono_now()) < REST_MS)
		poll(NULL, 0, AGAIN_MS);
	expect_join("n2", "10.126.0.2");
	expect_join("n5", "10.126.0.5");
	expect_full("late", "skein-agent: " FULL "\n");
}

TEST_SUITE_WITH(net_full_mesh, enter, office_close,
		{"the last address is given and no other", the_last_address_is_given_and_no_other},
		{"an operator is told the same", an_operator_is_told_the_same},
		{"who goes makes room after a while", who_goes_makes_room_after_a_while});
