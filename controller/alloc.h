/* What is given out: the CIDRs that a mesh may have, AS numbers, addresses and the places of
 * memberships. The rules are here, their memory is the store (store_address_take and its like).
 *
 * CIDRs come from 10/8, 172.16/12, 192.168/16 (RFC 1918) and 100.64/10 (RFC 6598), /29 at the
 * smallest. Index 1 is the mesh's first usable address, the last is the one before broadcast. */
#ifndef SKEIN_CONTROLLER_ALLOC_H
#define SKEIN_CONTROLLER_ALLOC_H

#include "controller/store.h"

#define ALLOC_ASN_FIRST	     4200000001u /* private use, RFC 6996 */
#define ALLOC_ASN_LAST	     4294967294u
#define ALLOC_LENGTH_MAX     29
#define ALLOC_REST_MS	     (INT64_C(24) * 3600 * 1000) /* of a freed address, by default */
#define ALLOC_CIDR_DEFAULT   "100.64.0.0/10"
#define ALLOC_SUGGEST_LENGTH 16

/* A mesh's CIDR from text: ERR_INVALID (syntax, host bits, another range), ERR_RANGE (too small or
 * larger than its range), ERR_UNSUPPORTED (IPv6: not yet). The fault begins with "cidr: ". */
int alloc_cidr_parse(const char *text, struct prefix *out, struct fault *f);
int alloc_cidr_check(const struct prefix *cidr, struct fault *f);
struct prefix alloc_cidr_default(void);
/* A /16 that overlaps none of the n taken ones, or the largest smaller one where no /16 is free:
 * 10/8 first, then 100.64/10, 172.16/12, 192.168/16. ERR_EXHAUSTED when all is taken. O(n log n).
 */
int alloc_cidr_suggest(const struct prefix *taken, size_t n, struct prefix *out, struct fault *f);

/* The last index that a member can have: 4,194,302 in a /10, 6 in a /29. */
uint32_t alloc_last_index(const struct prefix *cidr);
struct address alloc_address(const struct mesh *mesh, uint32_t index);

/* The next AS number, kept with the transaction. ERR_EXHAUSTED. */
int alloc_asn(struct store *s, uint32_t *out, struct fault *f);

/* Makes the machine a member: number, address, row. ERR_OVERLAP, both named, where the mesh
 * overlaps another mesh of the machine or a network that it is connected to; ERR_EXISTS when it is
 * a member; ERR_EXHAUSTED when the mesh is full. Fills *out. */
int alloc_join(struct store *s, const struct machine *machine, const struct mesh *mesh,
	       struct wall now, struct membership *out, struct fault *f);
/* Deletes the membership; its address rests for rest_ms from now on. */
int alloc_leave(struct store *s, const struct membership *m, struct wall now, int64_t rest_ms,
		struct fault *f);
/* After a restoration: the addresses that may have been given out since the backup was made rest
 * until then: those that were free, and the next thousand of each mesh. */
int alloc_rest_all(struct store *s, struct wall until, struct fault *f);
/* The address of a machine that is not known is kept from others, and given back. */
int alloc_reserve(struct store *s, const struct unknown_machine *x, struct wall now,
		  int64_t rest_ms, struct fault *f);
int alloc_forget(struct store *s, const struct unknown_machine *x, struct wall now, int64_t rest_ms,
		 struct fault *f);
/* Deletes the machine, having left all its meshes. */
int alloc_remove_machine(struct store *s, row_t machine, struct wall now, int64_t rest_ms,
			 struct fault *f);

#endif
