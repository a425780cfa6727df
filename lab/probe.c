#include "lab/probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/arena.h"

#define GROUPS	       4 /* flows are sent in turns, not in one burst */
#define FRESH_MS       100
#define START_MS       5000
#define DRAIN_MS       400
#define POLL_MS	       20
#define PACKET_PADDING 24

enum phase { PHASE_BIND, PHASE_SEND, PHASE_DRAIN, PHASE_END };

/* Written by one process each, read by all. `sent` by the sender, the rest by the receiver. */
struct flow {
	_Atomic uint64_t sent, received;
	_Atomic int64_t last_ns; /* latest arrival; 0: none */
	_Atomic int64_t gap_ns;	 /* longest time between two */
};

struct shared {
	_Atomic int phase;
	_Atomic int ready[2];
	_Atomic int64_t began_ns, ended_ns; /* of sending */
	struct fault faults[2];		    /* of an end that could not begin */
	struct flow flows[2][PROBE_FLOWS_MAX];
};

struct probe {
	struct probe_plan plan;
	struct shared *shared;
	pid_t pids[2];
	uint64_t id;
};

struct packet {
	uint64_t id, number;
	uint32_t flow, end;
	uint8_t padding[PACKET_PADDING];
};

/* One end, in its own process. */
struct end {
	const struct probe *probe;
	unsigned which;
	struct pollfd polls[PROBE_FLOWS_MAX + 1]; /* sockets, then the timer */
	struct sockaddr_in peers[PROBE_FLOWS_MAX];
	unsigned group;
};

static struct sockaddr_in socket_address(const struct address *a, uint16_t port)
{
	struct sockaddr_in s = {.sin_family = AF_INET, .sin_port = htons(port)};

	memcpy(&s.sin_addr, a->bytes, 4);
	return s;
}

static int open_flow(struct end *e, unsigned i, struct fault *f)
{
	const struct probe_plan *plan = &e->probe->plan;
	uint16_t port = (uint16_t)(plan->port + i);
	struct sockaddr_in own = socket_address(&plan->addresses[e->which], port);
	char text[ADDRESS_TEXT_MAX];
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fault_errno(f, errno, "socket");
	if (bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0)
		return fault_errno(f, errno, "probe at %s:%u",
				   address_format(&plan->addresses[e->which], text), port);
	e->peers[i] = socket_address(&plan->addresses[1 - e->which], port);
	e->polls[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	return 0;
}

static int open_end(struct end *e, struct fault *f)
{
	const struct probe_plan *plan = &e->probe->plan;
	long tick_ns = (long)plan->interval_ms * 1000000 / GROUPS;
	struct itimerspec every = {{0, tick_ns}, {0, tick_ns}};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL) != 0)
		return fault_errno(f, errno, "timer");
	e->polls[plan->flows] = (struct pollfd){.fd = timer, .events = POLLIN};
	for (unsigned i = 0; i < plan->flows; i++)
		if (open_flow(e, i, f) != 0)
			return f->code;
	return 0;
}

/* A packet that the own machine refuses to send (no route) counts as sent, and so as lost. */
static void send_group(struct end *e)
{
	const struct probe *p = e->probe;
	struct flow *flows = p->shared->flows[e->which];

	for (unsigned i = e->group; i < p->plan.flows; i += GROUPS) {
		struct packet packet = {.id = p->id, .flow = i, .end = e->which};

		packet.number = atomic_fetch_add(&flows[i].sent, 1);
		(void)!sendto(e->polls[i].fd, &packet, sizeof(packet), 0,
			      (struct sockaddr *)&e->peers[i], sizeof(e->peers[i]));
	}
	e->group = (e->group + 1) % GROUPS;
}

static void note_arrival(struct flow *flow, int64_t now, int64_t began)
{
	int64_t last = atomic_load(&flow->last_ns);
	int64_t gap = now - (last != 0 ? last : began);

	if (gap > atomic_load(&flow->gap_ns))
		atomic_store(&flow->gap_ns, gap);
	atomic_store(&flow->last_ns, now);
	atomic_fetch_add(&flow->received, 1);
}

static void receive(struct end *e, unsigned i)
{
	struct shared *shared = e->probe->shared;
	struct packet packet;

	for (;;) {
		ssize_t n = recv(e->polls[i].fd, &packet, sizeof(packet), 0);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			continue; /* an ICMP error of an earlier packet: read on */
		if (n < 0)
			return;
		if (n == (ssize_t)sizeof(packet) && packet.id == e->probe->id && packet.flow == i &&
		    packet.end != e->which)
			note_arrival(&shared->flows[1 - e->which][i], mono_now().ns,
				     atomic_load(&shared->began_ns));
	}
}

static void run_end(struct end *e)
{
	struct shared *shared = e->probe->shared;
	unsigned flows = e->probe->plan.flows;
	uint64_t ticks;
	int phase;

	while ((phase = atomic_load(&shared->phase)) != PHASE_END) {
		if (poll(e->polls, flows + 1, 1000) < 0 && errno != EINTR)
			return;
		for (unsigned i = 0; i < flows; i++)
			if (e->polls[i].revents != 0)
				receive(e, i);
		if (read(e->polls[flows].fd, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks) &&
		    phase == PHASE_SEND)
			send_group(e);
	}
}

static void become_end(const struct probe *p, unsigned which)
{
	struct end e = {.probe = p, .which = which};
	struct fault f = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (place_enter(p->plan.places[which], &f) == 0 && open_end(&e, &f) == 0) {
		atomic_store(&p->shared->ready[which], 1);
		run_end(&e);
	}
	p->shared->faults[which] = f;
	_exit(0);
}

/* Polls in small steps: the counters are memory, there is nothing to wait on. */
static void pause_briefly(void)
{
	poll(NULL, 0, POLL_MS);
}

static int await_ready(struct probe *p, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), START_MS);

	for (unsigned i = 0; i < 2; i++) {
		while (!atomic_load(&p->shared->ready[i])) {
			if (waitpid(p->pids[i], NULL, WNOHANG) == p->pids[i]) {
				p->pids[i] = 0;
				return fault_set(f, p->shared->faults[i].code, "%s",
						 p->shared->faults[i].text);
			}
			if (mono_reached(deadline, mono_now()))
				return fault_set(f, ERR_TIMEOUT, "a probe does not start");
			pause_briefly();
		}
	}
	return 0;
}

int probe_start(const struct probe_plan *plan, struct probe **out, struct fault *f)
{
	struct shared *shared;
	struct probe *p;
	int code = 0;

	if (plan->flows < 1 || plan->flows > PROBE_FLOWS_MAX || plan->interval_ms < GROUPS)
		return fault_set(f, ERR_RANGE, "a probe of %u flows, %u ms", plan->flows,
				 plan->interval_ms);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return fault_errno(f, errno, "shared memory");
	p = mem_alloc(sizeof(*p));
	p->plan = *plan;
	p->shared = shared;
	if (getrandom(&p->id, sizeof(p->id), 0) != (ssize_t)sizeof(p->id))
		code = fault_errno(f, errno, "getrandom");
	for (unsigned i = 0; i < 2 && code == 0; i++) {
		p->pids[i] = fork();
		if (p->pids[i] == 0)
			become_end(p, i);
		if (p->pids[i] < 0)
			code = fault_errno(f, errno, "fork");
	}
	if (code == 0)
		code = await_ready(p, f);
	if (code != 0) {
		probe_abandon(p);
		return code;
	}
	atomic_store(&p->shared->began_ns, mono_now().ns);
	atomic_store(&p->shared->phase, PHASE_SEND);
	*out = p;
	return 0;
}

/* The first flow without an arrival in the last `ms`; false when there is none. */
static bool find_stale(const struct probe *p, int64_t ms, unsigned *way, unsigned *flow)
{
	int64_t since = mono_now().ns - ms * CLOCK_MS;

	for (unsigned w = 0; w < 2; w++) {
		for (unsigned i = 0; i < p->plan.flows; i++) {
			if (atomic_load(&p->shared->flows[w][i].last_ns) < since) {
				*way = w;
				*flow = i;
				return true;
			}
		}
	}
	return false;
}

int probe_await_passing(struct probe *p, struct mono deadline, struct fault *f)
{
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
	unsigned way, flow;

	while (find_stale(p, FRESH_MS, &way, &flow)) {
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "nothing arrives: %s to %s, port %u",
					 address_format(&p->plan.addresses[way], from),
					 address_format(&p->plan.addresses[1 - way], to),
					 p->plan.port + flow);
		pause_briefly();
	}
	return 0;
}

int probe_await_silence(struct probe *p, int64_t ms, struct fault *f)
{
	struct mono begin = mono_now(), end = mono_add_ms(begin, ms);
	char to[ADDRESS_TEXT_MAX];

	while (!mono_reached(end, mono_now())) {
		for (unsigned w = 0; w < 2; w++)
			for (unsigned i = 0; i < p->plan.flows; i++)
				if (atomic_load(&p->shared->flows[w][i].last_ns) > begin.ns)
					return fault_set(
						f, ERR_CHECK, "something arrived at %s",
						address_format(&p->plan.addresses[1 - w], to));
		pause_briefly();
	}
	return 0;
}

static void count_way(const struct probe *p, unsigned way, struct probe_way *out)
{
	int64_t began = atomic_load(&p->shared->began_ns);
	int64_t ended = atomic_load(&p->shared->ended_ns);

	for (unsigned i = 0; i < p->plan.flows; i++) {
		const struct flow *flow = &p->shared->flows[way][i];
		uint64_t sent = atomic_load(&flow->sent), got = atomic_load(&flow->received);
		int64_t last = atomic_load(&flow->last_ns), gap = atomic_load(&flow->gap_ns);
		int64_t open = ended - (last != 0 ? last : began); /* never came back */

		gap = open > gap ? open : gap;
		out->sent += sent;
		out->lost += sent > got ? sent - got : 0;
		out->flows_hit += sent > got;
		if (gap / CLOCK_MS > out->gap_ms) {
			out->gap_ms = gap / CLOCK_MS;
			out->worst_flow = i;
		}
	}
}

uint64_t probe_sent(const struct probe *p)
{
	uint64_t sent = 0;

	for (unsigned w = 0; w < 2; w++)
		for (unsigned i = 0; i < p->plan.flows; i++)
			sent += atomic_load(&p->shared->flows[w][i].sent);
	return sent;
}

uint64_t probe_missing(const struct probe *p)
{
	uint64_t missing = 0;

	for (unsigned w = 0; w < 2; w++) {
		for (unsigned i = 0; i < p->plan.flows; i++) {
			const struct flow *flow = &p->shared->flows[w][i];
			uint64_t got = atomic_load(&flow->received);
			uint64_t sent = atomic_load(&flow->sent);

			missing += sent > got ? sent - got : 0;
		}
	}
	return missing;
}

int probe_stop(struct probe *p, struct probe_result *out, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), DRAIN_MS);
	int code = 0;

	memset(out, 0, sizeof(*out));
	atomic_store(&p->shared->phase, PHASE_DRAIN);
	atomic_store(&p->shared->ended_ns, mono_now().ns);
	do
		pause_briefly(); /* once at least: a group may just be on its way out */
	while (probe_missing(p) > 0 && !mono_reached(deadline, mono_now()));
	for (unsigned i = 0; i < 2; i++)
		if (waitpid(p->pids[i], NULL, WNOHANG) == p->pids[i]) {
			p->pids[i] = 0;
			code = fault_set(f, ERR_INTERNAL, "a probe's process died");
		}
	for (unsigned w = 0; w < 2; w++)
		count_way(p, w, &out->ways[w]);
	probe_abandon(p);
	return code;
}

void probe_abandon(struct probe *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->shared->phase, PHASE_END);
	for (unsigned i = 0; i < 2; i++) {
		if (p->pids[i] > 0) {
			kill(p->pids[i], SIGKILL);
			waitpid(p->pids[i], NULL, 0);
		}
	}
	munmap(p->shared, sizeof(*p->shared));
	free(p);
}

int64_t probe_worst_gap(const struct probe_result *r)
{
	return r->ways[0].gap_ms > r->ways[1].gap_ms ? r->ways[0].gap_ms : r->ways[1].gap_ms;
}

uint64_t probe_lost(const struct probe_result *r)
{
	return r->ways[0].lost + r->ways[1].lost;
}
