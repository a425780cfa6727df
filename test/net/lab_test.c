/* The lab itself: places, underlay, outages, probes, with nothing of Skein on it.
 *
 *	controller     a ── lan (172.20.7.10)    b
 *	     │         │                         │
 *	 ────┴─────────┴──────── underlay ───────┴──
 */
#include "lab/lab.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/attack.h"
#include "lab/fleet.h"
#include "lab/lab_places.h"
#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/probe.h"
#include "lab/underlay.h"
#include "lib/base/file.h"
#include "test/test.h"

static const char yaml[] = "name: t-lab\n"
			   "meshes:\n"
			   "  - {name: m, cidr: 10.9.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a, meshes: [m]}\n"
			   "  - {name: b, meshes: [m]}\n"
			   "links:\n"
			   "  - {machine: a, address: 192.0.2.5}\n"
			   "  - {machine: b, address: 198.51.100.5, mtu: 1400}\n"
			   "networks:\n"
			   "  - {name: lan, prefix: 172.20.7.0/24, behind: a}\n";

static struct lab lab;

static int bring_up(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay, NULL};

	return fleet_begin(&lab, yaml, steps);
}

static int take_down(void)
{
	return fleet_end(&lab, false);
}

static int run(const char *machine, const char *script, struct buf *out)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	struct fault f = {0};

	return machine_run(&lab, machine, argv, NULL, 10000, out, &f);
}

static void machines_share_nothing(void)
{
	struct buf out;

	buf_init(&out);
	TEST_NUMBER(run("a",
			"hostname && touch /run/x /etc/skein/x /var/lib/skein/x && "
			"mkdir /sys/fs/bpf/x && ls /sys/class/net",
			&out),
		    0);
	TEST_TEXT(buf_text(&out), "a\neth0\nlan\nlo\n");
	buf_clear(&out);
	TEST_NUMBER(run("b",
			"hostname && ls -A /run /etc/skein /var/lib/skein && "
			"test ! -e /sys/fs/bpf/x",
			&out),
		    0);
	TEST_TEXT(buf_text(&out), "b\n/etc/skein:\n\n/run:\n\n/var/lib/skein:\n");
	TEST_NUMBER(run("a", "test -e /sys/fs/bpf/x", NULL), 0);
	CU_ASSERT(access("/run/x", F_OK) != 0);
	buf_fini(&out);
}

static void links_are_as_the_file_says(void)
{
	struct buf out;

	buf_init(&out);
	TEST_NUMBER(run("b", "cat /sys/class/net/eth0/mtu /proc/sys/net/ipv4/ip_forward", &out), 0);
	TEST_TEXT(buf_text(&out), "1400\n0\n");
	TEST_NUMBER(run("lan", "ping -q -c1 -W2 172.20.7.1", NULL), 0);
	TEST_NUMBER(run("a", "ping -q -c1 -W2 198.51.100.5", NULL), 0);
	/* What is behind a is no part of the underlay. */
	CU_ASSERT(run("b", "ping -q -c1 -W1 172.20.7.10", NULL) != 0);
	buf_fini(&out);
}

static int start_probe(struct probe **out, struct fault *f)
{
	static struct place places[2];
	struct probe_plan plan = {
		.places = {&places[0], &places[1]}, .port = 40000, .flows = 4, .interval_ms = 5};

	lab_place(&lab, "a", &places[0]);
	lab_place(&lab, "b", &places[1]);
	plan.addresses[0] = lab_file_node(&lab.file, "a")->address;
	plan.addresses[1] = lab_file_node(&lab.file, "b")->address;
	return probe_start(&plan, out, f);
}

static struct mono soon(void)
{
	return mono_add_ms(mono_now(), 5000);
}

static void a_probe_sees_a_cut_and_its_end(void)
{
	struct probe *p = NULL;
	struct probe_result r;
	struct fault f = {0};

	TEST_NUMBER(start_probe(&p, &f), 0);
	TEST_NUMBER(probe_await_passing(p, soon(), &f), 0);
	TEST_NUMBER(underlay_cut(&lab, "a", "b", &f), 0);
	TEST_NUMBER(underlay_cut(&lab, "b", "a", &f), 0);
	TEST_NUMBER(probe_await_silence(p, 200, &f), 0);
	TEST_NUMBER(underlay_heal(&lab, "a", "b", &f), 0);
	TEST_NUMBER(underlay_heal(&lab, "a", "b", &f), 0);
	TEST_NUMBER(probe_await_passing(p, soon(), &f), 0);
	CU_ASSERT(probe_await_silence(p, 200, NULL) != 0);
	TEST_NUMBER(probe_stop(p, &r, &f), 0);
	TEST_TEXT(f.text, "");
	for (int way = 0; way < 2; way++) {
		CU_ASSERT(r.ways[way].gap_ms >= 200 && r.ways[way].gap_ms < 5000);
		TEST_NUMBER(r.ways[way].flows_hit, 4);
		CU_ASSERT(r.ways[way].lost >= 4 * 200 / 5 / 2);
	}
}

static void one_way_can_be_cut_alone(void)
{
	struct probe *p = NULL;
	struct probe_result r;
	struct fault f = {0};

	TEST_NUMBER(start_probe(&p, &f), 0);
	TEST_NUMBER(probe_await_passing(p, soon(), &f), 0);
	TEST_NUMBER(underlay_cut_way(&lab, "a", "b", &f), 0);
	poll(NULL, 0, 200); /* what is lost meanwhile */
	TEST_NUMBER(underlay_heal(&lab, "a", "b", &f), 0);
	TEST_NUMBER(probe_await_passing(p, soon(), &f), 0);
	TEST_NUMBER(probe_stop(p, &r, &f), 0);
	CU_ASSERT(r.ways[0].lost > 0);
	TEST_NUMBER(r.ways[1].lost, 0);
}

static void an_unbroken_way_loses_nothing(void)
{
	struct probe *p = NULL;
	struct probe_result r;
	struct fault f = {0};

	TEST_NUMBER(start_probe(&p, &f), 0);
	TEST_NUMBER(probe_await_passing(p, soon(), &f), 0);
	TEST_NUMBER(probe_stop(p, &r, &f), 0);
	CU_ASSERT(r.ways[0].sent > 0 && r.ways[1].sent > 0);
	TEST_NUMBER(probe_lost(&r), 0);
}

static void an_unplugged_machine_comes_back(void)
{
	struct fault f = {0};

	TEST_NUMBER(outage_cause(&lab, "a", "link", &f), 0);
	CU_ASSERT(run("b", "ping -q -c1 -W1 192.0.2.5", NULL) != 0);
	TEST_NUMBER(outage_end(&lab, "a", &f), 0);
	TEST_NUMBER(outage_end(&lab, "a", &f), 0);
	TEST_NUMBER(run("b", "ping -q -c1 -W2 192.0.2.5", NULL), 0);
	TEST_NUMBER(outage_cause(&lab, "a", "colour", &f), ERR_USAGE);
	f.code = 0;
	TEST_NUMBER(outage_cause(&lab, "z", "link", &f), ERR_NOT_FOUND);
}

static void the_cable_of_a_host_is_pulled(void)
{
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	TEST_NUMBER(outage_cause(&lab, "lan", "link", &f), 0);
	TEST_NUMBER(run("a", "cat /sys/class/net/lan/carrier", &out), 0);
	TEST_TEXT(buf_text(&out), "0\n");
	TEST_NUMBER(outage_end(&lab, "lan", &f), 0);
	TEST_NUMBER(run("lan", "ping -q -c1 -W2 192.0.2.5", NULL), 0);
	TEST_TEXT(f.text, "");
	buf_fini(&out);
}

static char state_of(const struct process *p)
{
	char path[64];
	struct buf stat;
	const char *end;
	char state = '?';

	buf_init(&stat);
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)p->pid);
	if (file_read(path, 4096, &stat, NULL) == 0 &&
	    (end = strrchr(buf_text(&stat), ')')) != NULL && end[1] == ' ')
		state = end[2];
	buf_fini(&stat);
	return state;
}

static bool await_state(const struct process *p, char state)
{
	struct mono deadline = soon();

	while (state_of(p) != state && !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 10);
	return state_of(p) == state;
}

static void a_program_stands_still_and_goes_on(void)
{
	static const char *const bird[] = {"/run/bird", "1000", NULL};
	process_vec found = {0};
	struct fault f = {0};
	struct place p;

	TEST_NUMBER(outage_freeze(&lab, "b", "bird", &f), ERR_NOT_FOUND);
	TEST_TEXT(f.text, "b runs no bird");
	TEST_NUMBER(outage_freeze(&lab, "b", "link", &f), ERR_USAGE);
	f = (struct fault){0};
	TEST_NUMBER(run("b", "cp /bin/sleep /run/bird", NULL), 0);
	TEST_NUMBER(machine_start(&lab, "b", bird, &f), 0);
	lab_place(&lab, "b", &p);
	process_find(&p, "bird", &found);
	TEST_MUST(found.n == 1);
	TEST_NUMBER(outage_freeze(&lab, "b", "bird", &f), 0);
	CU_ASSERT(await_state(&found.at[0], 'T'));
	TEST_NUMBER(outage_end(&lab, "b", &f), 0);
	CU_ASSERT(await_state(&found.at[0], 'S'));
	TEST_NUMBER(process_kill_all(&found, soon(), &f), 0);
	TEST_TEXT(f.text, "");
	vec_free(&found);
}

static void a_program_is_killed_by_its_name(void)
{
	static const char *const sleeper[] = {"sleep", "1000", NULL};
	static const char *const other[] = {"tail", "-f", "/dev/null", NULL};
	process_vec found = {0};
	struct fault f = {0};
	struct place p;

	TEST_NUMBER(machine_start(&lab, "a", sleeper, &f), 0);
	TEST_NUMBER(machine_start(&lab, "a", other, &f), 0);
	lab_place(&lab, "a", &p);
	process_find(&p, "sleep", &found);
	TEST_NUMBER(found.n, 1);
	TEST_NUMBER(process_kill_all(&found, soon(), &f), 0);
	CU_ASSERT(!machine_runs(&lab, "a", "sleep"));
	CU_ASSERT(machine_runs(&lab, "a", "tail"));
	/* What is not there cannot be killed, and that is said. */
	TEST_NUMBER(outage_cause(&lab, "a", "bird", &f), ERR_NOT_FOUND);
	TEST_TEXT(f.text, "a runs no bird");
	vec_free(&found);
}

static void what_cannot_be_started_is_told(void)
{
	static const char *const none[] = {"no-such-program", NULL};
	struct fault f = {0};

	TEST_NUMBER(machine_start(&lab, "a", none, &f), ERR_MISSING);
	TEST_TEXT(f.text, "a: no-such-program: No such file or directory");
	CU_ASSERT(!machine_runs(&lab, "a", "no-such-program"));
}

static void power_off_ends_the_processes_of_one_machine(void)
{
	static const char *const sleeper[] = {"sleep", "1000", NULL};
	struct fault f = {0};

	TEST_NUMBER(machine_start(&lab, "a", sleeper, &f), 0);
	TEST_NUMBER(machine_start(&lab, "b", sleeper, &f), 0);
	CU_ASSERT(machine_runs(&lab, "a", "sleep"));
	TEST_NUMBER(outage_cause(&lab, "a", "all", &f), 0);
	CU_ASSERT(!machine_runs(&lab, "a", "sleep"));
	CU_ASSERT(machine_runs(&lab, "b", "sleep"));
	TEST_NUMBER(outage_end(&lab, "a", &f), 0);
	TEST_TEXT(f.text, "");
}

static void forged_packets_are_sent_and_counted(void)
{
	struct forgery forgery = {.device = "eth0", .from = address_ipv4(0x0a090807)};
	struct place places[2];
	struct fault f = {0};
	struct sink *s = NULL;
	uint8_t mac[6];

	lab_place(&lab, "b", &places[0]);
	lab_place(&lab, LAB_UNDERLAY, &places[1]);
	forgery.to = lab_file_node(&lab.file, "b")->address;
	forgery.mac = mac;
	TEST_NUMBER(sink_open(places, 1, &s, &f), 0);
	TEST_NUMBER(attack_read_mac(&places[1], "a", mac, &f), 0);
	lab_place(&lab, "a", &places[1]);
	TEST_NUMBER(attack_send(&places[1], &forgery, 7, 10, &f), 0);
	TEST_NUMBER(sink_await(s, 7, 10, 2000), 10);
	TEST_NUMBER(sink_count(s, 8), 0);
	TEST_TEXT(f.text, "");
	sink_close(s);
}

static void one_program_at_a_time_changes_a_lab(void)
{
	struct fault f = {0};
	struct lab other;

	TEST_NUMBER(lab_open(&other, "t-lab", true, &f), ERR_BUSY);
	lab_close(&other);
	f = (struct fault){0};
	TEST_NUMBER(lab_open(&other, "t-lab", false, &f), 0);
	TEST_NUMBER(other.file.nnodes, 3);
	lab_close(&other);
}

/* Who could not have a lab takes nothing of it down, even when nobody else is at it by then. */
static void what_is_anothers_is_left(void)
{
	struct fault f = {0};
	struct lab other;

	TEST_NUMBER(lab_plan_text(&other, "lab", yaml, strlen(yaml), &f), ERR_BUSY);
	close(lab.lock);
	lab.lock = -1;
	TEST_NUMBER(fleet_end(&other, true), 0);
	TEST_NUMBER(run("a", "true", NULL), 0);
	f = (struct fault){0};
	TEST_STEP(lab_take_lock(&lab, &f), &f);
}

static void up_again_removes_what_was_there_and_nothing_else(void)
{
	static const char *const sleeper[] = {"sleep", "1000", NULL};
	struct command_line outside = {.argv = sleeper};
	struct process foreign;
	const struct record_row *row;
	struct process inside;
	struct fault f = {0};

	TEST_NUMBER(process_start(&outside, &foreign, &f), 0);
	TEST_NUMBER(machine_start(&lab, "a", sleeper, &f), 0);
	row = record_find(&lab.record, "a", "sleep");
	inside = row->process;
	/* As if the program that made it had died: only the files are left to go by. */
	lab_close(&lab);
	TEST_MUST(bring_up() == 0);
	CU_ASSERT(!process_alive(&inside));
	CU_ASSERT(process_alive(&foreign));
	TEST_NUMBER(run("a", "ping -q -c1 -W2 198.51.100.5", NULL), 0);
	process_signal(&foreign, SIGKILL);
	waitpid(foreign.pid, NULL, 0);
}

static void down_leaves_nothing(void)
{
	struct fault f = {0};

	TEST_NUMBER(lab_remove("t-lab", &f), 0);
	CU_ASSERT(access("/run/skein-lab/t-lab", F_OK) != 0);
	CU_ASSERT(access("/run/netns/skl-t-lab-a", F_OK) != 0);
	TEST_NUMBER(lab_remove("t-lab", &f), 0);
	TEST_TEXT(f.text, "");
}

TEST_SUITE_WITH(lab, bring_up, take_down, {"machines share nothing", machines_share_nothing},
		{"links are as the file says", links_are_as_the_file_says},
		{"a probe sees a cut and its end", a_probe_sees_a_cut_and_its_end},
		{"one way can be cut alone", one_way_can_be_cut_alone},
		{"an unbroken way loses nothing", an_unbroken_way_loses_nothing},
		{"an unplugged machine comes back", an_unplugged_machine_comes_back},
		{"the cable of a host is pulled", the_cable_of_a_host_is_pulled},
		{"a program stands still and goes on", a_program_stands_still_and_goes_on},
		{"a program is killed by its name", a_program_is_killed_by_its_name},
		{"what cannot be started is told", what_cannot_be_started_is_told},
		{"power off ends the processes of one machine",
		 power_off_ends_the_processes_of_one_machine},
		{"forged packets are sent and counted", forged_packets_are_sent_and_counted},
		{"one program at a time changes a lab", one_program_at_a_time_changes_a_lab},
		{"what is another's is left", what_is_anothers_is_left},
		{"up again removes what was there and nothing else",
		 up_again_removes_what_was_there_and_nothing_else},
		{"down leaves nothing", down_leaves_nothing});
