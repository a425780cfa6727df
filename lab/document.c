#include "lab/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "lib/net/prefix.h"

struct decoder {
	const char *where;
	yaml_document_t *document;
	struct arena *arena;
	struct fault *fault;
};

struct keyword {
	const char *word;
	bool value;
};

static const struct keyword flag_words[] = {
	{"true", true}, {"yes", true}, {"false", false}, {"no", false}};

static unsigned line_of(const yaml_node_t *node)
{
	return (unsigned)node->start_mark.line + 1;
}

static int refuse(struct decoder *d, const yaml_node_t *at, const char *key, const char *want)
{
	return fault_set(d->fault, ERR_INVALID, "%s:%u: %s: want %s", d->where, line_of(at), key,
			 want);
}

static int decode_name(struct decoder *d, const yaml_node_t *node, const char *key,
		       const char *text, size_t max, const char **out)
{
	size_t len = strlen(text), good = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || good != len || text[0] == '-' || text[len - 1] == '-')
		return refuse(d, node, key, "a name of a-z, 0-9 and '-', not at either end");
	if (len > max)
		return fault_set(d->fault, ERR_RANGE, "%s:%u: %s: '%.80s' is longer than %zu",
				 d->where, line_of(node), key, text, max);
	*out = arena_strdup(d->arena, text);
	return 0;
}

static int decode_number(struct decoder *d, const yaml_node_t *node, const struct field_row *row,
			 const char *text, int64_t *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return refuse(d, node, row->name, "a number");
	if (*out < row->min || *out > row->max)
		return fault_set(d->fault, ERR_RANGE, "%s:%u: %s: %s is out of range, %lld to %lld",
				 d->where, line_of(node), row->name, text, (long long)row->min,
				 (long long)row->max);
	return 0;
}

static int decode_flag(struct decoder *d, const yaml_node_t *node, const char *key,
		       const char *text, bool *out)
{
	for (size_t i = 0; i < sizeof(flag_words) / sizeof(flag_words[0]); i++) {
		if (strcmp(text, flag_words[i].word) == 0) {
			*out = flag_words[i].value;
			return 0;
		}
	}
	return refuse(d, node, key, "true or false");
}

static int located(struct decoder *d, const yaml_node_t *node, const char *key, int code)
{
	if (code != 0)
		fault_prefix(d->fault, "%s:%u: %s", d->where, line_of(node), key);
	return code;
}

static int decode_scalar(struct decoder *d, const yaml_node_t *node, const struct field_row *row,
			 const char *text, void *to)
{
	switch (row->kind) {
	case FIELD_TEXT:
		*(const char **)to = arena_strdup(d->arena, text);
		return 0;
	case FIELD_NAME:
	case FIELD_NAMES:
		return decode_name(d, node, row->name, text, row->max > 0 ? (size_t)row->max : 63,
				   to);
	case FIELD_FLAG:
		return decode_flag(d, node, row->name, text, to);
	case FIELD_NUMBER:
		return decode_number(d, node, row, text, to);
	case FIELD_PREFIX:
	case FIELD_PREFIXES:
		return located(d, node, row->name, prefix_parse(text, to, d->fault));
	case FIELD_ADDRESS:
		return located(d, node, row->name, address_parse(text, to, d->fault));
	case FIELD_ROWS:
		break;
	}
	return refuse(d, node, row->name, "a list");
}

/* A scalar's text, or NULL: libyaml gives the length, and a NUL inside is nobody's good intention.
 */
static const char *scalar_text(const yaml_node_t *node, size_t max)
{
	const char *text;

	if (node == NULL || node->type != YAML_SCALAR_NODE || node->data.scalar.length > max)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static int decode_mapping(struct decoder *d, const yaml_node_t *node, const struct field_row *rows,
			  void *base);

static size_t element_size(const struct field_row *row)
{
	switch (row->kind) {
	case FIELD_NAMES:
		return sizeof(const char *);
	case FIELD_PREFIXES:
		return sizeof(struct prefix);
	default:
		return row->row_size;
	}
}

static int decode_element(struct decoder *d, const yaml_node_t *node, const struct field_row *row,
			  void *to)
{
	const char *text;

	if (row->kind == FIELD_ROWS) {
		((struct field_mark *)to)->line = line_of(node);
		return decode_mapping(d, node, row->rows, to);
	}
	text = scalar_text(node, DOCUMENT_TEXT_MAX);
	if (text == NULL)
		return refuse(d, node, row->name, "one short value each");
	return decode_scalar(d, node, row, text, to);
}

static int decode_list(struct decoder *d, const yaml_node_t *node, const struct field_row *row,
		       struct field_list *out)
{
	const yaml_node_item_t *first = node->data.sequence.items.start;
	size_t n, size = element_size(row);

	if (node->type != YAML_SEQUENCE_NODE)
		return refuse(d, node, row->name, "a list");
	n = (size_t)(node->data.sequence.items.top - first);
	if (n > DOCUMENT_LIST_MAX)
		return refuse(d, node, row->name, "fewer elements (1024 at most)");
	out->at = arena_array(d->arena, n > 0 ? n : 1, size);
	out->n = n;
	for (size_t i = 0; i < n; i++) {
		int code = decode_element(d, yaml_document_get_node(d->document, first[i]), row,
					  (char *)out->at + i * size);

		if (code != 0)
			return code;
	}
	return 0;
}

static int decode_value(struct decoder *d, const yaml_node_t *node, const struct field_row *row,
			void *base)
{
	void *to = (char *)base + row->offset;
	size_t max = row->kind == FIELD_TEXT && row->max > 0 ? (size_t)row->max : DOCUMENT_TEXT_MAX;
	const char *text;

	if (row->kind == FIELD_NAMES || row->kind == FIELD_PREFIXES || row->kind == FIELD_ROWS)
		return decode_list(d, node, row, to);
	text = scalar_text(node, max);
	if (text == NULL)
		return refuse(d, node, row->name, "one short value");
	return decode_scalar(d, node, row, text, to);
}

static const struct field_row *find_row(const struct field_row *rows, const char *name, size_t *i)
{
	for (*i = 0; rows[*i].name != NULL; (*i)++)
		if (strcmp(rows[*i].name, name) == 0)
			return &rows[*i];
	return NULL;
}

static int unknown_key(struct decoder *d, const yaml_node_t *node, const struct field_row *rows,
		       const char *key)
{
	char known[256];
	size_t used = 0;

	known[0] = '\0';
	for (const struct field_row *r = rows; r->name != NULL && used < sizeof(known); r++)
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used > 0 ? ", " : "", r->name);
	return fault_set(d->fault, ERR_INVALID, "%s:%u: no such key: '%.60s'; want one of: %s",
			 d->where, line_of(node), key, known);
}

/* What was not there: an error, its default, or zero. */
static int decode_absent(struct decoder *d, const yaml_node_t *node, const struct field_row *rows,
			 uint64_t seen, void *base)
{
	for (size_t i = 0; rows[i].name != NULL; i++) {
		int code = 0;

		if (seen & (UINT64_C(1) << i))
			continue;
		if (rows[i].required)
			code = fault_set(d->fault, ERR_INVALID, "%s:%u: '%s' is missing", d->where,
					 line_of(node), rows[i].name);
		else if (rows[i].standard != NULL)
			code = decode_scalar(d, node, &rows[i], rows[i].standard,
					     (char *)base + rows[i].offset);
		if (code != 0)
			return code;
	}
	return 0;
}

static int decode_mapping(struct decoder *d, const yaml_node_t *node, const struct field_row *rows,
			  void *base)
{
	uint64_t seen = 0;

	if (node->type != YAML_MAPPING_NODE)
		return fault_set(d->fault, ERR_INVALID, "%s:%u: want keys with values, 'name: x'",
				 d->where, line_of(node));
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *key = yaml_document_get_node(d->document, p->key);
		const yaml_node_t *value = yaml_document_get_node(d->document, p->value);
		const char *name = scalar_text(key, DOCUMENT_TEXT_MAX);
		const struct field_row *row;
		size_t i;
		int code;

		if (name == NULL)
			return refuse(d, key, "key", "a short word");
		row = find_row(rows, name, &i);
		if (row == NULL)
			return unknown_key(d, key, rows, name);
		if (seen & (UINT64_C(1) << i))
			return fault_set(d->fault, ERR_EXISTS, "%s:%u: '%s' is there twice",
					 d->where, line_of(key), name);
		seen |= UINT64_C(1) << i;
		code = decode_value(d, value, row, base);
		if (code != 0)
			return code;
	}
	return decode_absent(d, node, rows, seen, base);
}

/* Aliases share nodes and can form cycles; nobody needs them here. Looked for in the events, since
 * a loaded document no longer tells. */
static int refuse_aliases(const char *where, const char *text, size_t len, struct fault *f)
{
	yaml_parser_t parser;
	yaml_event_t event;
	int code = 0;
	bool end = false;

	if (yaml_parser_initialize(&parser) == 0)
		return fault_set(f, ERR_INTERNAL, "libyaml does not start");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (!end && code == 0) {
		if (yaml_parser_parse(&parser, &event) == 0) {
			code = fault_set(f, ERR_INVALID, "%s:%zu: %s", where,
					 parser.problem_mark.line + 1,
					 parser.problem != NULL ? parser.problem : "not YAML");
			break;
		}
		if (event.type == YAML_ALIAS_EVENT)
			code = fault_set(f, ERR_INVALID, "%s:%zu: an alias (*%.40s) is not taken",
					 where, event.start_mark.line + 1,
					 (const char *)event.data.alias.anchor);
		end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return code;
}

int document_decode(const char *where, const char *text, size_t len, const struct field_row *rows,
		    struct arena *arena, void *out, struct fault *f)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct decoder d = {where, &document, arena, f};
	const yaml_node_t *root;
	int code;

	if (len > DOCUMENT_SIZE_MAX)
		return fault_set(f, ERR_TOO_LARGE, "%s: larger than %d bytes", where,
				 DOCUMENT_SIZE_MAX);
	code = refuse_aliases(where, text, len, f);
	if (code != 0)
		return code;
	if (yaml_parser_initialize(&parser) == 0)
		return fault_set(f, ERR_INTERNAL, "libyaml does not start");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &document) == 0) {
		code = fault_set(f, ERR_INVALID, "%s:%zu: %s", where, parser.problem_mark.line + 1,
				 parser.problem != NULL ? parser.problem : "not YAML");
	} else {
		root = yaml_document_get_root_node(&document);
		code = root != NULL ? decode_mapping(&d, root, rows, out)
				    : fault_set(f, ERR_INVALID, "%s: empty", where);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return code;
}
