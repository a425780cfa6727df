/* An explanation for people: the verdict first, then each machine with its layers. */
#include <inttypes.h>
#include <string.h>

#include "cli/bgp/page.h"
#include "cli/explain/explain.h"

static const char *name_of(const struct explain_end *e, char text[ADDRESS_TEXT_MAX + 80])
{
	char address[ADDRESS_TEXT_MAX] = "";

	if (e->address.family != FAMILY_NONE)
		address_format(&e->address, address);
	if (e->machine == NULL || address[0] == '\0')
		snprintf(text, ADDRESS_TEXT_MAX + 80, "%s", e->text);
	else if (e->named)
		snprintf(text, ADDRESS_TEXT_MAX + 80, "%.64s (%s)", e->machine, address);
	else
		snprintf(text, ADDRESS_TEXT_MAX + 80, "%s (%.64s)", address, e->machine);
	return text;
}

static const struct {
	enum page_tone tone;
	const char *before;
} tones[] = {
	[VERDICT_OK] = {PAGE_PLAIN, ""},
	[VERDICT_WARNS] = {PAGE_BOLD, "but: "},
	[VERDICT_UNKNOWN] = {PAGE_PLAIN, "not known: "},
	[VERDICT_STOPS] = {PAGE_BAD, "STOPS: "},
};

static void print_finding(const struct output *o, const struct finding *f)
{
	fputs(tones[f->verdict].tone != PAGE_PLAIN ? page_tone(o, tones[f->verdict].tone) : "",
	      o->to);
	page_field(o, 4, layer_title(f->layer), "%s%s", tones[f->verdict].before, f->evidence);
	fputs(tones[f->verdict].tone != PAGE_PLAIN ? page_tone(o, PAGE_PLAIN) : "", o->to);
}

static void print_step(const struct output *o, const struct step *s)
{
	const struct hop *h = &s->hop;

	page_line(o, PAGE_BOLD, "  %s", s->machine);
	if (s->error != NULL) {
		page_field(o, 4, "not asked", "%s", s->error);
		return;
	}
	if (h->agent.answer != NULL && strcmp(h->agent.answer, "yes") != 0)
		page_field(o, 4, "agent", "does not answer: what is wrong stays wrong");
	for (size_t i = 0; i < s->n; i++)
		if (s->findings[i].evidence[0] != '\0')
			print_finding(o, &s->findings[i]);
}

static void print_way(const struct output *o, const char *title, const struct way *w,
		      const char *why_not)
{
	fputc('\n', o->to);
	page_line(o, PAGE_PLAIN, "%s%s%s", title, w->end == WAY_NOT_ASKED ? ": not asked, " : "",
		  w->end == WAY_NOT_ASKED && why_not != NULL ? why_not : "");
	for (size_t i = 0; i < w->n; i++)
		print_step(o, &w->steps[i]);
}

static void print_end_answer(const struct output *o, const struct explanation *x)
{
	const struct hop_probe *end = x->there.n > 0 ? &x->there.steps[0].hop.end : NULL;

	if (end == NULL || !end->asked)
		return;
	if (end->answered)
		page_field(o, 2, "echo", "answered in %" PRId64 ".%02" PRId64 " ms",
			   end->rtt_us / 1000, end->rtt_us % 1000 / 10);
	else
		page_field(o, 2, "echo",
			   explanation_flows(x) == FLOWS_YES
				   ? "not answered, though nothing in between stops it: the "
				     "destination itself is down, or drops it"
				   : "not answered");
}

static void print_stop(const struct output *o, const struct explanation *x)
{
	const bool back = walk_stop(&x->there) == NULL;
	const struct way *w = back ? &x->back : &x->there;
	const struct finding *f = walk_stop(w);

	if (f == NULL || explanation_flows(x) != FLOWS_NO)
		return;
	page_field(o, 2, "stops at", "%s%s of %s", back ? "the way back: " : "",
		   layer_title(f->layer), walk_last(w)->machine);
	page_field(o, 2, "because", "%s", f->evidence);
	if (f->advice != NULL)
		page_field(o, 2, "what to do", "%s", f->advice);
}

static size_t count_warnings(const struct way *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < w->steps[i].n; k++)
			n += w->steps[i].findings[k].verdict == VERDICT_WARNS;
	return n;
}

void explanation_print(const struct output *o, const struct explanation *x)
{
	static const struct {
		enum page_tone tone;
		const char *words;
	} heads[] = {[FLOWS_YES] = {PAGE_GOOD, "packets flow"},
		     [FLOWS_NO] = {PAGE_BAD, "packets do not flow"},
		     [FLOWS_UNKNOWN] = {PAGE_BOLD, "nothing that could be asked stops them"}};
	const enum flows flows = explanation_flows(x);
	const size_t warnings = count_warnings(&x->there) + count_warnings(&x->back);
	char from[ADDRESS_TEXT_MAX + 80], to[ADDRESS_TEXT_MAX + 80];

	page_line(o, heads[flows].tone, "%s to %s: %s", name_of(&x->from, from),
		  name_of(&x->to, to), heads[flows].words);
	print_stop(o, x);
	print_end_answer(o, x);
	if (warnings > 0)
		page_field(o, 2, "but", "%zu %s below not as %s should be", warnings,
			   warnings == 1 ? "thing" : "things", warnings == 1 ? "it" : "they");
	print_way(o, "there", &x->there, NULL);
	print_way(o, "back", &x->back, x->back_not_asked);
}
