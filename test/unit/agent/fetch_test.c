/* How often the controller is asked, by one that answers what a controller should not: a test of
 * absence, whose control is that it is asked at all. */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>

#include "agent/fetch.h"
#include "lib/base/file.h"
#include "test/test.h"

#define WINDOW_MS 1500
#define ASKED_MAX 5 /* at once, and after 0.25, 0.5, 1 s at the soonest */

#define LIST_EMPTY "{\"memberships\": []}"
#define LIST_ONE                                                                                   \
	"{\"memberships\": [{\"id\": \"0190a5f2-0000-7000-8000-000000000001\","                    \
	" \"view_revision\": \"7\", \"membership_revision\": \"7\"}]}"

struct answer {
	unsigned status;
	const char *body, *etag;
};

/* What it answers: to the list, to a list that is asked for by its ETag, and to the rest. */
static struct answer to_list, to_known, to_rest;
static atomic_uint lists;

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	const char *known = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
	const struct answer *a = &to_rest;
	struct MHD_Response *r;
	enum MHD_Result result;

	(void)context, (void)method, (void)version, (void)data;
	if (*state == NULL) {
		*state = &to_rest;
		return MHD_YES;
	}
	if (*len > 0) {
		*len = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/api/v1/machine") == 0) {
		atomic_fetch_add(&lists, 1);
		a = known != NULL ? &to_known : &to_list;
	}
	r = MHD_create_response_from_buffer(strlen(a->body), (void *)(uintptr_t)a->body,
					    MHD_RESPMEM_PERSISTENT);
	if (a->etag != NULL)
		MHD_add_response_header(r, "ETag", a->etag);
	result = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return result;
}

static void on_end(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static void close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void run(struct agent *a, unsigned port)
{
	uv_loop_t loop;
	uv_timer_t end;

	uv_loop_init(&loop);
	a->loop = &loop;
	a->machine.where.n = 1;
	snprintf(a->machine.where.at[0].url, sizeof(a->machine.where.at[0].url),
		 "http://127.0.0.1:%u", port);
	uv_timer_init(&loop, &end);
	uv_timer_start(&end, on_end, WINDOW_MS, 0);
	contact_open(&a->contact, &loop, &a->machine, &a->config);
	fetch_start(a);
	uv_run(&loop, UV_RUN_DEFAULT);
	contact_close(&a->contact);
	fetch_stop(a);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
}

static void expect_patience(void)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct MHD_Daemon *d =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
				 MHD_OPTION_SOCK_ADDR, &at, MHD_OPTION_END);
	struct agent a = {0};

	TEST_MUST(d != NULL);
	schema_defaults(agent_config_rows, &a.config);
	free(a.config.state_dir);
	a.config.state_dir = mem_strdup(test_dir());
	atomic_store(&lists, 0);
	test_hush(true);
	run(&a, MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	test_hush(false);
	MHD_stop_daemon(d);
	CU_ASSERT(atomic_load(&lists) >= 2);
	if (atomic_load(&lists) > ASKED_MAX)
		TEST_FAIL("asked %u times in %d ms", atomic_load(&lists), WINDOW_MS);
	for (size_t i = 0; i < a.members.n; i++)
		member_free(a.members.at[i]);
	vec_free(&a.members);
	agent_config_fini(&a.config);
}

static void a_list_without_a_name_is_not_asked_for_at_once(void)
{
	to_list = (struct answer){200, LIST_EMPTY, NULL};
	expect_patience();
}

static void no_news_at_once_are_not_asked_for_at_once(void)
{
	to_list = (struct answer){200, LIST_EMPTY, "\"1\""};
	to_known = (struct answer){304, "", "\"1\""};
	expect_patience();
}

static void what_cannot_be_used_is_not_asked_for_at_once(void)
{
	to_list = (struct answer){200, LIST_ONE, "\"1\""};
	to_rest = (struct answer){200, "no image", NULL};
	expect_patience();
}

static void what_is_no_list_is_not_asked_for_at_once(void)
{
	to_list = (struct answer){200, "[]", "\"1\""};
	expect_patience();
}

TEST_SUITE(agent_fetch,
	   {"a list without a name is not asked for at once",
	    a_list_without_a_name_is_not_asked_for_at_once},
	   {"no news at once are not asked for at once", no_news_at_once_are_not_asked_for_at_once},
	   {"what cannot be used is not asked for at once",
	    what_cannot_be_used_is_not_asked_for_at_once},
	   {"what is no list is not asked for at once", what_is_no_list_is_not_asked_for_at_once});
