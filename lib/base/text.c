#include "lib/base/text.h"

#include <stdbool.h>

/* Which second byte goes with which first one; those after it are 0x80 … 0xbf. U+0080 … U+009f, the
 * C1 controls, are left out. */
static const struct {
	unsigned char first, last, low, high;
	unsigned char length;
} sequences[] = {
	{0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
	{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
	{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool is_between(unsigned char c, unsigned char low, unsigned char high)
{
	return c >= low && c <= high;
}

size_t text_character(const char *at)
{
	const unsigned char *s = (const unsigned char *)at;

	if (s[0] < 0x80)
		return is_between(s[0], ' ', '~');
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
		size_t n = 2;

		if (!is_between(s[0], sequences[i].first, sequences[i].last))
			continue;
		if (!is_between(s[1], sequences[i].low, sequences[i].high))
			return 0;
		while (n < sequences[i].length && is_between(s[n], 0x80, 0xbf))
			n++;
		return n == sequences[i].length ? n : 0;
	}
	return 0;
}

void text_disarm(char *text)
{
	while (*text != '\0') {
		size_t n = text_character(text);

		if (n == 0)
			*text++ = '?';
		text += n;
	}
}
