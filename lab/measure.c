#include "lab/measure.h"

#include <poll.h>

#define PORT	      41000
#define CONTROL_PORT  42000
#define CONTROL_FLOWS 2
#define PASS_MS	      15000

int measure_start(struct lab *lab, const struct measure_plan *plan, struct measurement *out,
		  struct fault *f)
{
	struct probe_plan probe = {.places = {&out->places[0], &out->places[1]},
				   .addresses = {plan->addresses[0], plan->addresses[1]},
				   .port = PORT,
				   .flows = plan->flows,
				   .interval_ms = plan->pace.interval_ms};
	int code;

	out->mesh = out->control = NULL;
	out->pace = plan->pace;
	for (int i = 0; i < 2; i++)
		lab_place(lab, plan->machines[i], &out->places[i]);
	code = probe_start(&probe, &out->mesh, f);
	for (int i = 0; i < 2; i++)
		probe.addresses[i] = lab_file_node(&lab->file, plan->machines[i])->address;
	probe.port = CONTROL_PORT;
	probe.flows = CONTROL_FLOWS;
	if (code == 0)
		code = probe_start(&probe, &out->control, f);
	if (code == 0)
		code = probe_await_passing(out->control, mono_add_ms(mono_now(), PASS_MS), f);
	if (code == 0)
		code = probe_await_passing(out->mesh, mono_add_ms(mono_now(), PASS_MS), f);
	return code;
}

bool measure_is_overloaded(const struct measurement *m, const struct measure_plan *plan)
{
	return probe_missing(m->mesh) >
	       UINT64_C(2) * plan->flows * (uint64_t)plan->pace.travel_ms / plan->pace.interval_ms;
}

int measure_watch(struct measurement *m, int64_t ms, struct fault *f)
{
	poll(NULL, 0, (int)ms); /* what is measured is this time; nothing is waited for */
	return probe_await_passing(m->mesh, mono_add_ms(mono_now(), PASS_MS), f);
}

int measure_stop(struct measurement *m, struct measured *out, struct fault *f)
{
	struct probe_result control = {0};
	int code = probe_stop(m->mesh, &out->mesh, f);

	m->mesh = NULL;
	if (code == 0) {
		code = probe_stop(m->control, &control, f);
		m->control = NULL;
	}
	out->control_gap_ms = probe_worst_gap(&control);
	out->steady = out->control_gap_ms <= m->pace.stall_ms && probe_lost(&control) == 0;
	return code;
}

void measure_abandon(struct measurement *m)
{
	probe_abandon(m->mesh);
	probe_abandon(m->control);
	m->mesh = m->control = NULL;
}
