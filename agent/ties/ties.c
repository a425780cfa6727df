#include "agent/ties/ties.h"

#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->kind == TIE_SESSION ? strcmp(x->session.name, y->session.name)
				      : memcmp(&x->path.peer, &y->path.peer, sizeof(x->path.peer));
}

static bool same_session(const struct tie_session *a, const struct tie_session *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->state, b->state) == 0 &&
	       strcmp(a->bfd, b->bfd) == 0 && a->since.ms == b->since.ms &&
	       strcmp(a->error, b->error) == 0;
}

static bool same_path(const struct tie_path *a, const struct tie_path *b)
{
	return address_equal(&a->peer, &b->peer) &&
	       address_equal(&a->endpoint.address, &b->endpoint.address) &&
	       a->endpoint.port == b->endpoint.port && a->slot == b->slot &&
	       a->handshake == b->handshake && a->latency_ms == b->latency_ms &&
	       a->loss_percent == b->loss_percent;
}

static bool same(const struct tie *a, const struct tie *b)
{
	return a->kind == b->kind &&
	       (a->kind == TIE_SESSION ? same_session(&a->session, &b->session)
				       : same_path(&a->path, &b->path));
}

void ties_fini(struct ties *t)
{
	vec_free(&t->now);
	vec_free(&t->told);
	vec_free(&t->changes);
}

void ties_see(struct ties *t, tie_vec *now)
{
	size_t n = 0;

	vec_sort(now, compare);
	for (size_t i = 0; i < now->n; i++)
		if (n == 0 || compare(&now->at[n - 1], &now->at[i]) != 0)
			now->at[n++] = now->at[i];
	now->n = n;
	vec_free(&t->now);
	t->now = *now;
	t->looked = true;
	memset(now, 0, sizeof(*now));
}

const struct tie *ties_find(const struct ties *t, const struct tie *key)
{
	return t->now.n > 0 ? bsearch(key, t->now.at, t->now.n, sizeof(*key), compare) : NULL;
}

bool ties_news(const struct ties *t)
{
	if (!t->looked)
		return false;
	if (t->stream == 0 || t->now.n != t->told.n)
		return true;
	for (size_t i = 0; i < t->now.n; i++)
		if (!same(&t->now.at[i], &t->told.at[i]))
			return true;
	return false;
}

static void put(struct ties *t, const struct tie *x, bool lost)
{
	struct tie_change c = {.lost = lost, .tie = *x};

	vec_push(&t->changes, c);
}

/* From what was told to what is, both in order; not more than a report has room for. */
static void find_changes(struct ties *t, size_t room)
{
	size_t i = 0, k = 0;

	while ((i < t->told.n || k < t->now.n) && t->changes.n < room) {
		int order = i == t->told.n  ? 1
			    : k == t->now.n ? -1
					    : compare(&t->told.at[i], &t->now.at[k]);

		if (order < 0) {
			put(t, &t->told.at[i++], true);
			continue;
		}
		if (order > 0 || !same(&t->told.at[i], &t->now.at[k]))
			put(t, &t->now.at[k], false);
		i += order == 0;
		k++;
	}
}

void ties_tell(struct ties *t, uint64_t fresh, size_t room)
{
	t->telling = true;
	t->changes.n = 0;
	t->first = t->stream == 0;
	if (t->first)
		t->told.n = 0;
	find_changes(t, room);
	t->sent_stream = t->first ? fresh : t->stream;
	t->sent_sequence = t->first ? 1 : t->sequence + (t->changes.n > 0);
}

/* What was told, and the changes, are both in order. */
void ties_taken(struct ties *t)
{
	tie_vec told = {0};
	size_t i = 0;

	for (size_t k = 0; k < t->changes.n; k++) {
		const struct tie_change *c = &t->changes.at[k];

		while (i < t->told.n && compare(&t->told.at[i], &c->tie) < 0)
			vec_push(&told, t->told.at[i++]);
		if (i < t->told.n && compare(&t->told.at[i], &c->tie) == 0)
			i++;
		if (!c->lost)
			vec_push(&told, c->tie);
	}
	while (i < t->told.n)
		vec_push(&told, t->told.at[i++]);
	vec_free(&t->told);
	t->told = told;
	t->telling = false;
	t->changes.n = 0;
	t->stream = t->sent_stream;
	t->sequence = t->sent_sequence;
}

void ties_lost(struct ties *t)
{
	t->telling = false;
	t->changes.n = 0;
	t->told.n = 0;
	t->stream = t->sequence = 0;
}

/* ---- classes ---- */

uint16_t ties_latency_class(int64_t us, uint16_t before)
{
	static const uint16_t ends[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000};
	int64_t low = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int64_t high = ends[i] * INT64_C(1000);

		if (ends[i] == before && us * 5 >= low * 4 && us * 5 <= high * 6)
			return before;
		low = high;
	}
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (us <= ends[i] * INT64_C(1000))
			return ends[i];
	return 5000;
}

int16_t ties_loss_class(unsigned percent)
{
	static const int16_t ends[] = {0, 5, 10, 25, 50, 75, 99};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (percent <= (unsigned)ends[i])
			return ends[i];
	return 100;
}
