#include "agent/health/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/arena.h"

void check_closed(uv_handle_t *handle)
{
	struct check *c = handle->data;

	if (--c->open == 0)
		free(c);
}

static void close_all(struct check *c)
{
	if (uv_is_closing((uv_handle_t *)&c->timer))
		return;
	uv_close((uv_handle_t *)&c->timer, check_closed);
	c->kind->stop(c);
}

void check_end(struct check *c, const char *why)
{
	check_done done = c->done;

	c->done = NULL;
	close_all(c);
	if (done != NULL)
		done(c->context, why);
}

void check_cancel(struct check *c)
{
	c->done = NULL;
	close_all(c);
}

static void on_timer(uv_timer_t *timer)
{
	struct check *c = timer->data;

	check_end(c, c->why);
}

struct check *check_start(uv_loop_t *loop, const struct config *config,
			  const struct state_terms *terms, const struct prefix *prefix,
			  check_done done, void *context)
{
	struct check *c = mem_alloc(sizeof(*c));
	uint64_t ms = terms->timeout_ms;

	*c = (struct check){
		.kind = terms->check == STATE_CHECK_EXEC ? &check_exec : &check_tcp,
		.loop = loop,
		.config = config,
		.terms = *terms,
		.prefix = *prefix,
		.done = done,
		.context = context,
		.open = 1,
	};
	uv_timer_init(loop, &c->timer);
	c->timer.data = c;
	snprintf(c->why, sizeof(c->why), "no answer within %u ms", (unsigned)terms->timeout_ms);
	if (c->kind->start(c, c->why) != 0)
		ms = 0; /* it says so with the next turn of the loop */
	uv_timer_start(&c->timer, on_timer, ms, 0);
	return c;
}
