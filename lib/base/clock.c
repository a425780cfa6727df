#include "lib/base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
	struct timespec ts = {0};

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * CLOCK_S + ts.tv_nsec;
}

struct mono mono_now(void)
{
	return (struct mono){read_clock(CLOCK_MONOTONIC)};
}

struct mono mono_add_ms(struct mono t, int64_t ms)
{
	return (struct mono){t.ns + ms * CLOCK_MS};
}

int64_t mono_ms_between(struct mono from, struct mono to)
{
	return (to.ns - from.ns) / CLOCK_MS;
}

bool mono_reached(struct mono deadline, struct mono now)
{
	return now.ns >= deadline.ns;
}

struct wall wall_now(void)
{
	return (struct wall){read_clock(CLOCK_REALTIME) / CLOCK_MS};
}

const char *wall_format(struct wall t, char out[WALL_TEXT_MAX])
{
	time_t s = (time_t)(t.ms / 1000);
	struct tm tm = {0};
	char date[24];

	gmtime_r(&s, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, WALL_TEXT_MAX, "%s.%03dZ", date, (int)(t.ms % 1000));
	return out;
}

int wall_parse(const char *text, struct wall *out, struct fault *f)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	long ms = 0, scale = 100;

	if (rest != NULL && *rest == '.')
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10)
			ms += (*rest - '0') * scale;
	if (rest == NULL || strcmp(rest, "Z") != 0 || strlen(text) > WALL_TEXT_MAX)
		return fault_set(f, ERR_INVALID,
				 "'%.40s' is no time: want UTC as 2026-11-21T12:00:00Z", text);
	out->ms = (int64_t)timegm(&tm) * 1000 + ms;
	return 0;
}

int duration_parse(const char *text, int64_t *ms, struct fault *f)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"ms", 1},	   {"s", 1000},	   {"", 1000},
		     {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	char *end = NULL;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno == 0 && end != text && text[0] >= '0' && text[0] <= '9' && n <= 1000000000)
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strcmp(end, units[i].unit) == 0) {
				*ms = n * units[i].ms;
				return 0;
			}
	return fault_set(f, ERR_INVALID,
			 "'%.40s' is no duration: want a number with ms, s, m, h or d", text);
}
