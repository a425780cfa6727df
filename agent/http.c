/* libcurl's multi interface on libuv: curl says which sockets and which timeout it waits for, uv
 * waits, curl is told. */
#include "agent/http.h"

#include <stdlib.h>

#include "agent/http_request.h"
#include "lib/base/arena.h"

struct http {
	uv_loop_t *loop;
	struct http_where *where;
	CURLM *multi;
	uv_timer_t *timer;
	struct transfer **active; /* those that curl has */
	size_t nactive;
};

struct curl_socket {
	uv_poll_t poll;
	struct http *http;
	curl_socket_t fd;
};

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void forget(struct http *h, struct transfer *t)
{
	for (size_t i = 0; i < h->nactive; i++)
		if (h->active[i] == t) {
			h->active[i] = h->active[--h->nactive];
			return;
		}
}

static void collect(struct http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left)) != NULL) {
		CURLcode result = message->data.result;
		struct transfer *t = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
		curl_multi_remove_handle(h->multi, t->easy);
		if (transfer_finish(t, result)) {
			curl_multi_add_handle(h->multi, t->easy);
			continue;
		}
		forget(h, t);
		t->done(t->context, &t->answer);
		transfer_free(t);
	}
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct curl_socket *w = poll->data;
	struct http *h = w->http;
	int flags = 0, running;

	if (status < 0)
		flags = CURL_CSELECT_ERR;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, w->fd, flags, &running);
	collect(h);
}

static void on_timeout(uv_timer_t *timer)
{
	struct http *h = timer->data;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

static int on_timer_wish(CURLM *multi, long ms, void *context)
{
	struct http *h = context;

	(void)multi;
	if (ms < 0)
		uv_timer_stop(h->timer);
	else /* never from within this call: at the next turn at the earliest */
		uv_timer_start(h->timer, on_timeout, (uint64_t)(ms > 0 ? ms : 1), 0);
	return 0;
}

static void unwatch(struct http *h, curl_socket_t fd, struct curl_socket *w)
{
	if (w == NULL)
		return;
	uv_poll_stop(&w->poll);
	uv_close((uv_handle_t *)&w->poll, on_closed);
	curl_multi_assign(h->multi, fd, NULL);
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int what, void *context, void *of_socket)
{
	struct http *h = context;
	struct curl_socket *w = of_socket;
	int events =
		(what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		unwatch(h, fd, w);
		return 0;
	}
	if (w == NULL) {
		w = mem_alloc(sizeof(*w));
		w->http = h;
		w->fd = fd;
		if (uv_poll_init_socket(h->loop, &w->poll, fd) != 0) {
			free(w);
			return -1;
		}
		w->poll.data = w;
		curl_multi_assign(h->multi, fd, w);
	}
	uv_poll_start(&w->poll, events, on_event);
	return 0;
}

struct http *http_new(uv_loop_t *loop, struct http_where *where)
{
	struct http *h = mem_alloc(sizeof(*h));

	h->loop = loop;
	h->where = where;
	h->multi = curl_multi_init();
	if (h->multi == NULL)
		abort(); /* memory, by the policy of arena.h */
	h->timer = mem_alloc(sizeof(*h->timer));
	uv_timer_init(loop, h->timer);
	h->timer->data = h;
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return h;
}

struct transfer *http_start(struct http *h, const struct http_request *r, http_done *done,
			    void *context)
{
	struct transfer *t = transfer_new(h->where, r);

	t->done = done;
	t->context = context;
	h->active = mem_resize(h->active, h->nactive + 1, sizeof(*h->active));
	h->active[h->nactive++] = t;
	curl_multi_add_handle(h->multi, t->easy);
	return t;
}

void http_go_on(struct transfer *t)
{
	curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

void http_free(struct http *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->nactive; i++) {
		curl_multi_remove_handle(h->multi, h->active[i]->easy);
		transfer_free(h->active[i]);
	}
	curl_multi_cleanup(h->multi);
	h->timer->data = h->timer;
	uv_close((uv_handle_t *)h->timer, on_closed);
	free(h->active);
	free(h);
}
