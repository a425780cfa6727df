/* An IP prefix: the value that most of Skein is about. IPv4 uses the first four bytes of `address`;
 * the bytes beyond are zero. Host bits are always zero in a prefix that was parsed or made here. */
#ifndef SKEIN_NET_PREFIX_H
#define SKEIN_NET_PREFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/vec.h"

enum family { FAMILY_NONE = 0, FAMILY_IPV4 = 4, FAMILY_IPV6 = 6 };

struct address {
	uint8_t family; /* enum family */
	uint8_t bytes[16];
};

struct prefix {
	uint8_t family;
	uint8_t length;
	uint8_t bytes[16];
};

typedef VEC(struct prefix) prefix_vec;

#define PREFIX_TEXT_MAX	 64
#define ADDRESS_TEXT_MAX 48

/* IPv4 addresses as numbers in host order: 10.0.0.1 is 0x0a000001. */
struct address address_ipv4(uint32_t host_order);
uint32_t address_to_ipv4(const struct address *a);
struct prefix prefix_ipv4(uint32_t host_order, uint8_t length); /* masks host bits away */
uint32_t prefix_to_ipv4(const struct prefix *p);
uint32_t prefix_mask_ipv4(uint8_t length);
struct prefix prefix_of_address(const struct address *a); /* /32 or /128 */

int address_parse(const char *text, struct address *out, struct fault *f);
const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);
/* "10.0.0.0/8", a bare address is /32 or /128. Host bits that are set are an error that names the
 * prefix that would be right. */
int prefix_parse(const char *text, struct prefix *out, struct fault *f);
const char *prefix_format(const struct prefix *p, char out[PREFIX_TEXT_MAX]);

bool address_equal(const struct address *a, const struct address *b);
/* Whether a machine can be sent to by it from another one: false for the unspecified address,
 * loopback, multicast, what is reserved, broadcast, and link-local IPv6, which means nothing
 * without its link (RFC 6890). */
bool address_is_host(const struct address *a);
bool prefix_equal(const struct prefix *a, const struct prefix *b);
/* By family, address, then length (the shorter first): qsort-compatible. */
int prefix_compare(const void *a, const void *b);
bool prefix_contains(const struct prefix *outer, const struct prefix *inner); /* or equal */
bool prefix_has(const struct prefix *p, const struct address *a);
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* Appends `from` less every prefix of `less` to `out`, as the fewest prefixes, sorted.
 * O(n·32) pieces at worst for n prefixes in `less`. */
void prefix_subtract(const struct prefix *from, const struct prefix *less, size_t n,
		     prefix_vec *out);
/* Sorts, drops duplicates and what lies inside another. */
void prefix_vec_normalize(prefix_vec *v);
/* Appends what is not of the internet: private, shared, loopback, link-local, multicast, reserved
 * (of RFC 6890); IPv4. In normal form. */
void prefix_vec_push_reserved(prefix_vec *out);

#endif
