#include "cli/bgp/page.h"

#include <stdarg.h>
#include <string.h>

#include "cli/cell.h"
#include "lib/base/text.h"

#define LABEL_WIDTH 14

const char *page_tone(const struct output *o, enum page_tone tone)
{
	static const char *const tones[] = {
		[PAGE_PLAIN] = "\033[0m",
		[PAGE_BOLD] = "\033[1m",
		[PAGE_GOOD] = "\033[32m",
		[PAGE_BAD] = "\033[31m",
	};

	return o->colour ? tones[tone] : "";
}

/* What comes from BIRD, and so from its neighbours, reaches no terminal as it is. */
__attribute__((format(printf, 2, 0))) static void put_disarmed(struct buf *out, const char *fmt,
							       va_list ap)
{
	buf_init(out);
	buf_vprintf(out, fmt, ap);
	if (out->data != NULL)
		text_disarm(out->data);
}

void page_line(const struct output *o, enum page_tone tone, const char *fmt, ...)
{
	struct buf text;
	va_list ap;

	va_start(ap, fmt);
	put_disarmed(&text, fmt, ap);
	va_end(ap);
	fprintf(o->to, "%s%s%s\n", tone != PAGE_PLAIN ? page_tone(o, tone) : "", buf_text(&text),
		tone != PAGE_PLAIN ? page_tone(o, PAGE_PLAIN) : "");
	buf_fini(&text);
}

/* Bytes of the text that fit `width` columns, up to a blank if there is one. */
static size_t fitting(const char *text, size_t width)
{
	size_t bytes = 0, columns = 0, blank = 0;

	while (text[bytes] != '\0') {
		if (!cell_continues(text[bytes]) && columns++ == width)
			return blank > 0 ? blank : bytes;
		if (text[bytes] == ' ')
			blank = bytes;
		bytes++;
	}
	return bytes;
}

void page_field(const struct output *o, int indent, const char *label, const char *fmt, ...)
{
	const int before = indent + LABEL_WIDTH;
	const size_t width = o->width > before + 20 ? (size_t)(o->width - before) : 20;
	const char *at;
	struct buf text;
	va_list ap;

	va_start(ap, fmt);
	put_disarmed(&text, fmt, ap);
	va_end(ap);
	at = buf_text(&text);
	fprintf(o->to, "%*s%-*s", indent, "", LABEL_WIDTH, label);
	for (;;) {
		size_t n = fitting(at, width);

		fprintf(o->to, "%.*s\n", (int)n, at);
		at += n;
		at += strspn(at, " ");
		if (*at == '\0')
			break;
		fprintf(o->to, "%*s", before, "");
	}
	buf_fini(&text);
}
