#include "agent/latency/latency.h"

#include <stdlib.h>
#include <string.h>

#include "agent/latency/work.h"
#include "agent/neighbour.h"
#include "agent/ties/ties.h"
#include "lib/base/log.h"
#include "lib/net/icmp_echo.h"

#define FOLLOW_MS 5000

struct latency {
	struct icmp_echo socket;
	uv_poll_t *poll;
	uv_timer_t *timer; /* runs while there is somebody to probe */
	struct latency_turns turns;
	work_vec work;
	struct mono followed;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_answers(uv_poll_t *poll, int status, int events)
{
	struct latency *e = poll->data;
	struct icmp_echo_reply r;

	(void)status;
	(void)events;
	while (icmp_echo_receive(&e->socket, &r))
		latency_turns_answer(&e->turns, r.sequence, &r.from, r.at_ns);
}

/* What the kernel does not send, nobody answers: it is lost like any other. */
static void on_tick(uv_timer_t *timer)
{
	struct latency *e = timer->data;
	struct mono now = mono_now();
	int64_t now_ns = icmp_echo_now();
	struct icmp_echo_request r = {0};
	const struct latency_target *t;

	on_answers(e->poll, 0, 0); /* they came before, whenever they are looked at */
	latency_turns_expire(&e->turns, now);
	t = latency_turns_take(&e->turns, now, now_ns, &r.sequence);
	if (t == NULL)
		return;
	r.from = t->from;
	r.to = t->to;
	r.device = t->device;
	icmp_echo_send(&e->socket, &r, NULL);
}

void latency_start(struct agent *a)
{
	struct fault f = {0};
	struct latency *e = mem_alloc(sizeof(*e));

	if (icmp_echo_open(&e->socket, &f) != 0) {
		log_warn("latency and loss are not measured", LOG_S("why", f.text));
		free(e);
		return;
	}
	e->poll = mem_alloc(sizeof(*e->poll));
	e->timer = mem_alloc(sizeof(*e->timer));
	if (uv_poll_init(a->loop, e->poll, e->socket.fd) != 0)
		abort(); /* epoll takes any socket */
	uv_timer_init(a->loop, e->timer);
	e->poll->data = e->timer->data = e;
	uv_poll_start(e->poll, UV_READABLE, on_answers);
	a->latency = e;
}

void latency_stop(struct agent *a)
{
	struct latency *e = a->latency;

	if (e == NULL)
		return;
	uv_close((uv_handle_t *)e->poll, on_closed);
	uv_close((uv_handle_t *)e->timer, on_closed);
	icmp_echo_close(&e->socket);
	latency_turns_fini(&e->turns);
	vec_free(&e->work);
	free(e);
	a->latency = NULL;
}

static bool is_live(const struct neighbour *n, const struct picture *p)
{
	return n->peer->last_handshake.ms != 0 &&
	       p->input.now.ms - n->peer->last_handshake.ms <= TIE_LIVE_MS;
}

static void add_targets(struct latency *e, const struct picture *p,
			const struct membership_facts *m, const neighbour_vec *all, struct mono now,
			latency_target_vec *out)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct neighbour *n = &all->at[i];

		if (n->device == 0 || n->peer->last_handshake.ms == 0 ||
		    (!n->router &&
		     (!is_live(n, p) || !work_is_on(&e->work, &m->id, &n->address, now))))
			continue;
		vec_push(out, (struct latency_target){.membership = m->id,
						      .from = m->own,
						      .to = n->address,
						      .device = n->device,
						      .circle = n->router ? LATENCY_ROUTERS
									  : LATENCY_OTHERS});
	}
}

static void count_work(const struct membership_facts *m, const neighbour_vec *all, work_vec *out)
{
	for (size_t i = 0; i < all->n; i++)
		vec_push(out, (struct work_peer){.membership = m->id,
						 .address = all->at[i].address,
						 .bytes = all->at[i].peer->rx_bytes +
							  all->at[i].peer->tx_bytes});
}

void latency_follow(struct agent *a, const struct picture *p, struct mono now)
{
	struct latency *e = a->latency;
	const struct facts *f = &p->desired.facts;
	neighbour_vec *all;
	latency_target_vec targets = {0};
	work_vec work = {0};

	if (e == NULL || (e->followed.ns != 0 && mono_ms_between(e->followed, now) < FOLLOW_MS))
		return;
	e->followed = now;
	all = mem_alloc((f->n + 1) * sizeof(*all));
	for (size_t i = 0; i < f->n; i++) {
		neighbours_gather(p, &f->memberships[i], &all[i]);
		count_work(&f->memberships[i], &all[i], &work);
	}
	work_follow(&e->work, &work, now);
	for (size_t i = 0; i < f->n; i++) {
		add_targets(e, p, &f->memberships[i], &all[i], now, &targets);
		vec_free(&all[i]);
	}
	free(all);
	latency_turns_follow(&e->turns, &targets);
	if (targets.n == 0)
		uv_timer_stop(e->timer);
	else if (!uv_is_active((const uv_handle_t *)e->timer))
		uv_timer_start(e->timer, on_tick, LATENCY_TICK_MS, LATENCY_TICK_MS);
	vec_free(&targets);
}

const struct latency_peer *latency_find(const struct agent *a, const struct id *membership,
					const struct address *peer)
{
	return a->latency != NULL ? latency_turns_find(&a->latency->turns, membership, peer) : NULL;
}
