#include <stdio.h>
#include <stdlib.h>

#include "agent/bird/bird.h"
#include "agent/bird/check.h"
#include "agent/bird/child.h"
#include "agent/bird/hold.h"
#include "agent/bird/sessions.h"
#include "agent/watch.h"
#include "lib/base/log.h"
#include "lib/net/route.h"

#define STARTING_MS	 6000
#define STARTING_POLL_MS 100
#define QUIET_POLLS	 5 /* half a second without an update */
#define AGAIN_MS	 5000
#define STABLE_MS	 60000 /* who ran for so long has not failed */
#define BACKOFF_MAX_MS	 30000

/* ---- the two steps ---- */

/* Established is not enough: what BIRD has not heard again, its kernel protocol would remove. BIRD
 * does not tell of an End-of-RIB, so the sessions have to be quiet for a while. */
static bool has_settled(struct bird_child *b)
{
	char path[PATH_TEXT_MAX];
	uint64_t heard;
	bool all = bird_sessions_established(
		bird_socket_path(&b->agent->config, &b->member->id, path), &heard);

	b->quiet = all && heard == b->heard ? b->quiet + 1 : 0;
	b->heard = heard;
	return b->quiet >= QUIET_POLLS;
}

static void on_starting(uv_timer_t *timer)
{
	struct bird_child *b = timer->data;
	struct fault f = {0};
	bool late = mono_ms_between(b->started, mono_now()) >= STARTING_MS;

	if (!late && !has_settled(b))
		return;
	if (bird_files_set_starting(&b->agent->config, &b->member->id, false, &f) != 0 ||
	    bird_tell(b, &f) != 0) {
		log_warn("BIRD does not take its second step", LOG_S("why", f.text));
		/* One that hangs has cost as much already: others have their turn first. */
		uv_update_time(timer->loop);
		uv_timer_start(timer, on_starting, AGAIN_MS, STARTING_POLL_MS);
		return;
	}
	uv_timer_stop(b->timer);
	b->phase = BIRD_UP;
	log_info("BIRD is up again", LOG_S("sessions", late ? "not all" : "all"));
	watch_wake(b->agent); /* what has changed meanwhile */
}

/* ---- the process ---- */

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void bird_unwatch_process(struct bird_child *b)
{
	bird_unwatch_pulse(b);
	if (b->ended != NULL) {
		uv_poll_stop(b->ended);
		uv_close((uv_handle_t *)b->ended, on_closed);
		b->ended = NULL;
	}
}

static void on_backoff(uv_timer_t *timer)
{
	struct bird_child *b = timer->data;
	struct fault f = {0};

	if (bird_start_process(b, &f) != 0)
		watch_wake(b->agent); /* the round says why */
}

/* At once the first time; then after 1, 2, 4, … s. */
static void start_again(struct bird_child *b)
{
	uint64_t delay = 0;

	if (mono_ms_between(b->started, mono_now()) > STABLE_MS)
		b->failures = 0;
	if (b->failures > 0)
		delay = UINT64_C(1000) << (b->failures < 6 ? b->failures - 1 : 5);
	b->failures++;
	b->phase = BIRD_WAITING;
	uv_timer_start(b->timer, on_backoff, delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS, 0);
}

static void on_ended(uv_poll_t *poll, int status, int events)
{
	struct bird_child *b = poll->data;

	(void)status;
	(void)events;
	if (child_is_running(&b->process))
		return;
	log_warn("BIRD has ended", LOG_D("pid", b->process.pid));
	bird_unwatch_process(b);
	child_release(&b->process);
	uv_timer_stop(b->timer);
	if (b->phase == BIRD_TRYING)
		bird_trial_break(b);
	start_again(b);
}

void bird_watch_process(struct bird_child *b)
{
	b->ended = mem_alloc(sizeof(*b->ended));
	if (uv_poll_init(b->agent->loop, b->ended, b->process.pidfd) != 0)
		abort(); /* epoll takes any pidfd */
	b->ended->data = b;
	uv_poll_start(b->ended, UV_READABLE, on_ended);
	bird_watch_pulse(b);
	if (b->phase == BIRD_STARTING)
		uv_timer_start(b->timer, on_starting, STARTING_POLL_MS, STARTING_POLL_MS);
}

static bool has_routes(struct bird_child *b)
{
	const struct route_filter filter = {
		.family = FAMILY_IPV4, .protocol = RTPROT_BIRD, .table = b->table};
	struct arena arena;
	route_vec routes = {0};
	bool any;

	arena_init(&arena);
	any = route_list(b->agent->rtnl, &filter, &arena, &routes, NULL) == 0 && routes.n > 0;
	vec_free(&routes);
	arena_fini(&arena);
	return any;
}

int bird_start_process(struct bird_child *b, struct fault *f)
{
	const struct config *c = &b->agent->config;
	char conf[PATH_TEXT_MAX], ctl[PATH_TEXT_MAX], pid[PATH_TEXT_MAX], log[PATH_TEXT_MAX];
	const char *argv[] = {c->bird, "-f", "-c", conf, "-s", ctl, NULL, NULL, NULL, NULL, NULL};
	struct child_spec spec = {.pid_file = pid, .argv = argv, .log = log};
	bool starting = has_routes(b);
	int code;

	path_bird(c, &b->member->id, "bird.conf", conf);
	path_bird(c, &b->member->id, "bird.pid", pid);
	path_bird(c, &b->member->id, "bird.log", log);
	bird_socket_path(c, &b->member->id, ctl);
	bird_put_user(c, &argv[6]);
	b->started = mono_now();
	b->quiet = 0;
	code = bird_check(c, f);
	if (code == 0)
		code = bird_check_port(b->member, f);
	if (code == 0)
		code = bird_files_set_starting(c, &b->member->id, starting, f);
	if (code == 0)
		code = child_start(&spec, &b->process, f);
	if (code != 0) {
		snprintf(b->why, sizeof(b->why), "%s", fault_text(f, code));
		start_again(b);
		return code;
	}
	b->why[0] = '\0';
	log_info("BIRD started", LOG_D("pid", b->process.pid), LOG_D("starting", starting));
	b->phase = starting ? BIRD_STARTING : BIRD_UP;
	b->told = true;
	hold_restart(b);
	bird_watch_process(b);
	return 0;
}
