#include "cli/stable.h"

#include <stdlib.h>

#define STABLE_MAX_S 3600

int stable_put(struct cli *c, const char *seconds, json_t *body)
{
	char *end;
	long n;

	if (seconds == NULL)
		return 0;
	n = strtol(seconds, &end, 10);
	if (end == seconds || *end != '\0' || n < 0 || n > STABLE_MAX_S)
		return fault_set(&c->fault, ERR_USAGE, "--stable-for '%.40s': want 0 to %d seconds",
				 seconds, STABLE_MAX_S);
	json_object_set_new(body, "stable_for_s", json_integer(n));
	return 0;
}
