#include "agent/report.h"

#include <stdlib.h>

#include "agent/report_ties.h"
#include "lib/base/log.h"

#define SOON_MS	   200
#define PERIOD_MS  60000
#define ANSWER_MAX 65536

struct report {
	struct agent *agent;
	uv_timer_t *timer;
	bool under_way, again;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_timer(uv_timer_t *timer);

static void on_answer(void *context, struct http_answer *a)
{
	struct report *r = context;

	r->under_way = false;
	if (a->code != 0)
		log_debug("the report was not taken", LOG_S("why", a->fault.text));
	if (report_ties_answered(&r->agent->members, a))
		r->again = true;
	if (r->again)
		uv_timer_start(r->timer, on_timer, SOON_MS, PERIOD_MS);
	r->again = false;
}

static void send_report(struct report *r)
{
	struct agent *a = r->agent;
	struct picture p;
	struct buf body;
	struct http_request q = {
		.method = "POST", .path = "/mesh/report", .answer_max = ANSWER_MAX};

	if (picture_take(a, &p, NULL) != 0)
		return;
	buf_init(&body);
	report_ties_begin(&a->members);
	report_body(a, &p, &body);
	q.body = buf_text(&body);
	q.body_len = body.len;
	r->under_way = true;
	contact_ask(&a->contact, &q, on_answer, r);
	buf_fini(&body);
	picture_fini(&p);
}

static void on_timer(uv_timer_t *timer)
{
	struct report *r = timer->data;

	if (r->under_way)
		r->again = true;
	else
		send_report(r);
}

void report_soon(struct agent *a)
{
	if (a->report == NULL)
		return;
	if (a->report->under_way)
		a->report->again = true;
	else if (uv_timer_get_due_in(a->report->timer) > SOON_MS) /* or it would never come */
		uv_timer_start(a->report->timer, on_timer, SOON_MS, PERIOD_MS);
}

void report_start(struct agent *a)
{
	struct report *r = mem_alloc(sizeof(*r));

	r->agent = a;
	r->timer = mem_alloc(sizeof(*r->timer));
	uv_timer_init(a->loop, r->timer);
	r->timer->data = r;
	uv_timer_start(r->timer, on_timer, SOON_MS, PERIOD_MS);
	a->report = r;
}

/* contact_close() comes first: it cancels what is under way. */
void report_stop(struct agent *a)
{
	struct report *r = a->report;

	if (r == NULL)
		return;
	uv_timer_stop(r->timer);
	uv_close((uv_handle_t *)r->timer, on_closed);
	free(r);
	a->report = NULL;
}
