#include "controller/http/share.h"

#include <pthread.h>
#include <stdlib.h>

#include "controller/uthash.h"
#include "lib/base/arena.h"

struct taker {
	struct {
		int64_t machine; /* rows of machines and of API tokens are numbered apart */
		row_t token;
	} key;
	unsigned taken;
	UT_hash_handle hh;
};

struct share {
	pthread_mutex_t lock;
	unsigned most;
	struct taker *takers; /* those that have taken any */
};

struct share *share_new(unsigned most)
{
	struct share *s = mem_alloc(sizeof(*s));

	s->most = most;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void share_free(struct share *s)
{
	struct taker *t, *next;

	if (s == NULL)
		return;
	HASH_ITER(hh, s->takers, t, next) {
		HASH_REMOVE(hh, s->takers, t);
		free(t);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static struct taker *find(struct share *s, const struct principal *who)
{
	struct taker *t, probe = {.key = {who->role == ROLE_MACHINE, who->token}};

	HASH_GET(hh, s->takers, &probe.key, sizeof(probe.key), t);
	return t;
}

static struct taker *add(struct share *s, const struct principal *who)
{
	struct taker *t = mem_alloc(sizeof(*t));

	t->key.machine = who->role == ROLE_MACHINE;
	t->key.token = who->token;
	HASH_ADD(hh, s->takers, key, sizeof(t->key), t);
	return t;
}

bool share_take(struct share *s, const struct principal *who)
{
	struct taker *t;
	bool granted;

	if (who->role == ROLE_NONE)
		return true;
	pthread_mutex_lock(&s->lock);
	t = find(s, who);
	if (t == NULL)
		t = add(s, who);
	granted = t->taken < s->most;
	t->taken += granted;
	pthread_mutex_unlock(&s->lock);
	return granted;
}

void share_return(struct share *s, const struct principal *who)
{
	struct taker *t;

	if (who->role == ROLE_NONE)
		return;
	pthread_mutex_lock(&s->lock);
	t = find(s, who);
	if (--t->taken == 0) {
		HASH_REMOVE(hh, s->takers, t);
		free(t);
	}
	pthread_mutex_unlock(&s->lock);
}
