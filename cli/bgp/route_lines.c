#include "cli/bgp/route_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/bgp/bgp.h"
#include "lib/base/text.h"

#define LINE_MAX_LENGTH 262144
#define FIRST		"{\"schema\": \"" BGP_SCHEMA "\", \"instance\": {"
#define LAST		"], \"other\": ["

static const struct {
	const char *name, *label;
} fields[] = {
	[ROUTE_TYPE] = {"type", "type"},
	[ROUTE_VIA] = {"next_hop", "next hop"},
	[ROUTE_PATH] = {"as_path", "AS path"},
	[ROUTE_ORIGIN] = {"origin", "origin"},
	[ROUTE_LOCAL_PREF] = {"local_pref", "local pref"},
	[ROUTE_MED] = {"med", "MED"},
	[ROUTE_COMMUNITIES] = {"communities", "communities"},
};

const char *route_field_label(enum route_field f)
{
	return fields[f].label;
}

const char *route_field_name(enum route_field f)
{
	return fields[f].name;
}

/* ---- an item ---- */

/* Tabs and line ends are the spool's. */
static void put_text(struct buf *out, const char *text)
{
	size_t from = out->len + 1;

	buf_puts(out, "\t");
	buf_puts(out, text != NULL ? text : "");
	text_disarm(out->data + from);
}

static void put_number(struct buf *out, const json_t *number)
{
	char text[24] = "";

	if (json_is_integer(number))
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	put_text(out, text);
}

/* Devices have other names on another machine: they are said only where there is no address. */
static void put_hops(struct buf *out, const json_t *hops)
{
	struct buf text;
	const json_t *hop;
	size_t i;

	buf_init(&text);
	json_array_foreach((json_t *)(uintptr_t)hops, i, hop) {
		const char *gateway = json_string_value(json_object_get(hop, "gateway"));
		const char *device = json_string_value(json_object_get(hop, "device"));

		buf_printf(&text, "%s%s", i > 0 ? ", " : "",
			   gateway != NULL  ? gateway
			   : device != NULL ? device
					    : "?");
	}
	put_text(out, buf_text(&text));
	buf_fini(&text);
}

static void put_words(struct buf *out, const json_t *words)
{
	struct buf text;
	const json_t *word;
	size_t i;

	buf_init(&text);
	json_array_foreach((json_t *)(uintptr_t)words, i, word) {
		const char *value = json_string_value(word);

		buf_printf(&text, "%s%s", i > 0 ? " " : "", value != NULL ? value : "?");
	}
	put_text(out, buf_text(&text));
	buf_fini(&text);
}

/* Sorts as the prefixes do. What is no prefix (a flow rule) comes last, by its text. */
static void put_key(struct buf *out, const char *text)
{
	struct prefix p;

	if (prefix_parse(text, &p, NULL) != 0) {
		buf_puts(out, "f");
		return;
	}
	buf_printf(out, "%d", p.family);
	for (size_t i = 0; i < sizeof(p.bytes); i++)
		buf_printf(out, "%02x", p.bytes[i]);
	buf_printf(out, "%02x", p.length);
}

static int put_item(struct route_lines *l, const json_t *item)
{
	const char *prefix = json_string_value(json_object_get(item, "prefix"));
	struct buf line;
	int code;

	if (prefix == NULL)
		return fault_set(&l->fault, ERR_REMOTE, "a route of its answer has no prefix");
	buf_init(&line);
	put_key(&line, prefix);
	put_text(&line, prefix);
	put_text(&line, json_string_value(json_object_get(item, "type")));
	put_hops(&line, json_object_get(item, "hops"));
	put_text(&line, json_string_value(json_object_get(item, "as_path")));
	put_text(&line, json_string_value(json_object_get(item, "origin")));
	put_number(&line, json_object_get(item, "local_pref"));
	put_number(&line, json_object_get(item, "med"));
	put_words(&line, json_object_get(item, "communities"));
	code = spool_put(l->to, buf_text(&line), &l->fault);
	buf_fini(&line);
	return code;
}

/* ---- lines ---- */

static int take_item(struct route_lines *l, const char *line, size_t n)
{
	json_t *item;
	int code;

	if (n > 0 && line[n - 1] == ',')
		n--;
	item = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(item)) {
		json_decref(item);
		return fault_set(&l->fault, ERR_REMOTE, "its answer is no list of routes");
	}
	code = put_item(l, item);
	json_decref(item);
	return code;
}

static bool begins(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static int take_line(struct route_lines *l, const char *line, size_t n)
{
	if (l->stage == LINES_BEGIN && begins(line, FIRST)) {
		l->stage = LINES_ITEMS;
		return 0;
	}
	if (l->stage == LINES_ITEMS && begins(line, LAST)) {
		l->stage = LINES_END;
		return 0;
	}
	if (l->stage == LINES_ITEMS)
		return take_item(l, line, n);
	return fault_set(&l->fault, ERR_REMOTE, "its answer is no list of routes");
}

void route_lines_init(struct route_lines *l, struct spool *to)
{
	*l = (struct route_lines){.to = to};
	buf_init(&l->line);
}

void route_lines_fini(struct route_lines *l)
{
	buf_fini(&l->line);
}

bool route_lines_take(void *lines, const char *data, size_t n)
{
	struct route_lines *l = lines;

	while (n > 0 && l->fault.code == 0) {
		const char *end = memchr(data, '\n', n);
		size_t part = end != NULL ? (size_t)(end - data) : n;

		if (l->line.len + part > LINE_MAX_LENGTH) {
			fault_set(&l->fault, ERR_TOO_LARGE, "a line of its answer is too long");
			break;
		}
		buf_append(&l->line, data, part);
		if (end != NULL) {
			take_line(l, buf_text(&l->line), l->line.len);
			buf_clear(&l->line);
			part++;
		}
		data += part;
		n -= part;
	}
	return l->fault.code == 0;
}

int route_lines_end(struct route_lines *l)
{
	if (l->fault.code != 0)
		return l->fault.code;
	if (l->stage == LINES_END && l->line.len == 0)
		return 0;
	return fault_set(&l->fault, ERR_TRUNCATED, "its answer breaks off");
}

void route_line_split(char *line, const char *out[ROUTE_FIELDS])
{
	for (size_t i = 0; i < ROUTE_FIELDS; i++) {
		const char *field = strsep(&line, "\t");

		out[i] = field != NULL ? field : "";
	}
}
