#include "cli/bgp/community.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* https://www.iana.org/assignments/bgp-well-known-communities */
static const struct {
	const char *name, *text;
} names[] = {
	{"graceful-shutdown", "65535:0"}, {"accept-own", "65535:1"},
	{"llgr-stale", "65535:6"},	  {"no-llgr", "65535:7"},
	{"blackhole", "65535:666"},	  {"no-export", "65535:65281"},
	{"no-advertise", "65535:65282"},  {"no-export-subconfed", "65535:65283"},
	{"no-peer", "65535:65284"},
};

#define N(array) (sizeof(array) / sizeof(array)[0])

const char *community_name(const char *text)
{
	for (size_t i = 0; i < N(names); i++)
		if (strcmp(names[i].text, text) == 0)
			return names[i].name;
	return NULL;
}

/* Numbers with a colon between two; how many, 0 if it is something else. */
static int read_numbers(const char *text, uint32_t out[3])
{
	for (int n = 1; n <= 3; n++) {
		size_t digits = strspn(text, "0123456789");
		uint64_t value = 0;

		if (digits == 0 || digits > 10)
			return 0;
		for (size_t i = 0; i < digits; i++)
			value = value * 10 + (uint64_t)(text[i] - '0');
		if (value > UINT32_MAX)
			return 0;
		out[n - 1] = (uint32_t)value;
		if (text[digits] == '\0')
			return n;
		if (text[digits] != ':')
			return 0;
		text += digits + 1;
	}
	return 0;
}

int community_term(const char *text, char *out, size_t size, struct fault *f)
{
	uint32_t n[3] = {0};
	const char *given = text;
	int count;

	for (size_t i = 0; i < N(names); i++)
		if (strcmp(names[i].name, text) == 0)
			given = names[i].text;
	count = read_numbers(given, n);
	if (count == 2 && n[0] <= UINT16_MAX && n[1] <= UINT16_MAX) {
		snprintf(out, size, "(%" PRIu32 ",%" PRIu32 ") ~ bgp_community", n[0], n[1]);
		return 0;
	}
	if (count == 3) {
		snprintf(out, size, "(%" PRIu32 ",%" PRIu32 ",%" PRIu32 ") ~ bgp_large_community",
			 n[0], n[1], n[2]);
		return 0;
	}
	return fault_set(f, ERR_INVALID,
			 "community '%s': want two numbers up to 65535 (65001:7), three "
			 "(65001:1:2), or a name such as graceful-shutdown, blackhole, no-export",
			 text);
}
