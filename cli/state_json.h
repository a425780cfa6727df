/* A MeshState image as JSON, for people who look for what is wrong. */
#ifndef SKEIN_CLI_STATE_JSON_H
#define SKEIN_CLI_STATE_JSON_H

#include <jansson.h>

#include "lib/mesh/state.h"

/* Of an image that state_check() or state_open() passed. New reference. */
json_t *state_json(const struct state_image *s);
/* The same with the first few records of each section, and how many there are: "records". */
json_t *state_json_brief(const struct state_image *s);

#endif
