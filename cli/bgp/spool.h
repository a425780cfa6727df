/* Lines in any order, read again sorted, in memory of one size: what is more is sorted in parts,
 * which are kept in files without a name. */
#ifndef SKEIN_CLI_BGP_SPOOL_H
#define SKEIN_CLI_BGP_SPOOL_H

#include <stddef.h>

#include "lib/base/error.h"

struct spool;

/* `part`: bytes of memory for a part. */
struct spool *spool_new(size_t part);
void spool_free(struct spool *s); /* accepts NULL */
/* Without its line end, of which it has none inside. ERR_IO: there is no room for the file. */
int spool_put(struct spool *s, const char *line, struct fault *f);
/* The first, then each next one in the order of strcmp(); NULL when there is none. Borrowed until
 * the next call. Nothing is put after the first. *code: ERR_IO when the files cannot be read. */
const char *spool_next(struct spool *s, int *code, struct fault *f);

#endif
