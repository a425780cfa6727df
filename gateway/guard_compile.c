#include <string.h>

#include "gateway/guard_classes.h"
#include "gateway/guard_compile.h"
#include "lib/base/buf.h"

#define DEPTH_MAX 34 /* 33 lengths of IPv4, and the root */

/* One prefix of the input and what it adds. */
struct item {
	struct prefix prefix;
	uint32_t set; /* NO_SET: the flags only */
	uint16_t flags;
	uint16_t bgp_port;
};
#define NO_SET UINT32_MAX

/* A node of the tree on the way from the root to the present one. */
struct frame {
	struct prefix prefix;
	uint64_t *bits;
	struct guard_class class;
};

struct compiler {
	const struct guard_input *in;
	struct guard_tables *out;
	struct fault *fault;
	VEC(struct item) items;
	size_t nsets, width;
	uint64_t *as_from, *as_to; /* the sets that any pair uses so */
	struct guard_classes from, to;
};

/* ---- what comes in ---- */

static int check_ipv4(const struct compiler *c, uint8_t family, const char *what)
{
	if (family != FAMILY_IPV4)
		return fault_set(c->fault, ERR_INVALID, "guard: %s is not IPv4", what);
	return 0;
}

static int add_address(struct compiler *c, const struct address *a, uint16_t flags, uint16_t port)
{
	if (check_ipv4(c, a->family, "an own address") != 0)
		return ERR_INVALID;
	vec_push(&c->items, (struct item){prefix_of_address(a), NO_SET, flags, port});
	return 0;
}

static int add_barred(struct compiler *c, const struct prefix *p)
{
	if (check_ipv4(c, p->family, "a barred network") != 0)
		return ERR_INVALID;
	vec_push(&c->items, (struct item){*p, NO_SET, GUARD_CLASS_CLOSED, 0});
	return 0;
}

/* Network and broadcast address: the kernel would deliver the latter to everybody's sockets. */
static void add_edges(struct compiler *c, const struct prefix *cidr)
{
	uint32_t first = prefix_to_ipv4(cidr);
	uint32_t last = first | ~prefix_mask_ipv4(cidr->length);

	if (cidr->length >= 31)
		return;
	vec_push(&c->items, (struct item){prefix_ipv4(first, 32), NO_SET, GUARD_CLASS_NEVER, 0});
	vec_push(&c->items, (struct item){prefix_ipv4(last, 32), NO_SET, GUARD_CLASS_NEVER, 0});
}

static int add_sets(struct compiler *c, const struct guard_membership *m)
{
	for (size_t i = 0; i < m->nsets; i++) {
		for (size_t j = 0; j < m->sets[i].n; j++) {
			const struct prefix *p = &m->sets[i].at[j];

			if (check_ipv4(c, p->family, "a prefix") != 0)
				return ERR_INVALID;
			if (c->items.n == GUARD_ENTRIES_MAX)
				return fault_set(c->fault, ERR_EXHAUSTED,
						 "guard: more than %d prefixes", GUARD_ENTRIES_MAX);
			vec_push(&c->items, (struct item){*p, (uint32_t)(c->nsets + i), 0, 0});
		}
	}
	for (size_t i = 0; i < m->npairs; i++) {
		const struct guard_pair *pair = &m->pairs[i];

		if (pair->from >= m->nsets || pair->to >= m->nsets ||
		    (pair->verdict != GUARD_PASS && pair->verdict != GUARD_ICMP_ERROR))
			return fault_set(c->fault, ERR_INVALID,
					 "guard: pair %zu: no such set or verdict", i);
		guard_bit_set(c->as_from, c->nsets + pair->from);
		guard_bit_set(c->as_to, c->nsets + pair->to);
	}
	c->nsets += m->nsets;
	return 0;
}

static int add_speakers(struct compiler *c, const struct guard_membership *m)
{
	for (size_t i = 0; i < m->nspeakers; i++) {
		const struct guard_speaker *s = &m->speakers[i];

		if (check_ipv4(c, s->source.family, "a speaker") != 0)
			return ERR_INVALID;
		if (s->ifindex == 0)
			return fault_set(c->fault, ERR_INVALID, "guard: a speaker has no device");
		if (c->out->voices.n == GUARD_SPEAKERS_MAX)
			return fault_set(c->fault, ERR_EXHAUSTED, "guard: more than %d speakers",
					 GUARD_SPEAKERS_MAX);
		vec_push(&c->out->voices,
			 (struct guard_voice){s->ifindex, address_to_ipv4(&s->source),
					      address_to_ipv4(&m->own)});
	}
	return 0;
}

static int add_devices(struct compiler *c, const struct guard_membership *m)
{
	const uint32_t membership = (uint32_t)(m - c->in->memberships) + 1;

	for (size_t i = 0; i < m->ndevices; i++) {
		if (c->out->devices.n == GUARD_DEVICES_MAX)
			return fault_set(c->fault, ERR_EXHAUSTED, "guard: more than %d devices",
					 GUARD_DEVICES_MAX);
		for (size_t k = 0; k < c->out->devices.n; k++)
			if (c->out->devices.at[k].ifindex == m->devices[i])
				return fault_set(c->fault, ERR_INVALID,
						 "guard: a device of two memberships");
		vec_push(&c->out->devices, (struct guard_device){m->devices[i], membership});
	}
	return 0;
}

static int add_membership(struct compiler *c, const struct guard_membership *m)
{
	if (check_ipv4(c, m->cidr.family, "a mesh") != 0)
		return ERR_INVALID;
	if (m->bgp_port == 0)
		return fault_set(c->fault, ERR_INVALID, "guard: a membership has no BGP port");
	for (const struct guard_membership *other = c->in->memberships; other < m; other++)
		if (address_equal(&other->own, &m->own))
			return fault_set(c->fault, ERR_INVALID,
					 "guard: two memberships have one address");
	add_edges(c, &m->cidr);
	if (add_address(c, &m->own, GUARD_CLASS_OWN | GUARD_CLASS_MESH, m->bgp_port) != 0 ||
	    add_sets(c, m) != 0 || add_speakers(c, m) != 0 || add_devices(c, m) != 0)
		return c->fault != NULL && c->fault->code != 0 ? c->fault->code : ERR_INVALID;
	return 0;
}

static int set_rate(struct compiler *c)
{
	uint32_t rate = c->in->control_rate ? c->in->control_rate : GUARD_CONTROL_RATE;
	uint32_t burst = c->in->control_burst ? c->in->control_burst : GUARD_CONTROL_BURST;

	if (rate > GUARD_CONTROL_MAX || burst > GUARD_CONTROL_MAX)
		return fault_set(c->fault, ERR_RANGE, "guard: rate and burst are at most %d",
				 GUARD_CONTROL_MAX);
	c->out->interval_ns = UINT64_C(1000000000) / rate;
	c->out->burst_ns = c->out->interval_ns * burst;
	return 0;
}

static int gather(struct compiler *c)
{
	size_t nsets = 0;
	int e = set_rate(c);

	if (e == 0 && c->in->n > GUARD_MEMBERSHIPS_MAX)
		e = fault_set(c->fault, ERR_EXHAUSTED, "guard: more than %d memberships",
			      GUARD_MEMBERSHIPS_MAX);
	for (size_t i = 0; e == 0 && i < c->in->n; i++) {
		nsets += c->in->memberships[i].nsets;
		if (nsets > GUARD_SETS_MAX || c->in->memberships[i].nsets > GUARD_SETS_MAX)
			e = fault_set(c->fault, ERR_EXHAUSTED, "guard: more than %d sets",
				      GUARD_SETS_MAX);
	}
	if (e != 0)
		return e;
	c->width = (nsets + 63) / 64 + 1;
	if (c->width > GUARD_WORDS_MAX)
		c->width = GUARD_WORDS_MAX;
	c->as_from = mem_alloc(c->width * sizeof(uint64_t));
	c->as_to = mem_alloc(c->width * sizeof(uint64_t));
	for (size_t i = 0; e == 0 && i < c->in->nown; i++)
		e = add_address(c, &c->in->own[i], GUARD_CLASS_OWN, 0);
	for (size_t i = 0; e == 0 && i < c->in->nclosed; i++)
		e = add_address(c, &c->in->closed[i], GUARD_CLASS_OWN | GUARD_CLASS_CLOSED, 0);
	for (size_t i = 0; e == 0 && i < c->in->nbarred; i++)
		e = add_barred(c, &c->in->barred[i]);
	for (size_t i = 0; e == 0 && i < c->in->n; i++)
		e = add_membership(c, &c->in->memberships[i]);
	return e;
}

/* ---- the tree ---- */

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = prefix_compare(&x->prefix, &y->prefix);

	return order ? order : (x->set > y->set) - (x->set < y->set);
}

static bool class_equal(const struct guard_class *a, const struct guard_class *b)
{
	return a->from == b->from && a->to == b->to && a->flags == b->flags &&
	       a->bgp_port == b->bgp_port;
}

/* Adds the items at `i` that have the same prefix to the frame; returns how many. */
static size_t frame_take(struct compiler *c, struct frame *frame, size_t i)
{
	size_t n = 0;

	frame->prefix = c->items.at[i].prefix;
	for (; i + n < c->items.n; n++) {
		const struct item *item = &c->items.at[i + n];

		if (!prefix_equal(&item->prefix, &frame->prefix))
			break;
		if (item->set != NO_SET)
			guard_bit_set(frame->bits, item->set);
		frame->class.flags |= item->flags;
		if (item->bgp_port != 0)
			frame->class.bgp_port = item->bgp_port;
	}
	return n;
}

static int walk(struct compiler *c)
{
	uint64_t *bits = mem_alloc(DEPTH_MAX * c->width * sizeof(*bits));
	struct frame stack[DEPTH_MAX] = {{.bits = bits}}; /* [0]: outside of everything */
	size_t depth = 0;
	int e = 0;

	vec_sort(&c->items, compare_items);
	for (size_t i = 0; e == 0 && i < c->items.n;) {
		const struct prefix *p = &c->items.at[i].prefix;
		struct frame *frame;

		while (depth > 0 && !prefix_contains(&stack[depth].prefix, p))
			depth--;
		frame = &stack[++depth];
		frame->bits = bits + depth * c->width;
		frame->class = (struct guard_class){0};
		memcpy(frame->bits, frame[-1].bits, c->width * sizeof(*bits));
		i += frame_take(c, frame, i);
		if (!guard_classes_number(&c->from, frame->bits, c->as_from, &frame->class.from) ||
		    !guard_classes_number(&c->to, frame->bits, c->as_to, &frame->class.to))
			e = fault_set(c->fault, ERR_EXHAUSTED, "guard: more than %d classes",
				      GUARD_CLASSES_MAX);
		else if (!class_equal(&frame->class, &frame[-1].class))
			vec_push(&c->out->entries,
				 (struct guard_entry){frame->prefix, frame->class});
	}
	free(bits);
	return e;
}

/* ---- the pairs ---- */

/* Marks every pair of classes that has this pair of sets. */
static void mark_pair(const struct compiler *c, uint8_t *matrix, size_t from, size_t to,
		      uint8_t verdict)
{
	for (uint32_t x = 1; x < c->from.n; x++) {
		if (!guard_bit_get(guard_classes_at(&c->from, x), from))
			continue;
		for (uint32_t y = 1; y < c->to.n; y++) {
			uint8_t *cell = &matrix[(size_t)x * c->to.n + y];

			if (*cell < verdict && guard_bit_get(guard_classes_at(&c->to, y), to))
				*cell = verdict;
		}
	}
}

static int collect_pairs(struct compiler *c, uint32_t membership, const uint8_t *matrix)
{
	for (uint32_t x = 1; x < c->from.n; x++) {
		for (uint32_t y = 1; y < c->to.n; y++) {
			uint8_t verdict = matrix[(size_t)x * c->to.n + y];

			if (verdict == GUARD_DROP)
				continue;
			if (c->out->pairs.n == GUARD_PAIRS_MAX)
				return fault_set(c->fault, ERR_EXHAUSTED,
						 "guard: more than %d pairs of classes",
						 GUARD_PAIRS_MAX);
			vec_push(&c->out->pairs, (struct guard_class_pair){membership, (uint16_t)x,
									   (uint16_t)y, verdict});
		}
	}
	return 0;
}

static int multiply(struct compiler *c)
{
	const size_t size = (size_t)c->from.n * c->to.n;
	uint8_t *matrix = mem_alloc(size);
	size_t base = 0;
	int e = 0;

	for (size_t i = 0; e == 0 && i < c->in->n; i++) {
		const struct guard_membership *m = &c->in->memberships[i];

		memset(matrix, GUARD_DROP, size);
		for (size_t j = 0; j < m->npairs; j++)
			mark_pair(c, matrix, base + m->pairs[j].from, base + m->pairs[j].to,
				  (uint8_t)m->pairs[j].verdict);
		e = collect_pairs(c, (uint32_t)i + 1, matrix);
		base += m->nsets;
	}
	free(matrix);
	return e;
}

static int compare_voices(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct guard_voice));
}

static void sort_voices(struct guard_tables *t)
{
	size_t n = 0;

	vec_sort(&t->voices, compare_voices);
	for (size_t i = 0; i < t->voices.n; i++)
		if (i == 0 || compare_voices(&t->voices.at[i], &t->voices.at[n - 1]) != 0)
			t->voices.at[n++] = t->voices.at[i];
	t->voices.n = n;
}

/* Field by field: structs have padding. */
static void digest_tables(struct guard_tables *t)
{
	struct buf b;

	buf_init(&b);
	buf_printf(&b, "%zu %zu %zu %zu %llu %llu\n", t->entries.n, t->devices.n, t->pairs.n,
		   t->voices.n, (unsigned long long)t->interval_ns,
		   (unsigned long long)t->burst_ns);
	for (size_t i = 0; i < t->entries.n; i++) {
		buf_append(&b, t->entries.at[i].prefix.bytes, 4);
		buf_append(&b, &t->entries.at[i].prefix.length, 1);
		buf_append(&b, &t->entries.at[i].class, sizeof(struct guard_class));
	}
	for (size_t i = 0; i < t->devices.n; i++)
		buf_append(&b, &t->devices.at[i], sizeof(struct guard_device));
	for (size_t i = 0; i < t->pairs.n; i++)
		buf_append(&b, &t->pairs.at[i], sizeof(struct guard_class_pair));
	for (size_t i = 0; i < t->voices.n; i++)
		buf_append(&b, &t->voices.at[i], sizeof(struct guard_voice));
	digest_of(b.data, b.len, &t->digest);
	buf_fini(&b);
}

int guard_compile(const struct guard_input *in, struct guard_tables *out, struct fault *f)
{
	struct fault own = {0};
	struct compiler c = {.in = in, .out = out, .fault = f != NULL ? f : &own};
	int e;

	*out = (struct guard_tables){0};
	e = gather(&c);
	if (e != 0)
		goto out;
	guard_classes_init(&c.from, c.width);
	guard_classes_init(&c.to, c.width);
	e = walk(&c);
	if (e == 0)
		e = multiply(&c);
	if (e != 0)
		goto out;
	sort_voices(out);
	out->from_classes = c.from.n;
	out->to_classes = c.to.n;
	digest_tables(out);
out:
	vec_free(&c.items);
	free(c.as_from);
	free(c.as_to);
	guard_classes_fini(&c.from);
	guard_classes_fini(&c.to);
	return e;
}

void guard_tables_fini(struct guard_tables *t)
{
	vec_free(&t->entries);
	vec_free(&t->devices);
	vec_free(&t->pairs);
	vec_free(&t->voices);
}
