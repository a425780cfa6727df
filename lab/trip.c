#include "lab/trip.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"

#define FRESH_MS 100
#define START_MS 5000
#define DRAIN_MS 400
#define POLL_MS	 20
#define SENDER	 TRIP_ANSWERERS_MAX /* its place among the processes */

enum phase { PHASE_BIND, PHASE_SEND, PHASE_DRAIN };

struct flow {
	_Atomic uint64_t sent, received;
	_Atomic int64_t last_ns, gap_ns;
};

/* Written by the processes, read by the caller. */
struct shared {
	_Atomic int phase;
	_Atomic int ready[TRIP_ANSWERERS_MAX + 1];
	_Atomic int64_t began_ns;
	struct fault faults[TRIP_ANSWERERS_MAX + 1];
	struct flow flows[TRIP_FLOWS_MAX];
	_Atomic uint64_t by[TRIP_ANSWERERS_MAX];
	_Atomic int64_t by_last_ns[TRIP_ANSWERERS_MAX];
};

struct trip {
	struct trip_plan plan;
	struct shared *shared;
	pid_t pids[TRIP_ANSWERERS_MAX + 1];
	uint64_t id;
};

struct packet {
	uint64_t id;
	uint32_t flow, answerer;
	uint8_t padding[24];
};

static struct sockaddr_in socket_address(const struct address *a, uint16_t port)
{
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (a->family == FAMILY_IPV4)
		memcpy(&s.sin_addr, a->bytes, 4);
	return s;
}

static int open_flow(const struct address *own, uint16_t port, struct fault *f)
{
	struct sockaddr_in at = socket_address(own, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fault_errno(f, errno, "socket");
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	fault_errno(f, errno, "port %u", port);
	close(fd);
	return f->code;
}

static int open_flows(const struct trip *t, const struct address *own, struct pollfd *polls,
		      struct fault *f)
{
	for (unsigned i = 0; i < t->plan.flows; i++) {
		int fd = open_flow(own, (uint16_t)(t->plan.port + i), f);

		if (fd < 0)
			return fd;
		polls[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	}
	return 0;
}

/* ---- who answers ---- */

static void answer(const struct trip *t, int fd, unsigned which)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	struct packet p;

	for (;;) {
		ssize_t n = recvfrom(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, &len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue; /* an ICMP error of an earlier answer */
		if (n < 0)
			return;
		if (n != (ssize_t)sizeof(p) || p.id != t->id)
			continue;
		p.answerer = which;
		(void)!sendto(fd, &p, sizeof(p), 0, (struct sockaddr *)&from, len);
	}
}

static void run_answerer(const struct trip *t, unsigned which, struct pollfd *polls)
{
	for (;;) {
		if (poll(polls, t->plan.flows, 1000) < 0 && errno != EINTR)
			return;
		for (unsigned i = 0; i < t->plan.flows; i++)
			if (polls[i].revents != 0)
				answer(t, polls[i].fd, which);
	}
}

/* ---- who asks ---- */

static void note_answer(struct shared *s, struct flow *flow, unsigned answerer)
{
	int64_t now = mono_now().ns, last = atomic_load(&flow->last_ns);
	int64_t gap = now - (last != 0 ? last : atomic_load(&s->began_ns));

	if (gap > atomic_load(&flow->gap_ns))
		atomic_store(&flow->gap_ns, gap);
	atomic_store(&flow->last_ns, now);
	atomic_fetch_add(&flow->received, 1);
	atomic_fetch_add(&s->by[answerer], 1);
	atomic_store(&s->by_last_ns[answerer], now);
}

static void receive(const struct trip *t, int fd, unsigned i)
{
	struct packet p;

	for (;;) {
		ssize_t n = recv(fd, &p, sizeof(p), 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue;
		if (n < 0)
			return;
		if (n == (ssize_t)sizeof(p) && p.id == t->id && p.flow == i &&
		    p.answerer < t->plan.nanswerers)
			note_answer(t->shared, &t->shared->flows[i], p.answerer);
	}
}

/* What the own machine refuses to send (no route) counts as sent, and so as lost. */
static void ask(const struct trip *t, const struct pollfd *polls)
{
	for (unsigned i = 0; i < t->plan.flows; i++) {
		struct sockaddr_in to = socket_address(&t->plan.to, (uint16_t)(t->plan.port + i));
		struct packet p = {.id = t->id, .flow = i, .answerer = TRIP_ANSWERERS_MAX};

		atomic_fetch_add(&t->shared->flows[i].sent, 1);
		(void)!sendto(polls[i].fd, &p, sizeof(p), 0, (struct sockaddr *)&to, sizeof(to));
	}
}

static void run_sender(const struct trip *t, struct pollfd *polls)
{
	unsigned n = t->plan.flows;
	uint64_t ticks;

	for (;;) {
		if (poll(polls, n + 1, 1000) < 0 && errno != EINTR)
			return;
		for (unsigned i = 0; i < n; i++)
			if (polls[i].revents != 0)
				receive(t, polls[i].fd, i);
		if (read(polls[n].fd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks) &&
		    atomic_load(&t->shared->phase) == PHASE_SEND)
			ask(t, polls);
	}
}

static int open_timer(const struct trip *t, struct pollfd *out, struct fault *f)
{
	long ns = (long)t->plan.interval_ms * 1000000;
	struct itimerspec every = {{ns / 1000000000, ns % 1000000000},
				   {ns / 1000000000, ns % 1000000000}};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) != 0)
		return fault_errno(f, errno, "timer");
	*out = (struct pollfd){.fd = timer, .events = POLLIN};
	return 0;
}

/* In a process of its own. */
static void become(const struct trip *t, unsigned which)
{
	bool sender = which == SENDER;
	struct pollfd polls[TRIP_FLOWS_MAX + 1];
	struct fault f = {0};
	int code;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	code = place_enter(sender ? t->plan.from : t->plan.answerers[which], &f);
	if (code == 0)
		code = open_flows(t, sender ? &t->plan.source : &t->plan.to, polls, &f);
	if (code == 0 && sender)
		code = open_timer(t, &polls[t->plan.flows], &f);
	t->shared->faults[which] = f;
	atomic_store(&t->shared->ready[which], code == 0 ? 1 : -1);
	if (code == 0 && sender)
		run_sender(t, polls);
	else if (code == 0)
		run_answerer(t, which, polls);
	_exit(0);
}

/* ---- the caller ---- */

/* In small steps: the counters are memory, there is nothing to wait on. */
static void pause_briefly(void)
{
	poll(NULL, 0, POLL_MS);
}

static int start(struct trip *t, unsigned which, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), START_MS);
	pid_t pid = fork();

	if (pid < 0)
		return fault_errno(f, errno, "fork");
	if (pid == 0)
		become(t, which);
	t->pids[which] = pid;
	while (atomic_load(&t->shared->ready[which]) == 0) {
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT,
					 "an end of the round trips does not start");
		pause_briefly();
	}
	if (atomic_load(&t->shared->ready[which]) > 0)
		return 0;
	return fault_set(f, t->shared->faults[which].code, "%s", t->shared->faults[which].text);
}

int trip_start(const struct trip_plan *plan, struct trip **out, struct fault *f)
{
	struct trip *t;
	int code = 0;

	*out = NULL;
	if (plan->flows == 0 || plan->flows > TRIP_FLOWS_MAX || plan->nanswerers == 0 ||
	    plan->nanswerers > TRIP_ANSWERERS_MAX || plan->interval_ms == 0)
		return fault_set(f, ERR_USAGE, "round trips that cannot be");
	t = mem_alloc(sizeof(*t));
	t->plan = *plan;
	t->shared = mmap(NULL, sizeof(*t->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t->shared == MAP_FAILED || getrandom(&t->id, sizeof(t->id), 0) < 0) {
		code = fault_errno(f, errno, "memory");
		free(t);
		return code;
	}
	for (unsigned i = 0; i < plan->nanswerers && code == 0; i++)
		code = start(t, i, f);
	if (code == 0)
		code = start(t, SENDER, f);
	if (code != 0) {
		trip_abandon(t);
		return code;
	}
	atomic_store(&t->shared->began_ns, mono_now().ns);
	atomic_store(&t->shared->phase, PHASE_SEND);
	*out = t;
	return 0;
}

static bool is_fresh(int64_t last_ns)
{
	return last_ns != 0 && mono_now().ns - last_ns < FRESH_MS * CLOCK_MS;
}

int trip_await_passing(struct trip *t, struct mono deadline, struct fault *f)
{
	char text[ADDRESS_TEXT_MAX];
	unsigned i = 0;

	while (i < t->plan.flows) {
		i = 0;
		while (i < t->plan.flows && is_fresh(atomic_load(&t->shared->flows[i].last_ns)))
			i++;
		if (i == t->plan.flows)
			break;
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "no answer from %s, port %u",
					 address_format(&t->plan.to, text), t->plan.port + i);
		pause_briefly();
	}
	return 0;
}

int trip_await_only(struct trip *t, unsigned answerer, struct mono deadline, struct fault *f)
{
	bool only = false;

	while (!only) {
		only = is_fresh(atomic_load(&t->shared->by_last_ns[answerer]));
		for (unsigned i = 0; i < t->plan.nanswerers; i++)
			only = only &&
			       (i == answerer || !is_fresh(atomic_load(&t->shared->by_last_ns[i])));
		if (only)
			break;
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "answerer %u is not the only one",
					 answerer);
		pause_briefly();
	}
	return 0;
}

void trip_read(const struct trip *t, uint64_t by[TRIP_ANSWERERS_MAX])
{
	for (unsigned i = 0; i < TRIP_ANSWERERS_MAX; i++)
		by[i] = atomic_load(&t->shared->by[i]);
}

static bool all_answered(const struct trip *t)
{
	for (unsigned i = 0; i < t->plan.flows; i++)
		if (atomic_load(&t->shared->flows[i].received) <
		    atomic_load(&t->shared->flows[i].sent))
			return false;
	return true;
}

int trip_stop(struct trip *t, struct trip_result *out, struct fault *f)
{
	struct mono ended = mono_now(), deadline = mono_add_ms(ended, DRAIN_MS);
	int code = 0;

	memset(out, 0, sizeof(*out));
	atomic_store(&t->shared->phase, PHASE_DRAIN);
	do
		pause_briefly();
	while (!all_answered(t) && !mono_reached(deadline, mono_now()));
	for (unsigned i = 0; i < t->plan.flows; i++) {
		const struct flow *flow = &t->shared->flows[i];
		uint64_t sent = atomic_load(&flow->sent), got = atomic_load(&flow->received);
		int64_t last = atomic_load(&flow->last_ns), gap = atomic_load(&flow->gap_ns);
		int64_t open = ended.ns - (last != 0 ? last : atomic_load(&t->shared->began_ns));

		gap = (open > gap ? open : gap) / CLOCK_MS;
		out->sent += sent;
		out->lost += sent > got ? sent - got : 0;
		out->flows_hit += sent > got;
		out->gap_ms = gap > out->gap_ms ? gap : out->gap_ms;
	}
	trip_read(t, out->by);
	if (waitpid(t->pids[SENDER], NULL, WNOHANG) == t->pids[SENDER]) {
		t->pids[SENDER] = 0;
		code = fault_set(f, ERR_INTERNAL, "the sender of the round trips died");
	}
	trip_abandon(t);
	return code;
}

void trip_abandon(struct trip *t)
{
	if (t == NULL)
		return;
	for (unsigned i = 0; i <= TRIP_ANSWERERS_MAX; i++) {
		if (t->pids[i] > 0) {
			kill(t->pids[i], SIGKILL);
			waitpid(t->pids[i], NULL, 0);
		}
	}
	munmap(t->shared, sizeof(*t->shared));
	free(t);
}
