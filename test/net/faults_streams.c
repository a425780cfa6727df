#include "test/net/faults_streams.h"

#include <string.h>

#define PASS_MS	    30000 /* two that greet at the same moment try again after 5 s */
#define STEADY_MS   50
#define INTERVAL_MS 5
#define TRIP_MS	    10
#define FIRST_PORT  43000
#define LAST_PORT   60000
#define PORTS	    40 /* of a stream */
#define EAST	    0

struct kind {
	unsigned flow; /* 0: what no fault concerns */
	const char *what, *from, *from_mesh;
	const char *to, *to_mesh; /* NULL: to the prefix */
	unsigned flows;
};

static const struct kind kinds[] = {
	{FLOW_ACROSS, "a1 with b1", "a1", "prod", "b1", "staging", 4},
	{FLOW_GATEWAY, "a1 with g1 itself", "a1", "prod", "g1", "prod", 1},
	{FLOW_ROUTER, "a1 with r1 itself", "a1", "prod", "r1", "prod", 1},
	{FLOW_NEAR, "a1 to the prefix", "a1", "prod", NULL, NULL, 2},
	{FLOW_FAR, "b1 to the prefix", "b1", "staging", NULL, NULL, 4},
	{0, "a1 with a2", "a1", "prod", "a2", "prod", 1},
};

static struct address address_in(const struct faults_fleet *w, const char *machine,
				 const char *mesh)
{
	const struct operator_member *m = operator_find_member(w->members, machine, mesh);

	return m != NULL ? m->address : (struct address){0};
}

static int start_probe(const struct faults_fleet *w, const struct kind *k, uint16_t port,
		       struct probe **out, struct fault *f)
{
	struct probe_plan plan = {.flows = k->flows, .interval_ms = INTERVAL_MS, .port = port};
	struct place places[2];

	lab_place(w->lab, k->from, &places[0]);
	lab_place(w->lab, k->to, &places[1]);
	for (int i = 0; i < 2; i++)
		plan.places[i] = &places[i];
	plan.addresses[0] = address_in(w, k->from, k->from_mesh);
	plan.addresses[1] = address_in(w, k->to, k->to_mesh);
	return probe_start(&plan, out, f);
}

static int start_trip(const struct faults_fleet *w, const struct kind *k, uint16_t port,
		      struct trip **out, struct fault *f)
{
	static const char *const hosts[] = {"east", "west"};
	struct trip_plan plan = {
		.flows = k->flows, .interval_ms = TRIP_MS, .port = port, .nanswerers = 2};
	struct place places[3];

	for (int i = 0; i < 2; i++) {
		lab_place(w->lab, hosts[i], &places[i]);
		plan.answerers[i] = &places[i];
	}
	lab_place(w->lab, k->from, &places[2]);
	plan.from = &places[2];
	plan.source = address_in(w, k->from, k->from_mesh);
	plan.to = lab_file_network(&w->lab->file, hosts[EAST])->host;
	return trip_start(&plan, out, f);
}

static int start_control(const struct faults_fleet *w, uint16_t port, struct probe **out,
			 struct fault *f)
{
	struct probe_plan plan = {.flows = 2, .interval_ms = INTERVAL_MS, .port = port};
	struct place places[2];

	lab_place(w->lab, "a1", &places[0]);
	lab_place(w->lab, "b1", &places[1]);
	for (int i = 0; i < 2; i++)
		plan.places[i] = &places[i];
	plan.addresses[0] = lab_file_node(&w->lab->file, "a1")->address;
	plan.addresses[1] = lab_file_node(&w->lab->file, "b1")->address;
	return probe_start(&plan, out, f);
}

int faults_streams_await(struct faults_streams *s, struct fault *f)
{
	const struct mono deadline = mono_add_ms(mono_now(), PASS_MS);
	int code = probe_await_passing(s->control, deadline, f);

	for (size_t i = 0; i < FAULTS_STREAMS && code == 0; i++) {
		if (s->probes[i] != NULL)
			code = probe_await_passing(s->probes[i], deadline, f);
		if (s->trips[i] != NULL)
			code = trip_await_passing(s->trips[i], deadline, f);
		if (code != 0)
			fault_prefix(f, "%s", kinds[i].what);
	}
	return code;
}

/* The better one has the prefix, for all who use it. */
int faults_streams_await_best(struct faults_streams *s, struct mono deadline, struct fault *f)
{
	int code = 0;

	for (size_t i = 0; i < FAULTS_STREAMS && code == 0; i++)
		if (s->trips[i] != NULL)
			code = trip_await_only(s->trips[i], EAST, deadline, f);
	return code;
}

void faults_streams_abandon(struct faults_streams *s)
{
	for (size_t i = 0; i < FAULTS_STREAMS; i++) {
		probe_abandon(s->probes[i]);
		trip_abandon(s->trips[i]);
	}
	probe_abandon(s->control);
	memset(s, 0, sizeof(*s));
}

int faults_streams_start(const struct faults_fleet *w, unsigned flows, uint16_t *port,
			 struct faults_streams *s, struct fault *f)
{
	int code;

	memset(s, 0, sizeof(*s));
	if (*port < FIRST_PORT || *port > LAST_PORT)
		*port = FIRST_PORT;
	code = start_control(w, *port, &s->control, f);
	for (size_t i = 0; i < FAULTS_STREAMS && code == 0; i++) {
		const struct kind *k = &kinds[i];

		*port = (uint16_t)(*port + PORTS);
		if (k->flow != 0 && (k->flow & flows) == 0)
			continue;
		code = k->to != NULL ? start_probe(w, k, *port, &s->probes[i], f)
				     : start_trip(w, k, *port, &s->trips[i], f);
	}
	*port = (uint16_t)(*port + PORTS);
	return code == 0 ? faults_streams_await(s, f) : code;
}

static int stop_one(struct faults_streams *s, size_t i, struct faults_sum *out, struct fault *f)
{
	struct probe_result probed;
	struct trip_result tripped;
	int code = 0;

	if (s->probes[i] != NULL) {
		code = probe_stop(s->probes[i], &probed, f);
		out->gap_ms[i] = probe_worst_gap(&probed);
		out->lost[i] = probe_lost(&probed);
	} else if (s->trips[i] != NULL) {
		code = trip_stop(s->trips[i], &tripped, f);
		out->gap_ms[i] = tripped.gap_ms;
		out->lost[i] = tripped.lost;
	}
	s->probes[i] = NULL;
	s->trips[i] = NULL;
	return code;
}

int faults_streams_stop(struct faults_streams *s, struct faults_sum *out, struct fault *f)
{
	struct probe_result control;
	int code = 0;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < FAULTS_STREAMS && code == 0; i++)
		code = stop_one(s, i, out, f);
	if (code == 0)
		code = probe_stop(s->control, &control, f);
	s->control = code == 0 ? NULL : s->control;
	out->steady = code == 0 && probe_lost(&control) == 0 &&
		      probe_worst_gap(&control) <= STEADY_MS && out->lost[FLOWS_N] == 0 &&
		      out->gap_ms[FLOWS_N] <= STEADY_MS;
	return code;
}

void faults_streams_worst(const struct faults_sum *sum, unsigned flows, int64_t *gap_ms,
			  const char **which, uint64_t *lost)
{
	*gap_ms = 0;
	*lost = 0;
	*which = "none";
	for (size_t i = 0; i < FLOWS_N; i++) {
		if ((kinds[i].flow & flows) == 0)
			continue;
		*lost += sum->lost[i];
		if (sum->gap_ms[i] >= *gap_ms) {
			*gap_ms = sum->gap_ms[i];
			*which = kinds[i].what;
		}
	}
}
