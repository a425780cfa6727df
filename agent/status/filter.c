/* The machine's own filter: what was opened in it, and what of it is in the way. */
#include <string.h>

#include "agent/plan/barriers.h"
#include "agent/status/status.h"
#include "lib/base/json.h"

static void put_opened(json_t *list, const char *place, const char *rule)
{
	json_array_append_new(list, json_pack("{s:s, s:s}", "place", place, "rule", rule));
}

static json_t *opened(const struct agent *a, const struct filter *p)
{
	filter_accept_vec ours = {0};
	json_t *list = json_array();
	uint64_t end;

	filter_accepts(p, "ip", "filter", "DOCKER-USER", SAVED_UFW_COMMENT, &ours, &end);
	for (size_t i = 0; i < ours.n; i++) {
		const struct filter_accept *o = &ours.at[i];
		char rule[UFW_RULE_MAX];

		snprintf(rule, sizeof(rule), "in on %s%s%s", o->in,
			 o->out[0] != '\0' ? " out on " : "", o->out);
		put_opened(list, "DOCKER-USER", rule);
	}
	for (size_t i = 0; i < a->saved.ufw.n; i++)
		put_opened(list, "ufw", a->saved.ufw.at[i].text);
	vec_free(&ours);
	return list;
}

static json_t *in_the_way(const struct picture *p, const struct filter *filter)
{
	char text[BARRIER_TEXT_MAX], advice[BARRIER_TEXT_MAX];
	json_t *list = json_array();
	barrier_vec found = {0};

	barriers_find_forward(&p->desired, filter, &found);
	barriers_find_input(&p->desired, filter, &found);
	for (size_t i = 0; i < found.n; i++) {
		const struct barrier *b = &found.at[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:b, s:o, s:o}", "what",
						barrier_kind_name(b->kind), "mesh",
						b->membership->mesh->name, "certain", b->certain,
						"text", json_text(barrier_format(b, text)),
						"advice", json_text(barrier_advice(b, advice))));
	}
	vec_free(&found);
	return list;
}

json_t *status_filter(const struct agent *a, const struct picture *p)
{
	struct filter *filter = filter_new();
	json_t *out = NULL;

	if (filter_read(filter, FENCE_FAMILY, FENCE_TABLE, NULL) == 0)
		out = json_pack("{s:o, s:o}", "opened", opened(a, filter), "in_the_way",
				in_the_way(p, filter));
	filter_free(filter);
	return out != NULL ? out : json_null();
}
