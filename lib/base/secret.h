/* A secret of 32 bytes: a private key, a token. It has no format function; it is wiped when its
 * owner is done, compared in constant time, and a process that holds any calls
 * secret_harden_process() first (no core file, no ptrace by others, no remains of JSON). What holds
 * one as text is a buf_init_secret(), an arena that ends with arena_wipe(), or JSON. */
#ifndef SKEIN_BASE_SECRET_H
#define SKEIN_BASE_SECRET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

#define SECRET_SIZE 32

struct secret {
	uint8_t bytes[SECRET_SIZE];
};

void secret_random(struct secret *s);
void secret_wipe(struct secret *s);
bool secret_equal(const struct secret *a, const struct secret *b);
/* Before any other thread. No core file also for children. */
void secret_harden_process(void);
/* A file with exactly the 32 bytes, mode 0600: readable by more than its owner is refused. */
int secret_load(struct secret *s, const char *path, struct fault *f);
int secret_store(const struct secret *s, const char *path, struct fault *f);
/* Overwrites the file, then removes it; one that is not there is as good. After a crash between the
 * two it has zeros. What the disk keeps of a block that was written again is beyond it. */
int secret_remove(const char *path, struct fault *f);
bool secret_is_zero(const struct secret *s);

#endif
