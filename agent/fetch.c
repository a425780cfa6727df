#include "agent/fetch.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/bird.h"
#include "agent/offer.h"
#include "agent/report.h"
#include "agent/watch.h"
#include "lib/base/log.h"

#define WAIT_S	       55
#define MACHINE_MAX    (1u << 20)
#define BIRD_MAX       (64u << 20)
#define RETRY_FIRST_MS 500
#define RETRY_MAX_MS   30000

enum step { STEP_KEY, STEP_VIEW, STEP_MEMBERSHIP, STEP_TEMPLATES, STEP_TEXT, STEP_INSTALL };

struct fetch {
	struct agent *agent;
	uv_timer_t *retry;
	uint64_t delay;
	char etag[HTTP_ETAG_MAX]; /* of the last list that was worked through */
	char coming[HTTP_ETAG_MAX];
	struct arena arena; /* of the list at hand */
	struct offer offer;
	size_t at;	/* the membership at hand */
	enum step step; /* what is asked for it next */
	bool failed;	/* something of this list did not come: ask again */
	struct member_update update;
	struct fetch_status status;
};

static void next(struct fetch *f);
static void ask_machine(struct fetch *f);

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_retry(uv_timer_t *timer)
{
	ask_machine(timer->data);
}

/* With some jitter: a controller that comes back is not met by all at once. */
static void retry(struct fetch *f)
{
	f->delay = f->delay == 0 ? RETRY_FIRST_MS : f->delay * 2;
	f->delay = f->delay > RETRY_MAX_MS ? RETRY_MAX_MS : f->delay;
	uv_timer_start(f->retry, on_retry, f->delay / 2 + randombytes_uniform((uint32_t)f->delay),
		       0);
}

static void note_answer(struct fetch *f, const struct http_answer *a, const char *what)
{
	struct agent *agent = f->agent;

	if (a->status != 0 && !f->status.connected)
		report_soon(agent); /* what was sent meanwhile is lost */
	f->status.connected = a->status != 0;
	if (a->status != 0)
		f->status.answered = wall_now();
	if (a->code != 0) {
		snprintf(f->status.error, sizeof(f->status.error), "%s",
			 fault_text(&a->fault, a->code));
		log_warn("the controller did not answer as it should", LOG_S("asked", what),
			 LOG_S("why", f->status.error));
		return;
	}
	f->status.error[0] = '\0';
	if (agent->machine.where.changed &&
	    machine_store_public(&agent->machine, &agent->config, NULL) == 0)
		agent->machine.where.changed = false;
}

static void ask(struct fetch *f, struct http_request *r, http_done *done)
{
	struct buf bearer;

	buf_init_secret(&bearer);
	machine_bearer(&f->agent->machine, &bearer);
	r->bearer = buf_text(&bearer);
	http_start(f->agent->http, r, done, f);
	buf_fini(&bearer);
}

/* ---- one membership ---- */

static struct offered *offered(struct fetch *f)
{
	return &f->offer.at[f->at];
}

static struct member *member(struct fetch *f)
{
	return member_find(&f->agent->members, &offered(f)->id);
}

static void on_part(void *context, struct http_answer *a)
{
	static const enum member_part parts[] = {
		[STEP_VIEW] = PART_VIEW,
		[STEP_MEMBERSHIP] = PART_MEMBERSHIP,
		[STEP_TEMPLATES] = PART_TEMPLATES,
		[STEP_TEXT] = PART_TEXT,
	};
	struct fetch *f = context;
	struct buf *to;

	note_answer(f, a, "a part of the state");
	if (a->code != 0 || a->status != 200) {
		f->failed = true;
		f->at++; /* nothing of an incomplete set is installed */
		f->step = STEP_KEY;
		next(f);
		return;
	}
	to = &f->update.parts[parts[f->step]];
	buf_fini(to);
	*to = a->body; /* takes the memory */
	buf_init(&a->body);
	f->step++;
	next(f);
}

static void ask_part(struct fetch *f, const char *what, const char *selector, const char *value,
		     size_t max)
{
	char path[160], id[ID_TEXT_MAX];
	struct http_request r = {.method = "GET", .path = path, .answer_max = max};

	snprintf(path, sizeof(path), "/mesh/%s?membership=%s&%s=%s", what,
		 id_format(&offered(f)->id, id), selector, value);
	ask(f, &r, on_part);
}

static void on_key(void *context, struct http_answer *a)
{
	struct fetch *f = context;
	struct member *m = member(f);

	note_answer(f, a, "to take the public key");
	f->failed = f->failed || a->code != 0;
	if (a->code == 0 && m != NULL) {
		/* What was listed is older than the key; the list that has it comes next. */
		m->announce_key = false;
		offered(f)->view = offered(f)->membership = 0;
	}
	f->step++;
	next(f);
}

static void ask_key(struct fetch *f, const struct member *m)
{
	char path[80], id[ID_TEXT_MAX], key[WG_KEY_TEXT_MAX], body[128];
	struct http_request r = {
		.method = "PUT", .path = path, .body = body, .answer_max = MACHINE_MAX};

	snprintf(path, sizeof(path), "/memberships/%s/public-key", id_format(&m->id, id));
	snprintf(body, sizeof(body), "{\"public_key\": \"%s\"}",
		 wg_key_format(&m->public_key, key));
	r.body_len = strlen(body);
	ask(f, &r, on_key);
}

/* The hashes of the texts that the image names: the new one's if there is one. */
static bool wanted_texts(struct fetch *f, struct member *m, struct digest *templates,
			 struct digest *text)
{
	const struct buf *b = &f->update.parts[PART_MEMBERSHIP];
	const struct state_expect expect = {.kind = STATE_KIND_MEMBERSHIP,
					    .signer = f->agent->machine.signer,
					    .membership = m->id.bytes};
	struct state_image image;
	const struct state_self *self;
	struct fault why = {0};
	uint64_t n;

	if (b->len == 0) {
		if (m->membership.data == NULL)
			return false;
		member_bird_digests(m, templates, text);
		return true;
	}
	if (state_open(&image, b->data, b->len, &expect, &why) != 0)
		return false; /* so says member_install(), which gets no further either */
	self = state_records(&image, STATE_SELF, &n);
	memcpy(templates->bytes, self->bird_templates, sizeof(templates->bytes));
	memcpy(text->bytes, self->bird_text, sizeof(text->bytes));
	return true;
}

static bool has(const struct buf *b, const struct digest *want)
{
	struct digest now;

	digest_of(buf_text(b), b->len, &now);
	return b->len > 0 && digest_equal(&now, want);
}

static bool update_is_empty(const struct member_update *u)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (u->parts[i].len > 0)
			return false;
	return true;
}

static void clear_update(struct fetch *f)
{
	for (int i = 0; i < PART_COUNT; i++)
		buf_fini(&f->update.parts[i]);
}

/* Asked for in several requests, its parts can be of two revisions: the next list has one set. */
static bool is_torn(int code)
{
	return code == ERR_MISMATCH || code == ERR_STALE;
}

static void note_refused(struct fetch *f, struct member *m, const struct fault *why)
{
	f->failed = true;
	snprintf(f->status.error, sizeof(f->status.error), "%s", why->text);
	if (is_torn(why->code)) {
		log_info("a new state is not used", LOG_S("why", why->text));
		return;
	}
	log_error("a new state is not used", LOG_S("why", why->text));
	snprintf(m->refused, sizeof(m->refused), "a new state is not used: %s", why->text);
	report_soon(f->agent);
}

static void install(struct fetch *f, struct member *m)
{
	struct fault why = {0};

	if (update_is_empty(&f->update)) {
		if (member_is_ready(m))
			m->refused[0] = '\0';
	} else if (member_install(m, &f->agent->config, f->agent->machine.signer, &f->update,
				  &why) != 0) {
		note_refused(f, m, &why);
	} else {
		watch_wake(f->agent);
	}
	f->at++;
	f->step = STEP_KEY;
}

/* True when a request is on its way; false to go on at once. */
static bool step(struct fetch *f, struct member *m)
{
	const struct offered *o = offered(f);
	struct digest templates, text;

	switch (f->step) {
	case STEP_KEY:
		clear_update(f);
		if (!o->needs_key && !m->announce_key)
			break;
		ask_key(f, m);
		return true;
	case STEP_VIEW:
		if (o->view == 0 || o->view == member_revision(&m->view))
			break;
		ask_part(f, "config", "image", "view", STATE_IMAGE_MAX);
		return true;
	case STEP_MEMBERSHIP:
		if (o->membership == 0 || o->membership == member_revision(&m->membership))
			break;
		ask_part(f, "config", "image", "membership", STATE_IMAGE_MAX);
		return true;
	case STEP_TEMPLATES:
		if (!wanted_texts(f, m, &templates, &text) || has(&m->templates, &templates))
			break;
		ask_part(f, "bird", "part", "templates", BIRD_MAX);
		return true;
	case STEP_TEXT:
		if (!wanted_texts(f, m, &templates, &text) || has(&m->text, &text))
			break;
		ask_part(f, "bird", "part", "text", BIRD_MAX);
		return true;
	case STEP_INSTALL:
		install(f, m);
		return false;
	}
	f->step++;
	return false;
}

static void next(struct fetch *f)
{
	while (f->at < f->offer.n) {
		struct member *m = member(f);

		if (m == NULL) {
			f->at++;
			f->step = STEP_KEY;
		} else if (step(f, m)) {
			return;
		}
	}
	clear_update(f);
	arena_fini(&f->arena);
	f->offer = (struct offer){0};
	if (f->failed) {
		retry(f);
		return;
	}
	f->delay = 0;
	memcpy(f->etag, f->coming, sizeof(f->etag));
	ask_machine(f);
}

/* ---- the list ---- */

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

static void on_machine(void *context, struct http_answer *a)
{
	struct fetch *f = context;
	struct fault why = {0};

	note_answer(f, a, "for news");
	if (a->code != 0 || (a->status != 200 && a->status != 304)) {
		retry(f);
		return;
	}
	f->delay = 0;
	if (a->status == 304) {
		ask_machine(f);
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
	drop_missing(f);
	add_new(f);
	f->at = 0;
	f->step = STEP_KEY;
	next(f);
}

static void ask_machine(struct fetch *f)
{
	struct http_request r = {
		.method = "GET",
		.path = "/machine",
		.if_none_match = f->etag,
		.wait_s = f->etag[0] != '\0' ? WAIT_S : 0,
		.answer_max = MACHINE_MAX,
	};

	ask(f, &r, on_machine);
}

void fetch_start(struct agent *a)
{
	struct fetch *f = mem_alloc(sizeof(*f));

	f->agent = a;
	arena_init(&f->arena);
	f->retry = mem_alloc(sizeof(*f->retry));
	uv_timer_init(a->loop, f->retry);
	f->retry->data = f;
	a->fetch = f;
	ask_machine(f);
}

/* http_free() comes first: it cancels what is under way. */
void fetch_stop(struct agent *a)
{
	struct fetch *f = a->fetch;

	if (f == NULL)
		return;
	uv_timer_stop(f->retry);
	uv_close((uv_handle_t *)f->retry, on_closed);
	clear_update(f);
	arena_fini(&f->arena);
	free(f);
	a->fetch = NULL;
}

void fetch_status(const struct agent *a, struct fetch_status *out)
{
	if (a->fetch != NULL)
		*out = a->fetch->status;
	else
		memset(out, 0, sizeof(*out));
}
