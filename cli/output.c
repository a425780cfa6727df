#include "cli/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cell.h"
#include "lib/base/arena.h"
#include "lib/base/text.h"

#define WIDTH	    100
#define WIDTH_LEAST 40
#define CUT_LEAST   8
#define GAP	    2
#define COLUMNS_MAX 16
#define JSON_FLAGS  (JSON_INDENT(2) | JSON_REAL_PRECISION(10))

#define BOLD  "\033[1m"
#define GREEN "\033[32m"
#define RED   "\033[31m"
#define PLAIN "\033[0m"

/* The agent's, for one who looks from elsewhere: standard output is no terminal here. */
static void take_asked(struct output *o)
{
	const char *width = getenv("SKEIN_WIDTH"), *colour = getenv("SKEIN_COLOUR");
	long n = width != NULL ? strtol(width, NULL, 10) : 0;

	if (n >= WIDTH_LEAST && n < WIDTH)
		o->width = (int)n;
	if (colour != NULL && strcmp(colour, "always") == 0)
		o->colour = true;
}

void output_init(struct output *o, bool json)
{
	const char *no_color = getenv("NO_COLOR");
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct winsize size = {0};

	*o = (struct output){.to = stdout, .json = json, .width = WIDTH, .now = wall_now()};
	o->colour = terminal && (no_color == NULL || no_color[0] == '\0');
	if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col >= WIDTH_LEAST && size.ws_col < WIDTH)
		o->width = size.ws_col;
	take_asked(o);
}

static bool may_be_cut(const struct column *c)
{
	return c->kind == COLUMN_FLEX || c->kind == COLUMN_MADE;
}

static const char *colour_of(const struct output *o, const struct column *c, const json_t *item)
{
	if (!o->colour || c->kind != COLUMN_GOOD)
		return "";
	return json_is_true(json_object_get(item, c->member)) ? GREEN : RED;
}

/* ---- tables ---- */

struct table {
	const struct column *columns;
	size_t ncolumns, nrows;
	char **cells; /* ncolumns * nrows */
	size_t width[COLUMNS_MAX];
};

static void table_init(struct table *t, const struct output *o, const struct column *columns,
		       const json_t *items)
{
	*t = (struct table){.columns = columns, .nrows = json_array_size(items)};
	while (t->ncolumns < COLUMNS_MAX && columns[t->ncolumns].title != NULL)
		t->ncolumns++;
	t->cells = mem_alloc((t->nrows * t->ncolumns + 1) * sizeof(*t->cells));
	for (size_t i = 0; i < t->ncolumns; i++) {
		t->width[i] = cell_width(columns[i].title);
		for (size_t row = 0; row < t->nrows; row++) {
			char *text = cell_make(o, &columns[i], json_array_get(items, row));
			size_t width = cell_width(text);

			t->cells[row * t->ncolumns + i] = text;
			t->width[i] = width > t->width[i] ? width : t->width[i];
		}
	}
}

static void table_fini(struct table *t)
{
	for (size_t i = 0; i < t->nrows * t->ncolumns; i++)
		free(t->cells[i]);
	free(t->cells);
}

static size_t total_width(const struct table *t)
{
	size_t total = t->ncolumns > 0 ? (t->ncolumns - 1) * GAP : 0;

	for (size_t i = 0; i < t->ncolumns; i++)
		total += t->width[i];
	return total;
}

/* Takes from the widest column that may be cut, until the table fits or none has anything left. */
static void table_fit(struct table *t, size_t width)
{
	for (size_t total = total_width(t); total > width; total--) {
		size_t widest = t->ncolumns;

		for (size_t i = 0; i < t->ncolumns; i++)
			if (may_be_cut(&t->columns[i]) && t->width[i] > CUT_LEAST &&
			    (widest == t->ncolumns || t->width[i] > t->width[widest]))
				widest = i;
		if (widest == t->ncolumns)
			return;
		t->width[widest]--;
	}
}

static void put_cell(FILE *to, const char *text, size_t width, bool right, bool last,
		     const char *colour)
{
	size_t has = cell_width(text), pad = has < width ? width - has : 0, bytes = strlen(text);
	bool cut = has > width;

	if (cut) {
		size_t keep = width - 1;

		for (bytes = 0; text[bytes] != '\0' && (keep > 0 || cell_continues(text[bytes]));
		     bytes++)
			keep -= !cell_continues(text[bytes]);
	}
	fprintf(to, "%*s%s%.*s%s%s", right ? (int)pad : 0, "", colour, (int)bytes, text,
		cut ? "…" : "", colour[0] != '\0' ? PLAIN : "");
	if (!last)
		fprintf(to, "%*s", GAP + (right ? 0 : (int)pad), "");
}

static void table_print(const struct table *t, const struct output *o, const json_t *items)
{
	for (size_t i = 0; i < t->ncolumns; i++)
		put_cell(o->to, t->columns[i].title, t->width[i],
			 t->columns[i].kind == COLUMN_NUMBER, i + 1 == t->ncolumns,
			 o->colour ? BOLD : "");
	fputc('\n', o->to);
	for (size_t row = 0; row < t->nrows; row++) {
		for (size_t i = 0; i < t->ncolumns; i++)
			put_cell(o->to, t->cells[row * t->ncolumns + i], t->width[i],
				 t->columns[i].kind == COLUMN_NUMBER, i + 1 == t->ncolumns,
				 colour_of(o, &t->columns[i], json_array_get(items, row)));
		fputc('\n', o->to);
	}
}

void output_json(const struct output *o, const json_t *value)
{
	json_dumpf(value, o->to, JSON_FLAGS);
	fputc('\n', o->to);
}

void output_list(const struct output *o, const struct column *columns, const json_t *items,
		 const char *none)
{
	struct table t;
	json_t *page;

	if (o->json) {
		page = json_pack("{s:O}", "items", items);
		output_json(o, page);
		json_decref(page);
		return;
	}
	if (json_array_size(items) == 0) {
		fprintf(o->to, "%s\n", none);
		return;
	}
	table_init(&t, o, columns, items);
	table_fit(&t, (size_t)o->width);
	table_print(&t, o, items);
	table_fini(&t);
}

void output_record(const struct output *o, const struct column *columns, const json_t *object)
{
	size_t width = 0;

	if (o->json) {
		output_json(o, object);
		return;
	}
	for (const struct column *c = columns; c->title != NULL; c++)
		width = cell_width(c->title) > width ? cell_width(c->title) : width;
	for (const struct column *c = columns; c->title != NULL; c++) {
		char *text = cell_make(o, c, object);

		fprintf(o->to, "%s%-*s%s  %s%s%s\n", o->colour ? BOLD : "", (int)width, c->title,
			o->colour ? PLAIN : "", colour_of(o, c, object),
			text[0] != '\0' ? text : "-",
			colour_of(o, c, object)[0] != '\0' ? PLAIN : "");
		free(text);
	}
}

__attribute__((format(printf, 2, 0))) static void put_sentence(const struct output *o,
							       const char *fmt, va_list ap)
{
	struct buf text;

	buf_init(&text);
	buf_vprintf(&text, fmt, ap);
	if (text.data != NULL)
		text_disarm(text.data);
	fprintf(o->to, "%s\n", buf_text(&text));
	buf_fini(&text);
}

void output_done(const struct output *o, const json_t *object, const char *fmt, ...)
{
	va_list ap;

	if (o->json && object != NULL) {
		output_json(o, object);
	} else if (o->json) {
		fputs("{}\n", o->to);
	} else {
		va_start(ap, fmt);
		put_sentence(o, fmt, ap);
		va_end(ap);
	}
}

void output_remark(const struct output *o, const char *fmt, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, fmt);
	put_sentence(o, fmt, ap);
	va_end(ap);
}

void output_warnings(const struct output *o, const json_t *answer)
{
	size_t i;
	const json_t *warning;

	json_array_foreach(json_object_get(answer, "warnings"), i, warning) {
		output_remark(o, "warning: %s", json_string_value(warning));
	}
}
