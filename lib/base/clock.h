/* Typed time. `struct mono` never jumps and is what timeouts use; functions that depend on the time
 * take `now` as a parameter, so a test says what time it is. Wall-clock time (`struct wall`) is for
 * people and for expiry dates. */
#ifndef SKEIN_BASE_CLOCK_H
#define SKEIN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"

struct mono {
	int64_t ns;
};

struct wall {
	int64_t ms; /* since 1970-01-01T00:00:00Z */
};

#define CLOCK_MS INT64_C(1000000)
#define CLOCK_S	 INT64_C(1000000000)

struct mono mono_now(void);
struct mono mono_add_ms(struct mono t, int64_t ms);
int64_t mono_ms_between(struct mono from, struct mono to);
bool mono_reached(struct mono deadline, struct mono now);

struct wall wall_now(void);

#define WALL_TEXT_MAX 32
/* RFC 3339 in UTC with milliseconds: 2026-11-21T12:00:00.000Z. Returns `out`. */
const char *wall_format(struct wall t, char out[WALL_TEXT_MAX]);
/* The same form, the fraction optional, 'Z' only. */
int wall_parse(const char *text, struct wall *out, struct fault *f);

/* "90", "90s", "15m", "24h", "7d", "250ms" to milliseconds; a bare number is seconds. */
int duration_parse(const char *text, int64_t *ms, struct fault *f);

#endif
