/* How often the controller is asked, by one that answers what a controller should not: a test of
 * absence, whose control is that it is asked at all. */
#include <stdatomic.h>
#include <string.h>

#include "agent/fetch.h"
#include "test/test.h"
#include "test/unit/agent/stub.h"

#define WINDOW_MS 1500
#define ASKED_MAX 5 /* at once, and after 0.25, 0.5, 1 s at the soonest */

#define LIST_EMPTY "{\"memberships\": []}"
#define LIST_ONE                                                                                   \
	"{\"memberships\": [{\"id\": \"0190a5f2-0000-7000-8000-000000000001\","                    \
	" \"view_revision\": \"7\", \"membership_revision\": \"7\"}]}"

/* What it answers: to the list, to a list that is asked for by its ETag, and to the rest. */
static struct stub_answer to_list, to_known, to_rest;
static atomic_uint lists;

static struct stub_answer answer(const char *method, const char *path, const char *known)
{
	(void)method;
	if (strcmp(path, "/api/v1/machine") != 0)
		return to_rest;
	atomic_fetch_add(&lists, 1);
	return known != NULL ? to_known : to_list;
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

static void run(struct agent *a)
{
	static uv_loop_t loop;
	uv_timer_t end;

	uv_loop_init(&loop);
	a->loop = &loop;
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
	struct agent a = {0};

	schema_defaults(agent_config_rows, &a.config);
	free(a.config.state_dir);
	a.config.state_dir = mem_strdup(test_dir());
	atomic_store(&lists, 0);
	stub_start(answer, &a.machine.where);
	test_hush(true);
	run(&a);
	test_hush(false);
	stub_stop();
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
	to_list = (struct stub_answer){200, LIST_EMPTY, NULL, NULL};
	expect_patience();
}

static void no_news_at_once_are_not_asked_for_at_once(void)
{
	to_list = (struct stub_answer){200, LIST_EMPTY, "ETag", "\"1\""};
	to_known = (struct stub_answer){304, "", "ETag", "\"1\""};
	expect_patience();
}

static void what_cannot_be_used_is_not_asked_for_at_once(void)
{
	to_list = (struct stub_answer){200, LIST_ONE, "ETag", "\"1\""};
	to_rest = (struct stub_answer){200, "no image", NULL, NULL};
	expect_patience();
}

static void what_is_no_list_is_not_asked_for_at_once(void)
{
	to_list = (struct stub_answer){200, "[]", "ETag", "\"1\""};
	expect_patience();
}

TEST_SUITE(agent_fetch,
	   {"a list without a name is not asked for at once",
	    a_list_without_a_name_is_not_asked_for_at_once},
	   {"no news at once are not asked for at once", no_news_at_once_are_not_asked_for_at_once},
	   {"what cannot be used is not asked for at once",
	    what_cannot_be_used_is_not_asked_for_at_once},
	   {"what is no list is not asked for at once", what_is_no_list_is_not_asked_for_at_once});
