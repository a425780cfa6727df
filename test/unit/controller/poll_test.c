#include "controller/http/poll.h"

#include "test/test.h"

struct watcher {
	struct waiter waiter; /* first */
	int woken, expired;
};

static void on_wake(struct waiter *w, bool expired)
{
	struct watcher *x = (struct watcher *)w;

	x->woken++;
	x->expired += expired;
}

static struct watcher watcher(row_t machine, int64_t deadline_ms)
{
	return (struct watcher){.waiter = {.machine = machine,
					   .deadline.at = {deadline_ms * CLOCK_MS},
					   .wake = on_wake}};
}

static struct mono at(int64_t ms)
{
	return (struct mono){ms * CLOCK_MS};
}

static void a_change_wakes_those_of_the_machine(void)
{
	struct poll *p = poll_new();
	struct watcher a = watcher(1, 100), b = watcher(1, 100), c = watcher(2, 100);
	uint64_t now = poll_sequence(p);

	CU_ASSERT_TRUE(poll_add(p, &a.waiter, now));
	CU_ASSERT_TRUE(poll_add(p, &b.waiter, now));
	CU_ASSERT_TRUE(poll_add(p, &c.waiter, now));
	poll_wake(p, 3);
	TEST_NUMBER((long long)poll_count(p), 3);
	poll_wake(p, 1);
	TEST_NUMBER(a.woken + b.woken, 2);
	TEST_NUMBER(a.expired + b.expired + c.woken, 0);
	TEST_NUMBER((long long)poll_count(p), 1);
	poll_wake(p, 1);
	TEST_NUMBER(a.woken + b.woken, 2);
	poll_stop(p);
	TEST_NUMBER(c.expired, 1);
	poll_free(p);
}

/* Few of many machines that changed are waited for, or many of few. */
static void a_change_of_many_wakes_theirs(void)
{
	static const row_t many[] = {1, 2, 3, 5, 8, 13, 21}, few[] = {4};
	struct poll *p = poll_new();
	struct watcher a = watcher(4, 100), b = watcher(5, 100), c = watcher(21, 100);
	uint64_t now = poll_sequence(p);

	CU_ASSERT_TRUE(poll_add(p, &a.waiter, now));
	CU_ASSERT_TRUE(poll_add(p, &b.waiter, now));
	CU_ASSERT_TRUE(poll_add(p, &c.waiter, now));
	poll_wake_all(p, many, 7);
	TEST_NUMBER(a.woken, 0);
	TEST_NUMBER(b.woken + c.woken, 2);
	CU_ASSERT_FALSE(poll_add(p, &b.waiter, now));
	CU_ASSERT_TRUE(poll_add(p, &b.waiter, poll_sequence(p)));
	poll_wake_all(p, few, 1);
	TEST_NUMBER(a.woken, 1);
	poll_wake_all(p, few, 0);
	TEST_NUMBER((long long)poll_count(p), 1);
	poll_stop(p);
	poll_free(p);
}

/* It looked, something changed, it wants to wait: it has to look again. */
static void no_change_slips_through(void)
{
	struct poll *p = poll_new();
	struct watcher a = watcher(1, 100);
	uint64_t before = poll_sequence(p);

	poll_wake(p, 1);
	CU_ASSERT_FALSE(poll_add(p, &a.waiter, before));
	CU_ASSERT_TRUE(poll_add(p, &a.waiter, poll_sequence(p)));
	poll_stop(p);
	poll_free(p);
}

static void time_runs_out(void)
{
	struct poll *p = poll_new();
	struct watcher a = watcher(1, 100), b = watcher(1, 200), c = watcher(2, 50);
	uint64_t now = poll_sequence(p);

	poll_add(p, &a.waiter, now);
	poll_add(p, &b.waiter, now);
	poll_add(p, &c.waiter, now);
	poll_expire(p, at(49));
	TEST_NUMBER((long long)poll_count(p), 3);
	poll_expire(p, at(150));
	TEST_NUMBER(a.expired + c.expired, 2);
	TEST_NUMBER(b.woken, 0);
	poll_wake(p, 1);
	TEST_NUMBER(b.woken, 1);
	TEST_NUMBER(b.expired, 0);
	TEST_NUMBER((long long)poll_count(p), 0);
	poll_free(p);
}

static void nobody_waits_when_it_is_stopped(void)
{
	struct poll *p = poll_new();
	struct watcher a = watcher(1, 100);

	poll_stop(p);
	CU_ASSERT_FALSE(poll_add(p, &a.waiter, poll_sequence(p)));
	poll_free(p);
}

TEST_SUITE(controller_poll,
	   {"a change wakes those of the machine", a_change_wakes_those_of_the_machine},
	   {"a change of many wakes theirs", a_change_of_many_wakes_theirs},
	   {"no change slips through", no_change_slips_through}, {"time runs out", time_runs_out},
	   {"nobody waits when it is stopped", nobody_waits_when_it_is_stopped});
