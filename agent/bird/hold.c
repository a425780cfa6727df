#include "agent/bird/hold.h"

#include <stdlib.h>
#include <string.h>

#include "agent/bird/bird.h"
#include "agent/bird/sessions.h"
#include "lib/base/log.h"
#include "lib/net/bird_configure.h"

#define SOON_MS	   20 /* BIRD's routes go one by one */
#define APART_MS   200
#define REST	   10
#define TELL_MS	   1000
#define ANSWER_MS  5000
#define EXCUSED_MS 15000 /* both ends have changed by then, and peers have moved */

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static uint32_t stable_ms(const struct bird_child *b)
{
	uint64_t n = 0;
	const struct state_pace *p =
		member_is_ready(b->member)
			? state_records(&b->member->view.target.image, STATE_PACE, &n)
			: NULL;

	return n > 0 ? p->stable_ms : STATE_STABLE_MS;
}

/* ---- telling BIRD ---- */

static void reload(struct bird_child *b, struct bird *bird, struct mono deadline)
{
	for (size_t i = 0; i < b->hold.flaps.n; i++) {
		struct flap *x = &b->hold.flaps.at[i];

		/* One that is away at this moment says all anew when it is back. */
		if (x->reload)
			(void)bird_protocol_do(bird, BIRD_PROTOCOL_RELOAD_IN, x->name, deadline,
					       NULL);
		x->reload = false;
	}
}

static int tell(struct bird_child *b, struct fault *f)
{
	const struct mono deadline = mono_add_ms(mono_now(), ANSWER_MS);
	char socket[PATH_TEXT_MAX];
	enum bird_configured result;
	struct bird *bird = NULL;
	int code = bird_open(bird_socket_path(&b->agent->config, &b->member->id, socket), &bird, f);

	if (code == 0)
		code = bird_configure(bird, BIRD_CONFIGURE_SOFT, NULL, 0, deadline, &result, f);
	if (code == 0)
		reload(b, bird, deadline);
	bird_close(bird);
	return code;
}

static void on_timer(uv_timer_t *timer);

/* The soonest counts. */
static void wait(struct bird_child *b, int64_t ms)
{
	if (uv_is_active((const uv_handle_t *)b->hold.timer) &&
	    (int64_t)uv_timer_get_due_in(b->hold.timer) <= ms)
		return;
	uv_timer_start(b->hold.timer, on_timer, ms > 0 ? (uint64_t)ms : 0, 0);
}

/* BIRD has to hear of it, as soon as it may. */
static void pass_on(struct bird_child *b)
{
	int64_t since = mono_ms_between(b->hold.told, mono_now());
	struct fault f = {0};

	if (!b->hold.news || b->phase != BIRD_UP || !b->told)
		return; /* a round follows what is in the way */
	if (b->hold.told.ns != 0 && since < TELL_MS) {
		wait(b, TELL_MS - since);
		return;
	}
	b->hold.told = mono_now();
	if (tell(b, &f) == 0) {
		b->hold.news = false;
		return;
	}
	log_warn("BIRD does not hear whom it is to use last", LOG_S("why", f.text));
	wait(b, TELL_MS);
}

/* ---- looking ---- */

/* "define HELD = …;\n# m_3 g_2\n" */
static void say(const struct buf *text)
{
	const char *who = strchr(buf_text(text), '#');
	char list[200];

	who += who != NULL ? strspn(who, "# ") : 0;
	snprintf(list, sizeof(list), "%s", who != NULL ? who : "");
	list[strcspn(list, "\n")] = '\0';
	log_info("neighbours that were lost come after others until they are stable",
		 LOG_S("held", list[0] != '\0' ? list : "none"));
}

static void write_held(struct bird_child *b)
{
	struct fault f = {0};
	struct buf text;

	buf_init(&text);
	flaps_put(&b->hold.flaps, &b->member->view.target.image, &text);
	if (bird_files_set_held(&b->agent->config, &b->member->id, &text, &f) != 0)
		log_warn("who is held cannot be written", LOG_S("why", f.text));
	say(&text);
	buf_fini(&text);
	b->hold.news = true;
}

static void take(struct bird_child *b, const struct bird_protocols *now)
{
	const struct mono clock = mono_now(), moved = b->member->seat.moved;
	struct hold *h = &b->hold;
	struct mono due;

	/* Whose own place changes begins all of its sessions anew. */
	if (moved.ns != 0 && !mono_reached(mono_add_ms(moved, EXCUSED_MS), clock))
		flaps_excuse(&h->flaps, NULL, mono_add_ms(moved, EXCUSED_MS));
	if (flaps_look(&h->flaps, now, stable_ms(b), clock))
		write_held(b);
	due = flaps_due(&h->flaps, stable_ms(b));
	if (due.ns != 0)
		wait(b, mono_ms_between(clock, due) + 1);
	pass_on(b);
}

void hold_look(struct bird_child *b, const struct bird_protocols *now)
{
	const struct mono begun = mono_now();
	char socket[PATH_TEXT_MAX];
	struct bird_protocols asked;
	struct arena arena;

	if (!member_is_ready(b->member))
		return;
	uv_update_time(b->hold.timer->loop);
	if (now != NULL) {
		take(b, now);
	} else {
		bird_socket_path(&b->agent->config, &b->member->id, socket);
		if (bird_sessions_ask(socket, "show protocols", &arena, &asked))
			take(b, &asked);
		bird_protocols_fini(&asked);
		arena_fini(&arena);
	}
	b->hold.looked = mono_now();
	b->hold.took_ms = mono_ms_between(begun, b->hold.looked);
}

static void on_timer(uv_timer_t *timer)
{
	struct bird_child *b = timer->data;

	if (b->process.pid != 0)
		hold_look(b, NULL);
}

void hold_heed(struct bird_child *b)
{
	const struct hold *h = &b->hold;
	int64_t apart = h->took_ms * REST > APART_MS ? h->took_ms * REST : APART_MS;
	int64_t since = mono_ms_between(h->looked, mono_now());

	uv_update_time(h->timer->loop);
	wait(b, since + SOON_MS < apart ? apart - since : SOON_MS);
}

/* ---- beginning and end ---- */

void hold_open(struct bird_child *b)
{
	struct buf text;

	b->hold.timer = mem_alloc(sizeof(*b->hold.timer));
	uv_timer_init(b->agent->loop, b->hold.timer);
	b->hold.timer->data = b;
	buf_init(&text);
	if (bird_files_read_held(&b->agent->config, &b->member->id, &text) == 0)
		flaps_read(&b->hold.flaps, buf_text(&text));
	buf_fini(&text);
}

void hold_close(struct bird_child *b)
{
	uv_timer_stop(b->hold.timer);
	uv_close((uv_handle_t *)b->hold.timer, on_closed);
	vec_free(&b->hold.flaps);
}

void hold_restart(struct bird_child *b)
{
	flaps_restart(&b->hold.flaps);
}

void hold_excuse(struct bird_child *b, const bird_kept_vec *kept)
{
	flaps_excuse(&b->hold.flaps, kept, mono_add_ms(mono_now(), EXCUSED_MS));
}

void bird_excuse_peer(struct member *m, uint32_t index)
{
	if (m->bird != NULL)
		flaps_excuse_peer(&m->bird->hold.flaps, index, mono_add_ms(mono_now(), EXCUSED_MS));
}

bool bird_holds(const struct member *m, const char *session, int64_t *ms)
{
	const struct flap *x = m->bird != NULL ? flaps_find(&m->bird->hold.flaps, session) : NULL;

	*ms = -1;
	if (x == NULL || !x->held)
		return false;
	if (x->stable.ns != 0) {
		*ms = stable_ms(m->bird) - mono_ms_between(x->stable, mono_now());
		*ms = *ms > 0 ? *ms : 0;
	}
	return true;
}

void bird_heed(struct agent *a)
{
	for (size_t i = 0; i < a->members.n; i++)
		if (a->members.at[i]->bird != NULL)
			hold_heed(a->members.at[i]->bird);
}
