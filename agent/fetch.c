#include "agent/fetch.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "agent/bird/bird.h"
#include "agent/fetch_set.h"
#include "agent/forgotten.h"
#include "agent/question.h"
#include "agent/report.h"
#include "agent/watch.h"
#include "lib/base/log.h"

#define WAIT_S	       55
#define LIST_MAX       (1u << 20)
#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS   30000
#define SHOW_AGAIN_MS  600000
#define EARLY_MS       1000 /* who answers "no news" sooner has not waited for any */

struct fetch {
	struct agent *agent;
	uv_timer_t *retry;
	uint64_t delay;		  /* before asking again; 0: what was asked last went well */
	struct mono asked;	  /* for the list, the last time */
	struct mono show_again;	  /* to a controller that does not know us */
	char etag[HTTP_ETAG_MAX]; /* of the last list that was worked through */
	char coming[HTTP_ETAG_MAX];
	struct arena arena; /* of the list at hand */
	struct offer offer;
	size_t at;   /* the membership at hand */
	bool failed; /* something of this list did not come: ask again */
	struct fetch_set set;
};

static void ask_list(struct fetch *f);

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_retry(uv_timer_t *timer)
{
	ask_list(timer->data);
}

/* With some jitter: a controller that comes back is not met by all at once. */
static void retry(struct fetch *f)
{
	f->delay = f->delay == 0 ? RETRY_FIRST_MS : f->delay * 2;
	f->delay = f->delay > RETRY_MAX_MS ? RETRY_MAX_MS : f->delay;
	uv_timer_start(f->retry, on_retry, f->delay / 2 + randombytes_uniform((uint32_t)f->delay),
		       0);
}

/* The next answer comes when there is news. */
static void go_on(struct fetch *f)
{
	f->delay = 0;
	ask_list(f);
}

static void next(struct fetch *f)
{
	for (; f->at < f->offer.n; f->at++) {
		if (fetch_set_start(&f->set, &f->offer.at[f->at]))
			return;
		f->failed = f->failed || f->set.failed;
	}
	arena_fini(&f->arena);
	f->offer = (struct offer){0};
	if (f->failed) {
		retry(f);
		return;
	}
	memcpy(f->etag, f->coming, sizeof(f->etag));
	if (f->etag[0] != '\0')
		go_on(f);
	else
		retry(f); /* nobody waits for news of what has no name */
}

static void on_set(void *context)
{
	struct fetch *f = context;

	f->failed = f->failed || f->set.failed;
	f->at++;
	next(f);
}

static void drop_missing(struct fetch *f)
{
	member_vec *members = &f->agent->members;

	for (size_t i = 0; i < members->n;) {
		struct member *m = members->at[i];
		bool there = false;
		char id[ID_TEXT_MAX];
		struct fault why = {0};

		for (size_t k = 0; k < f->offer.n; k++)
			there = there || id_equal(&f->offer.at[k].id, &m->id);
		if (there) {
			i++;
			continue;
		}
		log_info("the membership is over", LOG_S("membership", id_format(&m->id, id)));
		bird_end(f->agent, m);
		if (member_remove(&m->id, &f->agent->config, &why) != 0)
			log_warn("state cannot be removed", LOG_S("why", why.text));
		member_free(m);
		members->at[i] = members->at[--members->n];
		watch_wake(f->agent);
	}
}

static void add_new(struct fetch *f)
{
	for (size_t i = 0; i < f->offer.n; i++) {
		const struct id *id = &f->offer.at[i].id;
		struct fault why = {0};
		struct member *m;
		bool made;

		if (member_find(&f->agent->members, id) != NULL)
			continue;
		m = member_new(id);
		if (member_load_key(m, &f->agent->config, &made, &why) != 0) {
			log_error("no key can be made", LOG_S("why", why.text));
			member_free(m);
			f->failed = true;
			continue;
		}
		m->announce_key = made;
		vec_push(&f->agent->members, m);
	}
}

static void show_unknown(struct fetch *f)
{
	struct mono now = mono_now();

	if (!mono_reached(f->show_again, now))
		return;
	f->show_again = mono_add_ms(now, SHOW_AGAIN_MS);
	forgotten_show(f->agent);
}

static void on_list(void *context, struct http_answer *a)
{
	struct fetch *f = context;
	struct fault why = {0};

	if (contact_note(&f->agent->contact, a, "for news"))
		report_soon(f->agent);
	if (f->agent->contact.revoked) /* the last list of all: an empty one */
		drop_missing(f);
	if (a->code == ERR_AUTH)
		show_unknown(f);
	if (a->code != 0 || (a->status != 200 && a->status != 304)) {
		retry(f);
		return;
	}
	if (a->status == 304) {
		if (mono_ms_between(f->asked, mono_now()) >= EARLY_MS)
			go_on(f);
		else
			retry(f);
		return;
	}
	f->failed = false;
	if (offer_parse(&a->body, &f->arena, &f->offer, &why) != 0) {
		log_error("the controller's list is not understood", LOG_S("why", why.text));
		arena_fini(&f->arena);
		f->offer = (struct offer){0};
		retry(f);
		return;
	}
	memcpy(f->coming, a->etag, sizeof(f->coming));
	for (size_t i = 0; i < f->offer.nquestions; i++)
		question_start(f->agent, &f->offer.questions[i]);
	drop_missing(f);
	add_new(f);
	f->at = 0;
	next(f);
}

static void ask_list(struct fetch *f)
{
	struct http_request r = {
		.method = "GET",
		.path = "/machine",
		.if_none_match = f->etag,
		.start = f->agent->machine.start,
		.wait_s = f->etag[0] != '\0' ? WAIT_S : 0,
		.answer_max = LIST_MAX,
	};

	f->asked = mono_now();
	contact_ask(&f->agent->contact, &r, on_list, f);
}

void fetch_start(struct agent *a)
{
	struct fetch *f = mem_alloc(sizeof(*f));

	f->agent = a;
	fetch_set_open(&f->set, a, on_set, f);
	arena_init(&f->arena);
	f->retry = mem_alloc(sizeof(*f->retry));
	uv_timer_init(a->loop, f->retry);
	f->retry->data = f;
	a->fetch = f;
	ask_list(f);
}

/* contact_close() comes first: it cancels what is under way. */
void fetch_stop(struct agent *a)
{
	struct fetch *f = a->fetch;

	if (f == NULL)
		return;
	uv_timer_stop(f->retry);
	uv_close((uv_handle_t *)f->retry, on_closed);
	fetch_set_close(&f->set);
	arena_fini(&f->arena);
	free(f);
	a->fetch = NULL;
}
