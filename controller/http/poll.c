#include "controller/http/poll.h"

#include <pthread.h>
#include <stdlib.h>
#include <uthash.h>

#include "lib/base/arena.h"

struct watched {
	row_t machine;
	struct waiter *waiters;
	UT_hash_handle hh;
};

struct poll {
	pthread_mutex_t lock;
	struct watched *machines;
	size_t nwaiters;
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
		/* NOLINTNEXTLINE(clang-analyzer-*): it cannot follow uthash */
		HASH_DEL(p->machines, w);
		free(w);
	}
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
	n = p->nwaiters;
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
		HASH_FIND(hh, p->machines, &w->machine, sizeof(w->machine), m);
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
		p->nwaiters++;
	}
	pthread_mutex_unlock(&p->lock);
	return current;
}

static void unlink_waiter(struct poll *p, struct waiter *w)
{
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	p->nwaiters--;
}

/* Moves those that `expired_by` (or everybody, for NULL) concerns out of `m` into `out`; forgets
 * the machine when nobody waits for it. */
static void collect(struct poll *p, struct watched *m, const struct mono *expired_by,
		    struct waiter **out)
{
	struct waiter *w, *next;

	for (w = m->waiters; w != NULL; w = next) {
		next = w->next;
		if (expired_by != NULL && !mono_reached(w->deadline, *expired_by))
			continue;
		unlink_waiter(p, w);
		w->next = *out;
		*out = w;
	}
	if (m->waiters == NULL) {
		HASH_DEL(p->machines, m);
		free(m);
	}
}

static void wake_all(struct waiter *list, bool expired)
{
	struct waiter *next;

	for (; list != NULL; list = next) {
		next = list->next;
		list->wake(list, expired);
	}
}

void poll_wake(struct poll *p, row_t machine)
{
	struct waiter *list = NULL;
	struct watched *m;

	pthread_mutex_lock(&p->lock);
	p->sequence++;
	HASH_FIND(hh, p->machines, &machine, sizeof(machine), m);
	if (m != NULL)
		collect(p, m, NULL, &list);
	pthread_mutex_unlock(&p->lock);
	wake_all(list, false);
}

void poll_expire(struct poll *p, struct mono now)
{
	struct waiter *list = NULL;
	struct watched *m, *next;

	pthread_mutex_lock(&p->lock);
	HASH_ITER(hh, p->machines, m, next)
		collect(p, m, &now, &list);
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
		collect(p, m, NULL, &list);
	pthread_mutex_unlock(&p->lock);
	wake_all(list, true);
}
