#include "cli/bgp/age.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY 86400

struct moment {
	bool has_date, has_time;
	int64_t day; /* since 1970 */
	int64_t second;
};

/* Digits, at most so many, within a range; then `end`, unless that is 0. Moves *at behind them. */
static bool read_part(const char **at, int digits, int least, int most, char end, int *out)
{
	int n = 0, value = 0;

	while (n < digits && **at >= '0' && **at <= '9') {
		value = value * 10 + (*(*at)++ - '0');
		n++;
	}
	*out = value;
	if (n == 0 || value < least || value > most || (end != '\0' && **at != end))
		return false;
	*at += end != '\0';
	return true;
}

static bool read_date(const char *text, int64_t *day)
{
	struct tm t = {0};

	if (!read_part(&text, 4, 1970, 9999, '-', &t.tm_year) ||
	    !read_part(&text, 2, 1, 12, '-', &t.tm_mon) ||
	    !read_part(&text, 2, 1, 31, '\0', &t.tm_mday))
		return false;
	t.tm_year -= 1900;
	t.tm_mon--;
	*day = (int64_t)timegm(&t) / DAY;
	return true;
}

static bool read_time(const char *text, int64_t *second)
{
	int h, m, s;

	if (!read_part(&text, 2, 0, 23, ':', &h) || !read_part(&text, 2, 0, 59, ':', &m) ||
	    !read_part(&text, 2, 0, 60, '\0', &s))
		return false;
	*second = h * 3600 + m * 60 + s;
	return true;
}

static bool read_moment(const char *text, struct moment *out)
{
	const char *rest = text;

	*out = (struct moment){0};
	out->has_date = read_date(text, &out->day);
	if (out->has_date)
		rest = strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : "";
	out->has_time = read_time(rest, &out->second);
	return out->has_date || out->has_time;
}

int64_t age_seconds(const char *now, const char *since)
{
	struct moment n, s;
	int64_t age;

	if (!read_moment(now, &n) || !n.has_date || !n.has_time || !read_moment(since, &s))
		return AGE_UNKNOWN;
	if (!s.has_date)
		return (n.second - s.second + DAY) % DAY;
	age = (n.day - s.day) * DAY + (s.has_time ? n.second - s.second : 0);
	return age >= 0 ? age : AGE_UNKNOWN;
}

const char *age_format(int64_t seconds, const char *otherwise, char out[AGE_TEXT_MAX])
{
	static const struct {
		int64_t seconds;
		const char *unit;
		int64_t below; /* how many seconds of the unit below */
		const char *unit_below;
	} rows[] = {{DAY, "d", 3600, "h"}, {3600, "h", 60, "min"}, {60, "min", 0, ""}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t n = seconds / rows[i].seconds, rest = seconds % rows[i].seconds;

		if (n <= 0)
			continue;
		if (rows[i].below != 0 && rest / rows[i].below > 0)
			snprintf(out, AGE_TEXT_MAX, "%" PRId64 " %s %" PRId64 " %s", n,
				 rows[i].unit, rest / rows[i].below, rows[i].unit_below);
		else
			snprintf(out, AGE_TEXT_MAX, "%" PRId64 " %s", n, rows[i].unit);
		return out;
	}
	if (seconds >= 0)
		snprintf(out, AGE_TEXT_MAX, "%" PRId64 " s", seconds);
	else
		snprintf(out, AGE_TEXT_MAX, "%s", otherwise);
	return out;
}
