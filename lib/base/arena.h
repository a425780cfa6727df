/* Memory for one request or one reconcile round, freed as a whole.
 *
 * Policy for memory in all of Skein: an allocation does not fail, it ends the program with one
 * message (a restart is hitless by design; half-done work is not). Therefore every size that comes
 * from outside is checked against a bound before anything is allocated for it. */
#ifndef SKEIN_BASE_ARENA_H
#define SKEIN_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
};

void arena_init(struct arena *a);
/* Zeroed, aligned for any type; lives until arena_fini(). */
void *arena_alloc(struct arena *a, size_t size);
/* n * size, overflow checked. */
void *arena_array(struct arena *a, size_t n, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Frees everything; the arena can be used again. */
void arena_fini(struct arena *a);
/* The same, zeroed first: for one that held a secret, or may have. */
void arena_wipe(struct arena *a);

/* Heap memory under the same policy: never NULL. Caller frees with free(). */
void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *old, size_t n, size_t size);
char *mem_strdup(const char *s);

#endif
