/* The nftables table (plan/fences.c writes its text): loading it, whether it still stands, what it
 * counted. */
#ifndef SKEIN_AGENT_FENCE_H
#define SKEIN_AGENT_FENCE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/plan/fence.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

struct fence {
	struct buf text;	 /* that was loaded last */
	struct digest loaded;	 /* of that text */
	struct digest read_back; /* of what the kernel then listed */
	bool known;		 /* these are: something was loaded, and stood */
};

/* Replaces the table, or takes it away for an empty text, and reads it back; counts are kept, and
 * what those sets of FENCE_GREETED have that the new text has too. */
int fence_load(struct fence *t, const struct buf *text, struct fault *f);
/* Of that what concerns the sets: `objects` is the table as nft lists it in JSON. One peer goes on
 * greeting while the table is replaced on behalf of another. Appends. */
void fence_keep_greeted(const json_t *objects, const char *text, struct buf *script);
/* Loads the last text again. */
int fence_restore(struct fence *t, struct fault *f);
/* True when the kernel's table is what was loaded last; `text` is then that text's digest. Where
 * there is no table it is that of an empty text. */
bool fence_stands(const struct fence *t, struct digest *text);
/* There should be a table, and it is not the one that was loaded last. */
bool fence_is_damaged(const struct fence *t);
void fence_fini(struct fence *t);

struct fence_count {
	bool known; /* the table has this counter */
	uint64_t packets, bytes;
};
/* All unknown where there is no table. */
void fence_read_counts(struct fence_count out[FENCE_REASON_COUNT]);
/* FENCE_CARRIED. False: it is not counted. */
bool fence_read_carried(uint64_t *packets);

#endif
