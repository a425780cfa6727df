#include "controller/rotator.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "controller/controller.h"
#include "controller/rotation.h"
#include "controller/trouble.h"

#define TICK_MS 250 /* while somebody waits for his peers */

struct rotator {
	struct controller *controller;
	struct store *store;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct mono started;
	struct trouble trouble;
	bool awake, stopping;
};

/* Before the controller knows who is away, nobody is. */
bool rotator_hears(const void *context, row_t machine, struct wall seen_at)
{
	const struct rotator_ear *ear = context;
	struct wall asked = publish_machine_seen(ear->publish, machine);
	int64_t last = asked.ms > seen_at.ms ? asked.ms : seen_at.ms;

	return !ear->at->settled || ear->at->now.ms - last < PUBLISH_ONLINE_MS;
}

static void note(struct rotator *r, int code, const struct fault *f)
{
	if (code != 0)
		trouble_note(&r->trouble, "keys do not rotate meanwhile; it is tried again", f,
			     code);
	else
		trouble_clear(&r->trouble);
}

/* One look. *waiting: look again soon. */
static void look(struct rotator *r, struct mono *scheduled, bool *waiting)
{
	struct mono now = mono_now();
	const struct rotator_moment at = {wall_now(),
					  mono_ms_between(r->started, now) >= PUBLISH_ONLINE_MS};
	struct fault f = {0};
	int code = rotator_advance(r->controller, r->store, &at, waiting, &f);

	if (code == 0 && mono_reached(mono_add_ms(*scheduled, ROTATION_LOOK_MS), now)) {
		*scheduled = now;
		code = rotator_schedule(r->controller, r->store, &at, &f);
	}
	note(r, code, &f);
}

/* False when it is time to end. */
static bool wait_for_look(struct rotator *r, bool waiting)
{
	struct timespec until;
	int64_t ms = waiting ? TICK_MS : ROTATION_LOOK_MS;
	bool stopping;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * CLOCK_MS;
	if (until.tv_nsec >= CLOCK_S) {
		until.tv_sec++;
		until.tv_nsec -= CLOCK_S;
	}
	pthread_mutex_lock(&r->lock);
	while (!r->stopping && (!r->awake || waiting))
		if (pthread_cond_timedwait(&r->changed, &r->lock, &until) == ETIMEDOUT)
			break;
	r->awake = false;
	stopping = r->stopping;
	pthread_mutex_unlock(&r->lock);
	return !stopping;
}

static void *loop(void *arg)
{
	struct rotator *r = arg;
	struct mono scheduled = r->started;
	bool waiting = false;

	do
		look(r, &scheduled, &waiting);
	while (wait_for_look(r, waiting));
	return NULL;
}

static void init_waiting(struct rotator *r)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &clock);
	pthread_condattr_destroy(&clock);
	trouble_init(&r->trouble);
}

static void free_all(struct rotator *r)
{
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	trouble_fini(&r->trouble);
	store_close(r->store);
	free(r);
}

int rotator_start(struct rotator **out, struct controller *c, const char *database, struct fault *f)
{
	struct rotator *r = mem_alloc(sizeof(*r));
	int code;

	*out = NULL;
	r->controller = c;
	r->started = mono_now();
	init_waiting(r);
	code = store_open(&r->store, database, STORE_READ, f);
	if (code == 0 && pthread_create(&r->thread, NULL, loop, r) != 0)
		code = fault_set(f, ERR_INTERNAL, "a thread cannot be started");
	if (code == 0)
		*out = r;
	else
		free_all(r);
	return code;
}

void rotator_wake(struct rotator *r)
{
	pthread_mutex_lock(&r->lock);
	r->awake = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

void rotator_stop(struct rotator *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	free_all(r);
}
