/* Bytes as a file with a name, for what loads a file: in memory, and gone with its descriptor. */
#ifndef SKEIN_TEST_FUZZ_CONF_FILE_H
#define SKEIN_TEST_FUZZ_CONF_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor that the caller closes; `path` leads to it until then. */
int conf_file_make(const uint8_t *data, size_t size, char path[64]);

#endif
