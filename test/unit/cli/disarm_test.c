#include "cli/disarm.h"

#include <stdlib.h>
#include <string.h>

#include "test/test.h"

/* In two pieces, cut at `at`. */
static char *pass(const char *data, size_t n, size_t at, bool colour)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct disarm d;

	disarm_init(&d, to, colour);
	disarm_put(&d, data, at);
	disarm_put(&d, data + at, n - at);
	disarm_end(&d);
	fclose(to);
	return text;
}

static const struct {
	const char *data, *plain, *colour;
} rows[] = {
	{"a table\n\tof routes\n", "a table\n\tof routes\n", "a table\n\tof routes\n\033[0m"},
	{"\033[32mup\033[0m", "?[32mup?[0m", "\033[32mup\033[0m\033[0m"},
	{"\033[2J\033[H", "?[2J?[H", "?[2J?[H\033[0m"},
	{"\033]0;title\a", "?]0;title?", "?]0;title?\033[0m"},
	{"\033[31", "?[31", "?[31\033[0m"},
	{"\033\033[1mx", "??[1mx", "?\033[1mx\033[0m"},
	{"caf\xc3\xa9 \xe2\x80\xa6 \xf0\x9f\x90\xa6", "caf\xc3\xa9 \xe2\x80\xa6 \xf0\x9f\x90\xa6",
	 "caf\xc3\xa9 \xe2\x80\xa6 \xf0\x9f\x90\xa6\033[0m"},
	{"\xc2\x9b"
	 "2J",
	 "??2J", "??2J\033[0m"},
	{"\xe2\x80", "??", "??\033[0m"},
	{"\xff\xfe\x80 \x7f\r\b", "??? ???", "??? ???\033[0m"},
};

/* However it is cut, it comes out alike. */
static void only_what_is_harmless_passes(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t at = 0; at <= strlen(rows[i].data); at++) {
			char *plain = pass(rows[i].data, strlen(rows[i].data), at, false);
			char *colour = pass(rows[i].data, strlen(rows[i].data), at, true);

			TEST_TEXT(plain, rows[i].plain);
			TEST_TEXT(colour, rows[i].colour);
			free(plain);
			free(colour);
		}
}

static void a_zero_byte_is_no_end(void)
{
	char *text = pass("a\0b", 3, 1, false);

	TEST_TEXT(text, "a?b");
	free(text);
}

TEST_SUITE(cli_disarm, {"only what is harmless passes", only_what_is_harmless_passes},
	   {"a zero byte is no end", a_zero_byte_is_no_end});
