/* The pin of a TLS key: SHA-256 of the certificate's SubjectPublicKeyInfo. A certificate can be
 * renewed under its key without anybody noticing. As text it is what curl(1) and libcurl take. */
#ifndef SKEIN_MESH_PIN_H
#define SKEIN_MESH_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

#define PIN_SIZE     32
#define PIN_TEXT_MAX 53 /* "sha256//" and 44 characters of base64 */

const char *pin_format(const uint8_t pin[PIN_SIZE], char out[PIN_TEXT_MAX]);
int pin_parse(const char *text, uint8_t out[PIN_SIZE], struct fault *f);
bool pin_is_zero(const uint8_t pin[PIN_SIZE]); /* none: the system's authorities decide */

#endif
