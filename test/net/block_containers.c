/* Containers of a machine in two meshes: they ask as the machine and are answered, and nobody else
 * reaches them. */
#include <poll.h>
#include <string.h>

#include "lab/outage.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define EACH	   4
#define REACH_MS   4000
#define SILENCE_MS 300
#define PUBLISHED  4999

static const char *const asked[] = {"a1@red", "a2@red", "g1@red", "g1@blue", "b2@blue",
				    "attic",  "barn",	"yard",	  "m@red",   "m@blue"};

void case_containers_are_answered(struct world *w)
{
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (!block_reaches(w, "crate", NULL, asked[i], REACH_MS))
			TEST_FAIL("a container does not reach %s", asked[i]);
}

/* Whoever publishes a port does so on the mesh address, too. */
static void check_published(struct world *w)
{
	struct letter letter = {.to = block_address(w, "m@red"), .port = PUBLISHED};

	block_post(w, "a1", &letter, EACH, NULL);
	TEST_NUMBER(sink_await(w->sink, w->mark, EACH, REACH_MS), EACH);
}

/* The guard is gone, Docker lets everything in: what is left is our table. */
static uint32_t send_unasked(struct world *w)
{
	struct forgery forgery = {.from = block_address(w, "a3@red"),
				  .to = block_address(w, "crate")};

	block_forge(w, "a3", "wg0", "m", &forgery, EACH);
	return w->mark;
}

/* The kernel lets go of the guard a moment after its pins are gone. The first mark. */
static uint32_t send_until_counted(struct world *w)
{
	struct mono deadline = mono_add_ms(mono_now(), REACH_MS);
	uint32_t first = w->mark + 1;

	do {
		send_unasked(w);
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("nothing is counted;%s", block_describe(w, w->mark, "m"));
			break;
		}
	} while (!block_try(w, "m",
			    "nft list counter inet skein unasked | grep -q 'packets [1-9]'"));
	return first;
}

void case_containers_are_not_reached(struct world *w)
{
	const char *host = block_sh(w, "m", "wg show wg0 public-key | tr -d '\n'");
	struct fault f = {0};
	uint32_t first, mark;

	check_published(w);
	TEST_STEP(outage_cause(&w->lab, "a3", "agent", &f), &f);
	TEST_STEP(outage_cause(&w->lab, "m", "agent", &f), &f);
	block_sh(w, "a3", "wg set wg0 peer %s allowed-ips 172.17.0.0/16", host);
	block_sh(w, "m",
		 "rm -r /sys/fs/bpf/skein; nft chain ip filter FORWARD '{ policy accept; }'");
	first = send_until_counted(w);
	poll(NULL, 0, SILENCE_MS);
	for (mark = first; mark <= w->mark; mark++)
		TEST_NUMBER(sink_count(w->sink, mark), 0);
	/* It was that chain: without it they come in. */
	block_sh(w, "m", "nft flush chain inet skein opened");
	mark = send_unasked(w);
	TEST_NUMBER(sink_await(w->sink, mark, EACH, REACH_MS), EACH);
	block_sh(w, "m", "nft chain ip filter FORWARD '{ policy drop; }'");
	TEST_STEP(outage_end(&w->lab, "m", &f), &f);
	TEST_STEP(outage_end(&w->lab, "a3", &f), &f);
	block_await(w, "m", "nft list chain inet skein opened | grep -q docker0");
	CU_ASSERT(block_reaches(w, "crate", NULL, "a3@red", REACH_MS));
}

/* Switched off, a container goes where it would without Skein, and the mesh is closed to it. */
void case_containers_are_an_option(struct world *w)
{
	struct letter letter = {.to = block_address(w, "a1@red")};
	struct fault f = {0};

	TEST_STEP(outage_cause(&w->lab, "m", "agent", &f), &f);
	block_sh(w, "m", "echo containers = no >>/etc/skein/agent.conf");
	TEST_STEP(outage_end(&w->lab, "m", &f), &f);
	block_await(w, "m",
		    "! ip rule | grep -q docker0 && ! nft list table inet skein | grep -q docker0");
	tap_forget(w->tap);
	block_post(w, "crate", &letter, EACH, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, "crate", "eth0"));
	poll(NULL, 0, SILENCE_MS);
	TEST_NUMBER(sink_count(w->sink, w->mark), 0);
	TEST_NUMBER(block_count_leaving(w, w->mark, "m", "*"), 0);
	TEST_STEP(outage_cause(&w->lab, "m", "agent", &f), &f);
	block_sh(w, "m", "sed -i '/^containers/d' /etc/skein/agent.conf");
	TEST_STEP(outage_end(&w->lab, "m", &f), &f);
	block_await(w, "m", "ip rule | grep -q docker0");
	CU_ASSERT(block_reaches(w, "crate", NULL, "a1@red", REACH_MS));
}
