#include "controller/render/holdings.h"

#include <stdlib.h>

struct row_index {
	size_t n;
	struct place {
		row_t row;
		size_t at;
	} places[];
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->row > y->row) - (x->row < y->row);
}

const struct row_index *row_index_make(const struct mesh_rows *rows, struct arena *a)
{
	size_t n = rows->nmemberships;
	struct row_index *x = arena_alloc(a, sizeof(*x) + n * sizeof(x->places[0]));

	x->n = n;
	for (size_t i = 0; i < n; i++)
		x->places[i] = (struct place){rows->memberships[i].row, i};
	if (n > 1)
		qsort(x->places, n, sizeof(x->places[0]), compare_places);
	return x;
}

size_t row_index_find(const struct row_index *x, row_t row)
{
	const struct place key = {.row = row};
	const struct place *found =
		x->n == 0 ? NULL
			  : bsearch(&key, x->places, x->n, sizeof(x->places[0]), compare_places);

	return found == NULL ? SIZE_MAX : found->at;
}

static int compare_holdings(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order != 0 ? order : (x->member > y->member) - (x->member < y->member);
}

static int group_holdings(struct holdings *h, struct fault *f)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < h->n; i++) {
		struct holding *x = &h->at[i];
		bool first = i == 0 || !prefix_equal(&h->at[i - 1].prefix, &x->prefix);

		if (first)
			h->groups[h->ngroups++].first = i;
		else if (h->at[i - 1].member == x->member)
			return fault_set(f, ERR_INVALID, "one membership announces %s twice",
					 prefix_format(&x->prefix, text));
		x->group = h->ngroups - 1;
		h->groups[x->group].n++;
	}
	return 0;
}

/* Counting sort: `at` is in order of prefix, and stays so for each member. */
static void index_members(struct holdings *h, size_t nmembers)
{
	size_t sum = 0;

	for (size_t i = 0; i < h->n; i++)
		h->own[h->at[i].member].n++;
	for (size_t m = 0; m < nmembers; m++) {
		h->own[m].first = sum;
		sum += h->own[m].n;
		h->own[m].n = 0;
	}
	for (size_t i = 0; i < h->n; i++) {
		struct span *own = &h->own[h->at[i].member];

		h->by_member[own->first + own->n++] = i;
	}
}

int holdings_make(const struct mesh_rows *rows, struct arena *a, struct holdings *out,
		  struct fault *f)
{
	const struct row_index *index = row_index_make(rows, a);
	size_t n = rows->nannouncements;
	int code;

	*out = (struct holdings){
		.at = arena_array(a, n, sizeof(out->at[0])),
		.n = n,
		.groups = arena_array(a, n, sizeof(out->groups[0])),
		.by_member = arena_array(a, n, sizeof(out->by_member[0])),
		.own = arena_array(a, rows->nmemberships, sizeof(out->own[0])),
	};
	for (size_t i = 0; i < n; i++) {
		const struct announcement *x = &rows->announcements[i];
		size_t member = row_index_find(index, x->membership);

		if (member == SIZE_MAX)
			return fault_set(f, ERR_INVALID, "an announcement of no membership");
		out->at[i] = (struct holding){x->prefix, member, i, 0};
	}
	if (n > 1)
		qsort(out->at, n, sizeof(out->at[0]), compare_holdings);
	code = group_holdings(out, f);
	if (code == 0)
		index_members(out, rows->nmemberships);
	return code;
}

bool holdings_find(const struct holdings *h, const struct prefix *p, size_t *group)
{
	size_t low = 0, high = h->ngroups;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = prefix_compare(&h->at[h->groups[middle].first].prefix, p);

		if (order == 0) {
			*group = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool holding_makes_router(const struct holdings *h, const struct holding *x)
{
	return h->groups[x->group].n > 1 || x->prefix.length == 0;
}

const struct holding *holdings_of(const struct holdings *h, size_t group, size_t member)
{
	size_t low = h->groups[group].first, high = low + h->groups[group].n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (h->at[middle].member == member)
			return &h->at[middle];
		if (h->at[middle].member < member)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct prefix_list prefix_list_keep(struct arena *a, prefix_vec *v)
{
	struct prefix_list kept = {.n = v->n};

	if (v->n > 0)
		kept.at = arena_copy(a, v->at, v->n * sizeof(v->at[0]));
	v->n = 0;
	return kept;
}
