#include "agent/plan/offers.h"

const struct state_terms *offers_terms(const struct membership_facts *m, uint64_t approval)
{
	uint64_t n;
	const struct state_terms *t = state_records(m->from->image, STATE_TERMS, &n);

	for (uint64_t i = 0; i < n; i++)
		if (t[i].approval == approval)
			return &t[i];
	return NULL;
}

bool offers_translated(const struct own_prefix *own)
{
	return own->terms != NULL && (own->terms->flags & STATE_TERMS_TRANSLATED) != 0;
}

struct plan_offer *offers_find(offer_vec *v, const struct prefix *p)
{
	for (size_t i = 0; i < v->n; i++)
		if (prefix_equal(&v->at[i].prefix, p))
			return &v->at[i];
	return NULL;
}

static const struct plan_offer *offer_of(const struct membership_facts *m, const struct prefix *p)
{
	for (size_t i = 0; i < m->from->noffers; i++)
		if (prefix_equal(&m->from->offers[i].prefix, p))
			return &m->from->offers[i];
	return NULL;
}

/* Between two rounds the cable was pulled and put back: BIRD has seen that (birds.c). */
static bool has_flapped(const struct own_prefix *own, const struct plan_offer *was)
{
	return was->been && !was->gone && own->lans.whole > 0 &&
	       was->way == own->lans.at[0]->index &&
	       was->carrier_changes != own->lans.at[0]->carrier_changes;
}

static bool comes_back(const struct own_prefix *own, const struct plan_offer *was)
{
	return was->gone || has_flapped(own, was);
}

/* `by`: whose past counts. ns 0: it never went, or does not wait. */
static struct mono stable_at(const struct plan_input *in, const struct own_prefix *own,
			     const struct own_prefix *by, const struct plan_offer *was)
{
	uint32_t stable_ms = own->terms != NULL ? own->terms->stable_ms : STATE_STABLE_MS;

	if (was == NULL || stable_ms == 0 || (!comes_back(by, was) && was->back.ns == 0))
		return (struct mono){0};
	return mono_add_ms(comes_back(by, was) ? in->clock : was->back, stable_ms);
}

/* `by`: whose check and past count. */
static void judge(const struct plan_input *in, struct membership_facts *m, struct own_prefix *own,
		  const struct own_prefix *by, bool reached)
{
	const struct plan_offer *was = offer_of(m, &by->prefix);
	const struct mono until = stable_at(in, own, by, was);

	own->announced = reached && (was == NULL || !was->unwell);
	own->held = own->announced && until.ns != 0 && !mono_reached(until, in->clock);
	if (own->held && (m->held_until.ns == 0 || until.ns < m->held_until.ns))
		m->held_until = until;
}

/* The longest that has it and is no part itself. */
static const struct own_prefix *whole_of(const struct membership_facts *m,
					 const struct own_prefix *part)
{
	const struct own_prefix *best = NULL;

	for (size_t i = 0; i < m->napproved; i++) {
		const struct own_prefix *own = &m->approved[i];

		if (!own->part && prefix_contains(&own->prefix, &part->prefix) &&
		    (best == NULL || own->prefix.length > best->prefix.length))
			best = own;
	}
	return best;
}

void offers_gather(const struct plan_input *in, struct membership_facts *m)
{
	for (size_t i = 0; i < m->napproved; i++)
		if (!m->approved[i].part)
			judge(in, m, &m->approved[i], &m->approved[i],
			      own_prefix_reached(&m->approved[i]));
	for (size_t i = 0; i < m->napproved; i++) {
		struct own_prefix *own = &m->approved[i];
		const struct own_prefix *whole = own->part ? whole_of(m, own) : NULL;

		if (!own->part)
			continue;
		own->terms = whole != NULL ? whole->terms : NULL;
		judge(in, m, own, whole != NULL ? whole : own, own_prefix_reached(own));
	}
	if (m->exit != NULL)
		judge(in, m, &m->everything, &m->everything, true);
}

static void follow(offer_vec *v, const struct own_prefix *own, bool announced, struct mono now)
{
	struct plan_offer *o = offers_find(v, &own->prefix);

	if (o == NULL) {
		vec_push(v, (struct plan_offer){.prefix = own->prefix});
		o = &v->at[v->n - 1];
	}
	if (announced && comes_back(own, o))
		o->back = now;
	o->gone = !announced && o->been;
	o->been = o->been || announced;
	o->way = own->lans.whole > 0 ? own->lans.at[0]->index : 0;
	o->carrier_changes = own->lans.whole > 0 ? own->lans.at[0]->carrier_changes : 0;
}

static bool is_approved(const struct membership_facts *m, const struct prefix *p)
{
	uint64_t n;
	const struct state_approval *a = state_records(m->from->image, STATE_APPROVALS, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix q = state_prefix_get(&a[i].prefix);

		if (prefix_equal(&q, p))
			return true;
	}
	return false;
}

void offers_follow(offer_vec *v, const struct membership_facts *m, struct mono now)
{
	const struct own_prefix everything = {.prefix = prefix_ipv4(0, 0)};
	size_t kept = 0;

	for (size_t i = 0; i < v->n; i++)
		if (is_approved(m, &v->at[i].prefix))
			v->at[kept++] = v->at[i];
	v->n = kept;
	for (size_t i = 0; i < m->napproved; i++)
		if (!m->approved[i].part)
			follow(v, &m->approved[i], m->approved[i].announced, now);
	if (is_approved(m, &everything.prefix))
		follow(v, m->exit != NULL ? &m->everything : &everything,
		       m->exit != NULL && m->everything.announced, now);
}
