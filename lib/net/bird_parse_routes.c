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
	const char *at = bird_piece(&p->arena, text, len);

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
		r->origin = bird_piece(&p->arena, bracket + 1, strcspn(bracket + 1, "]"));
	if (open == NULL)
		return;
	r->preference = (int)bird_number(open + 1, 0);
	open += 1 + strspn(open + 1, "0123456789");
	r->stale = *open == 's';
	open += r->stale;
	r->suppressed = *open == '-';
	open += r->suppressed;
	if (*open == '/')
		r->metric = bird_piece(&p->arena, open + 1, strcspn(open + 1, ")"));
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
	net = bird_trimmed(&p->arena, bird_piece(&p->arena, text, (size_t)(type - text)));
	if (net[0] != '\0')
		set_names(p, r->table, net);
	r->type = bird_piece(&p->arena, type, (size_t)(bracket - type));
	read_source(p, bracket + 2, (size_t)(end - bracket) - 2);
	read_rank(p, end + 1);
	return true;
}

/* "via 10.5.0.2 on d0 mpls 100 onlink weight 2", "dev d0". */
static bool read_hop(struct bird_routes *p, const char *text)
{
	struct bird_next_hop hop = {.device = "", .weight = 1, .more = ""};
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
		else
			hop.more = arena_printf(&p->arena, "%s%s%s", hop.more,
						hop.more[0] != '\0' ? " " : "", word);
	}
	vec_push(&p->route.hops, hop);
	return true;
}

/* Since BIRD 3 attributes have the names of its filter language. */
static const struct {
	const char *new, *old;
} renamed[] = {
	{"bgp_origin", "BGP.origin"},
	{"bgp_path", "BGP.as_path"},
	{"bgp_next_hop", "BGP.next_hop"},
	{"bgp_med", "BGP.med"},
	{"bgp_local_pref", "BGP.local_pref"},
	{"bgp_atomic_aggr", "BGP.atomic_aggr"},
	{"bgp_aggregator", "BGP.aggregator"},
	{"bgp_community", "BGP.community"},
	{"bgp_originator_id", "BGP.originator_id"},
	{"bgp_cluster_list", "BGP.cluster_list"},
	{"bgp_ext_community", "BGP.ext_community"},
	{"bgp_aigp", "BGP.aigp"},
	{"bgp_large_community", "BGP.large_community"},
	{"bgp_otc", "BGP.otc"},
	{"bgp_mpls_label_stack", "BGP.mpls_label_stack"},
	{"krt_source", "Kernel.source"},
	{"krt_metric", "Kernel.metric"},
	{"krt_prefsrc", "Kernel.prefsrc"},
};

static const char *attribute_name(struct arena *a, const char *text, size_t len)
{
	for (size_t i = 0; text[0] != 'B' && i < sizeof(renamed) / sizeof(renamed[0]); i++)
		if (strncmp(text, renamed[i].new, len) == 0 && renamed[i].new[len] == '\0')
			return renamed[i].old;
	return bird_piece(a, text, len);
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
	vec_push(&r->attributes, (struct bird_attribute){attribute_name(&p->arena, text, len),
							 bird_trimmed(&p->arena, text + len + 1)});
	return true;
}

/* A line that belongs to the route before. */
static int read_detail(struct bird_routes *p, const struct bird_line *line)
{
	struct bird_route *r = &p->route;
	bool read;

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

static int stray(struct bird_routes *p, const char *text)
{
	return p->stray != NULL && text[strspn(text, " \t")] != '\0' ? p->stray(p->context, text)
								     : 0;
}

/* "Table master4:" */
static bool read_table(struct bird_routes *p, const char *text, size_t len)
{
	static const char heading[] = "Table ";
	const size_t before = sizeof(heading) - 1;

	if (len <= before || strncmp(text, heading, before) != 0 || text[len - 1] != ':')
		return false;
	set_names(p, bird_piece(&p->arena, text + before, len - before - 1), "");
	return true;
}

int bird_routes_line(void *context, const struct bird_line *line)
{
	struct bird_routes *p = context;
	bool of_route = line->text[0] == '\t' || line->code != REPLY_ROUTE;
	int code;

	if (line->code < REPLY_ROUTE || line->code > REPLY_ATTRIBUTE)
		return line->last ? finish(p) : stray(p, line->text);
	if (of_route && p->open)
		return read_detail(p, line);
	code = finish(p);
	if (code == 0 &&
	    (of_route || (!read_table(p, line->text, line->len) && !read_route(p, line->text))))
		code = stray(p, line->text);
	return code;
}

const char *bird_route_attribute(const struct bird_route *r, const char *name)
{
	for (size_t i = 0; i < r->attributes.n; i++)
		if (strcmp(r->attributes.at[i].name, name) == 0)
			return r->attributes.at[i].value;
	return NULL;
}
