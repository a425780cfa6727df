/* What an agent is when nothing happens, and what it says about itself. On la and lg. */
#include <dirent.h>
#include <jansson.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lib/base/file.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/test.h"

#define WIDTH	   100
#define REST_MS	   5000
#define ROUNDS	   20
#define ROUNDS_MS  20000
#define AGAIN_MS   50
#define GROWTH_KIB 1024 /* caches of libraries fill; a leak of a round would be more */
#define TICKS_MAX  100	/* of 500: it looks once or twice, on a computer that is busy */

void the_status_is_for_people_and_programs(void)
{
	static const char *const machines[] = {"la", "lb", "lg", "lc"};
	struct fault f = {0};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		const char *text = agents_text(machines[i], "$AGENT status");

		for (const char *at = text; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
			if (strcspn(at, "\n") > WIDTH)
				TEST_FAIL("%s: too wide: %.*s", machines[i], (int)strcspn(at, "\n"),
					  at);
	}
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		json_t *status = machine_agent_status(agents_lab(), machines[i], &f);

		TEST_STEP(status != NULL ? 0 : f.code, &f);
		json_decref(status);
	}
}

static pid_t agent_pid(const char *machine)
{
	process_vec found = {0};
	pid_t pid = 0;

	agents_pids(machine, "skein-agent", &found);
	TEST_NUMBER(found.n, 1);
	if (found.n > 0)
		pid = found.at[0].pid;
	vec_free(&found);
	return pid;
}

/* User and system time, in ticks of 10 ms. */
static unsigned long ticks(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64];
	struct buf text;
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	buf_init(&text);
	file_read(path, 8192, &text, NULL);
	at = strrchr(buf_text(&text), ')');
	if (at != NULL)
		sscanf(at, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system);
	buf_fini(&text);
	return user + system;
}

static unsigned long resident_kib(pid_t pid)
{
	unsigned long kib = 0;
	char path[64];
	struct buf text;
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	buf_init(&text);
	file_read(path, 16384, &text, NULL);
	at = strstr(buf_text(&text), "VmRSS:");
	if (at != NULL)
		kib = strtoul(at + 6, NULL, 10);
	buf_fini(&text);
	return kib;
}

static unsigned descriptors(pid_t pid)
{
	char path[64];
	unsigned n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

/* A report, or who asks for the status, has one for a moment. */
static void await_descriptors(pid_t pid, unsigned n)
{
	struct mono deadline = mono_add_ms(mono_now(), ROUNDS_MS);

	while (descriptors(pid) > n && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, AGAIN_MS);
	CU_ASSERT(descriptors(pid) <= n);
}

void an_agent_at_rest_is_at_rest(void)
{
	pid_t plain = agent_pid("la"), gateway = agent_pid("lg");
	unsigned long a = ticks(plain), g = ticks(gateway);

	poll(NULL, 0, REST_MS); /* the time under observation */
	a = ticks(plain) - a;
	g = ticks(gateway) - g;
	printf("at rest, in %d s: %lu ms of a member, %lu ms of a gateway\n", REST_MS / 1000,
	       a * 10, g * 10);
	CU_ASSERT(a <= TICKS_MAX && g <= TICKS_MAX);
}

static long rounds(void)
{
	return strtol(agents_text("la", "$AGENT status --json | "
					"sed -n 's/.*\"rounds\": \"\\([0-9]*\\)\".*/\\1/p'"),
		      NULL, 10);
}

/* Each change of a rule makes the agent look. */
static void run_rounds(long n)
{
	struct mono deadline = mono_add_ms(mono_now(), ROUNDS_MS);
	long until = rounds() + n;

	while (rounds() < until) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("the agent does not look when something changes");
			return;
		}
		agents_sh("la", "ip rule add priority 30000 lookup 9\nip rule del priority 30000\n",
			  NULL);
	}
}

void rounds_leave_nothing_behind(void)
{
	pid_t pid = agent_pid("la");
	unsigned long kib;
	unsigned open;

	run_rounds(5);
	open = descriptors(pid);
	kib = resident_kib(pid);
	run_rounds(ROUNDS);
	await_descriptors(pid, open);
	printf("%d rounds: %lu KiB, then %lu KiB\n", ROUNDS, kib, resident_kib(pid));
	CU_ASSERT(resident_kib(pid) <= kib + GROWTH_KIB);
}
