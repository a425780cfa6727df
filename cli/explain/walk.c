#include "cli/explain/walk.h"

#include <string.h>

const struct step *walk_last(const struct way *w)
{
	return w->n > 0 ? &w->steps[w->n - 1] : NULL;
}

const struct finding *walk_stop(const struct way *w)
{
	const struct step *s = walk_last(w);

	return w->end == WAY_STOPS && s->n > 0 ? &s->findings[s->n - 1] : NULL;
}

static bool was_there(const struct way *w, const char *machine)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->steps[i].machine, machine) == 0)
			return true;
	return false;
}

/* A way that comes back to a machine, or does not end: no layer of one machine shows that. */
static enum way_end go_round(struct step *s, struct arena *a, const char *next)
{
	struct finding *f = &s->findings[s->n < LAYER_COUNT ? s->n++ : LAYER_COUNT - 1];

	*f = (struct finding){
		.layer = LAYER_ROUTE,
		.verdict = VERDICT_STOPS,
		.evidence = arena_printf(a, "the packet goes round: next is %s again", next),
		.advice = arena_printf(a, "skein bgp route %s on each of them", s->hop.to)};
	return WAY_STOPS;
}

static enum way_end take_step(const struct way *w, struct step *s, struct arena *a)
{
	const struct hop *h = &s->hop;

	s->n = layers_judge(h, a, s->findings);
	if (s->n > 0 && s->findings[s->n - 1].verdict == VERDICT_STOPS)
		return WAY_STOPS;
	if (h->delivered == NULL || strcmp(h->delivered, "next") != 0)
		return WAY_ARRIVES;
	if (h->next.machine == NULL || h->next.own == NULL)
		return WAY_UNKNOWN;
	return was_there(w, h->next.machine) || w->n == WALK_MAX ? go_round(s, a, h->next.machine)
								 : WAY_NOT_ASKED;
}

void walk_go(const char *machine, const struct address *from, const struct address *to,
	     walk_ask *ask, void *context, struct arena *a, struct way *out)
{
	struct hop_question q = {.to = *to, .from = *from, .probe = true};

	out->n = 0;
	out->end = WAY_NOT_ASKED;
	while (out->end == WAY_NOT_ASKED) {
		struct step *s = &out->steps[out->n++];
		struct fault f = {0};

		*s = (struct step){.machine = machine};
		s->code = ask(context, machine, &q, a, &s->hop, &f);
		if (s->code != 0) {
			s->error = arena_strdup(a, fault_text(&f, s->code));
			out->end = WAY_UNKNOWN;
			return;
		}
		out->end = take_step(out, s, a);
		machine = s->hop.next.machine;
		if (out->end == WAY_NOT_ASKED &&
		    (address_parse(s->hop.next.own, &q.previous, NULL) != 0 ||
		     s->hop.from == NULL || address_parse(s->hop.from, &q.from, NULL) != 0))
			out->end = WAY_UNKNOWN;
	}
}
