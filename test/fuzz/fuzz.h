/* Fuzzers: one for each format that comes from outside. A file has a function that is given bytes,
 * and says FUZZ_TARGET(name, function) once. `make fuzz` makes a libFuzzer program of each
 * (FUZZ_ALONE); the unit tests have them all, and give them what is in corpus/NAME. */
#ifndef SKEIN_TEST_FUZZ_FUZZ_H
#define SKEIN_TEST_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

struct fuzz_target {
	const char *name; /* of its folder in the corpus */
	void (*run)(const uint8_t *data, size_t size);
};

#ifdef FUZZ_ALONE
#define FUZZ_TARGET(id, run)                                                                       \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);                              \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)                               \
	{                                                                                          \
		run(data, size);                                                                   \
		return 0;                                                                          \
	}                                                                                          \
	_Static_assert(sizeof(#id) > 1, "a name")
#else
#define FUZZ_TARGET(id, run)                                                                       \
	static const struct fuzz_target id##_target = {#id, run};                                  \
	static const struct fuzz_target *const id##_entry                                          \
		__attribute__((section("fuzz_targets"), used)) = &id##_target
#endif

/* A claim of the code under test that does not hold is a finding too. */
#define FUZZ_HOLDS(claim)                                                                          \
	do {                                                                                       \
		if (!(claim)) {                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #claim); \
			abort();                                                                   \
		}                                                                                  \
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
