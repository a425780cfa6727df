#include "controller/http/poll.h"

#include <pthread.h>
#include <stdlib.h>

#include "controller/uthash.h"
#include "lib/base/arena.h"

struct watched {
	row_t machine;
	struct waiter *waiters;
	UT_hash_handle hh;
};

struct poll {
	pthread_mutex_t lock;
	struct watched *machines;
	struct deadlines deadlines; /* of all waiters */
	uint64_t sequence;
	bool stopped;
};

struct poll *poll_new(void)
{
	struct poll *p = mem_alloc(sizeof(*p));

	pthread_mutex_init(&p->lock, NULL);
	return p;
}

void poll_free(struct poll *p)
{
	struct watched *w, *next;

	if (p == NULL)
		return;
	HASH_ITER(hh, p->machines, w, next) {
		HASH_REMOVE(hh, p->machines, w);
		free(w);
	}
	deadlines_fini(&p->deadlines);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

uint64_t poll_sequence(struct poll *p)
{
	uint64_t sequence;

	pthread_mutex_lock(&p->lock);
	sequence = p->sequence;
	pthread_mutex_unlock(&p->lock);
	return sequence;
}

size_t poll_count(struct poll *p)
{
	size_t n;

	pthread_mutex_lock(&p->lock);
	n = p->deadlines.heap.n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

bool poll_add(struct poll *p, struct waiter *w, uint64_t sequence)
{
	struct watched *m;
	bool current;

	pthread_mutex_lock(&p->lock);
	current = !p->stopped && p->sequence == sequence;
	if (current) {
		HASH_GET(hh, p->machines, &w->machine, sizeof(w->machine), m);
		if (m == NULL) {
			m = mem_alloc(sizeof(*m));
			m->machine = w->machine;
			HASH_ADD(hh, p->machines, machine, sizeof(m->machine), m);
		}
		w->next = m->waiters;
		w->link = &m->waiters;
		if (w->next != NULL)
			w->next->link = &w->next;
		m->waiters = w;
		deadlines_set(&p->deadlines, &w->deadline, w->deadline.at);
	}
	pthread_mutex_unlock(&p->lock);
	return current;
}

/* Out of everything, into `out`. */
static void take(struct poll *p, struct waiter *w, struct waiter **out)
{
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	deadlines_clear(&p->deadlines, &w->deadline);
	w->next = *out;
	*out = w;
}

static void forget_unwatched(struct poll *p, struct watched *m)
{
	if (m->waiters != NULL)
		return;
	HASH_REMOVE(hh, p->machines, m);
	free(m);
}

static void take_all(struct poll *p, struct watched *m, struct waiter **out)
{
	while (m->waiters != NULL)
		take(p, m->waiters, out);
	forget_unwatched(p, m);
}

static void wake_all(struct waiter *list, bool expired)
{
	struct waiter *next;

	for (; list != NULL; list = next) {
		next = list->next;
		list->wake(list, expired);
	}
}

static void take_machine(struct poll *p, row_t machine, struct waiter **out)
{
	struct watched *m;

	HASH_GET(hh, p->machines, &machine, sizeof(machine), m);
	if (m != NULL)
		take_all(p, m, out);
}

void poll_wake(struct poll *p, row_t machine)
{
	poll_wake_all(p, &machine, 1);
}

static int compare_rows(const void *a, const void *b)
{
	row_t x = *(const row_t *)a, y = *(const row_t *)b;

	return (x > y) - (x < y);
}

void poll_wake_all(struct poll *p, const row_t *machines, size_t n)
{
	struct waiter *list = NULL;
	struct watched *m, *next;

	pthread_mutex_lock(&p->lock);
	p->sequence++;
	if (n <= HASH_COUNT(p->machines)) {
		for (size_t i = 0; i < n; i++)
			take_machine(p, machines[i], &list);
	} else {
		HASH_ITER(hh, p->machines, m, next)
			if (bsearch(&m->machine, machines, n, sizeof(*machines), compare_rows) !=
			    NULL)
				take_all(p, m, &list);
	}
	pthread_mutex_unlock(&p->lock);
	wake_all(list, false);
}

void poll_expire(struct poll *p, struct mono now)
{
	struct waiter *list = NULL;
	struct deadline *first;

	pthread_mutex_lock(&p->lock);
	while ((first = deadlines_first(&p->deadlines)) != NULL && mono_reached(first->at, now)) {
		struct waiter *w =
			(struct waiter *)((char *)first - offsetof(struct waiter, deadline));
		struct watched *m;

		take(p, w, &list);
		HASH_GET(hh, p->machines, &w->machine, sizeof(w->machine), m);
		if (m != NULL)
			forget_unwatched(p, m);
	}
	pthread_mutex_unlock(&p->lock);
	wake_all(list, true);
}

void poll_stop(struct poll *p)
{
	struct waiter *list = NULL;
	struct watched *m, *next;

	pthread_mutex_lock(&p->lock);
	p->stopped = true;
	HASH_ITER(hh, p->machines, m, next)
		take_all(p, m, &list);
	pthread_mutex_unlock(&p->lock);
	wake_all(list, true);
}
