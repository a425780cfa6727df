#include "agent/latency/turns.h"

#include <stdlib.h>
#include <string.h>

static const int64_t gaps[LATENCY_CIRCLES] = LATENCY_GAPS_MS;

static int compare_keys(const struct id *m, const struct address *to, const struct id *n,
			const struct address *other)
{
	int order = memcmp(m->bytes, n->bytes, sizeof(m->bytes));

	return order != 0 ? order : memcmp(to->bytes, other->bytes, sizeof(to->bytes));
}

static int compare(const void *a, const void *b)
{
	const struct latency_target *x = a, *y = b;

	return compare_keys(&x->membership, &x->to, &y->membership, &y->to);
}

void latency_turns_fini(struct latency_turns *t)
{
	vec_free(&t->peers);
	for (size_t i = 0; i < LATENCY_CIRCLES; i++)
		vec_free(&t->circles[i]);
}

static struct latency_peer *find(const struct latency_turns *t, const struct id *membership,
				 const struct address *to)
{
	for (size_t low = 0, high = t->peers.n; low < high;) {
		size_t middle = low + (high - low) / 2;
		struct latency_peer *p = &t->peers.at[middle];
		int order = compare_keys(&p->target.membership, &p->target.to, membership, to);

		if (order == 0)
			return p;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct latency_peer *latency_turns_find(const struct latency_turns *t,
					      const struct id *membership, const struct address *to)
{
	return find(t, membership, to);
}

/* Each circle goes on where it was, about: the next one is as far into it as before. */
static void draw_circles(struct latency_turns *t)
{
	for (size_t i = 0; i < LATENCY_CIRCLES; i++)
		t->circles[i].n = 0;
	for (size_t i = 0; i < t->peers.n; i++)
		vec_push(&t->circles[t->peers.at[i].target.circle], i);
}

void latency_turns_follow(struct latency_turns *t, latency_target_vec *targets)
{
	struct latency_turns old = *t;
	size_t k = 0;

	vec_sort(targets, compare);
	memset(&t->peers, 0, sizeof(t->peers));
	for (size_t i = 0; i < targets->n && t->peers.n < LATENCY_PEERS_MAX; i++) {
		struct latency_peer p = {0};

		while (k < old.peers.n && compare(&old.peers.at[k].target, &targets->at[i]) < 0)
			k++;
		if (k < old.peers.n && compare(&old.peers.at[k].target, &targets->at[i]) == 0)
			p = old.peers.at[k];
		p.target = targets->at[i];
		vec_push(&t->peers, p);
	}
	vec_free(&old.peers);
	draw_circles(t);
}

/* ---- what came of it ---- */

static void decide(struct latency_peer *p, bool answered)
{
	p->history = p->history << 1 | answered;
	if (p->decided < LATENCY_HISTORY)
		p->decided++;
}

static void forget(struct latency_turns *t, struct latency_flight *f)
{
	struct latency_peer *p = f->used ? find(t, &f->membership, &f->to) : NULL;

	if (p != NULL)
		decide(p, false);
	f->used = false;
}

void latency_turns_expire(struct latency_turns *t, struct mono now)
{
	for (size_t i = 0; i < LATENCY_FLIGHT; i++)
		if (t->flight[i].used && mono_ms_between(t->flight[i].sent, now) >= LATENCY_LOST_MS)
			forget(t, &t->flight[i]);
}

void latency_turns_answer(struct latency_turns *t, uint16_t sequence, const struct address *from,
			  int64_t at_ns)
{
	struct latency_flight *f = &t->flight[sequence % LATENCY_FLIGHT];
	int64_t us = (at_ns - f->sent_ns) / 1000;
	struct latency_peer *p;

	if (!f->used || f->sequence != sequence || !address_equal(&f->to, from))
		return;
	f->used = false;
	p = find(t, &f->membership, &f->to);
	if (p == NULL)
		return;
	decide(p, true);
	if (us < 0 || us > LATENCY_LOST_MS * INT64_C(1000))
		return; /* the machine's clock was set */
	if (us == 0)
		us = 1;
	p->recent_us[p->answered++ % LATENCY_RECENT] = (uint32_t)us;
}

static int compare_us(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

uint32_t latency_peer_us(const struct latency_peer *p)
{
	size_t n = p->answered < LATENCY_RECENT ? p->answered : LATENCY_RECENT;
	uint32_t sorted[LATENCY_RECENT];

	if (n == 0)
		return 0;
	memcpy(sorted, p->recent_us, sizeof(sorted));
	qsort(sorted, n, sizeof(sorted[0]), compare_us);
	return sorted[n / 2];
}

unsigned latency_peer_loss(const struct latency_peer *p)
{
	unsigned answered = 0;

	for (unsigned i = 0; i < p->decided; i++)
		answered += p->history >> i & 1;
	return p->decided == 0 ? 0 : (p->decided - answered) * 100u / p->decided;
}

/* ---- whose turn it is ---- */

/* The next one of a circle has waited longest: when it may not, nobody of it may. */
static struct latency_peer *due(struct latency_turns *t, enum latency_circle circle,
				struct mono now)
{
	struct latency_peer *p;

	if (t->circles[circle].n == 0)
		return NULL;
	t->next[circle] %= t->circles[circle].n;
	p = &t->peers.at[t->circles[circle].at[t->next[circle]]];
	if (p->sent.ns != 0 && mono_ms_between(p->sent, now) < gaps[circle])
		return NULL;
	t->next[circle]++;
	return p;
}

static void fly(struct latency_turns *t, const struct latency_peer *p, int64_t now_ns)
{
	struct latency_flight *f = &t->flight[t->sequence % LATENCY_FLIGHT];

	forget(t, f);
	*f = (struct latency_flight){.used = true,
				     .sequence = t->sequence,
				     .membership = p->target.membership,
				     .to = p->target.to,
				     .sent = p->sent,
				     .sent_ns = now_ns};
}

struct latency_target *latency_turns_take(struct latency_turns *t, struct mono now, int64_t now_ns,
					  uint16_t *sequence)
{
	struct latency_peer *p = NULL;

	for (int i = 0; i < LATENCY_CIRCLES && p == NULL; i++) {
		t->last = (t->last + 1) % LATENCY_CIRCLES;
		p = due(t, t->last, now);
	}
	if (p == NULL)
		return NULL;
	p->sent = now;
	*sequence = ++t->sequence;
	fly(t, p, now_ns);
	return &p->target;
}
