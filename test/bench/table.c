#include "test/bench/table.h"

#include <stdio.h>
#include <string.h>

#define WORSE	   1.2 /* than the reference: told */
#define NAME_WIDTH 46

/* ---- against what was measured before ---- */

static const json_t *find(const json_t *rows, const char *name)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (strcmp(json_string_value(json_object_get(row, "name")), name) == 0)
			return row;
	return NULL;
}

/* The ratio where there is one: values are of another computer. */
static double figure(const json_t *row)
{
	const json_t *ratio = json_object_get(row, "ratio");

	return json_number_value(json_is_number(ratio) ? ratio : json_object_get(row, "value"));
}

/* How many times worse than before; 0: it is new. */
static double worse_by(const struct table *t, const struct bench_row *row, const json_t *now)
{
	const json_t *before = find(t->reference, row->name);

	if (before == NULL || figure(before) <= 0 || figure(now) <= 0)
		return 0;
	return row->more_is_better ? figure(before) / figure(now) : figure(now) / figure(before);
}

/* ---- rows ---- */

static json_t *optional(bool there, double value)
{
	return there ? json_real(value) : json_null();
}

static json_t *row_json(const struct bench_row *row, const struct bench_result *r, bool holds)
{
	bool compared = row->against != NULL;

	return json_pack("{s:s, s:f, s:s, s:s?, s:o, s:o, s:b}", "name", row->name, "value",
			 r->value, "unit", row->unit, "against", row->against, "ratio",
			 optional(compared, r->value / r->against), "bar",
			 optional(compared && row->bar > 0, row->bar), "holds", holds);
}

void table_init(struct table *t, const char *reference)
{
	*t = (struct table){.rows = json_array(), .reference = json_load_file(reference, 0, NULL)};
	printf("%-*s %12s      %8s   %-34s %s\n", NAME_WIDTH, "BENCH", "VALUE", "RATIO", "AGAINST",
	       "BAR");
}

void table_fini(struct table *t)
{
	json_decref(t->rows);
	json_decref(t->reference);
}

static bool is_held(const struct bench_row *row, const struct bench_result *r)
{
	const double ratio = r->value / r->against;

	if (row->bar == BENCH_ZERO)
		return r->value == 0;
	if (row->against == NULL || row->bar <= 0)
		return true;
	return row->more_is_better ? ratio >= row->bar : ratio <= row->bar;
}

void table_add(struct table *t, const struct bench_row *row, const struct bench_result *r)
{
	double ratio = r->value / r->against, worse;
	bool holds = is_held(row, r);
	json_t *json = row_json(row, r, holds);

	printf("%-*s %12.4g %-4s", NAME_WIDTH, row->name, r->value, row->unit);
	if (row->against != NULL)
		printf(" %8.3g × %-34s", ratio, row->against);
	if (row->against != NULL && row->bar > 0)
		printf(" %s %.3g: %s", row->more_is_better ? "≥" : "≤", row->bar,
		       holds ? "holds" : "FAILS");
	if (row->bar == BENCH_ZERO)
		printf(" none: %s", holds ? "holds" : "FAILS");
	worse = worse_by(t, row, json);
	if (worse > WORSE)
		printf("  WORSE than the reference: %.0f %%", (worse - 1) * 100);
	printf("\n");
	fflush(stdout);
	t->broken += !holds;
	t->worse += worse > WORSE;
	json_array_append_new(t->rows, json);
}

void table_end(const struct table *t)
{
	if (t->reference == NULL)
		printf("There is no reference: UPDATE_REFERENCE=1 makes it.\n");
	else
		printf("Worse than the reference by more than %.0f %%: %zu of %zu.\n",
		       (WORSE - 1) * 100, t->worse, json_array_size(t->rows));
	if (t->broken > 0)
		printf("Bars that do not hold: %zu.\n", t->broken);
}

static bool dump(const json_t *rows, const char *path)
{
	return json_dump_file(rows, path, JSON_INDENT(2) | JSON_REAL_PRECISION(4)) == 0;
}

bool table_write(const struct table *t, const char *path)
{
	return dump(t->rows, path);
}

bool table_write_reference(const struct table *t, const char *path)
{
	json_t *all = json_array(), *row;
	bool written;
	size_t i;

	json_array_foreach(t->reference, i, row)
		if (find(t->rows, json_string_value(json_object_get(row, "name"))) == NULL)
			json_array_append(all, row);
	json_array_extend(all, t->rows);
	written = dump(all, path);
	json_decref(all);
	return written;
}
