#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/vec.h"
#include "lib/mesh/state.h"
#include "lib/mesh/state_format.h"

struct state_writer {
	enum state_kind kind;
	VEC(struct state_section) sections; /* offsets are given by state_writer_body() */
	struct buf records;		    /* of all sections, one after the other */
};

struct state_writer *state_writer_new(enum state_kind kind)
{
	struct state_writer *w = mem_alloc(sizeof(*w));

	w->kind = kind;
	buf_init(&w->records);
	return w;
}

void state_writer_free(struct state_writer *w)
{
	if (w == NULL)
		return;
	vec_free(&w->sections);
	buf_fini(&w->records);
	free(w);
}

/* A type out of order or of the wrong image, or records of another size, is a mistake in the
 * program: it ends here and not on a machine that refuses what it got. */
void state_writer_section(struct state_writer *w, enum state_section_type type, const void *records,
			  uint64_t count, uint32_t record_size)
{
	const struct state_rule *rule = state_rule_find(type);
	const struct state_section *last =
		w->sections.n > 0 ? &w->sections.at[w->sections.n - 1] : NULL;

	if (rule == NULL || rule->kind != w->kind || rule->record_size != record_size ||
	    w->sections.n == STATE_SECTIONS_MAX || (last != NULL && last->type >= type) ||
	    count > STATE_IMAGE_MAX / record_size)
		abort();
	vec_push(&w->sections, (struct state_section){.type = type,
						      .flags = rule->flags,
						      .count = count,
						      .record_size = record_size});
	buf_append(&w->records, records, count * record_size);
}

static void pad_to(struct buf *out, size_t start, size_t alignment)
{
	static const uint8_t zero[STATE_PAGE];
	size_t over = (out->len - start) % alignment;

	if (over != 0)
		buf_append(out, zero, alignment - over);
}

/* 1. The header and directory with no offsets yet, 2. each section behind the one before it,
 * aligned,
 * 3. the header again, now that the offsets are known. */
void state_writer_body(const struct state_writer *w, struct buf *out)
{
	struct state_header header = {.nsections = (uint32_t)w->sections.n};
	size_t start = out->len, directory = w->sections.n * sizeof(struct state_section);
	const char *from = buf_text(&w->records);

	buf_append(out, &header, sizeof(header));
	buf_append(out, w->sections.at, directory);
	header.body_size = out->len - start;
	for (size_t i = 0; i < w->sections.n; i++) {
		struct state_section *s = &w->sections.at[i];
		uint64_t len = s->count * s->record_size;

		pad_to(out, start, state_rule_find(s->type)->alignment);
		s->offset = out->len - start;
		buf_append(out, from, len);
		from += len;
		header.body_size = out->len - start;
	}
	pad_to(out, start, STATE_PAGE);
	memcpy(out->data + start, &header, sizeof(header));
	if (directory > 0)
		memcpy(out->data + start + sizeof(header), w->sections.at, directory);
}
