#include "controller/twins.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "controller/uthash.h"
#include "lib/base/arena.h"

#define STARTS_MAX 8 /* that are remembered of a machine; the one heard of longest ago goes */

struct start {
	uint64_t name; /* a hash of it */
	struct address from;
	struct mono first_return;
	unsigned returns;
};

struct watched {
	row_t machine;
	struct start *starts; /* the last one that asked is the first */
	size_t n;
	UT_hash_handle hh;
};

struct twins {
	pthread_mutex_t lock;
	struct watched *machines;
};

struct twins *twins_new(void)
{
	struct twins *t = mem_alloc(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

static void drop(struct twins *t, struct watched *w)
{
	HASH_REMOVE(hh, t->machines, w);
	free(w->starts);
	free(w);
}

void twins_free(struct twins *t)
{
	struct watched *w, *next;

	if (t == NULL)
		return;
	HASH_ITER(hh, t->machines, w, next)
		drop(t, w);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static uint64_t hash_of(const char *start)
{
	struct digest d;
	uint64_t hash;

	digest_of(start, strlen(start), &d);
	memcpy(&hash, d.bytes, sizeof(hash));
	return hash;
}

static struct watched *watch(struct twins *t, row_t machine)
{
	struct watched *w;

	HASH_GET(hh, t->machines, &machine, sizeof(machine), w);
	if (w != NULL)
		return w;
	w = mem_alloc(sizeof(*w));
	w->machine = machine;
	HASH_ADD(hh, t->machines, machine, sizeof(machine), w);
	return w;
}

/* Moves those before it back by one place: it is the first then. */
static void to_front(struct watched *w, size_t at)
{
	struct start x = w->starts[at];

	memmove(w->starts + 1, w->starts, at * sizeof(x));
	w->starts[0] = x;
}

static void add(struct watched *w, uint64_t name)
{
	if (w->n < STARTS_MAX)
		w->starts = mem_resize(w->starts, ++w->n, sizeof(*w->starts));
	w->starts[w->n - 1] = (struct start){.name = name};
	to_front(w, w->n - 1);
}

static void count_return(struct start *x, struct mono now)
{
	if (x->returns > 0 && mono_ms_between(x->first_return, now) > TWINS_WITHIN_MS)
		x->returns = 0;
	if (x->returns++ == 0)
		x->first_return = now;
}

static bool seen(struct watched *w, uint64_t name, struct mono now)
{
	size_t at = 0;

	while (at < w->n && w->starts[at].name != name)
		at++;
	if (at == w->n) {
		add(w, name);
		return false;
	}
	if (at == 0)
		return false;
	to_front(w, at);
	count_return(&w->starts[0], now);
	return w->starts[0].returns >= TWINS_RETURNS;
}

bool twins_seen(struct twins *t, row_t machine, const char *start, const struct address *from,
		struct mono now, struct address *other)
{
	uint64_t name = hash_of(start);
	struct watched *w;
	bool two;

	pthread_mutex_lock(&t->lock);
	w = watch(t, machine);
	two = seen(w, name, now);
	w->starts[0].from = *from;
	if (two)
		*other = w->starts[1].from;
	pthread_mutex_unlock(&t->lock);
	return two;
}

void twins_forget(struct twins *t, row_t machine)
{
	struct watched *w;

	pthread_mutex_lock(&t->lock);
	HASH_GET(hh, t->machines, &machine, sizeof(machine), w);
	if (w != NULL)
		drop(t, w);
	pthread_mutex_unlock(&t->lock);
}
