#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/mesh/state.h"
#include "lib/mesh/state_format.h"

struct state_writer {
	enum state_kind kind;
	struct state_section sections[STATE_SECTIONS_MAX];
	uint32_t nsections;
	struct buf records; /* of all sections, one after the other */
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
	buf_fini(&w->records);
	free(w);
}

/* A type out of order or of the wrong image, or records of another size, is a mistake in the
 * program: it ends here and not on a machine that refuses what it got. */
void state_writer_section(struct state_writer *w, enum state_section_type type, const void *records,
			  uint64_t count, uint32_t record_size)
{
	const struct state_rule *rule = state_rule_find(type);
	uint32_t last = w->nsections > 0 ? w->sections[w->nsections - 1].type : 0;

	if (rule == NULL || rule->kind != w->kind || rule->record_size != record_size ||
	    w->nsections == STATE_SECTIONS_MAX || last >= type ||
	    count > STATE_IMAGE_MAX / record_size)
		abort();
	w->sections[w->nsections++] = (struct state_section){
		.type = type, .flags = rule->flags, .count = count, .record_size = record_size};
	buf_append(&w->records, records, count * record_size);
}

static void pad_to(struct buf *out, size_t start, size_t alignment)
{
	static const uint8_t zero[STATE_PAGE];
	size_t over = (out->len - start) % alignment;

	if (over != 0)
		buf_append(out, zero, alignment - over);
}

/* 1. Room for header and directory, 2. each section behind the one before it, aligned, 3. header
 * and directory, now that the offsets are known. */
void state_writer_body(const struct state_writer *w, struct buf *out)
{
	struct state_header header = {.nsections = w->nsections};
	struct state_section sections[STATE_SECTIONS_MAX];
	size_t start = out->len, directory = w->nsections * sizeof(sections[0]);
	const char *from = buf_text(&w->records);

	memcpy(sections, w->sections, sizeof(sections));
	buf_append(out, &header, sizeof(header));
	buf_append(out, sections, directory);
	for (uint32_t i = 0; i < w->nsections; i++) {
		uint64_t len = sections[i].count * sections[i].record_size;

		pad_to(out, start, state_rule_find(sections[i].type)->alignment);
		sections[i].offset = out->len - start;
		buf_append(out, from, len);
		from += len;
	}
	header.body_size = out->len - start;
	pad_to(out, start, STATE_PAGE);
	memcpy(out->data + start, &header, sizeof(header));
	memcpy(out->data + start + sizeof(header), sections, directory);
}
