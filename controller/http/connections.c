#include "controller/http/connections.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "controller/http/share.h"
#include "controller/questions.h"
#include "lib/base/arena.h"
#include "lib/base/log.h"

#define TICK_MS	   250
#define IDLE_MS	   75000 /* longer than the longest poll, so that an agent keeps its connection */
#define CROWD_PART 8	 /* of all that there may be, this part is kept free */
#define SEND_RATE  32	 /* bytes a millisecond that a receiver must at least take */

struct connection {
	struct connections *owner;
	int fd;
	bool first, known;
	struct deadline deadline;
	struct principal who; /* of one that is known */
	struct tls_input input;
	TAILQ_ENTRY(connection) entry;
};

TAILQ_HEAD(connection_list, connection);

struct connections {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct connection_list strangers, known; /* the longest there first */
	struct deadlines deadlines;		 /* of those whose turn it is, and not ours */
	size_t n, crowd;			 /* from so many on strangers make room */
	int64_t request_ms;
	struct poll *poll;
	struct questions *questions;
	struct share *share;
	pthread_t thread;
	bool stopping;
};

static void set_deadline(struct connection *x, int64_t ms)
{
	struct connections *c = x->owner;

	pthread_mutex_lock(&c->lock);
	if (ms > 0)
		deadlines_set(&c->deadlines, &x->deadline, mono_add_ms(mono_now(), ms));
	else
		deadlines_clear(&c->deadlines, &x->deadline);
	pthread_mutex_unlock(&c->lock);
}

static struct connection_list *list_of(struct connection *x)
{
	return x->known ? &x->owner->known : &x->owner->strangers;
}

/* The HTTP thread sees the end and closes it; until then the descriptor is its own. */
static void end(struct connection *x)
{
	shutdown(x->fd, SHUT_RDWR);
	deadlines_clear(&x->owner->deadlines, &x->deadline);
}

/* One that was ended already goes to the end of the row, or it would be all that is ever ended. */
static void make_room(struct connections *c)
{
	struct connection *x = TAILQ_FIRST(&c->strangers);

	if (c->n < c->crowd || x == NULL)
		return;
	end(x);
	TAILQ_REMOVE(&c->strangers, x, entry);
	TAILQ_INSERT_TAIL(&c->strangers, x, entry);
}

struct connection *connections_open(struct connections *c, int fd)
{
	struct connection *x = mem_alloc(sizeof(*x));

	*x = (struct connection){.owner = c, .fd = fd, .first = true};
	pthread_mutex_lock(&c->lock);
	make_room(c);
	deadlines_set(&c->deadlines, &x->deadline, mono_add_ms(mono_now(), c->request_ms));
	TAILQ_INSERT_TAIL(&c->strangers, x, entry);
	c->n++;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return x;
}

struct tls_input *connection_input(struct connection *x)
{
	return &x->input;
}

void connections_close(struct connections *c, struct connection *x)
{
	pthread_mutex_lock(&c->lock);
	TAILQ_REMOVE(list_of(x), x, entry);
	deadlines_clear(&c->deadlines, &x->deadline);
	c->n--;
	pthread_mutex_unlock(&c->lock);
	if (x->known)
		share_return(c->share, &x->who);
	free(x);
}

bool connection_known(struct connection *x, const struct principal *who)
{
	struct connections *c = x->owner;

	if (x->known) /* only ever set here, on the HTTP thread */
		return true;
	if (!share_take(c->share, who))
		return false;
	x->who = *who;
	pthread_mutex_lock(&c->lock);
	TAILQ_REMOVE(&c->strangers, x, entry);
	x->known = true;
	TAILQ_INSERT_TAIL(&c->known, x, entry);
	pthread_mutex_unlock(&c->lock);
	return true;
}

void connection_receiving(struct connection *x)
{
	/* The first request's time runs from the connection on, its handshake included. */
	if (!x->first)
		set_deadline(x, x->owner->request_ms);
	x->first = false;
}

void connection_working(struct connection *x)
{
	set_deadline(x, 0);
}

void connection_sending(struct connection *x, size_t bytes)
{
	set_deadline(x, x->owner->request_ms + (int64_t)(bytes / SEND_RATE));
}

void connection_idle(struct connection *x)
{
	set_deadline(x, IDLE_MS + x->owner->request_ms);
}

/* True: some were shut down. */
static bool expire(struct connections *c, struct mono now)
{
	struct deadline *first;
	bool some = false;

	pthread_mutex_lock(&c->lock);
	while ((first = deadlines_first(&c->deadlines)) != NULL && mono_reached(first->at, now)) {
		end((struct connection *)((char *)first - offsetof(struct connection, deadline)));
		some = true;
	}
	pthread_mutex_unlock(&c->lock);
	return some;
}

/* False when it is time to end. With no connection there is nothing to look at: sleep. */
static bool wait_for_tick(struct connections *c)
{
	struct timespec until;
	bool stopping;

	pthread_mutex_lock(&c->lock);
	while (!c->stopping && c->n == 0)
		pthread_cond_wait(&c->changed, &c->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * CLOCK_MS;
	until.tv_sec += until.tv_nsec / CLOCK_S;
	until.tv_nsec %= CLOCK_S;
	while (!c->stopping && pthread_cond_timedwait(&c->changed, &c->lock, &until) != ETIMEDOUT)
		;
	stopping = c->stopping;
	pthread_mutex_unlock(&c->lock);
	return !stopping;
}

static void *tick_loop(void *arg)
{
	struct connections *c = arg;

	while (wait_for_tick(c)) {
		struct mono now = mono_now();

		if (expire(c, now))
			log_info("connections shut down: a request took too long");
		poll_expire(c->poll, now);
		questions_look(c->questions, now);
	}
	return NULL;
}

int connections_start(struct connections **out, int64_t request_ms, size_t most, struct poll *poll,
		      struct questions *questions, struct fault *f)
{
	struct connections *c = mem_alloc(sizeof(*c));
	pthread_condattr_t clock;

	c->request_ms = request_ms;
	c->crowd = most - most / CROWD_PART;
	c->poll = poll;
	c->questions = questions;
	c->share = share_new(CONNECTIONS_OF_TOKEN);
	TAILQ_INIT(&c->strangers);
	TAILQ_INIT(&c->known);
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &clock);
	pthread_condattr_destroy(&clock);
	*out = c;
	if (pthread_create(&c->thread, NULL, tick_loop, c) == 0)
		return 0;
	*out = NULL;
	share_free(c->share);
	free(c);
	return fault_set(f, ERR_INTERNAL, "a thread cannot be started");
}

void connections_stop(struct connections *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->stopping = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	share_free(c->share);
	deadlines_fini(&c->deadlines);
	free(c);
}
