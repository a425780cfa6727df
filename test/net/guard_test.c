/* The guard on real devices, with real packets: guard_world.h has the drawing, guard_packets.c the
 * packets; for each line of the specification some that must pass beside some that must not. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/tc.h"
#include "test/net/guard_packets.h"
#include "test/net/guard_world.h"
#include "test/test.h"

static struct guard *guard;

static struct guard *open_guard(void)
{
	struct guard *g = NULL;
	struct fault f = {0};

	if (guard_open(world_directory(), &g, &f) != 0) {
		fprintf(stderr, "net_guard: guard_open: %s\n", f.text);
		exit(1); /* nothing here can go on without it */
	}
	return g;
}

static void attach_all(struct guard *g)
{
	struct fault f = {0};

	for (enum world_device d = 0; d < LAN; d++)
		if (guard_attach(g, world_ifindex(d), &f) != 0)
			TEST_FAIL("guard_attach: %s", f.text);
}

static void apply(struct guard *g, const struct guard_input *in)
{
	struct fault f = {0};

	if (guard_apply(g, in, &f) != 0)
		TEST_FAIL("guard_apply: %s", f.text);
}

/* Which counters moved, in words: "passed 1". */
static void check_counters(const char *name, const uint64_t before[GUARD_REASON_COUNT],
			   enum guard_reason want)
{
	uint64_t after[GUARD_REASON_COUNT];

	guard_counters(guard, after, NULL);
	for (enum guard_reason r = 0; r < GUARD_REASON_COUNT; r++) {
		uint64_t moved = after[r] - before[r];

		if (moved != (r == want))
			TEST_FAIL("%s: counter %s moved by %llu", name, guard_reason_name(r),
				  (unsigned long long)moved);
	}
}

static void check_row(const struct packet_row *row, enum guard_reason want, unsigned comes_out)
{
	uint64_t before[GUARD_REASON_COUNT];
	unsigned where;

	guard_counters(guard, before, NULL);
	where = world_trace(row->device, &row->packet, comes_out);
	if (where != comes_out)
		TEST_FAIL("%s: came out at %#x, want %#x", row->name, where, comes_out);
	check_counters(row->name, before, want);
}

#define FIRST_PASSES guard_packet("a member to the own address")
#define FIRST_BARRED guard_packet("to the own address in the other mesh")

static void without_rules_nothing_gets_in(void)
{
	guard = open_guard();
	check_row(FIRST_PASSES, GUARD_REASON_COUNT, TO_SELF); /* not attached yet */
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_SOURCE, NOWHERE);
}

static void each_packet_has_its_verdict(void)
{
	apply(guard, world_input());
	for (size_t i = 0; i < guard_npackets; i++)
		check_row(&guard_packets[i], guard_packets[i].want, guard_packets[i].comes_out);
}

static void it_stands_without_its_agent(void)
{
	guard_close(guard);
	CU_ASSERT(world_trace(MESHA, &FIRST_PASSES->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, NOWHERE) == NOWHERE);
	guard = open_guard();
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

static void a_failed_update_changes_nothing(void)
{
	struct guard_input in = *world_input();
	struct guard_membership m = in.memberships[0];
	struct guard_speaker many[2] = {{m.speakers[0].source, 1}, {m.speakers[0].source, 0}};
	struct fault f = {0};

	m.speakers = many;
	m.nspeakers = 2;
	in.memberships = &m;
	in.n = 1;
	TEST_NUMBER(guard_apply(guard, &in, &f), ERR_INVALID);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(guard_packet("BGP of a speaker"), GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

/* Changes the rules until it is killed; a byte into the pipe for each time. */
static void change_rules(int done)
{
	struct guard *g = NULL;
	int e = guard_open(world_directory(), &g, NULL);

	for (int i = 0; e == 0; i++) {
		e = guard_apply(g, i % 2 ? world_input() : world_input_other(), NULL);
		if (e == 0 && write(done, "", 1) != 1)
			break;
	}
	_exit(1);
}

/* While a child changes the rules, all the time, who may passes always, and who may not never. */
static void an_update_is_seen_whole(void)
{
	const struct packet_spec *may = &guard_packet("a peering, there")->packet,
				 *may_not = &guard_packet("from the first to the second")->packet;
	uint64_t before[GUARD_REASON_COUNT], after[GUARD_REASON_COUNT];
	uint64_t sent = 0;
	char bytes[4096];
	int done[2], changed = 0;
	pid_t child;

	if (pipe2(done, O_CLOEXEC | O_NONBLOCK) != 0 || (child = fork()) < 0) {
		TEST_FAIL("no child");
		return;
	}
	if (child == 0)
		change_rules(done[1]);
	close(done[1]);
	guard_counters(guard, before, NULL);
	while (changed < 50 || sent < 5000) {
		ssize_t n = read(done[0], bytes, sizeof(bytes));

		if (n == 0) {
			TEST_FAIL("the child failed after %d changes", changed);
			break;
		}
		changed += n > 0 ? (int)n : 0;
		for (int i = 0; i < 50; i++, sent++) {
			world_send(MESHA, may, 1);
			world_send(MESHA, may_not, 1);
		}
	}
	guard_counters(guard, after, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(done[0]);
	TEST_NUMBER(after[GUARD_PASSED] - before[GUARD_PASSED], sent);
	TEST_NUMBER(after[GUARD_PAIR] - before[GUARD_PAIR], sent);
	/* It died in the middle of something: the next one makes good. */
	apply(guard, world_input());
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
}

static uint64_t send_many(const struct packet_row *row, unsigned n, enum guard_reason r)
{
	uint64_t before[GUARD_REASON_COUNT], after[GUARD_REASON_COUNT];

	guard_counters(guard, before, NULL);
	for (unsigned i = 0; i < n; i++)
		world_send(row->device, &row->packet, 1);
	guard_counters(guard, after, NULL);
	return after[r] - before[r];
}

static void one_speaker_cannot_take_it_all(void)
{
	struct guard_input in = *world_input();
	uint64_t passed;

	in.control_rate = 10;
	in.control_burst = 50;
	apply(guard, &in);
	passed = send_many(guard_packet("BFD of a speaker"), 500, GUARD_PASSED);
	if (passed < 50 || passed > 100)
		TEST_FAIL("%llu packets passed, the burst is 50", (unsigned long long)passed);
	CU_ASSERT(send_many(guard_packet("BFD of a speaker"), 10, GUARD_POLICED) > 5);
	check_row(guard_packet("a speaker on the main device"), GUARD_PASSED,
		  TO_SELF); /* another speaker has a bucket of its own */
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF); /* and it is for BGP and BFD only */
	apply(guard, world_input());
	/* By default a speaker may do what no session comes near: BFD every 10 ms for 10 s. */
	TEST_NUMBER(send_many(guard_packet("BFD of a speaker"), 1000, GUARD_PASSED), 1000);
}

static void a_newer_program_takes_over(void)
{
	char old[400], own[400];
	uint64_t before[GUARD_REASON_COUNT];

	/* What a program of another agent leaves: pins under another digest. */
	snprintf(old, sizeof(old), "mv %s/guard-* %s/guard-0000000000000000", world_directory(),
		 world_directory());
	snprintf(own, sizeof(own), "test ! -e %s/guard-0000000000000000", world_directory());
	guard_close(guard);
	TEST_NUMBER(system(old), 0);
	guard = open_guard();
	guard_counters(guard, before, NULL);
	/* The devices still have the old one, with its rules. */
	CU_ASSERT(world_trace(MESHA, &FIRST_PASSES->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, NOWHERE) == NOWHERE);
	check_counters("the old program", before, GUARD_REASON_COUNT);
	apply(guard, world_input());
	attach_all(guard);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(system(own), 0);
}

static void a_device_comes_and_goes(void)
{
	struct fault f = {0};
	uint32_t ifindex = world_ifindex(MESHA);

	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_REASON_COUNT, TO_SELF); /* nothing else stops it */
	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	TEST_NUMBER(guard_attach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(guard_attach(guard, 999999, &f), ERR_NOT_FOUND);
}

/* Kernels without tcx: a filter of clsact does the same. */
static void a_filter_does_where_there_is_no_link(void)
{
	struct fault f = {0};
	uint32_t ifindex = world_ifindex(MESHA);
	int program = guard_program(guard);

	guard_detach(guard, ifindex, &f);
	TEST_NUMBER(tc_attach(world_directory(), program, ifindex, TC_FILTER, &f), 0);
	TEST_NUMBER(tc_attach(world_directory(), program, ifindex, TC_FILTER, &f), 0);
	check_row(FIRST_PASSES, GUARD_PASSED, TO_SELF);
	check_row(FIRST_BARRED, GUARD_PAIR, NOWHERE);
	TEST_NUMBER(guard_detach(guard, ifindex, &f), 0);
	check_row(FIRST_BARRED, GUARD_REASON_COUNT, TO_SELF);
	if (f.code != 0)
		TEST_FAIL("%s", f.text);
}

static void leaving_takes_all_of_it_away(void)
{
	struct fault f = {0};

	attach_all(guard);
	guard_close(guard);
	guard = NULL;
	TEST_NUMBER(guard_remove(world_directory(), &f), 0);
	CU_ASSERT(world_trace(MESHA, &FIRST_BARRED->packet, TO_SELF) == TO_SELF);
	CU_ASSERT(access(world_directory(), F_OK) != 0);
	TEST_NUMBER(guard_remove(world_directory(), &f), 0);
}

TEST_SUITE_WITH(net_guard, world_make, world_break,
		{"without rules nothing gets in", without_rules_nothing_gets_in},
		{"each packet has its verdict", each_packet_has_its_verdict},
		{"it stands without its agent", it_stands_without_its_agent},
		{"a failed update changes nothing", a_failed_update_changes_nothing},
		{"an update is seen whole", an_update_is_seen_whole},
		{"one speaker cannot take it all", one_speaker_cannot_take_it_all},
		{"a newer program takes over", a_newer_program_takes_over},
		{"a device comes and goes", a_device_comes_and_goes},
		{"a filter does where there is no link", a_filter_does_where_there_is_no_link},
		{"leaving takes all of it away", leaving_takes_all_of_it_away});
