#include "controller/http/request_context.h"

#include <time.h>

#define DRAIN_S 3

void request_context_init(struct request_context *x)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&x->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&x->fewer, &clock);
	pthread_condattr_destroy(&clock);
	x->share = share_new(REQUESTS_OF_TOKEN);
}

void request_context_fini(struct request_context *x)
{
	share_free(x->share);
	pthread_cond_destroy(&x->fewer);
	pthread_mutex_destroy(&x->lock);
}

void request_context_drain(struct request_context *x)
{
	struct timespec until;
	int rc = 0;

	pthread_mutex_lock(&x->lock);
	x->stopping = true;
	pthread_mutex_unlock(&x->lock);
	poll_stop(x->options.poll);
	questions_stop(x->options.questions);
	pthread_mutex_lock(&x->lock);
	while (x->away > 0)
		pthread_cond_wait(&x->fewer, &x->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += DRAIN_S;
	while (x->open > 0 && rc == 0)
		rc = pthread_cond_timedwait(&x->fewer, &x->lock, &until);
	pthread_mutex_unlock(&x->lock);
}

void request_context_open(struct request_context *x)
{
	pthread_mutex_lock(&x->lock);
	x->open++;
	pthread_mutex_unlock(&x->lock);
}

void request_context_close(struct request_context *x)
{
	pthread_mutex_lock(&x->lock);
	x->open--;
	pthread_cond_broadcast(&x->fewer);
	pthread_mutex_unlock(&x->lock);
}

bool request_context_send(struct request_context *x)
{
	bool ok;

	pthread_mutex_lock(&x->lock);
	ok = !x->stopping;
	x->away += ok;
	pthread_mutex_unlock(&x->lock);
	return ok;
}

void request_context_return(struct request_context *x)
{
	pthread_mutex_lock(&x->lock);
	x->away--;
	pthread_cond_broadcast(&x->fewer);
	pthread_mutex_unlock(&x->lock);
}
