#include "lab/traffic.h"

#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"

#define WG_MS 20000

/* A line: device, peer's key, received, sent, with tabs between. */
static uint64_t received_by(char *line, const char *key)
{
	const char *peer, *received;

	strsep(&line, "\t");
	peer = strsep(&line, "\t");
	received = strsep(&line, "\t");
	if (received == NULL || (key != NULL && strcmp(peer, key) != 0))
		return 0;
	return strtoull(received, NULL, 10);
}

int traffic_received(struct lab *lab, const char *machine, const char *key, uint64_t *bytes,
		     struct fault *f)
{
	static const char *const argv[] = {"wg", "show", "all", "transfer", NULL};
	struct buf text;
	char *rest, *line;
	int code;

	*bytes = 0;
	buf_init(&text);
	code = machine_run(lab, machine, argv, NULL, WG_MS, &text, f);
	rest = text.data;
	while (code == 0 && (line = strsep(&rest, "\n")) != NULL)
		*bytes += received_by(line, key);
	buf_fini(&text);
	return code;
}
