#include "lib/net/bird_parse_routes.h"

#include <string.h>

#include "lib/net/bird_text.h"

/* Reply codes of `show route`: routes and next hops; the type; attributes. */
enum { REPLY_ROUTE = 1007, REPLY_TYPE = 1008, REPLY_ATTRIBUTE = 1012 };

#define LINES_MAX 4096 /* of one route */

void bird_routes_init(struct bird_routes *p, bird_route_fn *each, void *context)
{
	memset(p, 0, sizeof(*p));
	p->each = each;
	p->context = context;
	p->route.table = p->route.net = "";
	arena_init(&p->arena);
	arena_init(&p->names);
}

/* Hands the route that is complete now to the caller. */
static int finish(struct bird_routes *p)
{
	int code = p->open ? p->each(p->context, &p->route) : 0;

	p->open = false;
	return code;
}

void bird_routes_fini(struct bird_routes *p)
{
	vec_free(&p->route.hops);
	vec_free(&p->route.attributes);
	vec_free(&p->route.other);
	arena_fini(&p->arena);
	arena_fini(&p->names);
}

/* A new one; table and net stay, for a line without net has that of the line before. */
static void begin(struct bird_routes *p)
{
	struct bird_route *r = &p->route;

	arena_fini(&p->arena);
	r->hops.n = r->attributes.n = r->other.n = 0;
	r->type = r->protocol = r->since = r->metric = r->origin = "";
	r->from = (struct address){0};
	r->primary = r->unsynced = r->stale = r->suppressed = false;
	r->preference = 0;
	p->open = true;
}

static void set_names(struct bird_routes *p, const char *table, const char *net)
{
	struct arena old = p->names;
	struct bird_route *r = &p->route;

	arena_init(&p->names);
	r->table = arena_strdup(&p->names, table);
	r->net = arena_strdup(&p->names, net);
	r->prefix = (struct prefix){0};
	(void)prefix_parse(r->net, &r->prefix, NULL);
	arena_fini(&old);
}

/* "g_1 13:48:13.589 from 127.0.0.2" */
static void read_source(struct bird_routes *p, const char *text, size_t len)
{
	struct bird_route *r = &p->route;
	const char *at = arena_printf(&p->arena, "%.*s", (int)len, text);

	r->protocol = bird_word(&p->arena, &at);
	r->since = bird_time(&p->arena, &at);
	if (strcmp(bird_word(&p->arena, &at), "from") == 0)
		(void)address_parse(bird_word(&p->arena, &at), &r->from, NULL);
}

/* " * I (150/10) [10.0.0.1]": mark, kind of the protocol's own, preference and metric, origin. */
static void read_rank(struct bird_routes *p, const char *text)
{
	struct bird_route *r = &p->route;
	const char *open = strchr(text, '('), *bracket = strrchr(text, '[');

	text += strspn(text, " ");
	r->unsynced = text[0] == '!';
	r->primary = text[0] == '*' || text[0] == '!';
	if (bracket != NULL)
		r->origin = arena_printf(&p->arena, "%.*s", (int)strcspn(bracket + 1, "]"),
					 bracket + 1);
	if (open == NULL)
		return;
	r->preference = (int)bird_number(open + 1, 0);
	open += 1 + strspn(open + 1, "0123456789");
	r->stale = *open == 's';
	open += r->stale;
	r->suppressed = *open == '-';
	open += r->suppressed;
	if (*open == '/')
		r->metric = arena_printf(&p->arena, "%.*s", (int)strcspn(open + 1, ")"), open + 1);
}

/* "10.20.0.0/16         unicast [g_1 …] * (100) […]". A net may be a flow rule with blanks in it:
 * the type, if there is one, is the last word before the bracket. */
static bool read_route(struct bird_routes *p, const char *text)
{
	struct bird_route *r = &p->route;
	const char *bracket = strstr(text, " ["), *end, *type;
	const char *net;

	if (bracket == NULL || (end = strchr(bracket, ']')) == NULL)
		return false;
	type = bracket;
	while (type > text && type[-1] != ' ' && type[-1] != '\t')
		type--;
	begin(p);
	net = bird_trimmed(&p->arena, arena_printf(&p->arena, "%.*s", (int)(type - text), text));
	if (net[0] != '\0')
		set_names(p, r->table, net);
	r->type = arena_printf(&p->arena, "%.*s", (int)(bracket - type), type);
	read_source(p, bracket + 2, (size_t)(end - bracket) - 2);
	read_rank(p, end + 1);
	return true;
}

/* "via 10.5.0.2 on d0 onlink weight 2", "dev d0"; more words may follow (labels). */
static bool read_hop(struct bird_routes *p, const char *text)
{
	struct bird_next_hop hop = {.device = "", .weight = 1};
	const char *word = bird_word(&p->arena, &text);

	if (strcmp(word, "dev") == 0)
		hop.device = bird_word(&p->arena, &text);
	else if (strcmp(word, "via") != 0 ||
		 address_parse(bird_word(&p->arena, &text), &hop.gateway, NULL) != 0)
		return false;
	while (*text != '\0') {
		word = bird_word(&p->arena, &text);
		if (strcmp(word, "on") == 0)
			hop.device = bird_word(&p->arena, &text);
		else if (strcmp(word, "onlink") == 0)
			hop.onlink = true;
		else if (strcmp(word, "weight") == 0)
			hop.weight = (unsigned)bird_number(bird_word(&p->arena, &text), 1);
	}
	vec_push(&p->route.hops, hop);
	return true;
}

/* "BGP.as_path: 4200000002 65010"; what does not fit a line goes on behind two tabs. */
static bool read_attribute(struct bird_routes *p, const char *text)
{
	struct bird_route *r = &p->route;
	size_t len;

	if (strncmp(text, "\t\t", 2) == 0 && r->attributes.n > 0) {
		struct bird_attribute *last = &r->attributes.at[r->attributes.n - 1];

		last->value = arena_printf(&p->arena, "%s %s", last->value,
					   bird_trimmed(&p->arena, text));
		return true;
	}
	text += strspn(text, " \t");
	len = strcspn(text, ": \t");
	if (len == 0 || text[len] != ':')
		return false;
	vec_push(&r->attributes,
		 (struct bird_attribute){arena_printf(&p->arena, "%.*s", (int)len, text),
					 bird_trimmed(&p->arena, text + len + 1)});
	return true;
}

/* A line that belongs to the route before. */
static int read_detail(struct bird_routes *p, const struct bird_line *line)
{
	struct bird_route *r = &p->route;
	bool read;

	if (!p->open)
		return 0;
	if (r->hops.n + r->attributes.n + r->other.n >= LINES_MAX)
		return ERR_TOO_LARGE;
	if (line->code == REPLY_ROUTE)
		read = read_hop(p, bird_trimmed(&p->arena, line->text));
	else
		read = read_attribute(p, line->text);
	if (!read)
		vec_push(&r->other, bird_trimmed(&p->arena, line->text));
	return 0;
}

int bird_routes_line(void *context, const struct bird_line *line)
{
	struct bird_routes *p = context;
	size_t len = line->len;
	int code = 0;

	if (line->code < REPLY_ROUTE || line->code > REPLY_ATTRIBUTE)
		return line->last ? finish(p) : 0;
	if (line->text[0] == '\t' || line->code != REPLY_ROUTE)
		return read_detail(p, line);
	code = finish(p);
	if (code != 0 || len == 0)
		return code;
	if (strncmp(line->text, "Table ", 6) == 0 && line->text[len - 1] == ':')
		set_names(p,
			  bird_trimmed(&p->arena, arena_printf(&p->arena, "%.*s", (int)len - 7,
							       line->text + 6)),
			  "");
	else
		(void)read_route(p, line->text); /* what is none (a count) belongs to no route */
	return 0;
}

const char *bird_route_attribute(const struct bird_route *r, const char *name)
{
	for (size_t i = 0; i < r->attributes.n; i++)
		if (strcmp(r->attributes.at[i].name, name) == 0)
			return r->attributes.at[i].value;
	return NULL;
}
