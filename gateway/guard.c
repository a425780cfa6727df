#include "gateway/guard.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "gateway/bpffs.h"
#include "gateway/guard_compile.h"
#include "gateway/guard_pins.h"
#include "gateway/guard_update.h"
#include "gateway/tc.h"

struct guard {
	struct guard_pins pins;
};

static const char *const reason_names[] = {
#define X(name, label, text) label,
	GUARD_REASONS(X)
#undef X
};

static const char *const reason_texts[] = {
#define X(name, label, text) text,
	GUARD_REASONS(X)
#undef X
};

const char *guard_reason_name(enum guard_reason r)
{
	return r < GUARD_REASON_COUNT ? reason_names[r] : "unknown";
}

const char *guard_reason_text(enum guard_reason r)
{
	return r < GUARD_REASON_COUNT ? reason_texts[r] : "unknown";
}

int guard_open(const char *directory, struct guard **out, struct fault *f)
{
	struct guard *g = mem_alloc(sizeof(*g));
	int e;

	*out = NULL;
	libbpf_set_print(NULL); /* what it has to say comes back as an error */
	e = guard_pins_open(&g->pins, directory, f);
	if (e == 0)
		e = tc_sweep(directory, true, f);
	if (e != 0) {
		guard_close(g);
		return e;
	}
	*out = g;
	return 0;
}

void guard_close(struct guard *g)
{
	if (g == NULL)
		return;
	guard_pins_close(&g->pins);
	free(g);
}

int guard_apply(struct guard *g, const struct guard_input *in, struct fault *f)
{
	struct guard_tables tables;
	int e = guard_compile(in, &tables, f);

	if (e == 0)
		e = guard_update(&g->pins, &tables, f);
	guard_tables_fini(&tables);
	return e;
}

int guard_attach(struct guard *g, uint32_t ifindex, struct fault *f)
{
	return tc_attach(g->pins.directory, g->pins.fds[GUARD_PIN_PROGRAM], ifindex, TC_ANY, f);
}

int guard_detach(struct guard *g, uint32_t ifindex, struct fault *f)
{
	return tc_detach(g->pins.directory, ifindex, f);
}

int guard_program(const struct guard *g)
{
	return g->pins.fds[GUARD_PIN_PROGRAM];
}

int guard_counters(const struct guard *g, uint64_t out[GUARD_REASON_COUNT], struct fault *f)
{
	int ncpus = libbpf_num_possible_cpus();
	uint64_t *each;
	int e = 0;

	if (ncpus < 1)
		return fault_errno(f, -ncpus, "guard: counting CPUs");
	each = mem_alloc((size_t)ncpus * sizeof(*each));
	for (uint32_t reason = 0; e == 0 && reason < GUARD_REASON_COUNT; reason++) {
		int err = bpf_map_lookup_elem(g->pins.fds[GUARD_PIN_COUNTERS], &reason, each);

		if (err != 0)
			e = fault_errno(f, -err, "guard: reading counters");
		out[reason] = 0;
		for (int i = 0; e == 0 && i < ncpus; i++)
			out[reason] += each[i];
	}
	free(each);
	return e;
}

int guard_remove(const char *directory, struct fault *f)
{
	int e;

	if (!bpffs_has(directory))
		return 0;
	libbpf_set_print(NULL);
	e = tc_sweep(directory, false, f);
	return e != 0 ? e : bpffs_remove(directory, f);
}
