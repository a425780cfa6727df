#include "agent/health/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/bird/files.h"
#include "agent/health/check.h"
#include "agent/health/verdict.h"
#include "agent/plan/offers.h"
#include "agent/report.h"
#include "agent/watch.h"
#include "lib/base/log.h"

struct health {
	struct agent *agent;
	struct id membership;
	struct prefix prefix;
	struct state_terms terms;
	struct verdict verdict;
	struct check *check; /* under way */
	uv_timer_t timer;
	struct wall since; /* ms 0: it has had no answer yet */
	char why[CHECK_WHY_MAX];
	bool wanted; /* by the state as it is now */
};

/* ---- asking ---- */

static void tell(struct health *h)
{
	struct member *m = member_find(&h->agent->members, &h->membership);
	struct plan_offer *o = m != NULL ? offers_find(&m->offers, &h->prefix) : NULL;

	if (o != NULL)
		o->unwell = !h->verdict.well;
}

static void on_done(void *context, const char *why)
{
	struct health *h = context;
	char prefix[PREFIX_TEXT_MAX];

	h->check = NULL;
	snprintf(h->why, sizeof(h->why), "%s", why);
	if (h->since.ms == 0)
		h->since = wall_now();
	if (!verdict_add(&h->verdict, why[0] == '\0', h->terms.rise, h->terms.fall))
		return;
	h->since = wall_now();
	tell(h);
	prefix_format(&h->prefix, prefix);
	if (h->verdict.well)
		log_info("a health check is well again: announced", LOG_S("prefix", prefix));
	else
		log_warn("a health check fails: withdrawn", LOG_S("prefix", prefix),
			 LOG_S("why", h->why));
	watch_wake(h->agent);
	report_soon(h->agent);
}

static void on_timer(uv_timer_t *timer)
{
	struct health *h = timer->data;

	if (h->check == NULL)
		h->check = check_start(h->agent->loop, &h->agent->config, &h->terms, &h->prefix,
				       on_done, h);
}

/* ---- which ---- */

static bool is_announced(const struct agent *a, const struct id *membership,
			 const struct prefix *prefix)
{
	static const char *const ways[] = {"via \"", "unreachable"}; /* as plan/birds.c has them */
	char text[PREFIX_TEXT_MAX], line[PREFIX_TEXT_MAX + 24];
	struct buf conf, rest;
	bool is = false;

	buf_init(&conf);
	buf_init(&rest);
	prefix_format(prefix, text);
	if (bird_files_read(&a->config, membership, &conf, &rest, NULL) == 0)
		for (int i = 0; i < 2; i++) {
			snprintf(line, sizeof(line), "route %s %s", text, ways[i]);
			is = is || strstr(buf_text(&conf), line) != NULL;
		}
	buf_fini(&conf);
	buf_fini(&rest);
	return is;
}

static struct health *find(const struct agent *a, const struct id *membership,
			   const struct prefix *prefix)
{
	for (size_t i = 0; i < a->health.n; i++)
		if (id_equal(&a->health.at[i]->membership, membership) &&
		    prefix_equal(&a->health.at[i]->prefix, prefix))
			return a->health.at[i];
	return NULL;
}

static void begin(struct agent *a, struct member *m, const struct prefix *prefix,
		  const struct state_terms *terms)
{
	struct health *h = mem_alloc(sizeof(*h));

	*h = (struct health){.agent = a,
			     .membership = m->id,
			     .prefix = *prefix,
			     .terms = *terms,
			     .verdict.well = is_announced(a, &m->id, prefix),
			     .wanted = true};
	uv_timer_init(a->loop, &h->timer);
	h->timer.data = h;
	uv_timer_start(&h->timer, on_timer, 0, terms->interval_ms);
	vec_push(&a->health, h);
}

/* The check is another one; what is believed stays. */
static void change(struct health *h, const struct state_terms *terms)
{
	if (h->check != NULL)
		check_cancel(h->check);
	h->check = NULL;
	h->terms = *terms;
	uv_timer_start(&h->timer, on_timer, 0, terms->interval_ms);
}

static void on_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void end(struct health *h)
{
	if (h->check != NULL)
		check_cancel(h->check);
	uv_close((uv_handle_t *)&h->timer, on_closed);
}

/* The index of the approval may change, and changes nothing. */
static bool same_check(const struct state_terms *a, const struct state_terms *b)
{
	return a->check == b->check && a->interval_ms == b->interval_ms &&
	       a->timeout_ms == b->timeout_ms && a->port == b->port && a->rise == b->rise &&
	       a->fall == b->fall && memcmp(a->address, b->address, sizeof(a->address)) == 0 &&
	       memcmp(a->target, b->target, sizeof(a->target)) == 0;
}

static void follow(struct agent *a, struct member *m, const struct prefix *prefix,
		   const struct state_terms *terms)
{
	struct health *h = find(a, &m->id, prefix);
	struct plan_offer *o = offers_find(&m->offers, prefix);

	if (o == NULL) {
		vec_push(&m->offers, (struct plan_offer){.prefix = *prefix});
		o = &m->offers.at[m->offers.n - 1];
	}
	if (terms == NULL || terms->check == STATE_CHECK_NONE) {
		o->unwell = false;
		return;
	}
	if (h == NULL && a->health.n < HEALTH_CHECKS_MAX)
		begin(a, m, prefix, terms);
	else if (h != NULL && !same_check(&h->terms, terms))
		change(h, terms);
	h = find(a, &m->id, prefix);
	o->unwell = h == NULL || !h->verdict.well;
	if (h != NULL)
		h->wanted = true;
}

static void follow_member(struct agent *a, struct member *m)
{
	const struct state_image *image = &m->membership.target.image;
	uint64_t n, nterms;
	const struct state_approval *approvals = state_records(image, STATE_APPROVALS, &n);
	const struct state_terms *terms = state_records(image, STATE_TERMS, &nterms);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix prefix = state_prefix_get(&approvals[i].prefix);
		uint64_t k = 0;

		while (k < nterms && terms[k].approval != i)
			k++;
		if ((approvals[i].flags & STATE_APPROVAL_PART) == 0)
			follow(a, m, &prefix, k < nterms ? &terms[k] : NULL);
	}
}

static void end_unwanted(struct agent *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->health.n; i++)
		if (a->health.at[i]->wanted)
			a->health.at[kept++] = a->health.at[i];
		else
			end(a->health.at[i]);
	a->health.n = kept;
}

void health_follow(struct agent *a)
{
	for (size_t i = 0; i < a->health.n; i++)
		a->health.at[i]->wanted = false;
	for (size_t i = 0; i < a->members.n; i++)
		if (member_is_ready(a->members.at[i]))
			follow_member(a, a->members.at[i]);
	end_unwanted(a);
}

void health_stop(struct agent *a)
{
	for (size_t i = 0; i < a->health.n; i++)
		end(a->health.at[i]);
	vec_free(&a->health);
}

json_t *health_json(const struct agent *a, const struct id *membership, const struct prefix *prefix)
{
	static const char *const types[] = {"none", "tcp", "http", "exec"};
	const struct health *h = find(a, membership, prefix);
	char since[WALL_TEXT_MAX];

	if (h == NULL)
		return json_null();
	return json_pack("{s:s, s:b, s:s?, s:s?}", "type", types[h->terms.check], "well",
			 h->verdict.well, "since",
			 h->since.ms != 0 ? wall_format(h->since, since) : NULL, "error",
			 h->why[0] != '\0' ? h->why : NULL);
}

const char *health_unwell(const struct agent *a, const struct id *membership,
			  const struct prefix *prefix)
{
	const struct health *h = find(a, membership, prefix);

	return h == NULL || h->verdict.well ? NULL : h->why;
}
