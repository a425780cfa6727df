/* uthash for all of the controller. The analyzer cannot follow its lists: after a removal it takes
 * the entry, freed, for one that is still found. That is passed over here, for all who remove and
 * find. */
#ifndef SKEIN_CONTROLLER_UTHASH_H
#define SKEIN_CONTROLLER_UTHASH_H

#include <uthash.h>

/* NOLINTBEGIN(clang-analyzer-*) */
#define HASH_REMOVE(hh, head, entry)	     HASH_DELETE(hh, head, entry)
#define HASH_GET(hh, head, key, size, entry) HASH_FIND(hh, head, key, size, entry)
/* NOLINTEND(clang-analyzer-*) */

#endif
