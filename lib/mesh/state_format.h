/* What reader, checker and writer of MeshState share: a row per section type. Only they include
 * this. */
#ifndef SKEIN_MESH_STATE_FORMAT_H
#define SKEIN_MESH_STATE_FORMAT_H

#include <stdbool.h>

#include "lib/mesh/state.h"

#define STATE_ALIGNMENT 16u
#define STATE_TYPES_MAX 64u /* types that by_type[] has room for */

struct state_rule {
	const char *name;
	enum state_kind kind; /* 0: no such type */
	uint32_t record_size;
	uint32_t alignment;
	uint32_t flags; /* what the writer puts into the directory */
	bool single;	/* exactly one record, and the section must be there */
	bool by_index;	/* what a record is says its place: none moves when another comes or goes */
	/* Whether record `index` is valid, by itself and against sections of the same image. */
	int (*check)(const struct state_image *s, const void *record, uint64_t index,
		     struct fault *f);
};

extern const struct state_rule state_view_rules[STATE_TYPES_MAX];
extern const struct state_rule state_membership_rules[STATE_TYPES_MAX];

#define STATE_NUMBER_MAX 127 /* of a membership on its machine */
/* The fault of a record: reader and driver say before it which one. */
#define WRONG(...) fault_set(f, ERR_INVALID, __VA_ARGS__)

/* Parts of records. 0 or ERR_INVALID. */
int state_check_prefix(const struct state_prefix *p, struct fault *f);
int state_check_cidr(const struct state_prefix *p, struct fault *f);
/* A membership image knows its view's peers by number only: state_match() looks them up. */
int state_check_far_index(uint32_t peer, struct fault *f);
int state_check_seat(uint8_t role, uint8_t slot, uint16_t base_port, struct fault *f);
int state_check_ascends(uint64_t index, int order, struct fault *f);
int state_compare_prefixes(const struct state_prefix *a, const struct state_prefix *b);
int state_compare_numbers(uint32_t a, uint32_t b);
uint64_t state_count(const struct state_image *s, enum state_section_type type);

/* state_check_terms.c */
int state_check_terms(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f);

/* NULL for a type of no row. */
const struct state_rule *state_rule_find(uint32_t type);
/* Every record of every known section, after the directory was found right. */
int state_check_records(const struct state_image *s, struct fault *f);
/* Directory and records, after the root was found right; fills s->by_type anew. */
int state_check_body(struct state_image *s, struct fault *f);
/* The root by itself, in an image or on its way to one. */
int state_check_root(const struct state_root *r, struct fault *f);
/* For an image that was found right and then changed in [from, from + len) of its body: the section
 * in whose records that lies, if all that has to be found right again are those records and the
 * one behind them. NULL: it is directory, gap or what other records depend on. */
const struct state_section *state_check_confined(const struct state_image *s, uint64_t from,
						 uint64_t len);
/* Those records. O(len). */
int state_check_changed(const struct state_image *s, const struct state_section *x, uint64_t from,
			uint64_t len, struct fault *f);
/* The bytes are all zero. */
bool state_zero(const void *data, uint64_t len);
/* By the pinned key, and good: over the domain and the root up to its signature. ERR_SIGNATURE. */
int state_check_signature(const struct state_root *root, const uint8_t signer[32], struct fault *f);

#endif
