/* A changed configuration is tried before it counts:
 *
 *	1. `configure "next/bird.conf" timeout 20`: whatever becomes of the agent, BIRD goes back
 *	   by itself. What is in place is still the configuration before; its texts are kept on
 *	   the disk too, for a machine that loses its power now.
 *	2. The sessions that were established, and that the change keeps, are looked at. When all
 *	   have stood for a second (BFD takes up to 0.75 s to notice), the next files become those
 *	   in place, and BIRD is told `configure confirm`.
 *	3. If harm is done and lasts (bird_kept_is_harmed()), BIRD is told `configure`, with what is
 *	   in place, and the change is refused: by its hash, with what was lost. `configure undo`
 *	   would do the same only as long as nobody else has told BIRD anything.
 *
 * A neighbour that dies in these seconds looks the same. So a refused change is tried again after
 * a while: then that neighbour is not missed any more. Until then it is, by another change too. */
#include "agent/bird/bird.h"
#include "agent/bird/child.h"
#include "agent/bird/hold.h"
#include "agent/bird/sessions.h"
#include "agent/watch.h"
#include "lib/base/log.h"

#define LOOK_MS	     200
#define STEADY_MS    1000
#define LOST_MS	     15000 /* twice BGP's longest error wait, and what comes after it */
#define UNDO_S	     20
#define CONFIGURE_MS 5000
#define MISSED_MS    40000 /* since the beginning of the trial that lost them */

static int configure(struct bird_child *b, enum bird_configure_kind kind, const char *path,
		     enum bird_configured *result, struct fault *f)
{
	char socket[PATH_TEXT_MAX];
	struct bird *bird = NULL;
	int code = bird_open(bird_socket_path(&b->agent->config, &b->member->id, socket), &bird, f);

	if (code == 0)
		code = bird_configure(bird, kind, path, UNDO_S,
				      mono_add_ms(mono_now(), CONFIGURE_MS), result, f);
	if (code == 0 && *result == BIRD_CONFIG_STOPPING)
		code = fault_set(f, ERR_BUSY, "BIRD is shutting down");
	bird_close(bird);
	return code;
}

int bird_tell(struct bird_child *b, struct fault *f)
{
	enum bird_configured result;
	int code = configure(b, BIRD_CONFIGURE, NULL, &result, f);

	b->told = code == 0;
	return code;
}

/* Back to looking after it; a round sees what comes next. What was lost is not forgotten yet. */
static void end(struct bird_child *b)
{
	uv_timer_stop(b->timer);
	b->phase = BIRD_UP;
	watch_wake(b->agent);
}

/* ---- good ---- */

static int confirm(struct bird_child *b, struct fault *f)
{
	enum bird_configured result;
	int code = bird_files_place(&b->agent->config, &b->member->id, f);

	if (code == 0)
		code = configure(b, BIRD_CONFIGURE_CONFIRM, NULL, &result, f);
	/* The agent was held up for so long that BIRD has gone back. */
	if (code == 0 && result != BIRD_CONFIG_CONFIRMED)
		code = bird_tell(b, f);
	b->told = code == 0;
	return code;
}

static void succeed(struct bird_child *b)
{
	struct fault f = {0};

	vec_free(&b->trial.kept);
	if (confirm(b, &f) == 0) {
		bird_settle(b, &b->trial.of);
		log_info("BIRD's new configuration is confirmed");
	} else
		log_warn("BIRD's new configuration is not confirmed", LOG_S("why", f.text));
	end(b);
}

/* ---- not good ---- */

static void put_words(struct bird_child *b, struct buf *out)
{
	char socket[PATH_TEXT_MAX];
	struct bird_protocols now;
	struct arena arena;

	bird_socket_path(&b->agent->config, &b->member->id, socket);
	if (bird_sessions_ask(socket, "show protocols all", &arena, &now)) {
		bird_kept_look(&b->trial.kept, &now);
		buf_puts(out, "BIRD lost ");
		bird_kept_put_lost(&b->trial.kept, &now, out);
		buf_puts(out, " by a new configuration, which is undone");
	} else {
		buf_puts(out, "BIRD does not answer since a new configuration, which is undone");
	}
	bird_protocols_fini(&now);
	arena_fini(&arena);
}

static void fail(struct bird_child *b, const char *why)
{
	struct member *m = b->member;

	bird_refuse(b, &b->trial.of, why);
	if (b->trial.applied) {
		m->applied_view = b->trial.before_view;
		m->applied_membership = b->trial.before_membership;
	}
}

static void undo(struct bird_child *b)
{
	struct fault f = {0};
	struct buf words;

	buf_init(&words);
	put_words(b, &words);
	if (bird_tell(b, &f) != 0)
		log_warn("BIRD does not go back yet", LOG_S("why", f.text));
	fail(b, buf_text(&words));
	buf_fini(&words);
	end(b);
}

void bird_trial_break(struct bird_child *b)
{
	fail(b, "BIRD ended while it tried a new configuration");
}

int bird_trial_drop(struct bird_child *b, struct fault *f)
{
	int code = bird_tell(b, f);

	end(b);
	return code;
}

/* ---- looking ---- */

static void look(struct bird_child *b)
{
	char socket[PATH_TEXT_MAX];
	struct bird_protocols now;
	struct arena arena;
	struct bird_trial *t = &b->trial;
	bool good;

	bird_socket_path(&b->agent->config, &b->member->id, socket);
	t->answers = bird_sessions_ask(socket, "show protocols", &arena, &now);
	good = t->answers && bird_kept_look(&t->kept, &now) == 0;
	if (good && !t->steady)
		t->steady_since = mono_now();
	t->steady = good;
	bird_protocols_fini(&now);
	arena_fini(&arena);
}

static void on_look(uv_timer_t *timer)
{
	struct bird_child *b = timer->data;
	struct bird_trial *t = &b->trial;
	struct mono now;

	look(b);
	now = mono_now();
	if (t->steady ? mono_ms_between(t->steady_since, now) < STEADY_MS
		      : mono_ms_between(t->begun, now) < LOST_MS)
		return;
	if (t->answers && !bird_kept_is_harmed(&t->kept))
		succeed(b);
	else
		undo(b);
}

void bird_trial_leave(struct bird_child *b)
{
	struct fault f = {0};

	if (b->trial.steady && confirm(b, &f) != 0)
		log_warn("BIRD's new configuration is not confirmed", LOG_S("why", f.text));
}

/* ---- the beginning ---- */

static int find_kept(struct bird_child *b, const struct bird_wish *w, const bird_kept_vec *missed,
		     bird_kept_vec *out, struct fault *f)
{
	const struct config *c = &b->agent->config;
	struct bird_protocols now;
	struct buf conf, text;
	struct arena arena;
	char socket[PATH_TEXT_MAX];
	int code = 0;

	buf_init(&conf);
	buf_init(&text);
	bird_socket_path(c, &b->member->id, socket);
	if (!bird_sessions_ask(socket, "show protocols", &arena, &now))
		code = fault_set(f, ERR_BUSY, "BIRD does not answer");
	/* Where nothing is in place, nothing is known that could be missed. */
	if (code == 0 && bird_files_read(c, &b->member->id, &conf, &text, NULL) == 0) {
		const struct bird_texts before = {buf_text(&conf), buf_text(&text)};
		const struct bird_texts after = {w->head, buf_text(w->text)};

		bird_kept_find(&before, &after, &now, missed, out);
	}
	bird_protocols_fini(&now);
	arena_fini(&arena);
	buf_fini(&conf);
	buf_fini(&text);
	return code;
}

int bird_trial_begin(struct bird_child *b, const struct bird_wish *w, const struct digest *of,
		     struct fault *f)
{
	struct bird_trial *t = &b->trial;
	enum bird_configured result;
	char next[PATH_TEXT_MAX];
	bird_kept_vec kept = {0};
	int code;

	if (mono_ms_between(t->begun, mono_now()) > MISSED_MS)
		vec_free(&t->kept);
	code = find_kept(b, w, &t->kept, &kept, f);
	if (code != 0)
		return code;
	vec_free(&t->kept);
	*t = (struct bird_trial){.of = *of,
				 .kept = kept,
				 .begun = mono_now(),
				 .before_view = b->member->applied_view,
				 .before_membership = b->member->applied_membership};
	bird_keep(b);
	hold_excuse(b, bird_files_have_templates(&b->agent->config, &b->member->id, w) ? &t->kept
										       : NULL);
	code = configure(b, BIRD_CONFIGURE_TIMEOUT,
			 bird_files_next(&b->agent->config, &b->member->id, next), &result, f);
	if (code != 0) {
		b->told = code == ERR_INVALID; /* what it refuses, it does not run */
		return code;
	}
	log_info("BIRD tries a new configuration", LOG_U("sessions", t->kept.n));
	b->phase = BIRD_TRYING;
	look(b);
	t->applied = t->steady && result == BIRD_CONFIG_DONE;
	uv_update_time(b->timer->loop);
	uv_timer_start(b->timer, on_look, LOOK_MS, LOOK_MS);
	return 0;
}
