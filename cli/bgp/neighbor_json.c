/* A BGP session as JSON: all that BIRD says of it. */
#include <string.h>

#include "cli/bgp/age.h"
#include "cli/bgp/bgp.h"
#include "lib/base/json.h"

json_t *bgp_text_json(const char *text)
{
	return text == NULL || text[0] == '\0' ? json_null() : json_text(text);
}

json_t *bgp_texts_json(const bird_text_vec *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list, json_text(v->at[i]));
	return list;
}

json_t *bgp_instance_json(const struct bgp *b)
{
	json_t *other = json_array();

	for (size_t i = 0; i < b->status.other.n; i++)
		json_array_append_new(other, json_text(b->status.other.at[i]));
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "socket", json_text(b->at.socket),
		"mesh", bgp_text_json(b->at.mesh), "membership", bgp_text_json(b->at.membership),
		"version", bgp_text_json(b->status.version), "router_id",
		bgp_text_json(b->status.router_id), "started", bgp_text_json(b->status.started),
		"configured", bgp_text_json(b->status.configured), "state",
		bgp_text_json(b->status.state), "other", other);
}

json_t *bgp_age_json(const struct bgp *b, const char *since)
{
	int64_t age = age_seconds(b->status.now, since);

	return age == AGE_UNKNOWN ? json_null() : json_integer(age);
}

void bgp_put_age(const json_t *item, struct buf *out)
{
	const json_t *age = json_object_get(item, "age_s");
	const char *since = json_string_value(json_object_get(item, "since"));
	char text[AGE_TEXT_MAX];

	buf_puts(out, age_format(json_is_integer(age) ? json_integer_value(age) : AGE_UNKNOWN,
				 since != NULL ? since : "", text));
}

static json_t *number_json(uint64_t n)
{
	return n == UINT64_MAX ? json_null() : json_integer((json_int_t)n);
}

static json_t *timers_json(const struct bird_protocol *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->timers.n; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o, s:o}", "name", p->timers.at[i].name,
						"left", json_text(p->timers.at[i].left), "of",
						json_text(p->timers.at[i].of)));
	return list;
}

static json_t *capabilities_json(const bird_capability_vec *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->n; i++)
		json_array_append_new(list,
				      json_pack("{s:o, s:o}", "name", json_text(v->at[i].name),
						"detail", bgp_text_json(v->at[i].detail)));
	return list;
}

static json_t *changes_json(const struct bird_channel *c)
{
	static const char *const names[BIRD_COUNTER_ROWS] = {
		[BIRD_IMPORT_UPDATES] = "import_updates",
		[BIRD_IMPORT_WITHDRAWS] = "import_withdraws",
		[BIRD_EXPORT_UPDATES] = "export_updates",
		[BIRD_EXPORT_WITHDRAWS] = "export_withdraws",
	};
	json_t *all = json_object();

	if (!c->has_counters) {
		json_decref(all);
		return json_null();
	}
	for (size_t i = 0; i < BIRD_COUNTER_ROWS; i++) {
		const struct bird_counters *n = &c->changes[i];

		json_object_set_new(
			all, names[i],
			json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "received",
				  number_json(n->received), "rejected", number_json(n->rejected),
				  "filtered", number_json(n->filtered), "ignored",
				  number_json(n->ignored), "receive_limit",
				  number_json(n->receive_limit), "limit", number_json(n->limit),
				  "accepted", number_json(n->accepted)));
	}
	return all;
}

static json_t *limits_json(const struct bird_channel *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < BIRD_LIMITS; i++)
		if (c->limits[i].action[0] != '\0')
			json_array_append_new(list,
					      json_pack("{s:s, s:I, s:o, s:b}", "kind",
							bird_limit_name((enum bird_limit_kind)i),
							"routes", (json_int_t)c->limits[i].routes,
							"action", json_text(c->limits[i].action),
							"hit", c->limits[i].hit));
	return list;
}

static json_t *channel_json(const struct bird_channel *c)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:{s:I, s:o, s:I, s:I}, s:o, s:o, s:o}",
		"name", json_text(c->name), "state", json_text(c->state), "table",
		bgp_text_json(c->table), "import_filter", bgp_text_json(c->import_filter),
		"export_filter", bgp_text_json(c->export_filter), "next_hop",
		bgp_text_json(c->next_hop), "preference", (json_int_t)c->preference, "routes",
		"imported", (json_int_t)c->imported, "rejected",
		c->keeps_filtered ? json_integer((json_int_t)c->filtered) : json_null(), "exported",
		(json_int_t)c->exported, "best", (json_int_t)c->preferred, "changes",
		changes_json(c), "limits", limits_json(c), "other", bgp_texts_json(&c->other));
}

json_t *bgp_neighbor_json(const struct bgp *b, const struct bird_protocol *p)
{
	json_t *channels = json_array(), *o;

	for (size_t i = 0; i < p->channels.n; i++)
		json_array_append_new(channels, channel_json(&p->channels.at[i]));
	o = json_pack("{s:o, s:o, s:o, s:I, s:I, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		      "name", json_text(p->name), "description", bgp_text_json(p->description),
		      "address", bgp_text_json(p->neighbour_text), "as",
		      (json_int_t)p->neighbour_as, "local_as", (json_int_t)p->local_as, "up",
		      bird_protocol_is_up(p), "state", bgp_text_json(p->bgp_state), "since",
		      bgp_text_json(p->since), "age_s", bgp_age_json(b, p->since), "router_id",
		      bgp_text_json(p->neighbour_id), "session", bgp_text_json(p->session),
		      "source", bgp_text_json(p->source), "last_error",
		      bgp_text_json(p->last_error), "message", bgp_text_json(p->message), "timers",
		      timers_json(p));
	json_object_set_new(o, "capabilities",
			    json_pack("{s:o, s:o}", "local",
				      capabilities_json(&p->local_capabilities), "neighbor",
				      capabilities_json(&p->neighbour_capabilities)));
	json_object_set_new(o, "channels", channels);
	json_object_set_new(o, "other", bgp_texts_json(&p->other));
	return o;
}

/* What an operator should see of it first. */
static json_t *note_json(struct cli *cli, const struct bird_protocol *p)
{
	for (size_t i = 0; i < p->channels.n; i++)
		for (size_t k = 0; k < BIRD_LIMITS; k++)
			if (p->channels.at[i].limits[k].hit)
				return json_text(
					arena_printf(&cli->arena, "%s limit of %s is hit",
						     bird_limit_name((enum bird_limit_kind)k),
						     p->channels.at[i].name));
	if (!bird_protocol_is_up(p) && p->message[0] != '\0')
		return json_text(p->message);
	if (!bird_protocol_is_up(p))
		return bgp_text_json(p->last_error);
	return json_null();
}

json_t *bgp_summary_json(const struct bgp *b, const struct bird_protocol *p)
{
	json_int_t imported = 0, rejected = 0, exported = 0, best = 0;
	bool kept = false;

	for (size_t i = 0; i < p->channels.n; i++) {
		const struct bird_channel *c = &p->channels.at[i];

		imported += (json_int_t)c->imported;
		rejected += (json_int_t)c->filtered;
		exported += (json_int_t)c->exported;
		best += (json_int_t)c->preferred;
		kept |= c->keeps_filtered;
	}
	return json_pack("{s:o, s:o, s:o, s:I, s:b, s:o, s:o, s:o, s:I, s:o, s:I, s:I, s:o}",
			 "name", json_text(p->name), "description", bgp_text_json(p->description),
			 "address", bgp_text_json(p->neighbour_text), "as",
			 (json_int_t)p->neighbour_as, "up", bird_protocol_is_up(p), "state",
			 bgp_text_json(p->bgp_state[0] != '\0' ? p->bgp_state : p->state), "since",
			 bgp_text_json(p->since), "age_s", bgp_age_json(b, p->since), "imported",
			 imported, "rejected", kept ? json_integer(rejected) : json_null(),
			 "exported", exported, "best", best, "note", note_json(b->cli, p));
}
