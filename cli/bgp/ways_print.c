/* The ways to one prefix, for people: each with what it loses by. */
#include <string.h>

#include "cli/bgp/community.h"
#include "cli/bgp/page.h"
#include "cli/bgp/rank.h"
#include "cli/bgp/ways.h"

static void print_attributes(const struct output *o, const struct way *w)
{
	static const char *const shown[] = {
		"BGP.as_path",	 "BGP.origin",	      "BGP.local_pref",	     "BGP.med",
		"BGP.community", "BGP.ext_community", "BGP.large_community", "BGP.next_hop",
		"Type"};
	const json_t *a;
	size_t i;

	json_array_foreach(json_object_get(w->route, "attributes"), i, a) {
		const char *name = json_string_value(json_object_get(a, "name"));
		bool known = false;

		for (size_t k = 0; k < sizeof(shown) / sizeof(shown[0]); k++)
			known |= strcmp(name, shown[k]) == 0;
		if (!known)
			page_field(o, 4, "", "%s: %s", name,
				   json_string_value(json_object_get(a, "value")));
	}
	json_array_foreach(json_object_get(w->route, "other"), i, a)
		page_field(o, 4, i == 0 ? "also" : "", "%s", json_string_value(a));
}

static void print_communities(const struct output *o, const struct way *w)
{
	const json_t *c;
	struct buf list;
	size_t i;

	buf_init(&list);
	json_array_foreach(json_object_get(w->route, "communities"), i, c) {
		const char *name = community_name(json_string_value(c));

		buf_printf(&list, "%s%s", i > 0 ? " " : "", json_string_value(c));
		if (name != NULL)
			buf_printf(&list, " (%s)", name);
	}
	if (list.len > 0)
		page_field(o, 4, "communities", "%s", buf_text(&list));
	buf_fini(&list);
}

static void print_number(const struct output *o, const struct way *w, const char *label,
			 const char *member)
{
	const json_t *n = json_object_get(w->route, member);

	if (json_is_integer(n))
		page_field(o, 4, label, "%" JSON_INTEGER_FORMAT, json_integer_value(n));
}

static void print_hops(const struct output *o, const struct way *w)
{
	const json_t *hops = json_object_get(w->route, "hops"), *h;
	size_t i;

	if (json_array_size(hops) == 0)
		page_field(o, 4, "leads", "nowhere: %s", way_text(w, "type"));
	json_array_foreach(hops, i, h) {
		const char *gateway = json_string_value(json_object_get(h, "gateway"));
		const char *device = json_string_value(json_object_get(h, "device"));
		const char *more = json_string_value(json_object_get(h, "more"));

		page_field(o, 4, i == 0 ? "via" : "", "%s%s%s%s%s", gateway != NULL ? gateway : "",
			   gateway != NULL && device != NULL ? " on " : "",
			   device != NULL ? device : "", more != NULL ? " " : "",
			   more != NULL ? more : "");
	}
}

static void print_bgp(const struct ways *x, const struct way *w)
{
	const struct output *o = &x->b->cli->out;
	const json_t *local = json_object_get(w->route, "local_pref");
	struct buf rank;
	char digits[32];

	page_field(o, 4, "AS path", "%s, origin %s",
		   way_text(w, "as_path")[0] != '\0' ? way_text(w, "as_path") : "empty",
		   way_text(w, "origin"));
	buf_init(&rank);
	if (json_is_integer(local)) {
		snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(local));
		if (!rank_is_known(x->b) || !rank_put(digits, &rank))
			buf_clear(&rank);
		page_field(o, 4, "local pref", "%s%s%s", digits, rank.len > 0 ? ": " : "",
			   buf_text(&rank));
	}
	buf_fini(&rank);
	print_number(o, w, "MED", "med");
	print_communities(o, w);
}

static void print_way(const struct ways *x, const struct way *w)
{
	const struct output *o = &x->b->cli->out;
	const struct bird_protocol *p =
		bird_protocols_find(&x->b->protocols, w->contender.protocol);
	const json_t *loses = json_object_get(w->route, "loses");
	const char *mark = w->rejected ? "r" : w->contender.best ? "*" : " ";
	const bool unsynced = json_is_true(json_object_get(w->route, "not_in_kernel"));

	page_line(o, w->contender.best ? PAGE_GOOD : PAGE_PLAIN, "%s %s%s%s%s%s", mark,
		  w->contender.protocol, p != NULL && p->neighbour_text[0] != '\0' ? ", " : "",
		  p != NULL ? p->neighbour_text : "",
		  p != NULL && p->description[0] != '\0' ? ", " : "",
		  p != NULL ? p->description : "");
	if (w->contender.best)
		page_field(o, 4, "best", "%s",
			   unsynced ? "but not in the kernel" : "by BIRD's mark");
	else if (w->rejected)
		page_field(o, 4, "rejected", "by the import filter, or a limit");
	else if (json_is_object(loses))
		page_field(o, 4, "loses to", "%s: %s (%s)%s",
			   json_string_value(json_object_get(loses, "than")),
			   json_string_value(json_object_get(loses, "text")),
			   json_string_value(json_object_get(loses, "rule")),
			   json_is_true(json_object_get(loses, "equal_cost"))
				   ? "; as near as the best: a kernel protocol that merges paths "
				     "uses both"
				   : "");
	print_hops(o, w);
	if (w->contender.bgp)
		print_bgp(x, w);
	page_field(o, 4, "since", "%s, preference %" JSON_INTEGER_FORMAT, way_text(w, "since"),
		   json_integer_value(json_object_get(w->route, "preference")));
	print_attributes(o, w);
}

void ways_print(const struct ways *x, const char *query)
{
	const struct output *o = &x->b->cli->out;
	const char *table = "", *net = "";
	const json_t *stray;
	size_t i;

	for (i = 0; i < x->list.n; i++) {
		const struct way *w = &x->list.at[i];

		if (strcmp(table, w->table) != 0 || strcmp(net, way_text(w, "prefix")) != 0) {
			const struct way *best = ways_best(x, w->table);

			if (i > 0)
				page_line(o, PAGE_PLAIN, "%s", "");
			page_line(o, PAGE_BOLD, "%s in %s%s%s%s", way_text(w, "prefix"), w->table,
				  strcmp(way_text(w, "prefix"), query) != 0
					  ? ", the longest match for "
					  : "",
				  strcmp(way_text(w, "prefix"), query) != 0 ? query : "",
				  w->rejected || best == NULL ? "; no way is usable" : "");
			table = w->table;
			net = way_text(w, "prefix");
		}
		print_way(x, w);
	}
	json_array_foreach(x->strays, i, stray)
		page_line(o, PAGE_PLAIN, "%s", json_string_value(stray));
}
