#include "lab/drops.h"

#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"

#define READ_MS 20000

/* Reasons that any quiet network gives without an attacker. */
static const char *const ordinary[] = {"passed", "ipv6", "redirect_in", "redirect_out"};

static bool is_ordinary(const char *reason)
{
	for (size_t i = 0; i < sizeof(ordinary) / sizeof(ordinary[0]); i++)
		if (strcmp(ordinary[i], reason) == 0)
			return true;
	return false;
}

/* An array of {"reason", "packets"}; 64-bit counters are strings. */
static uint64_t sum(const json_t *counters)
{
	uint64_t packets = 0;
	const json_t *row;
	size_t i;

	json_array_foreach(counters, i, row) {
		const char *reason = json_string_value(json_object_get(row, "reason"));
		const char *count = json_string_value(json_object_get(row, "packets"));

		if (reason != NULL && count != NULL && !is_ordinary(reason))
			packets += strtoull(count, NULL, 10);
	}
	return packets;
}

/* The kernel's WireGuard counts a source that allowed IPs refuse as a frame error; wireguard-go
 * does not count it at all (0 here). */
static int read_frame_errors(struct lab *lab, const char *machine, uint64_t *out, struct fault *f)
{
	static const char *const argv[] = {
		"sh", "-c", "cat /sys/class/net/wg*/statistics/rx_frame_errors", NULL};
	struct buf text;
	char *rest, *line;
	int code;

	buf_init(&text);
	code = machine_run(lab, machine, argv, NULL, READ_MS, &text, f);
	rest = text.data;
	while (code == 0 && (line = strsep(&rest, "\n")) != NULL)
		*out += strtoull(line, NULL, 10);
	buf_fini(&text);
	return code;
}

int drops_read(struct lab *lab, const char *machine, struct drops *out, struct fault *f)
{
	json_t *status = machine_agent_status(lab, machine, f);
	const json_t *guard = json_object_get(status, "guard");
	const json_t *fence = json_object_get(status, "fence");
	int code = 0;

	*out = (struct drops){0};
	if (status == NULL)
		return f->code;
	if (!json_is_array(guard) || !json_is_array(fence))
		code = fault_set(f, ERR_REMOTE, "%s: its agent's status has no counters", machine);
	if (code == 0) {
		out->guard = sum(guard);
		out->fence = sum(fence);
		code = read_frame_errors(lab, machine, &out->wireguard, f);
	}
	json_decref(status);
	return code;
}
