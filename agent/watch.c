#include "agent/watch.h"

#include <stdlib.h>

#include "agent/bird/bird.h"
#include "agent/reconcile.h"
#include "agent/report.h"
#include "lib/base/log.h"
#include "lib/net/monitor.h"

#define DEBOUNCE_MS  50
#define DEBOUNCE_MAX 5000
#define REST	     5 /* a round that took n ms is followed by that many n ms of rest */
#define PERIODIC_MS  10000
#define PENDING_MS   50 /* while a device is coming */
#define PENDING_MOST 200
#define PROBED_MS    500 /* until routers on the way have answered */

struct watch {
	struct monitor *kernel, *nft;
	uv_poll_t *kernel_poll, *nft_poll;
	uv_timer_t *soon, *periodic;
	unsigned pending; /* rounds in a row that waited for a device */
	int64_t took_ms;  /* the last round */
};

static void on_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_soon(uv_timer_t *timer);

/* The soonest counts. */
static void wake_in(struct watch *w, uint64_t ms)
{
	if (!uv_is_active((const uv_handle_t *)w->soon) || uv_timer_get_due_in(w->soon) > ms)
		uv_timer_start(w->soon, on_soon, ms, 0);
}

static void wake_at(struct watch *w, struct mono at)
{
	int64_t ms = mono_ms_between(mono_now(), at);

	wake_in(w, ms > 0 ? (uint64_t)ms + 1 : 1);
}

static void run_round(struct agent *a)
{
	struct watch *w = a->watch;
	struct mono before = mono_now();
	struct reconcile_result r;

	uv_timer_stop(w->soon);
	reconcile(a, &r);
	w->took_ms = mono_ms_between(before, mono_now());
	if (r.changed)
		report_soon(a);
	w->pending = r.incomplete ? w->pending + 1 : 0;
	if (w->pending > 0 && w->pending < PENDING_MOST)
		watch_wake(a);
	else if (r.probed)
		wake_in(w, PROBED_MS);
	if (r.wake.ns != 0)
		wake_at(w, r.wake);
}

static void on_soon(uv_timer_t *timer)
{
	run_round(timer->data);
}

void watch_round(struct agent *a)
{
	run_round(a);
}

void watch_wake(struct agent *a)
{
	wake_in(a->watch, a->watch->pending > 0 ? PENDING_MS : 1);
}

/* A machine on which something changes all the time (a full table in main) is not to be busy with
 * looking at it. */
static uint64_t debounce(const struct watch *w)
{
	int64_t ms = w->took_ms * REST;

	return (uint64_t)(ms < DEBOUNCE_MS ? DEBOUNCE_MS : ms > DEBOUNCE_MAX ? DEBOUNCE_MAX : ms);
}

static void on_kernel(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;
	unsigned changed;

	(void)status;
	(void)events;
	changed = monitor_read(a->watch->kernel);
	if ((changed & MONITOR_ROUTE_BIRD) != 0)
		bird_heed(a);
	if ((changed & ~(unsigned)MONITOR_ROUTE_BIRD) != 0)
		wake_in(a->watch, debounce(a->watch));
}

/* The fence's own short way: no round is needed to put back the table that was there a moment ago.
 */
static void on_nft(uv_poll_t *poll, int status, int events)
{
	struct agent *a = poll->data;
	struct fault f = {0};

	(void)status;
	(void)events;
	if (monitor_read(a->watch->nft) == 0)
		return;
	if (a->forwards) /* the machine's own filter may be another now */
		wake_in(a->watch, debounce(a->watch));
	if (!fence_is_damaged(&a->fence))
		return;
	log_warn("the nftables table was changed by somebody: putting it back");
	if (fence_restore(&a->fence, &f) != 0)
		log_error("the nftables table cannot be put back", LOG_S("why", f.text));
	wake_in(a->watch, DEBOUNCE_MS);
}

static uv_timer_t *timer_new(struct agent *a)
{
	uv_timer_t *t = mem_alloc(sizeof(*t));

	uv_timer_init(a->loop, t);
	t->data = a;
	return t;
}

static uv_poll_t *poll_new(struct agent *a, int fd, uv_poll_cb each)
{
	uv_poll_t *p = mem_alloc(sizeof(*p));

	if (uv_poll_init(a->loop, p, fd) != 0)
		abort(); /* epoll takes any socket */
	p->data = a;
	uv_poll_start(p, UV_READABLE, each);
	return p;
}

int watch_start(struct agent *a, struct fault *f)
{
	struct watch *w = mem_alloc(sizeof(*w));
	int code;

	a->watch = w;
	follow_start(&a->follow, a->loop);
	idle_start(a);
	w->soon = timer_new(a);
	w->periodic = timer_new(a);
	uv_timer_start(w->periodic, on_soon, PERIODIC_MS, PERIODIC_MS);
	code = monitor_open(MONITOR_LINK | MONITOR_ADDRESS | MONITOR_ROUTE | MONITOR_ROUTE_BIRD |
				    MONITOR_RULE | MONITOR_NETCONF,
			    &w->kernel, f);
	if (code == 0)
		code = monitor_open(MONITOR_NFT, &w->nft, f);
	if (code != 0)
		return code;
	w->kernel_poll = poll_new(a, monitor_fd(w->kernel), on_kernel);
	w->nft_poll = poll_new(a, monitor_fd(w->nft), on_nft);
	watch_wake(a);
	return 0;
}

static void close_handle(void *handle)
{
	if (handle != NULL)
		uv_close(handle, on_closed);
}

void watch_stop(struct agent *a)
{
	struct watch *w = a->watch;

	if (w == NULL)
		return;
	follow_stop(&a->follow);
	idle_stop(a);
	close_handle(w->kernel_poll);
	close_handle(w->nft_poll);
	close_handle(w->soon);
	close_handle(w->periodic);
	monitor_close(w->kernel);
	monitor_close(w->nft);
	free(w);
	a->watch = NULL;
}
