#include "agent/follow.h"

#include <string.h>
#include <time.h>

#include "lib/base/log.h"
#include "lib/net/wg.h"

#define LOOK_MS	   20
#define LOOK_SHARE 20 /* a look that cost n ms is followed by that many n ms without */
#define PATIENT_MS 180000
#define SELDOM_MS  1000

static bool same(const struct desired_follow *a, const struct desired_follow *b)
{
	return strcmp(a->device, b->device) == 0 && wg_key_compare(&a->next, &b->next) == 0;
}

static bool is_known(const struct follow *f, const struct desired_follow *x)
{
	for (size_t i = 0; i < f->list.n; i++)
		if (same(&f->list.at[i], x))
			return true;
	return false;
}

/* ---- a look ---- */

/* Those that have changed their key; if they cannot be followed now, a round will. */
static void take_changed(struct follow *f, const struct wg_device *seen, wg_peer_vec *out)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->list.n; i++) {
		const struct desired_follow *x = &f->list.at[i];

		if (strcmp(x->device, seen->name) == 0 &&
		    peer_uses_next(wg_device_peer(seen, &x->next), wg_device_peer(seen, &x->now)))
			vec_push(out, (struct wg_peer){.key = x->next,
						       .allowed = x->allowed,
						       .nallowed = x->nallowed});
		else
			f->list.at[kept++] = *x;
	}
	f->list.n = kept;
}

static int give(struct wg_backend *b, const struct wg_device *seen, const wg_peer_vec *peers,
		struct fault *why)
{
	wg_op_vec ops = {0};
	int code;

	for (size_t i = 0; i < peers->n; i++)
		for (size_t k = 0; k < peers->at[i].nallowed; k++)
			vec_push(&ops, (struct wg_op){.kind = WG_OP_ALLOWED_ADD,
						      .peer = &peers->at[i],
						      .prefix = peers->at[i].allowed[k]});
	code = wg_apply(b, seen, NULL, ops.at, ops.n, why);
	vec_free(&ops);
	return code;
}

static void look_at(struct follow *f, const char *device)
{
	struct wg_backend *b = NULL;
	struct wg_device seen = {0};
	wg_peer_vec peers = {0};
	struct fault why = {0};

	if (wg_open(device, &b, NULL) != 0)
		return;
	if (wg_read(b, &seen, NULL) == 0) {
		take_changed(f, &seen, &peers);
		if (peers.n > 0 && give(b, &seen, &peers, &why) != 0)
			log_warn("a peer's allowed IPs did not follow it to its next key",
				 LOG_S("why", why.text));
		vec_free(&peers);
		wg_device_fini(&seen);
	}
	wg_close(b);
}

/* ---- when ---- */

struct device_name {
	char text[LINK_NAME_MAX];
};

static struct device_name name_of(const struct desired_follow *x)
{
	struct device_name out;

	memcpy(out.text, x->device, sizeof(out.text));
	return out;
}

static void on_timer(uv_timer_t *timer);

/* What a look costs is this thread's own work, and about as much of who answers. By the clock on
 * the wall those of a busy computer would seem dear, and become rare when they matter. */
static int64_t spent_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void look_later(struct follow *f, int64_t cost_us)
{
	const bool patient = mono_ms_between(f->since, mono_now()) < PATIENT_MS;
	int64_t ms = patient ? LOOK_MS : SELDOM_MS;

	if (ms < cost_us * LOOK_SHARE / 1000)
		ms = cost_us * LOOK_SHARE / 1000;
	uv_update_time(f->timer->loop);
	uv_timer_start(f->timer, on_timer, (uint64_t)ms, 0);
}

/* Those of a device stand together; a look takes some of them out. */
static void on_timer(uv_timer_t *timer)
{
	struct follow *f = timer->data;
	const int64_t before = spent_us();
	VEC(struct device_name) devices = {0};

	for (size_t i = 0; i < f->list.n; i++)
		if (i == 0 || strcmp(f->list.at[i].device, f->list.at[i - 1].device) != 0)
			vec_push(&devices, name_of(&f->list.at[i]));
	for (size_t i = 0; i < devices.n; i++)
		look_at(f, devices.at[i].text);
	vec_free(&devices);
	if (f->list.n > 0)
		look_later(f, spent_us() - before);
}

void follow_take(struct follow *f, const struct desired *d)
{
	bool more = false;

	if (f->timer == NULL)
		return;
	for (size_t i = 0; i < d->follows.n && !more; i++)
		more = !is_known(f, &d->follows.at[i]);
	if (more)
		f->since = mono_now();
	f->list.n = 0;
	arena_fini(&f->arena);
	arena_init(&f->arena);
	for (size_t i = 0; i < d->follows.n; i++) {
		struct desired_follow x = d->follows.at[i];

		x.allowed = arena_copy(&f->arena, x.allowed, x.nallowed * sizeof(*x.allowed));
		vec_push(&f->list, x);
	}
	if (f->list.n == 0)
		uv_timer_stop(f->timer);
	else if (!uv_is_active((const uv_handle_t *)f->timer))
		look_later(f, 0);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

void follow_start(struct follow *f, uv_loop_t *loop)
{
	f->timer = mem_alloc(sizeof(*f->timer));
	uv_timer_init(loop, f->timer);
	f->timer->data = f;
}

void follow_stop(struct follow *f)
{
	if (f->timer != NULL)
		uv_close((uv_handle_t *)f->timer, on_closed);
	f->timer = NULL;
	vec_free(&f->list);
	arena_fini(&f->arena);
}
