#include "lab/outage.h"

#include <signal.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/underlay.h"

#define KILL_MS 20000

static int kill_program(struct lab *lab, const char *machine, const char *program, size_t *killed,
			struct fault *f)
{
	process_vec found = {0};
	struct place p;
	int code;

	lab_place(lab, machine, &p);
	process_find(&p, program, &found);
	code = process_kill_all(&found, mono_add_ms(mono_now(), KILL_MS), f);
	if (killed != NULL)
		*killed = found.n;
	vec_free(&found);
	return code;
}

static int unplug(struct lab *lab, const char *machine, struct fault *f)
{
	return underlay_plug(lab, machine, false, f);
}

/* An outage that hits nothing would be taken for one that nothing minded. */
static int kill_running(struct lab *lab, const char *machine, const char *program, struct fault *f)
{
	size_t killed = 0;
	int code = kill_program(lab, machine, program, &killed, f);

	if (code == 0 && killed == 0)
		return fault_set(f, ERR_NOT_FOUND, "%s runs no %s", machine, program);
	return code;
}

static int kill_bird(struct lab *lab, const char *machine, struct fault *f)
{
	return kill_running(lab, machine, "bird", f);
}

static int kill_agent(struct lab *lab, const char *machine, struct fault *f)
{
	return kill_running(lab, machine, "skein-agent", f);
}

/* With the kernel's WireGuard there is no process: its devices go instead. */
static int kill_wireguard(struct lab *lab, const char *machine, struct fault *f)
{
	static const char *const remove[] = {"sh", "-c",
					     "set -e; all=$(wg show interfaces); test -n \"$all\"; "
					     "for d in $all; do ip link delete \"$d\"; done",
					     NULL};
	size_t killed = 0;
	int code = kill_program(lab, machine, "wireguard-go", &killed, f);

	if (code != 0 || killed > 0)
		return code;
	code = machine_run(lab, machine, remove, NULL, KILL_MS, NULL, NULL);
	return code == 0 ? 0 : fault_set(f, ERR_NOT_FOUND, "%s has no WireGuard device", machine);
}

/* Until none is left: an agent that is killed after its BIRD has started another one by then. */
static int power_off(struct lab *lab, const char *machine, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), KILL_MS);
	int code = unplug(lab, machine, f);
	size_t killed = 1;

	while (code == 0 && killed > 0 && !mono_reached(deadline, mono_now()))
		code = kill_program(lab, machine, NULL, &killed, f);
	return code;
}

struct kind {
	const char *name;
	int (*cause)(struct lab *lab, const char *machine, struct fault *f);
	const char *program; /* that can be frozen; NULL: none */
};

static const struct kind kinds[] = {{"link", unplug, NULL},
				    {"bird", kill_bird, "bird"},
				    {"agent", kill_agent, "skein-agent"},
				    {"wg", kill_wireguard, "wireguard-go"},
				    {"all", power_off, NULL}};

static const struct kind *find_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

int outage_cause(struct lab *lab, const char *machine, const char *kind, struct fault *f)
{
	const struct kind *k = find_kind(kind);
	struct place p;
	int code = lab_find_place(lab, machine, &p, f);

	if (code != 0)
		return code;
	if (k != NULL)
		return k->cause(lab, machine, f);
	return fault_set(f, ERR_USAGE,
			 "'%.40s' cannot be killed; want one of: "
			 "link, bird, agent, wg, all",
			 kind);
}

/* How many there are. `program` NULL: all of the machine. */
static size_t signal_all(const struct place *p, const char *program, int signal)
{
	process_vec found = {0};
	size_t n;

	process_find(p, program, &found);
	n = found.n;
	for (size_t i = 0; i < n; i++)
		process_signal(&found.at[i], signal);
	vec_free(&found);
	return n;
}

int outage_freeze(struct lab *lab, const char *machine, const char *kind, struct fault *f)
{
	const struct kind *k = find_kind(kind);
	struct place p;
	int code = lab_find_place(lab, machine, &p, f);

	if (code != 0)
		return code;
	if (k == NULL || k->program == NULL)
		return fault_set(f, ERR_USAGE, "'%.40s' cannot be frozen; want bird, agent or wg",
				 kind);
	if (signal_all(&p, k->program, SIGSTOP) == 0)
		return fault_set(f, ERR_NOT_FOUND, "%s runs no %s", machine, k->program);
	return 0;
}

int outage_end(struct lab *lab, const char *machine, struct fault *f)
{
	struct place p;
	int code = lab_find_place(lab, machine, &p, f);

	if (code != 0)
		return code;
	signal_all(&p, NULL, SIGCONT);
	code = underlay_plug(lab, machine, true, f);

	/* A machine that never had an agent (the lab is bare) gets none. */
	if (code == 0 && record_find(&lab->record, machine, "skein-agent") != NULL)
		code = machine_start_agent(lab, machine, f);
	return code;
}
