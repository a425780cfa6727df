/* Documents against the schemas of docs/json. */
#ifndef SKEIN_TEST_NET_JSON_CHECK_H
#define SKEIN_TEST_NET_JSON_CHECK_H

/* A failure of the test unless the document fits docs/json/SCHEMA.json (of it the part `name`;
 * NULL: all), and what is spoilt in it does not (test/json-check). */
void json_check(const char *schema, const char *name, const char *document);

#endif
