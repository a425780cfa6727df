#include "test/unit/controller/openapi.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool openapi_load(struct openapi *o, const char *path)
{
	FILE *file = fopen(path, "re");
	yaml_parser_t parser;

	o->loaded = false;
	if (file == NULL)
		return false;
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, file);
	o->loaded = yaml_parser_load(&parser, &o->document) == 1;
	if (!o->loaded)
		printf("%s:%zu: %s\n", path, parser.problem_mark.line + 1, parser.problem);
	yaml_parser_delete(&parser);
	fclose(file);
	return o->loaded;
}

void openapi_free(struct openapi *o)
{
	if (o->loaded)
		yaml_document_delete(&o->document);
}

const char *openapi_text(const yaml_node_t *node)
{
	return node != NULL && node->type == YAML_SCALAR_NODE
		       ? (const char *)node->data.scalar.value
		       : "";
}

static yaml_node_t *member(struct openapi *o, yaml_node_t *mapping, const char *name)
{
	if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++)
		if (strcmp(openapi_text(yaml_document_get_node(&o->document, p->key)), name) == 0)
			return yaml_document_get_node(&o->document, p->value);
	return NULL;
}

/* "#/components/schemas/Mesh" */
static yaml_node_t *follow(struct openapi *o, yaml_node_t *node)
{
	const char *at = openapi_text(member(o, node, "$ref"));
	char name[64];

	if (*at != '#')
		return node;
	node = yaml_document_get_root_node(&o->document);
	for (at++; *at == '/' && node != NULL; at += strcspn(at, "/")) {
		at++;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, "/"), at);
		node = member(o, node, name);
	}
	return node;
}

yaml_node_t *openapi_find(struct openapi *o, yaml_node_t *from, ...)
{
	yaml_node_t *node = from != NULL ? from : yaml_document_get_root_node(&o->document);
	const char *name;
	va_list ap;

	va_start(ap, from);
	node = follow(o, node);
	while ((name = va_arg(ap, const char *)) != NULL && node != NULL)
		node = follow(o, member(o, node, name));
	va_end(ap);
	return node;
}

yaml_node_t *openapi_at(struct openapi *o, yaml_node_t *sequence, size_t i)
{
	yaml_node_item_t *items;

	if (sequence == NULL || sequence->type != YAML_SEQUENCE_NODE)
		return NULL;
	items = sequence->data.sequence.items.start;
	if (items + i >= sequence->data.sequence.items.top)
		return NULL;
	return follow(o, yaml_document_get_node(&o->document, items[i]));
}

void openapi_each(struct openapi *o, yaml_node_t *mapping,
		  void (*visit)(void *context, const char *name, yaml_node_t *value), void *context)
{
	if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
		return;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++)
		visit(context, openapi_text(yaml_document_get_node(&o->document, p->key)),
		      follow(o, yaml_document_get_node(&o->document, p->value)));
}

static const char *type_of(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "object";
	case JSON_ARRAY:
		return "array";
	case JSON_STRING:
		return "string";
	case JSON_INTEGER:
		return "integer";
	case JSON_REAL:
		return "number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "boolean";
	default:
		return "null";
	}
}

/* Is `text` this scalar, or in this sequence? */
static bool is_among(struct openapi *o, yaml_node_t *node, const char *text)
{
	yaml_node_t *item;

	if (node->type == YAML_SCALAR_NODE)
		return strcmp(openapi_text(node), text) == 0;
	for (size_t i = 0; (item = openapi_at(o, node, i)) != NULL; i++)
		if (strcmp(openapi_text(item), text) == 0)
			return true;
	return false;
}

static void check_object(struct openapi *o, yaml_node_t *schema, const json_t *json,
			 const char *where, struct buf *complaints)
{
	yaml_node_t *properties = openapi_find(o, schema, "properties", NULL);
	yaml_node_t *required = openapi_find(o, schema, "required", NULL), *name;
	char path[200];
	const char *key;
	json_t *value;

	if (properties == NULL)
		return; /* any object: before and after of the audit */
	json_object_foreach((json_t *)json, key, value) {
		yaml_node_t *row = openapi_find(o, properties, key, NULL);

		snprintf(path, sizeof(path), "%s.%s", where, key);
		if (row == NULL)
			buf_printf(complaints, "%s is not documented\n", path);
		else
			openapi_check(o, row, value, path, complaints);
	}
	for (size_t i = 0; (name = openapi_at(o, required, i)) != NULL; i++)
		if (json_object_get(json, openapi_text(name)) == NULL)
			buf_printf(complaints, "%s.%s is missing\n", where, openapi_text(name));
}

void openapi_check(struct openapi *o, yaml_node_t *schema, const json_t *json, const char *where,
		   struct buf *complaints)
{
	yaml_node_t *type = openapi_find(o, schema, "type", NULL);
	yaml_node_t *values = openapi_find(o, schema, "enum", NULL);
	yaml_node_t *items = openapi_find(o, schema, "items", NULL);
	char path[200];

	if (type == NULL || !is_among(o, type, type_of(json))) {
		buf_printf(complaints, "%s is %s\n", where, type_of(json));
		return;
	}
	if (values != NULL && !is_among(o, values, json_string_value(json)))
		buf_printf(complaints, "%s is '%s'\n", where, json_string_value(json));
	if (json_is_object(json))
		check_object(o, schema, json, where, complaints);
	for (size_t i = 0; json_is_array(json) && i < json_array_size(json); i++) {
		snprintf(path, sizeof(path), "%s[%zu]", where, i);
		openapi_check(o, items, json_array_get(json, i), path, complaints);
	}
}
