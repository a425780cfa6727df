#include "lab/demo.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lab/failover.h"
#include "lab/fleet.h"
#include "lab/forged.h"
#include "lab/lab_places.h"
#include "lab/reach.h"
#include "lab/status.h"

#define FLOWS		16U
#define FAILOVER_BAR	1000 /* ms */
#define FORGED_AT_LEAST 100
#define REACH_MS	15000

struct demo {
	struct lab lab;
	struct arena arena;
	struct demo_cast cast;
	operator_member_vec members;
	session_vec sessions;
	/* figures */
	size_t members_up;
	unsigned external;
	bool cross;
	struct failover_result failover;
	struct forged_result forged;
};

static void headline(const char *text)
{
	printf("\n%s\n", text);
	fflush(stdout);
}

/* ---- who reaches whom ---- */

static void add_pair(struct demo *d, struct reach *pairs, size_t *n, struct place *places,
		     const struct operator_member *from, const struct address *to)
{
	if (*n == REACH_MAX)
		return;
	lab_place(&d->lab, from->machine, &places[*n]);
	pairs[*n] = (struct reach){.at = &places[*n], .from = from->address, .to = *to};
	(*n)++;
}

/* The pairs that got no answer. */
static void name_silent(const struct demo *d, const struct reach *pairs, size_t n)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		const struct operator_member *to = operator_find_address(&d->members, &pairs[i].to);

		if (!pairs[i].answered)
			printf("  no answer: %s from %s (%s)\n", pairs[i].at->hostname,
			       address_format(&pairs[i].to, text), to != NULL ? to->machine : "?");
	}
}

/* Each pair of a mesh, in the one direction. */
static void add_pairs(struct demo *d, bool upward, struct reach *pairs, size_t *n,
		      struct place *places)
{
	for (size_t i = 0; i < d->members.n; i++)
		for (size_t k = 0; k < d->members.n; k++)
			if (i != k && (i < k) == upward &&
			    strcmp(d->members.at[i].mesh, d->members.at[k].mesh) == 0)
				add_pair(d, pairs, n, places, &d->members.at[i],
					 &d->members.at[k].address);
}

/* Reached by everybody who asked, and up to date in every mesh. */
static bool machine_is_up(const struct demo *d, const char *machine, const struct reach *pairs,
			  size_t n)
{
	bool up = operator_find_member(&d->members, machine, NULL) != NULL;

	for (size_t i = 0; i < d->members.n; i++)
		if (strcmp(d->members.at[i].machine, machine) == 0)
			up = up && d->members.at[i].current;
	for (size_t i = 0; i < n; i++) {
		const struct operator_member *to = operator_find_address(&d->members, &pairs[i].to);

		if (to != NULL && strcmp(to->machine, machine) == 0)
			up = up && pairs[i].answered;
	}
	return up;
}

/* A machine is up when the controller says that it runs the newest state in each of its meshes, and
 * every other member of these reaches it. First one direction, then the other: where two machines
 * greet each other at the same moment, wireguard-go can end up with two keys that do not match, and
 * takes 15 s to notice. */
static int count_members(struct demo *d, struct fault *f)
{
	const struct lab_machine *machines = d->lab.file.machines.at;
	struct reach *pairs = arena_array(&d->arena, REACH_MAX, sizeof(*pairs));
	struct place *places = arena_array(&d->arena, REACH_MAX, sizeof(*places));
	size_t first = 0, n = 0;
	int answered, code;

	add_pairs(d, true, pairs, &n, places);
	first = n;
	add_pairs(d, false, pairs, &n, places);
	answered = reach_check(pairs, first, REACH_MS, f);
	if (answered < 0)
		return answered;
	code = reach_check(pairs + first, n - first, REACH_MS, f);
	if (code < 0)
		return code;
	for (size_t i = 0; i < d->lab.file.machines.n; i++)
		d->members_up += machine_is_up(d, machines[i].name, pairs, n);
	printf("  %d of %zu pairs of members reach each other\n", answered + code, n);
	name_silent(d, pairs, n);
	return 0;
}

/* Plain members of each mesh to those of the other, and to the host behind one. */
static int check_cross(struct demo *d, struct fault *f)
{
	const struct demo_cast *c = &d->cast;
	struct reach *pairs = arena_array(&d->arena, REACH_MAX, sizeof(*pairs));
	struct place *places = arena_array(&d->arena, REACH_MAX, sizeof(*places));
	size_t n = 0;
	int code;

	for (size_t i = 0; i < c->nmembers[0]; i++) {
		const struct operator_member *a =
			operator_find_member(&d->members, c->members[0][i], c->meshes[0]);

		if (a == NULL)
			return 0;
		if (c->host != NULL)
			add_pair(d, pairs, &n, places, a,
				 &lab_file_network(&d->lab.file, c->host)->host);
		for (size_t k = 0; k < c->nmembers[1]; k++) {
			const struct operator_member *b =
				operator_find_member(&d->members, c->members[1][k], c->meshes[1]);

			if (b == NULL)
				return 0;
			add_pair(d, pairs, &n, places, a, &b->address);
			add_pair(d, pairs, &n, places, b, &a->address);
		}
	}
	code = reach_check(pairs, n, REACH_MS, f);
	if (code < 0)
		return code;
	d->cross = (size_t)code == n && n > 0;
	printf("  %d of %zu pairs reach each other across the meshes\n", code, n);
	return 0;
}

/* ---- the acts ---- */

static int show_fleet(struct demo *d, struct fault *f)
{
	int code = operator_members(&d->lab, &d->arena, &d->members, f);

	if (code != 0)
		return code;
	headline("The fleet: what is in which mesh, at which address");
	status_print_members(&d->lab, &d->members, stdout);
	code = count_members(d, f);
	if (code != 0)
		return code;
	headline("BGP: each gateway has a BIRD per mesh; the two are neighbours");
	session_list_all(&d->lab, &d->members, &d->arena, &d->sessions);
	demo_show_sessions(&d->sessions);
	d->external = session_count_external(&d->sessions);
	return 0;
}

static int show_crossing(struct demo *d, struct fault *f)
{
	int code;

	headline("Across the meshes");
	code = check_cross(d, f);
	return code == 0 ? demo_show_path(&d->lab, &d->members, &d->cast, f) : code;
}

static int show_failover(struct demo *d, struct fault *f)
{
	const struct demo_cast *c = &d->cast;
	struct failover_plan plan = {.flows = {.machines = {c->members[0][0], c->members[1][0]},
					       .flows = FLOWS,
					       .pace = MEASURE_PACE_USUAL},
				     .gateway = c->gateway};
	const struct failover_result *r = &d->failover;
	int code;

	headline("A gateway dies");
	printf("  %u flows each way between %s and %s, a packet every 5 ms; then %s loses its "
	       "cable\n",
	       FLOWS, plan.flows.machines[0], plan.flows.machines[1], c->gateway);
	fflush(stdout);
	for (int i = 0; i < 2; i++)
		plan.flows.addresses[i] =
			operator_find_member(&d->members, plan.flows.machines[i], c->meshes[i])
				->address;
	code = failover_measure(&d->lab, &plan, &d->failover, f);
	if (code != 0)
		return code;
	if (r->attempts > 1)
		printf("  this computer was busy elsewhere meanwhile (the control probe stalled, "
		       "or an unbroken way lost packets): measured %u times\n",
		       r->attempts);
	if (!r->conclusive)
		printf("  inconclusive to the last; the control probe's longest gap: %lld ms\n",
		       (long long)r->control_gap_ms);
	printf("  it carried about %.0f of %u flows, by its WireGuard's counters; %u lost "
	       "packets, for %lld ms at worst\n",
	       r->carried, 2 * FLOWS, r->flows_hit, (long long)r->outage_ms);
	printf("  it comes back%s: %" PRIu64 " packets lost\n",
	       r->returned ? " and carries again" : ", but carries nothing", r->return_lost);
	return 0;
}

static int show_forged(struct demo *d, struct fault *f)
{
	const struct demo_cast *c = &d->cast;
	const struct forged_plan plan = {.attacker = c->members[0][2],
					 .neighbour = c->members[0][1],
					 .victim = c->members[0][0],
					 .target = c->members[1][0],
					 .gateway = c->gateway,
					 .meshes = {c->meshes[0], c->meshes[1]},
					 .host = c->host};
	int code;

	headline("Forged packets: a member in an attacker's hands, a neighbour without a key");
	code = forged_run(&d->lab, &d->members, &plan, &d->forged, f);
	for (size_t i = 0; i < d->forged.nkinds && code == 0; i++) {
		const struct forged_kind *k = &d->forged.kinds[i];

		printf("  %-46s %3" PRIu64 " sent, dropped by guard %" PRIu64 ", fence %" PRIu64
		       ", WireGuard %" PRIu64 "\n",
		       k->what, k->sent, k->guard, k->fence, k->wireguard);
	}
	if (code == 0)
		printf("  control, an allowed packet made in the same way: %s\n",
		       d->forged.control_arrived ? "arrives" : "DOES NOT ARRIVE");
	return code;
}

static int show_tour(struct demo *d, struct fault *f)
{
	const struct demo_cast *c = &d->cast;
	const struct operator_member *target =
		operator_find_member(&d->members, c->members[1][0], c->meshes[1]);
	char text[ADDRESS_TEXT_MAX];

	if (target == NULL)
		return 0; /* that it is not up is a figure */
	headline("What an operator sees");
	address_format(c->host != NULL ? &lab_file_network(&d->lab.file, c->host)->host
				       : &target->address,
		       text);
	return demo_tour(&d->lab, c, text, f);
}

/* ---- the end ---- */

static void print_figures(const struct demo *d)
{
	printf("\nmembers_up: %zu/%zu\n", d->members_up, d->lab.file.machines.n);
	printf("ebgp_sessions_established: %u\n", d->external);
	printf("cross_mesh_ping: %s\n", d->cross ? "ok" : "failed");
	printf("gateway_failover_ms: %lld\n", (long long)d->failover.outage_ms);
	printf("gateway_return_lost_packets: %" PRIu64 "\n", d->failover.return_lost);
	printf("forged_packets_sent: %" PRIu64 "\n", d->forged.sent);
	printf("forged_packets_through: %" PRIu64 "\n", d->forged.through);
	fflush(stdout);
}

/* NULL when everything held; else the first that did not. */
static const char *judge(const struct demo *d)
{
	const struct failover_result *r = &d->failover;
	const struct {
		bool held;
		const char *otherwise;
	} rows[] = {
		{d->members_up == d->lab.file.machines.n, "not every member is up"},
		{d->external == session_wanted_external(&d->lab.file),
		 "a session between meshes is not established"},
		{d->cross, "not every pair reaches each other across the meshes"},
		{r->carried >= 1.0, "the gateway carried nothing before it was lost"},
		{r->outage_ms <= FAILOVER_BAR, "the failover took longer than 1000 ms"},
		{r->returned, "the gateway carries nothing after its return"},
		{r->return_lost == 0, "packets were lost when the gateway came back"},
		{d->forged.control_arrived, "the allowed packet did not arrive either"},
		{d->forged.sent >= FORGED_AT_LEAST, "too few forged packets were sent"},
		{d->forged.counted == d->forged.sent,
		 "the counters do not show each forged packet as dropped"},
		{d->forged.through == 0, "a forged packet was delivered"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!rows[i].held)
			return rows[i].otherwise;
	return NULL;
}

static void wait_for_person(const struct demo *d)
{
	char line[16];

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	printf("\nThe lab '%s' is still up. In another terminal, for example:\n"
	       "  skein-lab status\n"
	       "  skein-lab exec %s skein bgp watch --mesh %s\n"
	       "Enter takes it down. ",
	       d->lab.name, d->cast.gateway, d->cast.meshes[0]);
	fflush(stdout);
	(void)!fgets(line, sizeof(line), stdin);
}

static int play(struct demo *d, struct fault *f)
{
	static int (*const acts[])(struct demo *, struct fault *) = {
		show_fleet, show_crossing, show_failover, show_forged, show_tour};
	const char *wrong;
	int code = fleet_up(&d->lab, f);

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]) && code == 0; i++)
		code = acts[i](d, f);
	if (code != 0)
		return code;
	wrong = judge(d);
	print_figures(d);
	return wrong == NULL ? 0 : fault_set(f, ERR_CHECK, "%s", wrong);
}

int demo_run(const char *path, bool stay, struct fault *f)
{
	struct fault left = {0};
	struct demo d = {0};
	int code;

	arena_init(&d.arena);
	code = lab_plan(&d.lab, path, f);
	if (code == 0)
		code = demo_choose(&d.lab.file, &d.cast, f);
	if (code != 0) {
		lab_close(&d.lab);
		goto out;
	}
	d.lab.say = stdout;
	headline("Skein's demo: a fleet on this computer, in namespaces of its own");
	code = play(&d, f);
	if (code != 0 && code != ERR_CHECK)
		lab_show_logs(&d.lab, stderr);
	if (d.members.n > 0)
		wait_for_person(&d);
	if (stay) {
		lab_close(&d.lab);
	} else if (lab_end(&d.lab, &left) != 0) {
		fprintf(stderr, "skein-lab: the lab is still there: %s\n", left.text);
		code = code == 0 ? fault_set(f, left.code, "%s", left.text) : code;
	}
out:
	vec_free(&d.sessions);
	vec_free(&d.members);
	arena_fini(&d.arena);
	return code;
}
