/* Values as the API writes them, in an arena. What is not there is NULL, and null in JSON. */
#ifndef SKEIN_CONTROLLER_API_FORMAT_H
#define SKEIN_CONTROLLER_API_FORMAT_H

#include "controller/model.h"
#include "lib/base/arena.h"

const char *format_id(struct arena *a, const struct id *id);
const char *format_time(struct arena *a, struct wall t);	    /* ms 0: NULL */
const char *format_prefix(struct arena *a, const struct prefix *p); /* family 0: NULL */
const char *format_address(struct arena *a, const struct address *x);
const char *format_key(struct arena *a, const struct wg_key *k);
/* Bytes as standard base64 with padding, and back: exactly `size` bytes, or false. */
const char *format_base64(struct arena *a, const uint8_t *bytes, size_t size);
bool parse_base64(const char *text, uint8_t *out, size_t size);
bool parse_base64url(const char *text, uint8_t *out, size_t size);

#endif
