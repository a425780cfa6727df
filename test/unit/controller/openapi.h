/* docs/openapi.yaml, as far as the tests need it: find a node, follow references, hold JSON against
 * a schema. */
#ifndef SKEIN_TEST_CONTROLLER_OPENAPI_H
#define SKEIN_TEST_CONTROLLER_OPENAPI_H

#include <jansson.h>
#include <stdbool.h>
#include <yaml.h>

#include "lib/base/buf.h"

struct openapi {
	yaml_document_t document;
	bool loaded;
};

bool openapi_load(struct openapi *o, const char *path);
void openapi_free(struct openapi *o);

/* NULL: not there. Names are separated by NUL-free varargs, the last one is NULL; a $ref on the way
 * is followed. `from` NULL: the root. */
yaml_node_t *openapi_find(struct openapi *o, yaml_node_t *from, ...);
/* The scalar's text; "" for none. */
const char *openapi_text(const yaml_node_t *node);
/* The i-th element of a sequence, its reference followed; NULL beyond. */
yaml_node_t *openapi_at(struct openapi *o, yaml_node_t *sequence, size_t i);
/* Calls for each pair of a mapping. */
void openapi_each(struct openapi *o, yaml_node_t *mapping,
		  void (*visit)(void *context, const char *name, yaml_node_t *value),
		  void *context);
/* Appends a line for each way in which `json` is not what the schema says: a member that is not in
 * it, one that is required and missing, a wrong type, a value that is none of its enum. */
void openapi_check(struct openapi *o, yaml_node_t *schema, const json_t *json, const char *where,
		   struct buf *complaints);

#endif
