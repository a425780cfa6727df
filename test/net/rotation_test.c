/* Keys are rotated on a fleet at work: every flow of who changes its key goes on after 100 ms at
 * most, no BGP or BFD session notices, and the key before is dead.
 *
 *	prod 10.152.0.0/16                       staging 10.153.0.0/16
 *	a1     r1 ┐ both may announce    g1       b1
 *	       r2 ┘ 172.21.40.0/24       in both
 *
 * A flow is a pair of ports; a packet every 5 ms on each, both ways. The tunnels of the lab are
 * programs, all of them on one computer: so a gap counts when the control, a probe over the plain
 * underlay, never stalled for 50 ms, nor did a flow that the change does not concern; else the key
 * is rotated once more, three times at most. In check a gap may be three times as long; 100 ms hold
 * in check-long, where agents and the controller are killed as well. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/process.h"
#include "test/net/modes_world.h"
#include "test/test.h"

#define ATTEMPTS     3
#define PACKETS	     100 /* at least, on each flow, or nothing was measured */
#define STEADY_MS    50
#define WITHIN_MS    20000
#define AGAIN_MS     20
#define GREETED_MS   50
#define WATCH_MS     300 /* under observation after all is done */
#define GAP_MS	     100
#define GAP_LOOSE    3
#define MACHINES     5
#define TEXT_MAX     60
#define LINE_TEXT    160
#define APART_MS     50
#define STATE_DIRS   "/var/lib/skein/agent/*-*"
#define SILENT_TRIES 40 /* of 50 ms: what is refused is not answered for two seconds */

static const char yaml[] = "name: t-rotation\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.152.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.153.0.0/16}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: b1, meshes: [staging]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod, staging]}\n"
			   "prefixes:\n"
			   "  - {machine: r1, mesh: prod, prefix: 172.21.40.0/24}\n"
			   "  - {machine: r2, mesh: prod, prefix: 172.21.40.0/24}\n"
			   "peerings:\n"
			   "  - mesh_a: prod\n"
			   "    mesh_b: staging\n"
			   "    prefixes_a: [10.152.0.0/16]\n"
			   "    prefixes_b: [10.153.0.0/16]\n";

static const char *const machines[MACHINES] = {"a1", "r1", "r2", "g1", "b1"};
static struct modes w;
static int64_t limit_ms;

static int set_up_with(int64_t ms)
{
	int code = modes_open(&w, yaml);

	w.flows = 1;
	w.stall_ms = STEADY_MS;
	limit_ms = ms;
	return code;
}

static int set_up(void)
{
	return set_up_with(GAP_LOOSE * GAP_MS);
}

static int set_up_tight(void)
{
	return set_up_with(GAP_MS);
}

static int tear_down(void)
{
	return modes_close(&w);
}

/* ---- keys ---- */

/* The public keys of its memberships, a line each; in the arena. */
static const char *keys_of(const char *machine)
{
	return modes_shell(&w, machine,
			   "for k in " STATE_DIRS "/key; do base64 -w0 $k | wg pubkey; done");
}

static bool has_next_key(const char *machine)
{
	return modes_shell(&w, machine,
			   "for f in " STATE_DIRS
			   "/key.next; do [ -e $f ] && echo $f; done; :")[0] != '\0';
}

/* Whether some machine still has one of these keys on a device. */
static const char *who_has(const char *keys)
{
	for (size_t i = 0; i < MACHINES; i++) {
		const char *peers = modes_shell(&w, machines[i], "wg show all peers");
		char one[TEXT_MAX];

		for (const char *k = keys; sscanf(k, "%59s", one) == 1; k += strlen(one) + 1)
			if (strstr(peers, one) != NULL)
				return machines[i];
	}
	return NULL;
}

static bool is_done(const char *machine, const char *before, const char **lacks)
{
	const char *keeper;
	char one[TEXT_MAX];

	*lacks = "has a next key";
	if (has_next_key(machine))
		return false;
	*lacks = "has its old key";
	for (const char *k = before; sscanf(k, "%59s", one) == 1; k += strlen(one) + 1)
		if (strstr(keys_of(machine), one) != NULL)
			return false;
	keeper = who_has(before);
	if (keeper != NULL)
		*lacks = arena_printf(&w.arena, "is known by its old key to %s", keeper);
	return keeper == NULL;
}

static void await_done(const char *machine, const char *before)
{
	struct mono deadline = mono_add_ms(mono_now(), WITHIN_MS);
	const char *lacks;

	while (!is_done(machine, before, &lacks)) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s %s", machine, lacks);
			return;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

/* ---- sessions ---- */

/* All of them with the time since when they are as they are, BGP's and BFD's; in the arena. */
static const char *sessions(void)
{
	const char *all = "";

	for (size_t i = 0; i < MACHINES; i++)
		all = arena_printf(
			&w.arena, "%s%s:\n%s", all, machines[i],
			modes_shell(&w, machines[i],
				    "for s in /run/skein/*/bird.ctl; do"
				    " birdc -s $s show protocols | awk '$2 == \"BGP\"';"
				    " birdc -s $s show bfd sessions | awk '$3 ~ /Up|Down|Init/"
				    " {print $1, $2, $3, $4, $5}' | sort; done"));
	return all;
}

/* Milliseconds of the day of a line's time, which becomes blank in `rest`. */
static long since_of(const char *line, size_t len, char rest[LINE_TEXT])
{
	int h, m, sec, ms, used = 0;
	char *at;

	snprintf(rest, LINE_TEXT, "%.*s", (int)len, line);
	for (at = rest; *at != '\0'; at++)
		if (sscanf(at, "%2d:%2d:%2d.%3d%n", &h, &m, &sec, &ms, &used) == 4) {
			memset(at, ' ', (size_t)used);
			return ((h * 60L + m) * 60 + sec) * 1000 + ms;
		}
	return 0;
}

/* BIRD reckons its times back from now, a millisecond or two apart. */
static bool same_session(const char *was, size_t was_len, const char *now, size_t now_len)
{
	char rest[2][LINE_TEXT];
	long apart = since_of(was, was_len, rest[0]) - since_of(now, now_len, rest[1]);

	return strcmp(rest[0], rest[1]) == 0 && labs(apart) <= APART_MS;
}

/* Whether all are as they were; says (`complain`) which is not. */
static bool sessions_stand(const char *was, bool complain)
{
	const char *now = sessions();

	while (*was != '\0' || *now != '\0') {
		size_t was_len = strcspn(was, "\n"), now_len = strcspn(now, "\n");

		if (!same_session(was, was_len, now, now_len)) {
			if (complain)
				TEST_FAIL("a session was '%.*s', is '%.*s'", (int)was_len, was,
					  (int)now_len, now);
			return false;
		}
		was += was_len + (was[was_len] != '\0');
		now += now_len + (now[now_len] != '\0');
	}
	return true;
}

/* ---- a rotation under observation ---- */

static const struct flow {
	const char *from, *from_mesh, *to, *to_mesh, *over; /* a gateway; NULL: none */
} flows[] = {{"a1", "prod", "r1", "prod", NULL},
	     {"a1", "prod", "g1", "prod", NULL},
	     {"r2", "prod", "g1", "prod", NULL},
	     {"a1", "prod", "b1", "staging", "g1"},
	     {"b1", "staging", "r1", "prod", "g1"}};

#define FLOWS (sizeof(flows) / sizeof(flows[0]))

struct change {
	const char *const *who; /* change their keys at once */
	size_t n;
};

static bool concerns(const struct change *c, const struct flow *f)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(f->from, c->who[i]) == 0 || strcmp(f->to, c->who[i]) == 0 ||
		    (f->over != NULL && strcmp(f->over, c->who[i]) == 0))
			return true;
	return false;
}

static void observe(void)
{
	for (size_t i = 0; i < FLOWS; i++)
		modes_probe(&w, arena_printf(&w.arena, "%s to %s", flows[i].from, flows[i].to),
			    flows[i].from, flows[i].from_mesh, flows[i].to, flows[i].to_mesh);
	modes_await_passing(&w, MODES_REACH_MS);
}

/* Who is not concerned feels nothing, or it is the computer. */
static bool is_steady(const struct change *c)
{
	bool steady = w.steady;

	for (size_t i = 0; i < FLOWS; i++)
		steady = steady && (concerns(c, &flows[i]) || w.streams[i].gap_ms <= STEADY_MS);
	return steady;
}

/* True when it was conclusive, or is not to be tried again. A computer that stalls for as long as
 * BFD waits ends sessions, too. */
static bool judge(const struct change *c, const char *before, bool last)
{
	const bool counts = last || is_steady(c);
	bool any = !sessions_stand(before, counts);

	for (size_t i = 0; i < FLOWS; i++) {
		const struct stream *s = &w.streams[i];

		CU_ASSERT(s->sent >= PACKETS);
		if (s->gap_ms <= limit_ms)
			continue;
		any = true;
		if (counts)
			TEST_FAIL("%s: nothing for %lld ms, %lld may be", s->what,
				  (long long)s->gap_ms, (long long)limit_ms);
	}
	return counts || !any;
}

static bool rotate(const struct change *c, bool last)
{
	const char *keys[MACHINES], *before;

	observe();
	before = sessions();
	for (size_t i = 0; i < c->n; i++)
		keys[i] = keys_of(c->who[i]);
	for (size_t i = 0; i < c->n; i++)
		modes_skein(&w, "machine", "rotate-key", c->who[i], NULL);
	for (size_t i = 0; i < c->n; i++)
		await_done(c->who[i], keys[i]);
	poll(NULL, 0, WATCH_MS);
	modes_stop(&w);
	return judge(c, before, last);
}

static void rotate_observed(const char *const *who, size_t n)
{
	const struct change c = {who, n};

	for (unsigned i = 1; !rotate(&c, i == ATTEMPTS); i++)
		modes_rest(&w, MODES_SETTLE_MS);
}

static void a_member_changes_its_key(void)
{
	rotate_observed((const char *const[]){"a1"}, 1);
}

static void a_router_changes_its_key(void)
{
	rotate_observed((const char *const[]){"r1"}, 1);
}

static void a_gateway_changes_its_keys(void)
{
	rotate_observed((const char *const[]){"g1"}, 1);
}

static void two_change_their_keys_at_once(void)
{
	rotate_observed((const char *const[]){"r1", "a1"}, 2);
}

/* ---- the key before is dead ---- */

/* Whether g1 answers who greets it with this private key, from a device of its own on a1. */
static bool is_answered(const char *private_key)
{
	const char *begin = arena_printf(
		&w.arena,
		"WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD=1 wireguard-go x0 >/dev/null 2>&1 &&"
		" wg set x0 private-key %s peer $(wg show wg0t1 peers) endpoint"
		" $(wg show wg0t1 endpoints | cut -f2) persistent-keepalive 1 &&"
		" ip link set x0 up && echo greets",
		private_key);
	bool answered = false;

	TEST_TEXT(modes_shell(&w, "a1", begin), "greets\n");
	for (int i = 0; i < SILENT_TRIES && !answered; i++) {
		const char *at = modes_shell(&w, "a1", "wg show x0 latest-handshakes | cut -f2");

		CU_ASSERT(at[0] != '\0');
		answered = at[0] != '\0' && at[0] != '0';
		poll(NULL, 0, GREETED_MS);
	}
	modes_shell(&w, "a1", "ip link delete x0");
	return answered;
}

static void the_key_before_is_dead(void)
{
	const char *keys = keys_of("a1");

	modes_shell(&w, "a1", "cat " STATE_DIRS "/key | base64 > /run/old.key");
	modes_skein(&w, "machine", "rotate-key", "a1", NULL);
	await_done("a1", keys);
	modes_shell(&w, "a1", "cat " STATE_DIRS "/key | base64 > /run/new.key");
	CU_ASSERT(!is_answered("/run/old.key"));
	CU_ASSERT(is_answered("/run/new.key"));
	modes_shell(&w, "a1", "rm /run/old.key /run/new.key");
}

/* ---- somebody dies in between ---- */

static void await_word(const char *machine, const char *command, const char *what)
{
	struct mono deadline = mono_add_ms(mono_now(), WITHIN_MS);

	while (modes_shell(&w, machine, command)[0] == '\0')
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s: %s", machine, what);
			return;
		}
}

/* Its process there. */
static bool find_process(const char *machine, const char *program, process_vec *out)
{
	struct place p;

	lab_place(&w.lab, machine, &p);
	process_find(&p, program, out);
	CU_ASSERT(out->n == 1);
	return out->n == 1;
}

/* The machine's agent is killed as soon as the command succeeds, and started again. */
static void kill_agent_when(const char *command, const char *what)
{
	const char *keys = keys_of("r1"), *before = sessions();
	process_vec agent = {0};
	struct fault f = {0};

	if (!find_process("r1", "skein-agent", &agent))
		return;
	modes_skein(&w, "machine", "rotate-key", "r1", NULL);
	await_word("r1",
		   arena_printf(&w.arena,
				"for i in $(seq 300); do %s && { kill -9 %d; echo killed; break; };"
				" done",
				command, (int)agent.at[0].pid),
		   what);
	TEST_STEP(process_kill_all(&agent, mono_add_ms(mono_now(), WITHIN_MS), &f), &f);
	vec_free(&agent);
	TEST_STEP(machine_start_agent(&w.lab, "r1", &f), &f);
	await_done("r1", keys);
	sessions_stand(before, true);
}

static void an_agent_is_killed_at_each_step(void)
{
	const char *key;

	modes_probe(&w, "a1 to r1", "a1", "prod", "r1", "prod");
	modes_await_passing(&w, MODES_REACH_MS);
	kill_agent_when("ls " STATE_DIRS "/key.next >/dev/null 2>&1", "no next key is made");
	key = keys_of("r1");
	kill_agent_when(
		arena_printf(&w.arena,
			     "[ \"$(base64 -w0 " STATE_DIRS "/key | wg pubkey)\" != %.44s ]", key),
		"the key does not change on the disk");
	key = keys_of("r1");
	kill_agent_when(arena_printf(&w.arena, "[ \"$(wg show wg0 public-key)\" != %.44s ]", key),
			"the key does not change on the device");
	modes_stop(&w);
}

static void kill_controller(void)
{
	const char *const run[] = {lab_program(&w.lab, "skein-controller"), "run", NULL};
	process_vec found = {0};
	struct fault f = {0};

	if (!find_process(LAB_CONTROLLER, "skein-controlle", &found))
		return;
	TEST_STEP(process_kill_all(&found, mono_add_ms(mono_now(), WITHIN_MS), &f), &f);
	vec_free(&found);
	TEST_STEP(machine_start(&w.lab, LAB_CONTROLLER, run, &f), &f);
}

static void the_controller_is_killed_in_between(void)
{
	const char *keys = keys_of("a1"), *before = sessions();

	modes_skein(&w, "machine", "rotate-key", "a1", NULL);
	await_word("a1", "ls " STATE_DIRS "/key.next 2>/dev/null", "no next key is made");
	kill_controller();
	await_word("a1",
		   arena_printf(&w.arena,
				"base64 -w0 " STATE_DIRS "/key | wg pubkey | grep -v %.44s", keys),
		   "the key does not change");
	kill_controller();
	await_done("a1", keys);
	sessions_stand(before, true);
}

TEST_SUITE_WITH(rotation, set_up, tear_down, {"a member changes its key", a_member_changes_its_key},
		{"a router changes its key", a_router_changes_its_key},
		{"a gateway changes its keys", a_gateway_changes_its_keys},
		{"two change their keys at once", two_change_their_keys_at_once},
		{"the key before is dead", the_key_before_is_dead});

TEST_SUITE_LONG(rotation_tight, set_up_tight, tear_down,
		{"a member changes its key", a_member_changes_its_key},
		{"a router changes its key", a_router_changes_its_key},
		{"a gateway changes its keys", a_gateway_changes_its_keys},
		{"two change their keys at once", two_change_their_keys_at_once},
		{"an agent is killed at each step", an_agent_is_killed_at_each_step},
		{"the controller is killed in between", the_controller_is_killed_in_between});
