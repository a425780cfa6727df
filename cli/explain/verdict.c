/* What an explanation comes to, and as JSON. */
#include <string.h>

#include "cli/explain/explain.h"
#include "lib/base/json.h"

/* The destination answered, so both ways are there, whoever could be asked. */
static bool is_proved(const struct explanation *x)
{
	return x->there.n > 0 && x->there.steps[0].hop.end.answered;
}

enum flows explanation_flows(const struct explanation *x)
{
	if (is_proved(x))
		return FLOWS_YES;
	if (x->there.end == WAY_STOPS || x->back.end == WAY_STOPS)
		return FLOWS_NO;
	return x->there.end == WAY_ARRIVES && x->back.end == WAY_ARRIVES ? FLOWS_YES
									 : FLOWS_UNKNOWN;
}

static json_t *text_json(const char *text)
{
	return text != NULL ? json_text(text) : json_null();
}

static json_t *finding_json(const struct finding *f)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "layer", layer_name(f->layer), "verdict",
			 verdict_name(f->verdict), "evidence", text_json(f->evidence), "advice",
			 text_json(f->advice));
}

static json_t *step_json(const struct step *s)
{
	json_t *layers = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(layers, finding_json(&s->findings[i]));
	return json_pack("{s:o, s:o, s:o, s:o}", "machine", text_json(s->machine), "error",
			 text_json(s->error), "layers", layers, "evidence",
			 s->error == NULL ? hop_json(&s->hop) : json_null());
}

static json_t *way_json(const struct way *w)
{
	static const char *const ends[] = {[WAY_NOT_ASKED] = "not-asked",
					   [WAY_ARRIVES] = "arrives",
					   [WAY_STOPS] = "stops",
					   [WAY_UNKNOWN] = "unknown"};
	json_t *steps = json_array();

	for (size_t i = 0; i < w->n; i++)
		json_array_append_new(steps, step_json(&w->steps[i]));
	return json_pack("{s:s, s:o}", "end", ends[w->end], "machines", steps);
}

static json_t *end_json(const struct explain_end *e)
{
	char text[ADDRESS_TEXT_MAX];

	return json_pack("{s:o, s:o, s:o}", "asked", text_json(e->text), "machine",
			 text_json(e->machine), "address",
			 e->address.family != FAMILY_NONE
				 ? json_string(address_format(&e->address, text))
				 : json_null());
}

static json_t *stop_json(const struct explanation *x)
{
	const bool back = walk_stop(&x->there) == NULL;
	const struct way *w = back ? &x->back : &x->there;
	const struct finding *f = walk_stop(w);

	if (f == NULL || explanation_flows(x) != FLOWS_NO)
		return json_null();
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o}", "layer",
			 back ? "return" : layer_name(f->layer), "at", layer_name(f->layer),
			 "machine", text_json(walk_last(w)->machine), "way",
			 back ? "back" : "there", "evidence", text_json(f->evidence), "advice",
			 text_json(f->advice));
}

json_t *explanation_json(const struct explanation *x)
{
	static const char *const flows[] = {
		[FLOWS_YES] = "yes", [FLOWS_NO] = "no", [FLOWS_UNKNOWN] = "unknown"};
	json_t *back = way_json(&x->back);

	json_object_set_new(back, "why_not", text_json(x->back_not_asked));
	return json_pack("{s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "schema", EXPLAIN_SCHEMA, "from",
			 end_json(&x->from), "to", end_json(&x->to), "flows",
			 flows[explanation_flows(x)], "stops", stop_json(x), "there",
			 way_json(&x->there), "back", back);
}
