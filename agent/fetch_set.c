#include "agent/fetch_set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/key_rotation.h"
#include "agent/report.h"
#include "agent/watch.h"
#include "lib/base/log.h"

#define ANSWER_MAX (1u << 20)
#define BIRD_MAX   (64u << 20)
#define TORN_MAX   5

#define LINGER_MS     3000
#define LINGER_ONE_MS 10000 /* what comes within it is one change */

static bool advance(struct fetch_set *s);

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void fetch_set_open(struct fetch_set *s, struct agent *a, fetch_set_done *done, void *context)
{
	*s = (struct fetch_set){.agent = a, .done = done, .context = context};
	s->linger = mem_alloc(sizeof(*s->linger));
	uv_timer_init(a->loop, s->linger);
	s->linger->data = s;
}

void fetch_set_close(struct fetch_set *s)
{
	fetch_set_clear(s);
	uv_timer_stop(s->linger);
	uv_close((uv_handle_t *)s->linger, on_closed);
}

void fetch_set_clear(struct fetch_set *s)
{
	for (int i = 0; i < PART_COUNT; i++) {
		buf_fini(&s->update.parts[i]);
		s->update.steps[i] = false;
	}
}

static struct member *member(struct fetch_set *s)
{
	return member_find(&s->agent->members, &s->offered.id);
}

static void note_answer(struct fetch_set *s, const struct http_answer *a, const char *what)
{
	if (contact_note(&s->agent->contact, a, what))
		report_soon(s->agent);
}

static void go_on(struct fetch_set *s)
{
	if (!advance(s))
		s->done(s->context);
}

/* ---- what is not used ---- */

/* Asked for in several requests, its parts can be of two revisions: the next list has one set. That
 * does not happen time and again. */
static bool is_torn(struct member *m, const struct fault *why)
{
	return why->code == ERR_PRECONDITION && ++m->torn < TORN_MAX;
}

static void note_refused(struct fetch_set *s, struct member *m, const struct fault *why)
{
	struct contact *contact = &s->agent->contact;

	s->failed = true;
	snprintf(contact->error, sizeof(contact->error), "%s", why->text);
	if (is_torn(m, why)) {
		log_info("a new state is not used", LOG_S("why", why->text));
		return;
	}
	log_error("a new state is not used", LOG_S("why", why->text));
	snprintf(m->refused, sizeof(m->refused), "a new state is not used: %s", why->text);
	report_soon(s->agent);
}

/* ---- asking ---- */

static const enum member_part parts[] = {
	[FETCH_VIEW] = PART_VIEW,
	[FETCH_MEMBERSHIP] = PART_MEMBERSHIP,
	[FETCH_TEMPLATES] = PART_TEMPLATES,
	[FETCH_TEXT] = PART_TEXT,
};

static void end_incomplete(struct fetch_set *s)
{
	s->failed = true; /* nothing of an incomplete set is installed */
	fetch_set_clear(s);
	s->done(s->context);
}

/* Steps that lead nowhere are no reason to stay behind: then the whole is asked for. */
static bool steps_are_good(struct fetch_set *s, const struct http_answer *a)
{
	struct member *m = member(s);
	struct fault why = {0};

	if (m == NULL ||
	    member_try_steps(m, s->agent->machine.signer, &a->body, parts[s->step], &why) == 0)
		return true;
	log_warn("the steps from the state before are not used: the whole is fetched",
		 LOG_S("why", why.text));
	s->whole = true;
	return false;
}

static void refuse_empty(struct fetch_set *s)
{
	struct member *m = member(s);
	struct fault why = {0};

	fault_set(&why, ERR_TRUNCATED, "a part of it is empty");
	if (m != NULL)
		note_refused(s, m, &why);
}

static void on_part(void *context, struct http_answer *a)
{
	struct fetch_set *s = context;
	struct buf *to;

	note_answer(s, a, "a part of the state");
	if (a->code == 0 && a->status == 304) { /* it is what is here: so it stays */
		s->step++;
		go_on(s);
		return;
	}
	if (a->code != 0 || (a->status != 200 && a->status != 226)) {
		end_incomplete(s);
		return;
	}
	if (a->status == 200 && a->body.len == 0) { /* would be taken for no change */
		refuse_empty(s);
		end_incomplete(s);
		return;
	}
	if (a->status == 226 && !steps_are_good(s, a)) {
		go_on(s); /* the same step again */
		return;
	}
	to = &s->update.parts[parts[s->step]];
	buf_fini(to);
	*to = a->body; /* takes the memory */
	buf_init(&a->body);
	s->update.steps[parts[s->step]] = a->status == 226;
	s->whole = false;
	s->step++;
	go_on(s);
}

static void ask_part(struct fetch_set *s, const char *what, const char *selector, const char *value,
		     struct http_request *r)
{
	char path[160], id[ID_TEXT_MAX];

	r->method = "GET";
	r->path = path;
	snprintf(path, sizeof(path), "/mesh/%s?membership=%s&%s=%s", what,
		 id_format(&s->offered.id, id), selector, value);
	contact_ask(&s->agent->contact, r, on_part, s);
}

static void ask_text(struct fetch_set *s, const char *part)
{
	struct http_request r = {.answer_max = BIRD_MAX};

	ask_part(s, "bird", "part", part, &r);
}

/* By the steps from the revision that is here, if there is one. */
static void ask_image(struct fetch_set *s, const char *image, const struct state_file *now)
{
	struct http_request r = {.answer_max = STATE_IMAGE_MAX};
	uint64_t revision = member_revision(now);
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%" PRIu64 "\"", revision);
	if (revision != 0 && !s->whole) {
		r.if_none_match = etag;
		r.deltas = true;
	}
	ask_part(s, "config", "image", image, &r);
}

static void on_key(void *context, struct http_answer *a)
{
	struct fetch_set *s = context;
	struct member *m = member(s);

	note_answer(s, a, "to take the public key");
	s->failed = s->failed || a->code != 0;
	if (a->code == 0 && m != NULL) {
		/* What was listed is older than a new key; the list that has it comes next. */
		if (m->announce_key || s->offered.needs_key)
			s->offered.view = s->offered.membership = 0;
		m->announce_key = false;
	}
	s->step++;
	go_on(s);
}

static void ask_key(struct fetch_set *s, const char *which, const struct wg_key *public_key)
{
	char path[80], id[ID_TEXT_MAX], key[WG_KEY_TEXT_MAX], body[128];
	struct http_request r = {
		.method = "PUT", .path = path, .body = body, .answer_max = ANSWER_MAX};

	snprintf(path, sizeof(path), "/memberships/%s/%s", id_format(&s->offered.id, id), which);
	snprintf(body, sizeof(body), "{\"public_key\": \"%s\"}", wg_key_format(public_key, key));
	r.body_len = strlen(body);
	contact_ask(&s->agent->contact, &r, on_key, s);
}

/* By a list that is older than the view, or newer, nothing is decided: the next one is coming. */
static bool rotate(struct fetch_set *s, struct member *m)
{
	enum key_step step = s->offered.view == member_revision(&m->view)
				     ? key_rotation_next(m, s->offered.rotation)
				     : KEY_REST;
	struct fault why = {0};

	if (key_rotation_do(s->agent, m, step, &why) != 0) {
		log_error("a key cannot be changed", LOG_S("why", why.text));
		s->failed = true;
		return false;
	}
	if (step == KEY_OFFER || step == KEY_RENEW)
		ask_key(s, "next-key", &m->next_public_key);
	else if (step == KEY_SWITCH || step == KEY_ANNOUNCE)
		ask_key(s, "public-key", &m->public_key);
	else
		return false;
	return true;
}

/* ---- putting it to use ---- */

static bool update_is_empty(const struct member_update *u)
{
	for (int i = 0; i < PART_COUNT; i++)
		if (u->parts[i].len > 0)
			return false;
	return true;
}

static void install(struct fetch_set *s, struct member *m)
{
	struct agent *a = s->agent;
	struct fault why = {0};

	if (update_is_empty(&s->update)) {
		if (member_is_ready(m))
			m->refused[0] = '\0';
	} else if (member_install(m, &a->config, a->machine.signer, &s->update, &why) != 0) {
		note_refused(s, m, &why);
	} else {
		m->torn = 0;
		watch_wake(a);
	}
}

/* ---- a moment more ---- */

static void on_linger(uv_timer_t *timer)
{
	struct fetch_set *s = timer->data;

	s->step++;
	go_on(s);
}

/* Where this machine is to offer less, the others are to know it first: until then they use it.
 * Several memberships hear of one change at once, so it is one wait for all. True: it waits. */
static bool linger(struct fetch_set *s, struct member *m)
{
	struct mono now = mono_now();
	int64_t left;

	if (!member_shrinks(m, s->agent->machine.signer, &s->update))
		return false;
	if (s->lingers.ns == 0 || mono_ms_between(s->lingers, now) > LINGER_ONE_MS)
		s->lingers = now;
	left = LINGER_MS - mono_ms_between(s->lingers, now);
	if (left > 0)
		uv_timer_start(s->linger, on_linger, (uint64_t)left, 0);
	return left > 0;
}

/* ---- the steps ---- */

/* The controller was restored from a backup: it may have the key of then. */
static bool is_of_later_epoch(const struct offered *o, const struct member *m)
{
	uint64_t now = member_revision(&m->view);

	return now != 0 && o->view != 0 && o->view >> 48 != now >> 48;
}

/* True when a request is on its way; false to go on at once. */
static bool step(struct fetch_set *s, struct member *m)
{
	const struct offered *o = &s->offered;
	const uint8_t *signer = s->agent->machine.signer;

	switch (s->step) {
	case FETCH_KEY:
		if (!o->needs_key && !m->announce_key && !is_of_later_epoch(o, m))
			break;
		ask_key(s, "public-key", &m->public_key);
		return true;
	case FETCH_VIEW:
		if (o->view == 0 || o->view == member_revision(&m->view))
			break;
		ask_image(s, "view", &m->view);
		return true;
	case FETCH_MEMBERSHIP:
		if (o->membership == 0 || o->membership == member_revision(&m->membership))
			break;
		ask_image(s, "membership", &m->membership);
		return true;
	case FETCH_TEMPLATES:
		if (!member_misses_text(m, signer, &s->update, PART_TEMPLATES))
			break;
		ask_text(s, "templates");
		return true;
	case FETCH_TEXT:
		if (!member_misses_text(m, signer, &s->update, PART_TEXT))
			break;
		ask_text(s, "text");
		return true;
	case FETCH_LINGER:
		if (!linger(s, m))
			break;
		return true;
	case FETCH_INSTALL:
		install(s, m);
		break;
	case FETCH_ROTATION:
		if (!rotate(s, m))
			break;
		return true;
	}
	s->step++;
	return false;
}

/* True when a request is on its way. */
static bool advance(struct fetch_set *s)
{
	struct member *m = member(s);

	while (m != NULL && s->step <= FETCH_ROTATION)
		if (step(s, m))
			return true;
	fetch_set_clear(s);
	return false;
}

bool fetch_set_start(struct fetch_set *s, const struct offered *o)
{
	s->offered = *o;
	s->step = FETCH_KEY;
	s->failed = s->whole = false;
	return advance(s);
}
