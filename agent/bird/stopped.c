/* A BIRD that somebody has stopped (SIGSTOP) costs nothing as long as it stands: the kernel has its
 * routes, and neighbours that others can stand in for are told so by BFD. But when it goes on after
 * more than BFD's time, it takes all its neighbours for lost, and its routes out of the kernel,
 * until the sessions are up again: seconds. One that dies costs nothing (start.c). So it is ended,
 * before BFD's time is over. */
#include <stdlib.h>

#include "agent/bird/child.h"
#include "lib/base/log.h"

#define LOOK_MS 200
#define LOOKS	2 /* who stops it for a moment only is let alone */

static void on_pulse(uv_timer_t *timer)
{
	struct bird_child *b = timer->data;

	b->stopped = child_is_stopped(&b->process) ? b->stopped + 1 : 0;
	if (b->stopped != LOOKS)
		return;
	log_warn("BIRD was stopped by somebody: it is ended and started again",
		 LOG_D("pid", b->process.pid));
	child_kill(&b->process);
}

void bird_watch_pulse(struct bird_child *b)
{
	b->stopped = 0;
	b->pulse = mem_alloc(sizeof(*b->pulse));
	uv_timer_init(b->agent->loop, b->pulse);
	b->pulse->data = b;
	uv_timer_start(b->pulse, on_pulse, LOOK_MS, LOOK_MS);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void bird_unwatch_pulse(struct bird_child *b)
{
	if (b->pulse == NULL)
		return;
	uv_timer_stop(b->pulse);
	uv_close((uv_handle_t *)b->pulse, on_closed);
	b->pulse = NULL;
}
