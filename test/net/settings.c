#include "test/net/settings.h"

#include <stdlib.h>
#include <string.h>

static bool is(const char *name, const char *value)
{
	const char *set = getenv(name);

	return set != NULL && strcmp(set, value) == 0;
}

bool settings_kernel_wireguard(void)
{
	return is("SKEIN_TEST_WG", "kernel");
}

bool settings_slow(void)
{
	return is("SKEIN_TEST_SLOW", "1");
}
