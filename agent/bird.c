#include "agent/bird.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/bird_check.h"
#include "agent/bird_files.h"
#include "agent/bird_sessions.h"
#include "agent/child.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/net/bird_configure.h"
#include "lib/net/route.h"

#define STARTING_MS	 6000
#define STARTING_POLL_MS 100
#define QUIET_POLLS	 5 /* half a second without an update */
#define CONFIGURE_MS	 5000
#define STOP_MS		 3000
#define STABLE_MS	 60000 /* who ran for so long has not failed */
#define BACKOFF_MAX_MS	 30000

struct bird_child {
	struct agent *agent;
	struct member *member;
	struct child process;
	uv_poll_t *ended;  /* the pidfd; NULL: none runs */
	uv_timer_t *timer; /* next look at the sessions, or next start */
	struct mono started;
	uint32_t table; /* T */
	bool known;	/* `applied` is what the process runs from */
	bool starting;	/* in the first of the two steps */
	bool waiting;	/* for the next start */
	uint64_t heard; /* updates, at the last look at the sessions */
	unsigned quiet; /* looks since anything was new */
	unsigned failures;
	struct digest applied, refused;
	char why[FAULT_TEXT_MAX]; /* it could not be started; "" if it could */
	bool has_refused;
};

static int start(struct bird_child *b, struct fault *f);

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
	const struct bird_child *b = m->bird;

	if (b == NULL || (b->process.pid == 0 && !b->waiting))
		return "down";
	return b->waiting ? "waiting" : b->starting ? "starting" : "up";
}

/* ---- the two steps ---- */

static int configure(struct bird_child *b, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct bird *bird = NULL;
	enum bird_configured result;
	int code = bird_open(bird_socket_path(&b->agent->config, &b->member->id, path), &bird, f);

	if (code == 0)
		code = bird_configure(bird, BIRD_CONFIGURE, NULL, 0,
				      mono_add_ms(mono_now(), CONFIGURE_MS), &result, f);
	if (code == 0 && result == BIRD_CONFIG_STOPPING)
		code = fault_set(f, ERR_BUSY, "BIRD is shutting down");
	bird_close(bird);
	return code;
}

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
	    configure(b, &f) != 0) {
		log_warn("BIRD does not take its second step", LOG_S("why", f.text));
		/* One that hangs has cost CONFIGURE_MS already: others have their turn first. */
		uv_update_time(timer->loop);
		uv_timer_start(timer, on_starting, CONFIGURE_MS, STARTING_POLL_MS);
		return;
	}
	uv_timer_stop(b->timer);
	b->starting = false;
	log_info("BIRD is up again", LOG_S("sessions", late ? "not all" : "all"));
}

/* ---- the process ---- */

static void unwatch(struct bird_child *b)
{
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

	b->waiting = false;
	if (start(b, &f) != 0)
		log_error("BIRD does not start", LOG_S("why", f.text));
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
	b->waiting = true;
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
	unwatch(b);
	child_release(&b->process);
	uv_timer_stop(b->timer);
	start_again(b);
}

static void watch(struct bird_child *b)
{
	b->ended = mem_alloc(sizeof(*b->ended));
	if (uv_poll_init(b->agent->loop, b->ended, b->process.pidfd) != 0)
		abort(); /* epoll takes any pidfd */
	b->ended->data = b;
	uv_poll_start(b->ended, UV_READABLE, on_ended);
	if (b->starting)
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

/* From the files that are in place. */
static int start(struct bird_child *b, struct fault *f)
{
	const struct config *c = &b->agent->config;
	char conf[PATH_TEXT_MAX], ctl[PATH_TEXT_MAX], pid[PATH_TEXT_MAX], log[PATH_TEXT_MAX];
	const char *argv[] = {c->bird, "-f", "-c", conf, "-s", ctl, NULL, NULL, NULL, NULL, NULL};
	struct child_spec spec = {.pid_file = pid, .argv = argv, .log = log};
	int code;

	path_bird(c, &b->member->id, "bird.conf", conf);
	path_bird(c, &b->member->id, "bird.pid", pid);
	path_bird(c, &b->member->id, "bird.log", log);
	bird_socket_path(c, &b->member->id, ctl);
	bird_put_user(c, &argv[6]);
	b->starting = has_routes(b);
	b->started = mono_now();
	b->quiet = 0;
	code = bird_check_user(c, f);
	if (code == 0)
		code = bird_check_port(b->member, f);
	if (code == 0)
		code = bird_files_set_starting(c, &b->member->id, b->starting, f);
	if (code == 0)
		code = child_start(&spec, &b->process, f);
	if (code != 0) {
		snprintf(b->why, sizeof(b->why), "%s", fault_text(f, code));
		start_again(b);
		return code;
	}
	b->why[0] = '\0';
	log_info("BIRD started", LOG_D("pid", b->process.pid), LOG_D("starting", b->starting));
	watch(b);
	return 0;
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
	path_bird(c, &m->id, "bird.pid", pid);
	bird_socket_path(c, &m->id, ctl);
	if (child_adopt(pid, &b->process, NULL) == 0 ||
	    child_adopt_listener(ctl, c->bird, pid, &b->process, NULL) == 0) {
		/* Whether it has read what is in place, nobody knows: the agent may have ended
		 * between writing and telling. So it is told once more; the same changes nothing.
		 */
		b->starting = bird_files_starting(&a->config, &m->id);
		log_info("BIRD is there already", LOG_D("pid", b->process.pid));
		watch(b);
	}
	return b;
}

int bird_supervise(struct agent *a, struct member *m, const struct bird_wish *w, uint32_t table,
		   struct fault *f)
{
	struct bird_child *b = m->bird != NULL ? m->bird : (m->bird = bird_new(a, m));
	char path[PATH_TEXT_MAX];
	struct digest want;
	int code = 0;

	b->table = table;
	/* BIRD says something of every packet that it refuses, and a neighbour can send many. */
	child_trim_log(path_bird(&a->config, &m->id, "bird.log", path));
	bird_wish_digest(w, &want);
	if (b->has_refused && digest_equal(&want, &b->refused))
		return fault_set(f, ERR_INVALID, "%s", m->bird_error);
	if (!b->known || !digest_equal(&want, &b->applied)) {
		code = bird_files_install(&a->config, &m->id, w, b->starting, f);
		if (code == ERR_INVALID) {
			b->refused = want;
			b->has_refused = true;
			snprintf(m->bird_error, sizeof(m->bird_error), "%s", fault_text(f, code));
		}
		if (code == 0 && b->process.pid != 0)
			code = configure(b, f);
		if (code != 0)
			return code;
		b->applied = want;
		b->known = true;
		b->has_refused = false;
		m->bird_error[0] = '\0';
	}
	if (b->process.pid == 0 && b->waiting)
		return fault_set(f, ERR_BUSY, "BIRD does not run%s%s", b->why[0] ? ": " : "",
				 b->why);
	if (b->process.pid == 0)
		code = start(b, f);
	else if (!b->starting)
		bird_sessions_revive(bird_socket_path(&a->config, &m->id, path));
	return code;
}

void bird_release(struct member *m)
{
	struct bird_child *b = m->bird;

	if (b == NULL)
		return;
	unwatch(b);
	uv_timer_stop(b->timer);
	uv_close((uv_handle_t *)b->timer, on_closed);
	child_release(&b->process);
	free(b);
	m->bird = NULL;
}

/* By what is in its directory. */
static void end(const struct config *c, const struct id *membership)
{
	char pid[PATH_TEXT_MAX], dir[PATH_TEXT_MAX];
	struct child process;

	path_bird(c, membership, "bird.pid", pid);
	if (child_adopt(pid, &process, NULL) == 0)
		child_stop(&process, pid, mono_add_ms(mono_now(), STOP_MS));
	file_remove(path_bird(c, membership, "", dir), NULL);
}

void bird_end(struct agent *a, struct member *m)
{
	bird_release(m);
	end(&a->config, &m->id);
}

void bird_end_strays(const struct config *c, const member_vec *members)
{
	DIR *dir = opendir(c->run_dir);
	struct dirent *e;
	struct id id;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (!id_parse(e->d_name, &id) || member_find(members, &id) != NULL)
			continue;
		log_warn("BIRD of a membership that is not here", LOG_S("membership", e->d_name));
		end(c, &id);
	}
	if (dir != NULL)
		closedir(dir);
}
