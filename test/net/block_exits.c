/* Exits: who goes out by one is still there himself, and goes nowhere else when it is lost. */
#include <poll.h>
#include <string.h>

#include "lab/operator.h"
#include "lab/outage.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define EACH	   4
#define REACH_MS   4000
#define SILENCE_MS 300
#define INTERNET   "b1@underlay"

static void check_reaches(struct world *w, const char *at, const char *to)
{
	if (!block_reaches(w, at, NULL, to, REACH_MS))
		TEST_FAIL("%s does not reach %s", at, to);
}

/* It answers at its own address; without the line for that its answers go out by the exit, which
 * nobody waits for. */
void case_exit_users_are_there_themselves(struct world *w)
{
	struct fault f = {0};

	check_reaches(w, "u", INTERNET);
	check_reaches(w, "b1", "u@underlay");
	check_reaches(w, "u", "a1@red");
	check_reaches(w, "u", "g1@red");
	check_reaches(w, "u", "yard");
	check_reaches(w, "a1", "u@red");
	TEST_STEP(outage_cause(&w->lab, "u", "agent", &f), &f);
	block_sh(w, "u", "while ip rule del pref 1850 2>/dev/null; do :; done");
	tap_forget(w->tap);
	CU_ASSERT(!block_reaches(w, "b1", NULL, "u@underlay", SILENCE_MS));
	TEST_STEP(outage_end(&w->lab, "u", &f), &f);
	block_await(w, "u", "ip rule show pref 1850 | grep -q 192");
	check_reaches(w, "b1", "u@underlay");
}

static void await_default(struct world *w, bool there)
{
	block_await(w, "u", "%s ip route show table 5200 default | grep -q 'proto bird'",
		    there ? "" : "!");
}

/* Posts to the internet; how many the machine itself refused. */
static unsigned post_out(struct world *w, const char *from)
{
	struct letter letter = {.to = block_address(w, INTERNET)};
	unsigned refused = 0;

	if (from != NULL)
		letter.from = block_address(w, from);
	tap_forget(w->tap);
	block_post(w, "u", &letter, EACH, &refused);
	return refused;
}

static uint32_t post_marked(struct world *w)
{
	TEST_NUMBER(post_out(w, NULL), 0);
	return w->mark;
}

void case_lost_exit_is_not_clear(struct world *w)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&w->lab, "x", "link", &f), &f);
	await_default(w, false);
	TEST_NUMBER(post_out(w, NULL), EACH);
	TEST_NUMBER(block_count_leaving(w, w->mark, "u", "*"), 0);
	/* The way that it did not take is there. */
	TEST_NUMBER(post_out(w, "u@underlay"), 0);
	TEST_NUMBER(sink_await(w->sink, w->mark, EACH, REACH_MS), EACH);
	check_reaches(w, "u", "a1@red");
	TEST_STEP(outage_end(&w->lab, "x", &f), &f);
	await_default(w, true);
	check_reaches(w, "u", INTERNET);
}

static void operate(struct world *w, const char *const *words)
{
	struct fault f = {0};

	TEST_STEP(operator_skein(&w->lab, words, NULL, NULL, &f), &f);
}

#define OPERATE(w, ...) operate(w, (const char *const[]){"prefix", __VA_ARGS__, NULL})

/* The approval goes and comes again on the running mesh, with the other choice; what was opened for
 * the exit is closed meanwhile. */
void case_exit_or_directly(struct world *w)
{
	struct fault f = {0};

	OPERATE(w, "withdraw", "x", "0.0.0.0/0");
	await_default(w, false);
	block_await(w, "x", "test $(sysctl -n net.ipv4.conf.eth0.forwarding) = 0");
	TEST_NUMBER(post_out(w, NULL), 0);
	CU_ASSERT(block_await_leaving(w, w->mark, "u", "eth0"));
	OPERATE(w, "approve", "x", "0.0.0.0/0", "--user", "u", "--when-lost", "direct");
	await_default(w, true);
	check_reaches(w, "u", INTERNET);
	CU_ASSERT(block_await_leaving(w, post_marked(w), "u", "wg*"));
	block_await_sessions(w);
	TEST_STEP(outage_cause(&w->lab, "x", "link", &f), &f);
	await_default(w, false);
	TEST_NUMBER(post_out(w, NULL), 0);
	CU_ASSERT(block_await_leaving(w, w->mark, "u", "eth0"));
	TEST_NUMBER(sink_await(w->sink, w->mark, EACH, REACH_MS), EACH);
	TEST_STEP(outage_end(&w->lab, "x", &f), &f);
	OPERATE(w, "approve", "x", "0.0.0.0/0", "--user", "u", "--when-lost", "refuse");
	block_await(w, "u", "ip rule show pref 2000 | grep -q unreachable");
	await_default(w, true);
	check_reaches(w, "u", INTERNET);
}

/* Without a default route of its own it is no exit. */
void case_exit_without_a_way_out(struct world *w)
{
	block_sh(w, "x",
		 "ip route add 192.0.2.0/24 via 169.254.0.1 dev eth0 onlink && ip route del "
		 "default");
	await_default(w, false);
	TEST_NUMBER(post_out(w, NULL), EACH);
	block_sh(w, "x",
		 "ip route add default via 169.254.0.1 dev eth0 onlink && ip route del "
		 "192.0.2.0/24");
	await_default(w, true);
	check_reaches(w, "u", INTERNET);
}
