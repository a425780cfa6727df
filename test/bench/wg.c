/* Ten thousand peers for a device that has none: by our backend, and by `wg syncconf` of the same.
 * What counts is the processor time of both ends: of who says it, and of the device. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/net/wg.h"
#include "test/bench/apart.h"
#include "test/net/wg_conf.h"
#include "test/test.h"

#define PEERS 10000u
#define RUNS  8

struct fleet {
	struct wg_device desired;
	struct secret key;
	const char *path; /* the same for wg */
};

/* ---- the same peers for both ---- */

static void add_peer(struct fleet *x, uint32_t i)
{
	const struct prefix own = prefix_ipv4(0x64400000 + i, 32);
	struct wg_peer *p;
	struct wg_key key;

	randombytes_buf(key.bytes, sizeof(key.bytes));
	if (wg_device_add_peer(&x->desired, &key) != 0 ||
	    wg_device_add_allowed(&x->desired, &own) != 0)
		bench_fail("no peer");
	p = &x->desired.peers.at[x->desired.peers.n - 1];
	p->endpoint = (struct wg_endpoint){address_ipv4(0xc6120000 + i), 51820};
}

static void make(struct fleet *x)
{
	*x = (struct fleet){.desired = {.listen_port = 51820}};
	secret_random(&x->key);
	wg_public_key(&x->key, &x->desired.public_key);
	for (uint32_t i = 1; i <= PEERS; i++)
		add_peer(x, i);
	wg_device_sort(&x->desired);
	x->path = wg_conf_write(&x->key, &x->desired);
}

/* ---- both ways ---- */

static double thread_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As the agent does it: what is there, what is to be, and what leads from one to the other. */
static double by_us(struct fleet *x, const char *device)
{
	struct wg_device now = {0};
	struct wg_backend *b = NULL;
	struct fault f = {0};
	wg_op_vec ops = {0};
	double start = thread_s();

	if (wg_open(device, &b, &f) != 0 || wg_read(b, &now, &f) != 0)
		bench_fail("%s", f.text);
	wg_plan(&x->desired, &now, &ops);
	if (wg_apply(b, &x->desired, &x->key, ops.at, ops.n, &f) != 0)
		bench_fail("%s", f.text);
	wg_close(b);
	vec_free(&ops);
	wg_device_fini(&now);
	return thread_s() - start;
}

static double by_wg(struct fleet *x, const char *device)
{
	struct rusage use;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execlp("wg", "wg", "syncconf", device, x->path, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid || status != 0)
		bench_fail("wg syncconf does not do it");
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

static void check(const struct fleet *x, const char *device)
{
	struct wg_device now = {0};
	struct wg_backend *b = NULL;
	struct fault f = {0};
	wg_op_vec ops = {0};

	if (wg_open(device, &b, &f) != 0 || wg_read(b, &now, &f) != 0)
		bench_fail("%s", f.text);
	wg_plan(&x->desired, &now, &ops);
	if (ops.n != 0 || now.peers.n != PEERS)
		bench_fail("%zu peers, and %zu operations are left", now.peers.n, ops.n);
	wg_close(b);
	vec_free(&ops);
	wg_device_fini(&now);
}

struct cost {
	double said, all; /* in ms: to say it; with what the device does */
};

static void least(double *best, double s)
{
	if (*best <= 0 || s * 1000 < *best)
		*best = s * 1000;
}

/* On a fresh device. */
static void measure_one(struct fleet *x, double (*how)(struct fleet *, const char *),
			const char *device, struct cost *best)
{
	pid_t pid = apart_wireguard_go(device);
	double before = bench_cpu(pid), s = how(x, device);

	least(&best->said, s);
	least(&best->all, s + bench_cpu(pid) - before);
	check(x, device);
	apart_stop(pid);
}

static void measure_inside(struct bench_result *out)
{
	struct cost ours = {0}, theirs = {0};
	struct fleet x;
	char device[16];

	bench_pin(0); /* how Go shares its rubbish with a second core is another each time */
	make(&x);
	for (int i = 0; i < RUNS; i++) {
		snprintf(device, sizeof(device), "ours%d", i);
		measure_one(&x, by_us, device, &ours);
		snprintf(device, sizeof(device), "theirs%d", i);
		measure_one(&x, by_wg, device, &theirs);
	}
	out[0] = (struct bench_result){ours.all, theirs.all};
	out[1] = (struct bench_result){ours.said, theirs.said};
	wg_device_fini(&x.desired);
	secret_wipe(&x.key);
}

static void measure(struct bench_result *out)
{
	apart_run(measure_inside, out, 2);
}

BENCH(wg, measure, {"10,000 peers to a fresh wireguard-go", "ms", "wg syncconf of them", 1, false},
      {"of that, to say it", "ms", "wg syncconf's own", 1, false});
