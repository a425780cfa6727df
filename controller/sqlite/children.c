#include "controller/sqlite/children.h"

int children_set(struct store *s, const struct children *c, row_t parent, const void *items,
		 size_t n, struct fault *f)
{
	const char *item = items;
	struct query q;
	int code;

	query_start(&q, s, c->clear, f);
	query_bind_number(&q, parent);
	code = query_run(&q, NULL);
	for (size_t i = 0; i < n && code == 0; i++, item += c->record.size) {
		query_start(&q, s, c->add, f);
		query_bind_number(&q, parent);
		record_bind(&q, &c->record, item);
		code = query_change(&q);
	}
	return code;
}

int children_get(struct store *s, const struct children *c, row_t parent, struct arena *a,
		 void *out_array, size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, c->get, f);
	query_bind_number(&q, parent);
	return record_list(&q, &c->record, a, out_array, n);
}
