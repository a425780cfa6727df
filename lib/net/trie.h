/* Longest-prefix match: a path-compressed binary trie from prefix to a value. Look-up and insertion
 * cost at most the length of the address in bits; no memory beyond two nodes a prefix. */
#ifndef SKEIN_NET_TRIE_H
#define SKEIN_NET_TRIE_H

#include "lib/net/prefix.h"

struct trie;

struct trie *trie_new(void);
void trie_free(struct trie *t); /* accepts NULL; values are the caller's */
/* False when the prefix is in it already (the value stays). */
bool trie_insert(struct trie *t, const struct prefix *p, void *value);
/* The value of the longest prefix that has the address; NULL when none has. */
void *trie_lookup(const struct trie *t, const struct address *a, struct prefix *matched);
/* The value of exactly this prefix, or NULL. */
void *trie_get(const struct trie *t, const struct prefix *p);

#endif
