/* `skein bgp diff MACHINE MACHINE`: what the best routes of two machines differ in. Each machine is
 * asked for all of its own, which are sorted as they come (BIRD has them in no order), partly in
 * files; then both are gone through side by side. So it takes the memory of a few megabytes. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/diff.h"
#include "cli/bgp/page.h"
#include "cli/bgp/route_lines.h"
#include "cli/remote.h"

#define PART_BYTES ((size_t)8 << 20)

enum { LEFT, RIGHT, SIDES };

struct side {
	const char *machine;
	struct spool *routes;
	char *line; /* a copy of the one at hand; NULL: there is none any more */
	const char *fields[ROUTE_FIELDS];
};

struct diff {
	struct cli *cli;
	struct side sides[SIDES];
	uint64_t same, changed, only[SIDES];
};

static uint64_t count_all(const struct diff *d)
{
	return d->changed + d->only[LEFT] + d->only[RIGHT];
}

/* ---- reading ---- */

static int read_side(struct diff *d, struct side *s, const char *mesh)
{
	json_t *words = json_pack("[s, s, s, s]", "bgp", "routes", "--best", "--json");
	struct route_lines lines;
	int code;

	if (mesh != NULL)
		json_array_append_new(words, json_sprintf("--mesh=%s", mesh));
	s->routes = spool_new(PART_BYTES);
	route_lines_init(&lines, s->routes);
	code = remote_ask(d->cli, s->machine, words, route_lines_take, &lines);
	/* What is wrong with the answer comes before that it was not read to its end. */
	if ((code == 0 || lines.fault.code != 0) && route_lines_end(&lines) != 0) {
		d->cli->fault = (struct fault){0};
		code = fault_set(&d->cli->fault, lines.fault.code, "%s: %s", s->machine,
				 lines.fault.text);
	}
	route_lines_fini(&lines);
	return code;
}

static int advance(struct diff *d, struct side *s)
{
	int code = 0;
	const char *line = spool_next(s->routes, &code, &d->cli->fault);

	free(s->line);
	s->line = line != NULL && code == 0 ? mem_strdup(line) : NULL;
	if (s->line != NULL)
		route_line_split(s->line, s->fields);
	return code;
}

/* ---- saying ---- */

static json_t *fields_json(const struct side *s)
{
	json_t *o;

	if (s == NULL)
		return json_null();
	o = json_object();
	for (int f = ROUTE_TYPE; f < ROUTE_FIELDS; f++)
		json_object_set_new(o, route_field_name((enum route_field)f),
				    bgp_text_json(s->fields[f]));
	return o;
}

/* NULL: it has no route there. */
static void say_json(struct diff *d, const struct side *left, const struct side *right)
{
	const struct side *any = left != NULL ? left : right;
	json_t *item = json_pack("{s:s, s:o, s:o}", "prefix", any->fields[ROUTE_PREFIX], "left",
				 fields_json(left), "right", fields_json(right));

	fputs(count_all(d) > 1 ? ",\n" : "\n", d->cli->out.to);
	json_dumpf(item, d->cli->out.to, JSON_COMPACT);
	json_decref(item);
}

static void put_route(struct buf *out, const struct side *s)
{
	const char *via = s->fields[ROUTE_VIA];

	buf_printf(out, "%s%s", via[0] != '\0' ? "via " : s->fields[ROUTE_TYPE], via);
	if (s->fields[ROUTE_PATH][0] != '\0')
		buf_printf(out, ", AS path %s", s->fields[ROUTE_PATH]);
}

static void put_changes(struct buf *out, const struct side *left, const struct side *right)
{
	for (int f = ROUTE_TYPE; f < ROUTE_FIELDS; f++)
		if (strcmp(left->fields[f], right->fields[f]) != 0)
			buf_printf(out, "%s%s %s | %s", out->len > 0 ? "; " : "",
				   route_field_label((enum route_field)f),
				   left->fields[f][0] != '\0' ? left->fields[f] : "none",
				   right->fields[f][0] != '\0' ? right->fields[f] : "none");
}

static void say_text(struct diff *d, const struct side *left, const struct side *right)
{
	const struct side *any = left != NULL ? left : right;
	struct buf what;

	buf_init(&what);
	if (left != NULL && right != NULL)
		put_changes(&what, left, right);
	else
		put_route(&what, any);
	page_line(&d->cli->out,
		  left == NULL	  ? PAGE_GOOD
		  : right == NULL ? PAGE_BAD
				  : PAGE_PLAIN,
		  "%c %-18s  %s",
		  left == NULL	  ? '>'
		  : right == NULL ? '<'
				  : '~',
		  any->fields[ROUTE_PREFIX], buf_text(&what));
	buf_fini(&what);
}

static void say(struct diff *d, const struct side *left, const struct side *right)
{
	d->changed += left != NULL && right != NULL;
	d->only[LEFT] += right == NULL;
	d->only[RIGHT] += left == NULL;
	if (d->cli->out.json)
		say_json(d, left, right);
	else
		say_text(d, left, right);
}

static void say_begin(struct diff *d)
{
	const char *left = d->sides[LEFT].machine, *right = d->sides[RIGHT].machine;
	json_t *machines;

	if (!d->cli->out.json) {
		page_line(&d->cli->out, PAGE_BOLD, "< only %s, > only %s, ~ both: %s | %s", left,
			  right, left, right);
		return;
	}
	machines = json_pack("[s, s]", left, right);
	fputs("{\"schema\": \"" BGP_SCHEMA "\", \"machines\": ", d->cli->out.to);
	json_dumpf(machines, d->cli->out.to, JSON_COMPACT);
	fputs(", \"items\": [", d->cli->out.to);
	json_decref(machines);
}

static int say_end(struct diff *d)
{
	if (d->cli->out.json)
		fprintf(d->cli->out.to, "\n], \"same\": %" PRIu64 "}\n", d->same);
	else
		page_line(&d->cli->out, PAGE_PLAIN,
			  "%" PRIu64 " alike, %" PRIu64 " differ, %" PRIu64 " only %s, %" PRIu64
			  " only %s",
			  d->same, d->changed, d->only[LEFT], d->sides[LEFT].machine,
			  d->only[RIGHT], d->sides[RIGHT].machine);
	if (count_all(d) == 0)
		return 0;
	return fault_set(&d->cli->fault, ERR_CHECK, "%s and %s differ in %" PRIu64 " routes",
			 d->sides[LEFT].machine, d->sides[RIGHT].machine, count_all(d));
}

/* ---- comparing ---- */

static int compare_places(const struct side *left, const struct side *right)
{
	int order = strcmp(left->fields[ROUTE_KEY], right->fields[ROUTE_KEY]);

	return order != 0 ? order : strcmp(left->fields[ROUTE_PREFIX], right->fields[ROUTE_PREFIX]);
}

static bool are_alike(const struct side *left, const struct side *right)
{
	bool alike = true;

	for (int f = ROUTE_TYPE; f < ROUTE_FIELDS; f++)
		alike = alike && strcmp(left->fields[f], right->fields[f]) == 0;
	return alike;
}

/* The one that comes first, or both, and on. */
static int step(struct diff *d)
{
	struct side *left = &d->sides[LEFT], *right = &d->sides[RIGHT];
	int order = left->line == NULL ? 1 : right->line == NULL ? -1 : compare_places(left, right);
	int code = 0;

	if (order == 0 && are_alike(left, right))
		d->same++;
	else
		say(d, order <= 0 ? left : NULL, order >= 0 ? right : NULL);
	if (order <= 0)
		code = advance(d, left);
	if (order >= 0 && code == 0)
		code = advance(d, right);
	return code;
}

static int compare(struct diff *d)
{
	int code = advance(d, &d->sides[LEFT]);

	if (code == 0)
		code = advance(d, &d->sides[RIGHT]);
	if (code == 0)
		say_begin(d);
	while (code == 0 && (d->sides[LEFT].line != NULL || d->sides[RIGHT].line != NULL)) {
		code = step(d);
		if (code == 0 && ferror(d->cli->out.to) != 0)
			code = fault_set(&d->cli->fault, ERR_IO, "the answer could not be written");
	}
	return code == 0 ? say_end(d) : code;
}

int bgp_diff(struct cli *c, const struct invocation *in)
{
	const struct bgp_diff_options *o = in->options;
	struct diff d = {.cli = c};
	int code = 0;

	for (int i = 0; i < SIDES && code == 0; i++) {
		d.sides[i].machine = in->args[i];
		code = read_side(&d, &d.sides[i], o->mesh);
	}
	if (code == 0)
		code = compare(&d);
	for (int i = 0; i < SIDES; i++) {
		spool_free(d.sides[i].routes);
		free(d.sides[i].line);
	}
	return code;
}
