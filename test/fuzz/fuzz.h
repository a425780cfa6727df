/* What the fuzzers share: the entry point, and text from bytes. */
#ifndef SKEIN_TEST_FUZZ_FUZZ_H
#define SKEIN_TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A claim of the code under test that does not hold is a finding too. */
#define FUZZ_HOLDS(claim)                                                                          \
	do {                                                                                       \
		if (!(claim))                                                                      \
			abort();                                                                   \
	} while (0)

/* The bytes as a string; what is behind a NUL is lost. Caller frees with free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = mem_alloc(size + 1);

	if (size > 0)
		memcpy(text, data, size);
	return text;
}

#endif
