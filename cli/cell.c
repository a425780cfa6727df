#include "cli/cell.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

static void put_time(const char *text, struct buf *out)
{
	struct wall at;
	char formatted[WALL_TEXT_MAX];

	if (text == NULL || wall_parse(text, &at, NULL) != 0)
		return;
	wall_format(at, formatted);
	buf_printf(out, "%.10s %.8s", formatted, formatted + 11);
}

static void put_age(const char *text, struct wall now, struct buf *out)
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
	struct wall at;
	int64_t age;

	if (text == NULL || wall_parse(text, &at, NULL) != 0)
		return;
	age = (now.ms - at.ms) / 1000;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (age >= units[i].seconds) {
			buf_printf(out, "%" PRId64 " %s ago", age / units[i].seconds,
				   units[i].unit);
			return;
		}
	buf_puts(out, "now");
}

static void put_words(bool first, const char *words, struct buf *out)
{
	const char *bar = strchr(words, '|');

	if (first)
		buf_append(out, words, (size_t)(bar - words));
	else
		buf_puts(out, bar + 1);
}

static void put_value(const json_t *v, struct buf *out)
{
	size_t i;
	json_t *element;

	switch (json_typeof(v)) {
	case JSON_STRING:
		buf_puts(out, json_string_value(v));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_puts(out, json_is_true(v) ? "yes" : "no");
		break;
	case JSON_ARRAY:
		json_array_foreach((json_t *)(uintptr_t)v, i, element) {
			buf_puts(out, i > 0 ? ", " : "");
			put_value(element, out);
		}
		break;
	default:
		break;
	}
}

bool cell_continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t cell_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += !cell_continues(*text);
	return n;
}

char *cell_make(const struct output *o, const struct column *c, const json_t *item)
{
	const json_t *v = json_object_get(item, c->member);
	struct buf out;
	char *text;

	buf_init(&out);
	switch (c->kind) {
	case COLUMN_CHOICE:
	case COLUMN_GOOD:
		put_words(json_is_true(v), c->words, &out);
		break;
	case COLUMN_TIME:
		put_time(json_string_value(v), &out);
		break;
	case COLUMN_AGE:
		put_age(json_string_value(v), o->now, &out);
		break;
	case COLUMN_MADE:
		c->make(item, &out);
		break;
	default:
		if (v != NULL)
			put_value(v, &out);
	}
	text = buf_take(&out);
	text_disarm(text);
	return text;
}
