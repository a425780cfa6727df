/* A route as JSON, and a list of them that is never in memory as a whole. */
#include <string.h>

#include "cli/bgp/routes.h"
#include "lib/base/json.h"

#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(10))

static json_t *number_of(const struct bird_route *r, const char *attribute)
{
	const char *text = bird_route_attribute(r, attribute);
	char *end;
	long long n;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return json_null();
	n = strtoll(text, &end, 10);
	return *end == '\0' ? json_integer(n) : json_null();
}

static json_t *text_of(const struct bird_route *r, const char *attribute)
{
	const char *text = bird_route_attribute(r, attribute);

	return text != NULL ? json_text(text) : json_null();
}

static json_t *communities_json(const struct bird_route *r)
{
	json_t *list = json_array();
	struct buf all;
	char *rest, *one;

	buf_init(&all);
	bgp_put_communities(r, &all);
	rest = all.data;
	while (rest != NULL && (one = strsep(&rest, " ")) != NULL)
		json_array_append_new(list, json_text(one));
	buf_fini(&all);
	return list;
}

static json_t *hops_json(const struct bird_route *r)
{
	json_t *list = json_array();
	char address[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < r->hops.n; i++) {
		const struct bird_next_hop *h = &r->hops.at[i];

		json_array_append_new(
			list,
			json_pack("{s:o, s:o, s:b, s:I, s:o}", "gateway",
				  h->gateway.family != FAMILY_NONE
					  ? json_string(address_format(&h->gateway, address))
					  : json_null(),
				  "device", bgp_text_json(h->device), "onlink", h->onlink, "weight",
				  (json_int_t)h->weight, "more", bgp_text_json(h->more)));
	}
	return list;
}

static json_t *attributes_json(const struct bird_route *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->attributes.n; i++)
		json_array_append_new(list, json_pack("{s:o, s:o}", "name",
						      json_text(r->attributes.at[i].name), "value",
						      json_text(r->attributes.at[i].value)));
	return list;
}

json_t *bgp_route_json(const struct bird_route *r, bool rejected)
{
	char address[ADDRESS_TEXT_MAX];
	json_t *other = json_array(), *o;

	for (size_t i = 0; i < r->other.n; i++)
		json_array_append_new(other, json_text(r->other.at[i]));
	o = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:i, s:o}", "table",
		      json_text(r->table), "prefix", json_text(r->net), "type", json_text(r->type),
		      "protocol", json_text(r->protocol), "since", json_text(r->since), "from",
		      r->from.family != FAMILY_NONE ? json_string(address_format(&r->from, address))
						    : json_null(),
		      "best", r->primary && !rejected, "rejected", rejected, "not_in_kernel",
		      r->unsynced, "stale", r->stale, "suppressed", r->suppressed, "preference",
		      r->preference, "metric", bgp_text_json(r->metric));
	json_object_set_new(o, "hops", hops_json(r));
	json_object_set_new(o, "as_path", text_of(r, "BGP.as_path"));
	json_object_set_new(o, "origin", text_of(r, "BGP.origin"));
	json_object_set_new(o, "local_pref", number_of(r, "BGP.local_pref"));
	json_object_set_new(o, "med", number_of(r, "BGP.med"));
	json_object_set_new(o, "communities", communities_json(r));
	json_object_set_new(o, "attributes", attributes_json(r));
	json_object_set_new(o, "other", other);
	return o;
}

/* "(65001,7) (65001, 1, 2)" to words with colons; a kind in front of a blank is part of it. */
static void put_words(const char *text, struct buf *out)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '(':
			buf_puts(out, out->len > 0 ? " " : "");
			break;
		case ')':
		case ' ':
			break;
		case ',':
			buf_puts(out, ":");
			break;
		default:
			buf_append(out, text, 1);
		}
}

void bgp_put_communities(const struct bird_route *r, struct buf *out)
{
	static const char *const kinds[] = {"BGP.community", "BGP.ext_community",
					    "BGP.large_community"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const char *text = bird_route_attribute(r, kinds[i]);

		if (text != NULL)
			put_words(text, out);
	}
}

/* ---- the list ---- */

void route_items_init(struct route_items *l, const struct bgp *b)
{
	*l = (struct route_items){.bgp = b};
}

static void begin(struct route_items *l)
{
	FILE *to = l->bgp->cli->out.to;
	json_t *instance = bgp_instance_json(l->bgp);

	fprintf(to, "{\"schema\": \"" BGP_SCHEMA "\", \"instance\": ");
	json_dumpf(instance, to, JSON_FLAGS);
	fputs(", \"items\": [", to);
	json_decref(instance);
	l->begun = true;
}

void route_items_put(struct route_items *l, json_t *item)
{
	FILE *to = l->bgp->cli->out.to;

	if (!l->begun)
		begin(l);
	fputs(l->any ? ",\n" : "\n", to);
	json_dumpf(item, to, JSON_FLAGS);
	json_decref(item);
	l->any = true;
}

void route_items_end(struct route_items *l, const json_t *other)
{
	FILE *to = l->bgp->cli->out.to;

	if (!l->begun)
		begin(l);
	fputs("\n], \"other\": ", to);
	json_dumpf(other, to, JSON_FLAGS);
	fputs("}\n", to);
}
