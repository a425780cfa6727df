/* The way of a packet through the base chains, rule by rule, as the kernel goes. */
#include <stdio.h>
#include <string.h>

#include "lib/net/filter_chain.h"
#include "lib/net/filter_match.h"

#define DEPTH_MAX 16 /* of jumps, as the kernel has it */

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

enum outcome { GOES_ON, RETURNS, ACCEPTS, DROPS };

struct walk {
	const struct filter *filter;
	const struct filter_packet *packet;
	const struct filter_chain *base;
	bool may_pass;	   /* a rule that accepts may have had it before */
	bool reverse_path; /* a rule drops what has another way back */
};

static enum outcome walk_chain(struct walk *w, const struct filter_chain *c, int depth);

static enum outcome enter(struct walk *w, const char *name, int depth, bool comes_back)
{
	const struct filter_chain *c =
		filter_find(w->filter, w->base->family, w->base->table, name);
	enum outcome o = c != NULL && depth < DEPTH_MAX ? walk_chain(w, c, depth + 1) : GOES_ON;

	if (o == ACCEPTS || o == DROPS)
		return o;
	return comes_back ? GOES_ON : RETURNS;
}

/* A statement that decides; GOES_ON: it does not. */
static enum outcome decide(struct walk *w, const json_t *s, int depth)
{
	const char *module = text(json_object_get(s, "xt"), "name");
	const json_t *jump = json_object_get(s, "jump"), *go = json_object_get(s, "goto");

	/* Who takes it from a queue decides: as good as accepted. */
	if (json_object_get(s, "accept") != NULL || json_object_get(s, "queue") != NULL)
		return ACCEPTS;
	if (json_object_get(s, "drop") != NULL || json_object_get(s, "reject") != NULL ||
	    strcmp(module, "REJECT") == 0)
		return DROPS;
	if (json_object_get(s, "return") != NULL)
		return RETURNS;
	if (jump != NULL)
		return enter(w, text(jump, "target"), depth, true);
	return go != NULL ? enter(w, text(go, "target"), depth, false) : GOES_ON;
}

/* What a rule does that may or may not be about the packet. What it accepts may have passed; a
 * return makes all that follows in its chain as uncertain; that it drops some is left aside. */
static void try(struct walk *w, const json_t *s, int depth, bool *unsure)
{
	enum outcome o = decide(w, s, depth);

	w->may_pass = w->may_pass || o == ACCEPTS;
	*unsure = *unsure || o == RETURNS;
}

static enum outcome walk_map(struct walk *w, const json_t *map, int depth, bool *unsure)
{
	const json_t *key = json_object_get(map, "key"), *pair;
	const json_t *set = json_object_get(json_object_get(map, "data"), "set");
	size_t i;

	if (set == NULL) { /* a named one: what it has is not read */
		w->may_pass = true;
		return GOES_ON;
	}
	json_array_foreach(set, i, pair) {
		enum filter_answer a = filter_compare(key, json_array_get(pair, 0), w->packet);

		if (a == FILTER_YES && !*unsure)
			return decide(w, json_array_get(pair, 1), depth);
		if (a != FILTER_NO)
			try(w, json_array_get(pair, 1), depth, unsure);
	}
	return GOES_ON;
}

/* `fib saddr . iif oif`: what came by a device that the way back does not use. */
static bool asks_for_way_back(const json_t *statement)
{
	const json_t *left = json_object_get(json_object_get(statement, "match"), "left"), *flag;
	const json_t *flags = json_object_get(json_object_get(left, "fib"), "flags");
	size_t i;

	json_array_foreach(flags, i, flag) {
		if (json_is_string(flag) && strcmp(json_string_value(flag), "iif") == 0)
			return true;
	}
	return false;
}

static bool is_left_out(const struct walk *w, const json_t *rule)
{
	const char *comment = json_string_value(json_object_get(rule, "comment"));

	return comment != NULL && w->packet->without != NULL &&
	       strcmp(comment, w->packet->without) == 0;
}

static enum outcome walk_rule(struct walk *w, const json_t *rule, int depth, bool *unsure)
{
	enum outcome o = GOES_ON;
	bool maybe = *unsure, way_back = false;
	const json_t *s;
	size_t i;

	if (is_left_out(w, rule))
		return GOES_ON;
	json_array_foreach(json_object_get(rule, "expr"), i, s) {
		const json_t *map = json_object_get(s, "vmap");
		enum filter_answer a = filter_match(s, w->packet);

		if (a == FILTER_NO)
			return GOES_ON;
		maybe = maybe || a == FILTER_MAYBE;
		way_back = way_back || asks_for_way_back(s);
		if (way_back && decide(w, s, depth) == DROPS)
			w->reverse_path = true;
		if (map != NULL)
			o = walk_map(w, map, depth, maybe ? &maybe : unsure);
		else if (!maybe)
			o = decide(w, s, depth);
		else
			try(w, s, depth, unsure);
		if (o != GOES_ON)
			return o;
	}
	return GOES_ON;
}

static enum outcome walk_chain(struct walk *w, const struct filter_chain *c, int depth)
{
	bool unsure = false;

	for (size_t i = 0; i < c->rules.n; i++) {
		enum outcome o = walk_rule(w, c->rules.at[i], depth, &unsure);

		if (o != GOES_ON)
			return o;
	}
	return GOES_ON;
}

static enum filter_verdict judge_base(const struct filter *p, const struct filter_chain *c,
				      const struct filter_packet *packet,
				      struct filter_place *where)
{
	struct walk w = {.filter = p, .packet = packet, .base = c};
	enum outcome o = walk_chain(&w, c, 0);

	where->policy = o != ACCEPTS && o != DROPS;
	if ((o == ACCEPTS || (where->policy && !c->drops)) && !w.reverse_path)
		return FILTER_PASSES;
	where->policy = where->policy && c->drops;
	snprintf(where->hook, sizeof(where->hook), "%s", c->hook);
	snprintf(where->family, sizeof(where->family), "%s", c->family);
	snprintf(where->table, sizeof(where->table), "%s", c->table);
	snprintf(where->chain, sizeof(where->chain), "%s", c->name);
	return w.may_pass || w.reverse_path ? FILTER_MAY_DROP : FILTER_DROPS;
}

static bool is_asked(const struct filter_chain *c, const struct filter_packet *packet)
{
	if (c->hook == NULL || strcmp(c->hook, packet->hook) != 0)
		return false;
	return packet->table == NULL ||
	       (strcmp(c->family, "ip") == 0 && strcmp(c->table, packet->table) == 0);
}

enum filter_verdict filter_judge(const struct filter *p, const struct filter_packet *packet,
				 struct filter_place *where)
{
	enum filter_verdict worst = FILTER_PASSES;

	for (size_t i = 0; i < p->chains.n; i++) {
		struct filter_place at;
		enum filter_verdict v;

		if (!is_asked(&p->chains.at[i], packet))
			continue;
		v = judge_base(p, &p->chains.at[i], packet, &at);
		if (v > worst) {
			worst = v;
			if (where != NULL)
				*where = at;
		}
	}
	return worst;
}

bool filter_has_legacy(const struct filter *p)
{
	return p->legacy;
}
