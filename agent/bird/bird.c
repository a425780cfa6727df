#include "agent/bird/bird.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/bird/child.h"
#include "agent/bird/hold.h"
#include "agent/bird/offenders.h"
#include "agent/bird/sessions.h"
#include "lib/base/log.h"

#define AGAIN_FIRST_MS INT64_C(30000)
#define DOUBLINGS_MAX  7 /* about an hour */

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

const char *bird_socket_path(const struct config *c, const struct id *membership,
			     char out[PATH_TEXT_MAX])
{
	return path_bird(c, membership, "bird.ctl", out);
}

pid_t bird_pid(const struct member *m)
{
	return m->bird != NULL ? m->bird->process.pid : 0;
}

const char *bird_state(const struct member *m)
{
	static const char *const states[] = {
		[BIRD_DOWN] = "down", [BIRD_WAITING] = "waiting", [BIRD_STARTING] = "starting",
		[BIRD_UP] = "up",     [BIRD_TRYING] = "trying",
	};

	return states[m->bird != NULL ? m->bird->phase : BIRD_DOWN];
}

bool bird_rests(const struct member *m)
{
	return m->bird != NULL && m->bird->phase == BIRD_UP;
}

static bool runs(const struct bird_child *b)
{
	return b->process.pid != 0;
}

static struct bird_child *bird_new(struct agent *a, struct member *m)
{
	struct bird_child *b = mem_alloc(sizeof(*b));
	const struct config *c = &a->config;
	char pid[PATH_TEXT_MAX], ctl[PATH_TEXT_MAX];

	b->agent = a;
	b->member = m;
	b->process.pidfd = -1;
	b->started = mono_now();
	b->timer = mem_alloc(sizeof(*b->timer));
	uv_timer_init(a->loop, b->timer);
	b->timer->data = b;
	hold_open(b);
	path_bird(c, &m->id, "bird.pid", pid);
	bird_socket_path(c, &m->id, ctl);
	if (child_adopt(pid, &b->process, NULL) == 0 ||
	    child_adopt_listener(ctl, c->bird, pid, &b->process, NULL) == 0) {
		b->phase = bird_files_starting(c, &m->id) ? BIRD_STARTING : BIRD_UP;
		log_info("BIRD is there already", LOG_D("pid", b->process.pid));
		bird_watch_process(b);
	}
	return b;
}

/* ---- the wish ---- */

void bird_settle(struct bird_child *b, const struct digest *of)
{
	memmove(&b->placed, of, sizeof(*of)); /* it may be its own */
	b->placed_known = true;
	bird_files_drop_kept(&b->agent->config, &b->member->id);
	b->refusal = (struct bird_refusal){0};
	b->member->bird_error[0] = '\0';
}

void bird_keep(struct bird_child *b)
{
	struct fault f = {0};

	if (bird_files_exist(&b->agent->config, &b->member->id) &&
	    bird_files_keep(&b->agent->config, &b->member->id, &f) != 0)
		log_warn("what BIRD runs from cannot be kept", LOG_S("why", f.text));
}

void bird_refuse(struct bird_child *b, const struct digest *of, const char *why)
{
	struct bird_refusal *r = &b->refusal;

	bird_keep(b);
	if (!r->there || !digest_equal(&r->of, of))
		*r = (struct bird_refusal){.there = true, .of = *of};
	r->until = mono_add_ms(mono_now(), AGAIN_FIRST_MS << r->times);
	if (r->times < DOUBLINGS_MAX)
		r->times++;
	snprintf(b->member->bird_error, sizeof(b->member->bird_error), "%s", why);
	log_error("a new configuration of BIRD is not used", LOG_S("why", why));
}

static bool is_refused(const struct bird_child *b, const struct digest *want)
{
	return b->refusal.there && digest_equal(&b->refusal.of, want) &&
	       !mono_reached(b->refusal.until, mono_now());
}

/* While none runs there is nothing to lose, and nothing that could be compared. */
static int place(struct bird_child *b, const struct digest *want, struct fault *f)
{
	int code = bird_files_place(&b->agent->config, &b->member->id, f);

	if (code == 0)
		bird_settle(b, want);
	return code;
}

/* What is in place was removed or changed by somebody; BIRD has not read that. */
static int mend(struct bird_child *b, const struct bird_wish *w, struct fault *f)
{
	const struct config *c = &b->agent->config;
	const struct id *id = &b->member->id;
	int code = bird_files_prepare(c, id, w, f);

	if (code == 0)
		code = bird_files_place(c, id, f);
	if (code == 0 && b->phase == BIRD_STARTING)
		code = bird_files_set_starting(c, id, true, f);
	if (code == 0)
		log_warn("BIRD's files were changed by somebody: they are as they were again");
	return code;
}

/* It is what is in place; whatever was refused or is on trial is not wanted any more. */
static int stay(struct bird_child *b, const struct bird_wish *w, struct fault *f)
{
	int code = 0;

	bird_settle(b, &b->placed);
	if (!bird_files_match(&b->agent->config, &b->member->id, w))
		code = mend(b, w, f);
	return code == 0 && b->phase == BIRD_TRYING ? bird_trial_drop(b, f) : code;
}

/* The machine was switched off while the newest texts were tried, or refused: it comes up from
 * those before. The newest are tried when sessions stand that they could cost. */
static void start_from_kept(struct bird_child *b, const struct bird_wish *w,
			    const struct digest *want)
{
	const struct config *c = &b->agent->config;
	const struct id *id = &b->member->id;
	struct buf templates, text;
	struct bird_wish kept = {w->head, w->tail, &templates, &text};
	struct digest of;
	bool there;

	buf_init(&templates);
	buf_init(&text);
	there = bird_files_read_kept(c, id, &templates, &text);
	bird_wish_digest(&kept, &of);
	if (there && !digest_equal(&of, want) && bird_files_prepare(c, id, &kept, NULL) == 0 &&
	    bird_files_place(c, id, NULL) == 0) {
		b->placed = of;
		b->placed_known = true;
		bird_refuse(b, want,
			    "BIRD runs from the configuration before: the newest was refused, or "
			    "on trial, when the machine was switched off");
	}
	buf_fini(&templates);
	buf_fini(&text);
}

static int change(struct bird_child *b, const struct bird_wish *w, const struct digest *want,
		  struct fault *f)
{
	int code = 0;

	/* One after the other, unless the one on trial does harm; and not while sessions come. */
	b->member->bird_pending =
		b->phase == BIRD_STARTING ||
		(b->phase == BIRD_TRYING && (b->trial.steady || digest_equal(want, &b->trial.of)));
	if (b->member->bird_pending)
		return 0;
	if (b->phase == BIRD_TRYING && (code = bird_trial_drop(b, f)) != 0)
		return code;
	if (!runs(b) && !b->refusal.there)
		start_from_kept(b, w, want);
	if (is_refused(b, want))
		return fault_set(f, ERR_INVALID, "%s", b->member->bird_error);
	code = bird_files_prepare(&b->agent->config, &b->member->id, w, f);
	if (code == 0)
		code = runs(b) ? bird_trial_begin(b, w, want, f) : place(b, want, f);
	if (code == ERR_INVALID)
		bird_refuse(b, want, fault_text(f, code));
	b->member->bird_pending = code == 0 && b->phase == BIRD_TRYING && !b->trial.applied;
	return code;
}

/* The agent that was here before may have ended between changing what is in place and telling, or
 * with a change on trial: BIRD is told to run what is in place. The same changes nothing. */
static int take_up(struct bird_child *b, struct fault *f)
{
	struct fault why = {0};
	int code = bird_tell(b, &why);

	if (code != ERR_INVALID && code != ERR_REMOTE)
		return code == 0 ? 0 : fault_set(f, code, "%s", why.text);
	/* It has read what it cannot use: what it runs is better, until the wish is there. */
	log_warn("BIRD's configuration in place is not good", LOG_S("why", why.text));
	b->told = true;
	return 0;
}

static void look_at_sessions(struct bird_child *b)
{
	char socket[PATH_TEXT_MAX];
	struct bird_protocols now;
	struct arena arena;

	bird_socket_path(&b->agent->config, &b->member->id, socket);
	if (bird_sessions_ask(socket, "show protocols", &arena, &now)) {
		bird_sessions_revive(socket, &now);
		hold_look(b, &now);
	}
	bird_protocols_fini(&now);
	arena_fini(&arena);
}

int bird_supervise(struct agent *a, struct member *m, const struct bird_wish *w, uint32_t table,
		   struct fault *f)
{
	struct bird_child *b = m->bird != NULL ? m->bird : (m->bird = bird_new(a, m));
	char path[PATH_TEXT_MAX], log[PATH_TEXT_MAX];
	struct digest want;
	int code = 0;

	b->table = table;
	m->bird_pending = false;
	/* BIRD says something of every packet that it refuses, and a neighbour can send many. */
	child_trim_log(path_bird(&a->config, &m->id, "bird.log", path));
	bird_wish_digest(w, &want);
	if (!b->placed_known && bird_files_match(&a->config, &m->id, w))
		bird_settle(b, &want);
	if (runs(b) && !b->told)
		code = take_up(b, f);
	if (code == 0 && b->placed_known && digest_equal(&want, &b->placed))
		code = stay(b, w, f);
	else if (code == 0)
		code = change(b, w, &want, f);
	if (b->phase == BIRD_WAITING)
		return fault_set(f, ERR_BUSY, "%s",
				 b->why[0] != '\0' ? b->why : "BIRD does not run");
	if (b->phase == BIRD_DOWN && bird_files_exist(&a->config, &m->id))
		return bird_start_process(b, f);
	if (b->phase == BIRD_UP || b->phase == BIRD_TRYING) {
		look_at_sessions(b);
		bird_socket_path(&a->config, &m->id, path);
		offenders_look(m, path, path_bird(&a->config, &m->id, "bird.log", log));
	}
	return code;
}

void bird_release(struct member *m)
{
	struct bird_child *b = m->bird;

	if (b == NULL)
		return;
	if (b->phase == BIRD_TRYING)
		bird_trial_leave(b);
	bird_unwatch_process(b);
	hold_close(b);
	uv_timer_stop(b->timer);
	uv_close((uv_handle_t *)b->timer, on_closed);
	child_release(&b->process);
	vec_free(&b->trial.kept);
	free(b);
	m->bird = NULL;
}
