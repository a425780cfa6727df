/* Documents against the schemas of docs/json. */
#ifndef SKEIN_TEST_NET_JSON_CHECK_H
#define SKEIN_TEST_NET_JSON_CHECK_H

#include <stddef.h>

struct json_document {
	const char *name; /* the part of the schema that it is; "": all of it */
	const char *text;
};

/* A failure of the test unless each fits docs/json/SCHEMA.json, and what is spoilt in it does not
 * (test/json-check). */
void json_check(const char *schema, const struct json_document *documents, size_t n);
void json_check_one(const char *schema, const char *name, const char *text);

#endif
