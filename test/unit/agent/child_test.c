#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/child.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "test/test.h"

static const char *pid_file(void)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/child.pid", test_dir());
	return path;
}

static int start(struct child *c, struct fault *f)
{
	static const char *const argv[] = {"sleep", "60", NULL};
	const struct child_spec spec = {.pid_file = pid_file(), .argv = argv};

	return child_start(&spec, c, f);
}

static void it_is_detached_and_found_again(void)
{
	struct child c, again;
	struct fault f = {0};

	TEST_NUMBER(start(&c, &f), 0);
	CU_ASSERT(child_is_running(&c));
	CU_ASSERT(getsid(c.pid) != getsid(0));
	TEST_NUMBER(child_adopt(pid_file(), &again, &f), 0);
	TEST_NUMBER(again.pid, c.pid);
	child_release(&again);
	CU_ASSERT(child_is_running(&c));
	child_stop(&c, pid_file(), mono_add_ms(mono_now(), 2000));
	CU_ASSERT(!child_is_running(&c));
	TEST_NUMBER(child_adopt(pid_file(), &again, &f), ERR_NOT_FOUND);
}

static void its_end_is_seen(void)
{
	struct child c;
	struct fault f = {0};
	struct pollfd p = {.events = POLLIN};

	TEST_NUMBER(start(&c, &f), 0);
	p.fd = c.pidfd;
	TEST_NUMBER(poll(&p, 1, 0), 0);
	kill(c.pid, SIGKILL);
	TEST_NUMBER(poll(&p, 1, 2000), 1);
	CU_ASSERT(!child_is_running(&c));
	child_stop(&c, pid_file(), mono_now());
}

static bool await_stopped(const struct child *c, bool stopped)
{
	const struct mono deadline = mono_add_ms(mono_now(), 2000);

	while (child_is_stopped(c) != stopped && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 5);
	return child_is_stopped(c) == stopped;
}

static void one_that_is_stopped_is_told_and_can_be_ended(void)
{
	struct child c;
	struct fault f = {0};
	struct pollfd p = {.events = POLLIN};

	TEST_NUMBER(start(&c, &f), 0);
	CU_ASSERT(!child_is_stopped(&c));
	kill(c.pid, SIGSTOP);
	CU_ASSERT(await_stopped(&c, true));
	CU_ASSERT(child_is_running(&c));
	kill(c.pid, SIGCONT);
	CU_ASSERT(await_stopped(&c, false));
	kill(c.pid, SIGSTOP);
	p.fd = c.pidfd;
	child_kill(&c);
	TEST_NUMBER(poll(&p, 1, 2000), 1);
	CU_ASSERT(!child_is_stopped(&c));
	child_stop(&c, pid_file(), mono_now());
}

/* Writes the pid file of a running child with one thing changed. */
static void somebody_else(unsigned long long later, const char *suffix)
{
	struct child c, other;
	struct fault f = {0};
	char text[CHILD_PATH_MAX + 64];

	TEST_NUMBER(start(&c, &f), 0);
	snprintf(text, sizeof(text), "%d %llu %s%s\n", (int)c.pid, c.started + later, c.executable,
		 suffix);
	TEST_NUMBER(file_write(pid_file(), text, strlen(text), 0644, &f), 0);
	TEST_NUMBER(child_adopt(pid_file(), &other, &f), ERR_NOT_FOUND);
	child_stop(&c, pid_file(), mono_add_ms(mono_now(), 2000));
}

static void another_start_time_is_somebody_else(void)
{
	somebody_else(1, "");
}

static void another_program_is_somebody_else(void)
{
	somebody_else(0, ".not");
}

static void a_broken_pid_file_is_nobody(void)
{
	static const char *const bad[] = {"", "x", "-1 5 /bin/x", "0 0 /bin/x", "99999999 1 /x",
					  "1"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct child c;
		struct fault f = {0};

		TEST_NUMBER(file_write(pid_file(), bad[i], strlen(bad[i]), 0644, &f), 0);
		TEST_NUMBER(child_adopt(pid_file(), &c, &f), ERR_NOT_FOUND);
	}
}

static void a_program_that_is_not_there(void)
{
	static const char *const argv[] = {"skein-no-such-program", NULL};
	const struct child_spec spec = {.pid_file = pid_file(), .argv = argv};
	struct child c;
	struct fault f = {0};

	TEST_NUMBER(child_start(&spec, &c, &f), ERR_MISSING);
	CU_ASSERT(strstr(f.text, "skein-no-such-program") != NULL);
}

/* Listens on a socket of the run's directory, as BIRD does. */
static int listen_at(char path[256])
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, 256, "%s/c.ctl", test_dir());
	snprintf(at.sun_path, sizeof(at.sun_path), "%.100s", path);
	unlink(path);
	TEST_MUST(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
		  listen(fd, 4) == 0);
	return fd;
}

static void who_listens_is_found_without_a_pid_file(void)
{
	char path[256], program[CHILD_PATH_MAX] = "";
	struct child c, again;
	struct fault f = {0};
	int fd = listen_at(path);

	CU_ASSERT(readlink("/proc/self/exe", program, sizeof(program) - 1) > 0);
	unlink(pid_file());
	TEST_NUMBER(child_adopt_listener(path, "bird", pid_file(), &c, &f), ERR_NOT_FOUND);
	CU_ASSERT(access(pid_file(), F_OK) != 0);
	TEST_NUMBER(child_adopt_listener(path, program, pid_file(), &c, &f), 0);
	TEST_NUMBER(c.pid, getpid());
	TEST_NUMBER(child_adopt(pid_file(), &again, &f), 0);
	child_release(&again);
	child_release(&c);
	TEST_NUMBER(child_adopt_listener(path, strrchr(program, '/') + 1, pid_file(), &c, &f), 0);
	child_release(&c);
	close(fd);
	TEST_NUMBER(child_adopt_listener(path, program, pid_file(), &c, &f), ERR_NOT_FOUND);
	unlink(path);
	unlink(pid_file());
}

TEST_SUITE(agent_child, {"it is detached and found again", it_is_detached_and_found_again},
	   {"its end is seen", its_end_is_seen},
	   {"one that is stopped is told and can be ended",
	    one_that_is_stopped_is_told_and_can_be_ended},
	   {"another start time is somebody else", another_start_time_is_somebody_else},
	   {"another program is somebody else", another_program_is_somebody_else},
	   {"a broken pid file is nobody", a_broken_pid_file_is_nobody},
	   {"a program that is not there", a_program_that_is_not_there},
	   {"who listens is found without a pid file", who_listens_is_found_without_a_pid_file});
