/* UUIDv7 (RFC 9562): what the outside calls a thing. Sorts by time of creation. */
#ifndef SKEIN_MESH_ID_H
#define SKEIN_MESH_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

#define ID_TEXT_MAX 37

struct id {
	uint8_t bytes[16];
};

void id_new(struct id *out);
struct wall id_time(const struct id *i);	 /* when it was made */
bool id_parse(const char *text, struct id *out); /* 8-4-4-4-12 lower or upper hex */
const char *id_format(const struct id *i, char out[ID_TEXT_MAX]);
bool id_equal(const struct id *a, const struct id *b);
bool id_is_zero(const struct id *i);

#endif
