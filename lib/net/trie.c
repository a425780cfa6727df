#include "lib/net/trie.h"

#include <string.h>

/* A node stands for a prefix; its children for longer ones inside it, by their next bit. A node
 * without a value is a fork and has both children, so there are fewer forks than prefixes. */
struct node {
	struct prefix prefix;
	bool has_value;
	void *value;
	struct node *child[2];
};

struct trie {
	struct arena arena;
	struct node *ipv4, *ipv6;
};

struct trie *trie_new(void)
{
	struct trie *t = mem_alloc(sizeof(*t));

	arena_init(&t->arena);
	return t;
}

void trie_free(struct trie *t)
{
	if (t == NULL)
		return;
	arena_fini(&t->arena);
	free(t);
}

static unsigned bit_at(const uint8_t *bytes, unsigned i)
{
	return (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u;
}

/* How many leading bits are the same, at most `max`. */
static uint8_t common_bits(const uint8_t *a, const uint8_t *b, uint8_t max)
{
	unsigned n = 0;

	while (n < max && a[n / 8] == b[n / 8])
		n += 8;
	while (n < max && bit_at(a, n) == bit_at(b, n))
		n++;
	return (uint8_t)(n < max ? n : max);
}

static struct node *node_new(struct trie *t, const struct prefix *p, uint8_t length)
{
	struct node *n = arena_alloc(&t->arena, sizeof(*n));

	n->prefix = *p;
	n->prefix.length = length;
	for (unsigned i = length; i < 128; i++)
		n->prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> (i % 8));
	return n;
}

static struct node *const *root_of(const struct trie *t, uint8_t family)
{
	return family == FAMILY_IPV6 ? &t->ipv6 : &t->ipv4;
}

bool trie_insert(struct trie *t, const struct prefix *p, void *value)
{
	struct node **at = p->family == FAMILY_IPV6 ? &t->ipv6 : &t->ipv4;
	struct node *node;

	for (node = *at; node != NULL; node = *at) {
		uint8_t shorter = node->prefix.length < p->length ? node->prefix.length : p->length;
		uint8_t common = common_bits(node->prefix.bytes, p->bytes, shorter);

		if (common < node->prefix.length) { /* it branches off above this node */
			struct node *fork = node_new(t, p, common);

			fork->child[bit_at(node->prefix.bytes, common)] = node;
			*at = node = fork;
		}
		if (node->prefix.length == p->length)
			break;
		at = &node->child[bit_at(p->bytes, node->prefix.length)];
	}
	if (node == NULL)
		*at = node = node_new(t, p, p->length);
	if (node->has_value)
		return false;
	node->has_value = true;
	node->value = value;
	return true;
}

void *trie_lookup(const struct trie *t, const struct address *a, struct prefix *matched)
{
	const struct node *best = NULL, *node = *root_of(t, a->family);
	uint8_t bits = a->family == FAMILY_IPV6 ? 128 : 32;

	while (node != NULL && prefix_has(&node->prefix, a)) {
		if (node->has_value)
			best = node;
		if (node->prefix.length == bits)
			break;
		node = node->child[bit_at(a->bytes, node->prefix.length)];
	}
	if (best == NULL)
		return NULL;
	if (matched != NULL)
		*matched = best->prefix;
	return best->value;
}

void *trie_get(const struct trie *t, const struct prefix *p)
{
	const struct node *node = *root_of(t, p->family);

	while (node != NULL && node->prefix.length < p->length && prefix_contains(&node->prefix, p))
		node = node->child[bit_at(p->bytes, node->prefix.length)];
	return node != NULL && node->has_value && prefix_equal(&node->prefix, p) ? node->value
										 : NULL;
}
