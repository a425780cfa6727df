#include "agent/idle.h"

#include <stdlib.h>

#include "agent/agent.h"
#include "agent/bird/bird.h"
#include "agent/report.h"

#define LOOK_MS	  1000
#define SELDOM_MS 3000 /* when it is known to be idle */
#define LOOKS	  2

bool idle_is(const struct idle *x)
{
	return x->drained && x->looks >= LOOKS;
}

/* BIRD has what the newest state says, and has been believed: it has told everybody. */
static bool has_told(const struct agent *a)
{
	for (size_t i = 0; i < a->members.n; i++)
		if (!member_is_ready(a->members.at[i]) || a->members.at[i]->bird_pending ||
		    !bird_rests(a->members.at[i]))
			return false;
	return true;
}

static void look(struct agent *a)
{
	struct idle *x = &a->idle;
	uint64_t packets;

	if (!has_told(a) || !fence_read_carried(&packets)) {
		x->counted = false;
		x->looks = 0;
		return;
	}
	if (x->counted && packets == x->packets)
		x->looks++;
	else
		x->looks = 0;
	x->counted = true;
	x->packets = packets;
}

static void on_timer(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	const bool was = idle_is(&a->idle);
	bool is;

	look(a);
	is = idle_is(&a->idle);
	if (is != was)
		report_soon(a);
	uv_timer_start(timer, on_timer, is ? SELDOM_MS : LOOK_MS, 0);
}

static bool is_drained(const struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (!f->memberships[i].drained)
			return false;
	return f->n > 0;
}

void idle_follow(struct agent *a, const struct facts *f)
{
	struct idle *x = &a->idle;
	const bool drained = is_drained(f);

	if (x->timer == NULL || drained == x->drained)
		return;
	*x = (struct idle){.timer = x->timer, .drained = drained};
	if (drained)
		uv_timer_start(x->timer, on_timer, LOOK_MS, 0);
	else
		uv_timer_stop(x->timer);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void idle_start(struct agent *a)
{
	a->idle.timer = mem_alloc(sizeof(*a->idle.timer));
	uv_timer_init(a->loop, a->idle.timer);
	a->idle.timer->data = a;
}

void idle_stop(struct agent *a)
{
	if (a->idle.timer != NULL)
		uv_close((uv_handle_t *)a->idle.timer, on_closed);
	a->idle.timer = NULL;
}
