/* What a libFuzzer program has of its own beside its target: a directory, as a test has. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/test.h"

static char path[64];

static void remove_dir(void)
{
	file_remove(path, NULL);
}

const char *test_dir(void)
{
	if (path[0] == '\0') {
		snprintf(path, sizeof(path), "build/tmp/fuzz-%d", (int)getpid());
		if (file_make_dir(path, 0755, NULL) != 0 || atexit(remove_dir) != 0)
			abort();
	}
	return path;
}
