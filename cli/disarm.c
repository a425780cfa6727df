#include "cli/disarm.h"

#include <string.h>

#include "lib/base/text.h"

#define ESCAPE '\033'
#define PLAIN  "\033[0m"

static const char *const colours[] = {PLAIN, "\033[1m", "\033[31m", "\033[32m", "\033[33m"};

void disarm_init(struct disarm *d, FILE *to, bool colour)
{
	*d = (struct disarm){.to = to, .colour = colour};
}

/* The length of a change of colour that begins here; 0: it is none. *part: it may become one. */
static size_t colour_at(const char *at, size_t n, bool *part)
{
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		size_t len = strlen(colours[i]);

		if (n >= len && memcmp(at, colours[i], len) == 0)
			return len;
		*part = *part || (n < len && memcmp(at, colours[i], n) == 0);
	}
	return 0;
}

/* The same of a character of several bytes; `at` ends with a NUL. */
static size_t character_at(const char *at, size_t n, bool *part)
{
	static const struct {
		unsigned char from;
		size_t length;
	} leads[] = {{0xf5, 0}, {0xf0, 4}, {0xe0, 3}, {0xc2, 2}};
	size_t len = text_character(at), wants = 0;

	for (size_t i = sizeof(leads) / sizeof(leads[0]); i-- > 0;)
		if ((unsigned char)at[0] >= leads[i].from)
			wants = leads[i].length;
	*part = len == 0 && n < wants;
	return len;
}

/* How much of the beginning goes out; 0: it is to be '?', or, with *part, waits for more. */
static size_t good_at(const struct disarm *d, const char *at, size_t n, bool *part)
{
	char text[5];

	*part = false;
	if (at[0] == '\n' || at[0] == '\t')
		return 1;
	if (at[0] == ESCAPE)
		return d->colour ? colour_at(at, n, part) : 0;
	memcpy(text, at, n < 4 ? n : 4);
	text[n < 4 ? n : 4] = '\0';
	return text[0] != '\0' ? character_at(text, n, part) : 0;
}

static void put(struct disarm *d, const char *at, size_t n, bool last)
{
	bool part;

	while (n > 0) {
		size_t good = good_at(d, at, n, &part);

		if (good == 0 && part && !last)
			break;
		if (good > 0)
			fwrite(at, 1, good, d->to);
		else
			fputc('?', d->to);
		at += good > 0 ? good : 1;
		n -= good > 0 ? good : 1;
	}
	memmove(d->kept, at, n); /* less than the longest of what may become something */
	d->nkept = n;
}

/* Nearly all of it. */
static size_t plain_at(const char *at, size_t n)
{
	size_t i = 0;

	while (i < n && ((at[i] >= ' ' && at[i] <= '~') || at[i] == '\n'))
		i++;
	return i;
}

void disarm_put(struct disarm *d, const char *data, size_t n)
{
	while (n > 0) {
		size_t plain = d->nkept == 0 ? plain_at(data, n) : 0;

		fwrite(data, 1, plain, d->to);
		data += plain;
		n -= plain;
		if (n == 0)
			break;
		d->kept[d->nkept++] = *data++;
		n--;
		put(d, d->kept, d->nkept, false);
	}
}

void disarm_end(struct disarm *d)
{
	put(d, d->kept, d->nkept, true);
	if (d->colour)
		fputs(PLAIN, d->to);
}
