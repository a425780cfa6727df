/* What `wg syncconf` does to a fresh device, we do too, and as fast: the same peers by either, the
 * same device. Both backends, as wg_test.c. The figures, for `make bench`, are the processor time
 * of who says it; in the kernel that has what the device does. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test/net/settings.h"
#include "test/net/space.h"
#include "test/net/wg_conf.h"
#include "test/net/wg_stand.h"
#include "test/test.h"

#define PORT	   51995
#define PEERS	   1000U
#define PEERS_SLOW 10000U /* where it is measured: in a guest */

static uint32_t peers(void)
{
	return settings_kernel_wireguard() ? PEERS_SLOW : PEERS;
}

static struct wg_device want_all(const struct wg_stand *s)
{
	struct wg_device want = wg_stand_device(s);

	for (uint32_t i = 0; i < peers(); i++) {
		struct wg_key key = wg_stand_peer_key(i);
		struct prefix own = prefix_ipv4(0x64400000 + i, 32);
		struct wg_peer *p = wg_stand_add(&want, &key, &own, 1);

		p->endpoint = (struct wg_endpoint){address_ipv4(0xc6120000 + i), 51820};
		p->set_endpoint = true;
	}
	return want;
}

static double thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double by_us(struct wg_stand *s, const struct wg_device *want)
{
	struct wg_device have = {0};
	wg_op_vec ops = {0};
	struct fault f = {0};
	double start = thread_ms();

	if (TEST_STEP(wg_read(s->backend, &have, &f), &f)) {
		wg_plan(want, &have, &ops);
		TEST_STEP(wg_apply(s->backend, want, &s->key, ops.at, ops.n, &f), &f);
	}
	wg_device_fini(&have);
	vec_free(&ops);
	return thread_ms() - start;
}

static double by_wg(struct wg_stand *s, const struct wg_device *want)
{
	struct rusage use = {0};
	int status = -1;
	const char *path = wg_conf_write(&s->key, want);
	pid_t pid;

	pid = fork();
	if (pid == 0) {
		execlp("wg", "wg", "syncconf", s->name, path, (char *)NULL);
		_exit(127);
	}
	TEST_MUST(pid > 0 && wait4(pid, &status, 0, &use) == pid);
	TEST_NUMBER(status, 0);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e3 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e3;
}

/* On a fresh device, which is what was wanted then. In ms. */
static double run(double (*how)(struct wg_stand *, const struct wg_device *), char letter)
{
	struct wg_stand stand;
	struct wg_device want;
	double ms = 0;

	TEST_NUMBER(wg_stand_up(&stand, letter, PORT), 0);
	if (stand.backend != NULL) {
		want = want_all(&stand);
		ms = how(&stand, &want);
		TEST_NUMBER(wg_stand_become(&stand, &want), 0);
		wg_device_fini(&want);
	}
	wg_stand_down(&stand);
	return ms;
}

static void a_fresh_device_is_filled_as_by_wg(void)
{
	double ours = run(by_us, 'o'), theirs = run(by_wg, 't');

	printf("pace of %u peers: %.1f ms, wg syncconf %.1f ms\n", peers(), ours, theirs);
}

TEST_SUITE_WITH(net_wg_pace, space_enter, space_leave,
		{"a fresh device is filled as by wg", a_fresh_device_is_filled_as_by_wg});
