/* `skein bgp watch [PREFIX]`: what changes, as it changes. BIRD tells nobody by itself, so it is
 * asked again and again; each time is a visit of its own, so that a BIRD which goes and comes back
 * is a change like others. */
#include <poll.h>
#include <string.h>

#include "cli/bgp/page.h"
#include "cli/bgp/snapshot.h"
#include "lib/base/json.h"

struct watch {
	struct cli *cli;
	struct instance at;
	struct prefix within; /* family 0: all routes */
	bool away;	      /* BIRD did not answer */
};

static const char *const kinds[] = {
	[THING_SESSION] = "session",
	[THING_BFD] = "bfd",
	[THING_ROUTE] = "route",
};

static const struct {
	const char *name, *mark;
} changes[] = {
	[CHANGE_ADDED] = {"added", "+"},
	[CHANGE_REMOVED] = {"removed", "-"},
	[CHANGE_CHANGED] = {"changed", "~"},
};

/* One change: a line, or an object in a line. */
static void say(const struct watch *w, const char *kind, enum change change, enum page_tone tone,
		const struct thing *t, const char *text)
{
	const struct output *o = &w->cli->out;
	char at[WALL_TEXT_MAX];
	json_t *object;

	wall_format(wall_now(), at);
	if (o->json) {
		object = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "schema", BGP_SCHEMA,
				   "at", at, "kind", kind, "change", changes[change].name, "name",
				   bgp_text_json(t->name), "table", bgp_text_json(t->table),
				   "protocol", bgp_text_json(t->protocol), "text",
				   bgp_text_json(text));
		json_dumpf(object, o->to, JSON_COMPACT);
		fputc('\n', o->to);
		json_decref(object);
	} else {
		page_line(o, tone, "%.8s %s %-7s %s%s%s%s%s", at + 11, changes[change].mark, kind,
			  t->name, strcmp(t->name, t->protocol) != 0 ? " of " : "",
			  strcmp(t->name, t->protocol) != 0 ? t->protocol : "",
			  text[0] != '\0' ? ": " : "", text);
	}
	fflush(o->to);
}

static void on_change(void *context, enum change change, const struct thing *t, const char *before)
{
	const struct watch *w = context;
	enum page_tone tone = change == CHANGE_REMOVED || !t->good ? PAGE_BAD : PAGE_GOOD;
	char text[400];

	if (t->kind == THING_ROUTE && change != CHANGE_REMOVED && !t->good)
		tone = PAGE_PLAIN;
	if (change == CHANGE_CHANGED)
		snprintf(text, sizeof(text), "%s (was %s)", t->state, before);
	else
		snprintf(text, sizeof(text), "%s", t->state);
	say(w, kinds[t->kind], change, tone, t, text);
}

static const struct thing the_bird = {.name = "BIRD", .table = "", .protocol = "BIRD"};

static int take(struct watch *w, struct snapshot *out)
{
	struct cli *c = w->cli;
	struct bgp b;
	int code = bgp_open(&b, c, &w->at);

	if (code == 0)
		code = snapshot_take(out, &b, &w->within);
	bgp_close(&b);
	if (code == ERR_TOO_LARGE) {
		c->fault = (struct fault){0};
		return fault_set(
			&c->fault, code,
			"more than %d routes: name a PREFIX, and what lies in it is watched",
			SNAPSHOT_ROUTES_MAX);
	}
	return code;
}

/* One look; what is new takes the place of what was. */
static int look(struct watch *w, struct snapshot *known, bool first)
{
	struct arena kept = w->cli->arena;
	struct snapshot now;
	int code;

	arena_init(&w->cli->arena); /* of this look only: there is no last one */
	snapshot_init(&now);
	code = take(w, &now);
	if (code == 0) {
		if (w->away)
			say(w, "bird", CHANGE_ADDED, PAGE_GOOD, &the_bird, "answers again");
		if (!first)
			snapshot_compare(known, &now, on_change, w);
		snapshot_fini(known);
		*known = now;
		w->away = false;
	} else {
		if (!first && !w->away)
			say(w, "bird", CHANGE_REMOVED, PAGE_BAD, &the_bird, w->cli->fault.text);
		w->away = true;
		snapshot_fini(&now);
	}
	arena_fini(&w->cli->arena);
	w->cli->arena = kept;
	if (first)
		return code;
	w->cli->fault = (struct fault){0};
	return ferror(w->cli->out.to) != 0 ? ERR_IO : 0;
}

static void say_what_is_watched(const struct watch *w, const struct snapshot *s)
{
	size_t n[3] = {0};

	for (size_t i = 0; i < s->things.n; i++)
		n[s->things.at[i].kind]++;
	output_remark(&w->cli->out, "watching: BGP sessions %zu, BFD sessions %zu, routes %zu",
		      n[THING_SESSION], n[THING_BFD], n[THING_ROUTE]);
	fflush(w->cli->out.to);
}

int bgp_watch(struct cli *c, const struct invocation *in)
{
	const struct bgp_watch_options *o = in->options;
	const int interval = o->interval != 0 ? (int)o->interval : BGP_WATCH_INTERVAL_MS;
	const struct mono end = mono_add_ms(mono_now(), o->seconds * 1000);
	struct watch w = {.cli = c};
	struct snapshot known;
	int code = instance_find_one(o->where.socket, o->where.mesh, &c->arena, &w.at, &c->fault);

	snapshot_init(&known);
	if (code == 0 && in->nargs > 0)
		code = prefix_parse(in->args[0], &w.within, &c->fault);
	if (code == 0)
		code = look(&w, &known, true);
	if (code == 0)
		say_what_is_watched(&w, &known);
	while (code == 0 && (o->seconds == 0 || !mono_reached(end, mono_now()))) {
		poll(NULL, 0, interval);
		code = look(&w, &known, false);
	}
	snapshot_fini(&known);
	return code;
}
