/* What differs between two images, section by section: records that are alike are left where they
 * are or copied from where they were, the others are sent. */
#include <string.h>

#include "lib/mesh/delta.h"
#include "lib/mesh/state_format.h"

/* How many records that came or went in a row are recognized as such: more of them are sent as if
 * they had changed, and so may be those behind them. */
#define WINDOW 64

struct encoder {
	const uint8_t *from, *to; /* bodies */
	uint64_t from_len, to_len;
	VEC(struct delta_op) ops;
	struct buf data;
};

static const struct state_header *header_of(const uint8_t *body)
{
	return (const struct state_header *)(const void *)body;
}

static void emit(struct encoder *e, enum delta_kind kind, uint64_t to, uint64_t from, uint64_t len)
{
	struct delta_op *last = e->ops.n > 0 ? &e->ops.at[e->ops.n - 1] : NULL;

	if (kind == DELTA_DATA)
		buf_append(&e->data, e->to + to, len);
	if (last != NULL && last->kind == kind && last->to + last->length == to &&
	    (kind != DELTA_COPY || last->from + last->length == from)) {
		last->length += (uint32_t)len;
		return;
	}
	vec_push(&e->ops,
		 (struct delta_op){
			 .to = to, .from = from, .length = (uint32_t)len, .kind = (uint32_t)kind});
}

/* Bytes of the new body that are expected nowhere else in the old one. */
static void put(struct encoder *e, uint64_t at, uint64_t len)
{
	bool zero = state_zero(e->to + at, len);

	if (len == 0 || (at >= e->from_len && zero))
		return;
	if (at + len <= e->from_len && memcmp(e->from + at, e->to + at, len) == 0)
		return;
	emit(e, zero ? DELTA_ZERO : DELTA_DATA, at, 0, len);
}

static void keep(struct encoder *e, uint64_t to, uint64_t from, uint64_t len)
{
	if (to != from)
		emit(e, DELTA_COPY, to, from, len);
}

/* ---- sections ---- */

struct pair { /* a section, and what it was */
	const struct state_section *is, *was;
};

static bool same(const struct encoder *e, const struct pair *p, uint64_t was, uint64_t is)
{
	uint64_t size = p->is->record_size;

	return was < p->was->count && is < p->is->count &&
	       memcmp(e->from + p->was->offset + was * size, e->to + p->is->offset + is * size,
		      size) == 0;
}

static void put_records(struct encoder *e, const struct pair *p, uint64_t first, uint64_t n)
{
	put(e, p->is->offset + first * p->is->record_size, n * p->is->record_size);
}

static void keep_record(struct encoder *e, const struct pair *p, uint64_t was, uint64_t is)
{
	uint64_t size = p->is->record_size;

	keep(e, p->is->offset + is * size, p->was->offset + was * size, size);
}

static void by_index(struct encoder *e, const struct pair *p)
{
	for (uint64_t i = 0; i < p->is->count; i++) {
		if (same(e, p, i, i))
			keep_record(e, p, i, i);
		else
			put_records(e, p, i, 1);
	}
}

/* Where the two run apart: how many records came (>0), went (<0), before they are alike again; 0:
 * not within the window. */
static int64_t resync(const struct encoder *e, const struct pair *p, uint64_t was, uint64_t is)
{
	for (int64_t k = 1; k <= WINDOW; k++) {
		if (same(e, p, was, is + (uint64_t)k))
			return k;
		if (same(e, p, was + (uint64_t)k, is))
			return -k;
	}
	return 0;
}

static void in_order(struct encoder *e, const struct pair *p)
{
	uint64_t was = 0, is = 0;

	while (is < p->is->count) {
		int64_t moved;

		if (same(e, p, was, is)) {
			keep_record(e, p, was++, is++);
			continue;
		}
		moved = resync(e, p, was, is);
		if (moved < 0) {
			was += (uint64_t)-moved;
		} else if (moved > 0) {
			put_records(e, p, is, (uint64_t)moved);
			is += (uint64_t)moved;
		} else {
			put_records(e, p, is++, 1);
			was++;
		}
	}
}

static const struct state_section *find(const struct state_header *h, const struct state_section *x)
{
	for (uint32_t i = 0; i < h->nsections; i++)
		if (h->sections[i].type == x->type && h->sections[i].record_size == x->record_size)
			return &h->sections[i];
	return NULL;
}

static void compare_section(struct encoder *e, const struct state_section *x)
{
	const struct pair p = {x, find(header_of(e->from), x)};
	const struct state_rule *rule = state_rule_find(x->type);
	uint64_t len = x->count * x->record_size;

	if (p.was == NULL)
		put(e, x->offset, len);
	else if (p.was->offset == x->offset && p.was->count == x->count &&
		 memcmp(e->from + x->offset, e->to + x->offset, len) == 0)
		return;
	else if (rule != NULL && rule->by_index)
		by_index(e, &p);
	else
		in_order(e, &p);
}

/* Everything of the new body, in order: header and directory, and before each section the gap. */
static void compare(struct encoder *e)
{
	const struct state_header *h = header_of(e->to);
	uint64_t end = 0;

	for (uint32_t i = 0; i < h->nsections; i++) {
		const struct state_section *x = &h->sections[i];

		put(e, end, x->offset - end);
		compare_section(e, x);
		end = x->offset + x->count * x->record_size;
	}
	put(e, end, e->to_len - end);
}

bool delta_encode(struct delta_image from, struct delta_image to, size_t max, struct buf *out)
{
	const struct state_root *base = from.data;
	struct encoder e = {
		.from = (const uint8_t *)from.data + STATE_PAGE,
		.to = (const uint8_t *)to.data + STATE_PAGE,
		.from_len = from.len - STATE_PAGE,
		.to_len = to.len - STATE_PAGE,
	};
	struct delta_head head = {.version = DELTA_VERSION, .base = base->revision};
	bool short_enough;

	compare(&e);
	memcpy(head.magic, DELTA_MAGIC, sizeof(head.magic));
	memcpy(head.base_top, base->pages_hash, sizeof(head.base_top));
	memcpy(&head.root, to.data, sizeof(head.root));
	head.nops = (uint32_t)e.ops.n;
	head.data_size = e.data.len;
	short_enough = sizeof(head) + e.ops.n * sizeof(*e.ops.at) + e.data.len <= max;
	if (short_enough) {
		buf_append(out, &head, sizeof(head));
		buf_append(out, e.ops.at, e.ops.n * sizeof(*e.ops.at));
		buf_append(out, buf_text(&e.data), e.data.len);
	}
	vec_free(&e.ops);
	buf_fini(&e.data);
	return short_enough;
}
