#include "lib/net/bird_text.h"

#include <ctype.h>
#include <string.h>

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

const char *bird_piece(struct arena *a, const char *text, size_t len)
{
	char *out = arena_alloc(a, len + 1);

	memcpy(out, text, len);
	return out;
}

const char *bird_word(struct arena *a, const char **at)
{
	const char *start = skip_blanks(*at);
	size_t len = strcspn(start, " \t");

	*at = skip_blanks(start + len);
	return bird_piece(a, start, len);
}

/* YYYY-MM-DD and then a time of day. */
static bool has_date(const char *text)
{
	static const char shape[] = "dddd-dd-dd dd:dd";

	for (size_t i = 0; shape[i] != '\0'; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
			return false;
	return true;
}

const char *bird_time(struct arena *a, const char **at)
{
	const char *date;

	*at = skip_blanks(*at);
	if (!has_date(*at))
		return bird_word(a, at);
	date = bird_word(a, at);
	return arena_printf(a, "%s %s", date, bird_word(a, at));
}

const char *bird_trimmed(struct arena *a, const char *text)
{
	size_t len;

	text = skip_blanks(text);
	len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	return bird_piece(a, text, len);
}

const char *bird_labelled(struct arena *a, const char *text, const char *label)
{
	size_t len = strlen(label);

	text = skip_blanks(text);
	if (strncmp(text, label, len) != 0 || text[len] != ':')
		return NULL;
	return bird_trimmed(a, text + len + 1);
}

uint64_t bird_number(const char *text, uint64_t otherwise)
{
	uint64_t value = 0;
	size_t n = strspn(text, "0123456789");

	if (n == 0 || n > 19)
		return otherwise;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (uint64_t)(text[i] - '0');
	return value;
}
