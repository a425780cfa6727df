#include "controller/alloc.h"

#include <stdlib.h>
#include <string.h>

/* The ranges that a mesh may take its addresses from, in the order in which they are suggested. */
static const struct range {
	uint32_t base;
	uint8_t length;
	const char *text;
} ranges[] = {
	{0x0a000000, 8, "10.0.0.0/8"},
	{0x64400000, 10, "100.64.0.0/10"},
	{0xac100000, 12, "172.16.0.0/12"},
	{0xc0a80000, 16, "192.168.0.0/16"},
};

#define GIVEN_SINCE 1024 /* as many addresses of a mesh may have been given since a backup */

#define N(array) (sizeof(array) / sizeof(array)[0])

/* ---- CIDRs ---- */

int alloc_cidr_parse(const char *text, struct prefix *out, struct fault *f)
{
	struct fault why = {0};
	int code = prefix_parse(text, out, &why);

	if (code != 0)
		return fault_set(f, code, "cidr: %s", fault_text(&why, code));
	return alloc_cidr_check(out, f);
}

int alloc_cidr_check(const struct prefix *cidr, struct fault *f)
{
	char text[PREFIX_TEXT_MAX];
	uint32_t base;

	if (cidr->family == FAMILY_IPV6)
		return fault_set(f, ERR_UNSUPPORTED,
				 "cidr: %s: meshes are IPv4 only, IPv6 is not supported yet",
				 prefix_format(cidr, text));
	if (cidr->family != FAMILY_IPV4 || cidr->length > 32)
		return fault_set(f, ERR_INVALID, "cidr: is not a prefix");
	base = prefix_to_ipv4(cidr);
	if ((base & ~prefix_mask_ipv4(cidr->length)) != 0)
		return fault_set(f, ERR_INVALID, "cidr: %s has host bits set",
				 prefix_format(cidr, text));
	if (cidr->length > ALLOC_LENGTH_MAX)
		return fault_set(f, ERR_RANGE, "cidr: %s is too small, /%d is the smallest",
				 prefix_format(cidr, text), ALLOC_LENGTH_MAX);
	for (size_t i = 0; i < N(ranges); i++) {
		struct prefix range = prefix_ipv4(ranges[i].base, ranges[i].length);

		if (prefix_contains(&range, cidr))
			return 0;
		if (prefix_contains(cidr, &range))
			return fault_set(f, ERR_RANGE, "cidr: %s is larger than %s",
					 prefix_format(cidr, text), ranges[i].text);
	}
	return fault_set(f, ERR_INVALID,
			 "cidr: %s is not within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or"
			 " 100.64.0.0/10",
			 prefix_format(cidr, text));
}

struct prefix alloc_cidr_default(void)
{
	return prefix_ipv4(ranges[1].base, ranges[1].length);
}

/* The first free block of a range: the taken prefixes are sorted, so one pass over them moves a
 * candidate past each that it overlaps. Two prefixes overlap only by one having the other, so the
 * next aligned place behind both is always right. */
static bool first_free(const struct range *range, uint8_t length, const prefix_vec *taken,
		       struct prefix *out)
{
	uint64_t size = UINT64_C(1) << (32 - length);
	uint64_t end = range->base + (UINT64_C(1) << (32 - range->length));
	uint64_t at = range->base;

	for (size_t i = 0; i < taken->n; i++) {
		uint64_t from = prefix_to_ipv4(&taken->at[i]);
		uint64_t to = from + (UINT64_C(1) << (32 - taken->at[i].length));

		if (from >= at + size)
			break;
		if (to > at)
			at = (to + size - 1) / size * size;
	}
	if (at + size > end)
		return false;
	*out = prefix_ipv4((uint32_t)at, length);
	return true;
}

int alloc_cidr_suggest(const struct prefix *taken, size_t n, struct prefix *out, struct fault *f)
{
	prefix_vec sorted = {0};
	bool found = false;

	for (size_t i = 0; i < n; i++)
		if (taken[i].family == FAMILY_IPV4)
			vec_push(&sorted, taken[i]);
	vec_sort(&sorted, prefix_compare);
	for (uint8_t length = ALLOC_SUGGEST_LENGTH; length <= ALLOC_LENGTH_MAX && !found; length++)
		for (size_t i = 0; i < N(ranges) && !found; i++)
			found = first_free(&ranges[i], length, &sorted, out);
	vec_free(&sorted);
	if (!found)
		return fault_set(f, ERR_EXHAUSTED, "cidr: every private range is taken");
	return 0;
}

/* ---- numbers ---- */

uint32_t alloc_last_index(const struct prefix *cidr)
{
	return (uint32_t)((UINT64_C(1) << (32 - cidr->length)) - 2);
}

struct address alloc_address(const struct mesh *mesh, uint32_t index)
{
	return address_ipv4(prefix_to_ipv4(&mesh->cidr) + index);
}

int alloc_asn(struct store *s, uint32_t *out, struct fault *f)
{
	struct installation in;
	int code = store_installation_get(s, &in, f);

	if (code != 0)
		return code;
	if (in.next_asn < ALLOC_ASN_FIRST)
		in.next_asn = ALLOC_ASN_FIRST;
	if (in.next_asn > ALLOC_ASN_LAST)
		return fault_set(f, ERR_EXHAUSTED, "asn: the private AS numbers are used up");
	*out = in.next_asn++;
	return store_installation_set(s, &in, f);
}

/* ---- members ---- */

static int overlap(const struct mesh *mesh, const char *what, const struct prefix *other,
		   struct fault *f)
{
	char ours[PREFIX_TEXT_MAX], theirs[PREFIX_TEXT_MAX];

	return fault_set(f, ERR_OVERLAP, "mesh %s (%s) overlaps %s %s of the machine", mesh->name,
			 prefix_format(&mesh->cidr, ours), what, prefix_format(other, theirs));
}

static int check_meshes(struct store *s, struct arena *a, row_t machine, const struct mesh *mesh,
			struct fault *f)
{
	struct membership *at;
	size_t n;
	int code = store_membership_list(s, a, machine, 0, NULL, &at, &n, f);

	for (size_t i = 0; i < n && code == 0; i++) {
		struct mesh other;

		if (at[i].mesh == mesh->row)
			continue; /* the store says that it is a member */
		code = store_mesh_get(s, at[i].mesh, &other, f);
		if (code == 0 && prefix_overlaps(&other.cidr, &mesh->cidr))
			code = overlap(mesh, "the mesh", &other.cidr, f);
	}
	return code;
}

static int check_networks(struct store *s, struct arena *a, row_t machine, const struct mesh *mesh,
			  struct fault *f)
{
	struct prefix *at;
	size_t n;
	int code = store_networks_get(s, a, machine, &at, &n, f);

	for (size_t i = 0; i < n && code == 0; i++)
		if (prefix_overlaps(&at[i], &mesh->cidr))
			code = overlap(mesh, "the network", &at[i], f);
	return code;
}

static int check_overlaps(struct store *s, row_t machine, const struct mesh *mesh, struct fault *f)
{
	struct arena a;
	int code;

	arena_init(&a);
	code = check_meshes(s, &a, machine, mesh, f);
	if (code == 0)
		code = check_networks(s, &a, machine, mesh, f);
	arena_fini(&a);
	return code;
}

static int take_address(struct store *s, const struct mesh *mesh, struct wall now, uint32_t *out,
			struct fault *f)
{
	char cidr[PREFIX_TEXT_MAX];
	int code = store_address_take(s, mesh->row, now, alloc_last_index(&mesh->cidr), out, f);

	if (code == ERR_EXHAUSTED)
		fault_prefix(f, "mesh %s (%s)", mesh->name, prefix_format(&mesh->cidr, cidr));
	return code;
}

int alloc_join(struct store *s, const struct machine *machine, const struct mesh *mesh,
	       struct wall now, struct membership *out, struct fault *f)
{
	int code = store_membership_of(s, machine->row, mesh->row, out, f);

	if (code == 0)
		return fault_set(f, ERR_EXISTS, "mesh: %s is a member of %s", machine->name,
				 mesh->name);
	if (code == ERR_NOT_FOUND)
		code = check_overlaps(s, machine->row, mesh, f);
	memset(out, 0, sizeof(*out));
	out->machine = machine->row;
	out->mesh = mesh->row;
	out->created_at = now;
	if (code == 0)
		code = store_number_take(s, machine->row, &out->number, f);
	if (code == 0)
		code = take_address(s, mesh, now, &out->index, f);
	return code != 0 ? code : store_membership_insert(s, out, f);
}

int alloc_leave(struct store *s, const struct membership *m, struct wall now, int64_t rest_ms,
		struct fault *f)
{
	struct wall until = {now.ms + rest_ms};
	int code = store_membership_delete(s, m->row, f);

	return code != 0 ? code : store_address_free(s, m->mesh, m->index, until, f);
}

int alloc_remove_machine(struct store *s, row_t machine, struct wall now, int64_t rest_ms,
			 struct fault *f)
{
	struct membership *at;
	struct arena a;
	size_t n;
	int code;

	arena_init(&a);
	code = store_membership_list(s, &a, machine, 0, NULL, &at, &n, f);
	for (size_t i = 0; i < n && code == 0; i++)
		code = alloc_leave(s, &at[i], now, rest_ms, f);
	arena_fini(&a);
	return code != 0 ? code : store_machine_delete(s, machine, f);
}

int alloc_rest_all(struct store *s, struct wall until, struct fault *f)
{
	struct mesh *meshes = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_mesh_list(s, &a, 0, NULL, &meshes, &n, f);
	for (size_t i = 0; i < n && code == 0; i++)
		code = store_address_rest(s, meshes[i].row, alloc_last_index(&meshes[i].cidr),
					  GIVEN_SINCE, until, f);
	arena_fini(&a);
	return code;
}

int alloc_reserve(struct store *s, const struct unknown_machine *x, struct wall now,
		  int64_t rest_ms, struct fault *f)
{
	struct wall until = {now.ms + rest_ms};

	return store_address_reserve(s, x->mesh, x->index, until, f);
}

int alloc_forget(struct store *s, const struct unknown_machine *x, struct wall now, int64_t rest_ms,
		 struct fault *f)
{
	struct wall until = {now.ms + rest_ms};
	int code = store_unknown_delete(s, x->row, f);

	/* A member may have had the address before the machine showed itself. */
	if (code == 0 && store_address_free(s, x->mesh, x->index, until, NULL) == ERR_IO)
		code = fault_set(f, ERR_IO, "the address cannot be given back");
	return code;
}
