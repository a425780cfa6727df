/* Every bound of MeshState: one field of a good image is changed, and the checker must say so. */
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "lib/mesh/state.h"
#include "test/test.h"
#include "test/unit/mesh/state_sample.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct state_sample sample;

static int make_sample(void)
{
	state_sample_make(&sample);
	return 0;
}

static int free_sample(void)
{
	state_sample_fini(&sample);
	return 0;
}

/* Writes `size` bytes of `value` at `at`, checks, and puts the old bytes back. */
static int check_changed(const struct buf *image, size_t at, size_t size, uint64_t value,
			 struct fault *f)
{
	struct state_image s;
	uint64_t old = 0;
	int code;

	memcpy(&old, image->data + at, size);
	memcpy(image->data + at, &value, size);
	code = state_check(&s, image->data, image->len, f);
	if (code == 0)
		state_sample_walk(&s);
	memcpy(image->data + at, &old, size);
	return code;
}

static const struct buf *image_of(unsigned type)
{
	return type < STATE_SELF ? &sample.view : &sample.membership;
}

static size_t place_of(unsigned type, size_t record, size_t offset)
{
	const struct buf *image = image_of(type);
	struct state_image s;

	if (state_check(&s, image->data, image->len, NULL) != 0)
		return 0;
	return STATE_PAGE + s.by_type[type]->offset + record * s.by_type[type]->record_size +
	       offset;
}

#define FIELD(type, record, of, field, value)                                                      \
	{                                                                                          \
		type, #type "[" #record "]." #field " = " #value, record,                          \
			offsetof(struct of, field),                                                \
			sizeof(((struct of *)0)->field) > 8 ? 1 : sizeof(((struct of *)0)->field), \
			value                                                                      \
	}
#define PEER(record, field, value) FIELD(STATE_PEERS, record, state_peer, field, value)

static const struct change {
	unsigned type;
	const char *name;
	size_t record, offset, size;
	uint64_t value;
} bad[] = {
	FIELD(STATE_MESH, 0, state_mesh, cidr.family, 0),
	FIELD(STATE_MESH, 0, state_mesh, cidr.family, 6),
	FIELD(STATE_MESH, 0, state_mesh, cidr.length, 7),
	FIELD(STATE_MESH, 0, state_mesh, cidr.length, 31),
	FIELD(STATE_MESH, 0, state_mesh, cidr.length, 33),
	FIELD(STATE_MESH, 0, state_mesh, cidr.length, 8),
	FIELD(STATE_MESH, 0, state_mesh, cidr.reserved, 1),
	FIELD(STATE_MESH, 0, state_mesh, cidr.bytes[3], 1),
	FIELD(STATE_MESH, 0, state_mesh, cidr.bytes[4], 1),
	FIELD(STATE_MESH, 0, state_mesh, cidr.bytes[15], 1),
	FIELD(STATE_MESH, 0, state_mesh, cidr6.family, 4),
	FIELD(STATE_MESH, 0, state_mesh, cidr6.length, 1),
	FIELD(STATE_MESH, 0, state_mesh, asn, 0),
	FIELD(STATE_MESH, 0, state_mesh, bgp_port, 0),
	FIELD(STATE_MESH, 0, state_mesh, route_reflector, 2),
	FIELD(STATE_MESH, 0, state_mesh, bfd_multiplier, 0),
	FIELD(STATE_MESH, 0, state_mesh, bfd_interval_ms, 0),
	FIELD(STATE_MESH, 0, state_mesh, bfd_interval_ms, 60001),
	FIELD(STATE_MESH, 0, state_mesh, reserved, 1),
	FIELD(STATE_PACE, 0, state_pace, stable_ms, STATE_STABLE_MAX_MS + 1),
	FIELD(STATE_PACE, 0, state_pace, reserved, 1),
	FIELD(STATE_MESH, 0, state_mesh, name[0], 0),
	FIELD(STATE_MESH, 0, state_mesh, name[0], 'P'),
	FIELD(STATE_MESH, 0, state_mesh, name[0], '-'),
	FIELD(STATE_MESH, 0, state_mesh, name[63], 'x'),
	PEER(0, flags, 1),
	PEER(0, key[0], 1),
	PEER(0, reserved[11], 1),
	PEER(1, flags, 0),
	PEER(1, flags, 1),
	PEER(1, flags, 7),
	PEER(2, flags, 3),
	PEER(1, role, 3),
	PEER(1, role, 1),
	PEER(2, role, 0),
	PEER(1, slot, 1),
	PEER(2, slot, 0),
	PEER(2, slot, 64),
	PEER(1, routing, 2),
	PEER(1, nendpoints, 8),
	PEER(1, nendpoints, 3),
	PEER(1, nendpoints, 1),
	PEER(1, nendpoints, 255),
	PEER(1, base_port, 0),
	PEER(1, base_port, 65473),
	PEER(1, reserved[0], 1),
	PEER(1, reserved[11], 1),
	PEER(1, endpoints[0].type, 0),
	PEER(1, endpoints[0].type, 6),
	PEER(1, endpoints[0].family, 0),
	PEER(1, endpoints[0].family, 5),
	PEER(1, endpoints[0].port, 0),
	PEER(1, endpoints[0].device, 64),
	PEER(1, endpoints[0].reserved, 1),
	PEER(1, endpoints[0].address[4], 1),
	PEER(1, endpoints[0].address[15], 1),
	PEER(1, endpoints[2].type, 1),
	PEER(1, endpoints[6].reserved, 1),
	{STATE_NAMES, "a name without an end", 1, 63, 1, 'x'},
	{STATE_NAMES, "a name with a capital", 1, 0, 1, 'W'},
	{STATE_NAMES, "a name with a hyphen first", 1, 0, 1, '-'},
	{STATE_NAMES, "a name with something behind", 1, 20, 1, 'x'},
	{STATE_NAMES, "no name with something behind", 0, 1, 1, 'x'},
	FIELD(STATE_PREFIXES, 0, state_announced, prefix.family, 0),
	FIELD(STATE_PREFIXES, 0, state_announced, prefix.length, 33),
	FIELD(STATE_PREFIXES, 0, state_announced, prefix.length, 11),
	FIELD(STATE_PREFIXES, 0, state_announced, prefix.bytes[0], 11),
	FIELD(STATE_PREFIXES, 0, state_announced, peer, 6),
	FIELD(STATE_PREFIXES, 0, state_announced, peer, UINT32_MAX),
	FIELD(STATE_PREFIXES, 0, state_announced, flags, 4),
	FIELD(STATE_PREFIXES, 1, state_announced, peer, 4),
	FIELD(STATE_PREFIXES, 2, state_announced, peer, 3),
	FIELD(STATE_PREFIXES, 2, state_announced, peer, 2),
	FIELD(STATE_ALLOWED, 0, state_allowed, prefix.length, 40),
	FIELD(STATE_ALLOWED, 0, state_allowed, peer, 6),
	FIELD(STATE_REMOTES, 0, state_remote, asn, 0),
	FIELD(STATE_REMOTES, 0, state_remote, cidr.length, 31),
	FIELD(STATE_REMOTES, 0, state_remote, cidr.bytes[3], 1),
	FIELD(STATE_LET_IN, 1, state_let_in, remote, 1),
	FIELD(STATE_LET_IN, 1, state_let_in, prefix.bytes[3], 1),
	FIELD(STATE_SELF, 0, state_self, peer, 1 << 24),
	FIELD(STATE_SELF, 0, state_self, number, 128),
	FIELD(STATE_SELF, 0, state_self, role, 3),
	FIELD(STATE_SELF, 0, state_self, role, 0),
	FIELD(STATE_SELF, 0, state_self, slot, 0),
	FIELD(STATE_SELF, 0, state_self, slot, 64),
	FIELD(STATE_SELF, 0, state_self, base_port, 0),
	FIELD(STATE_SELF, 0, state_self, flags, 1),
	FIELD(STATE_TRUNKS, 0, state_trunk, peer, 1 << 24),
	FIELD(STATE_TRUNKS, 0, state_trunk, slot, 0),
	FIELD(STATE_TRUNKS, 1, state_trunk, slot, 64),
	FIELD(STATE_TRUNKS, 0, state_trunk, slot, 4),
	FIELD(STATE_TRUNKS, 1, state_trunk, slot, 1),
	FIELD(STATE_TRUNKS, 0, state_trunk, allowed.first, 6),
	FIELD(STATE_TRUNKS, 0, state_trunk, allowed.count, 6),
	FIELD(STATE_TRUNKS, 1, state_trunk, allowed.count, 3),
	FIELD(STATE_TRUNKS, 1, state_trunk, allowed.count, UINT32_MAX),
	FIELD(STATE_TRUNKS, 1, state_trunk, allowed.first, UINT32_MAX),
	FIELD(STATE_TRUNK_ALLOWED, 2, state_prefix, length, 33),
	FIELD(STATE_TRUNK_ALLOWED, 2, state_prefix, length, 16),
	FIELD(STATE_TRUNK_ALLOWED, 2, state_prefix, reserved, 256),
	FIELD(STATE_APPROVALS, 0, state_approval, prefix.family, 1),
	FIELD(STATE_APPROVALS, 0, state_approval, users.first, 1),
	FIELD(STATE_APPROVALS, 0, state_approval, users.count, 3),
	FIELD(STATE_APPROVALS, 0, state_approval, flags, 2),
	{STATE_USERS, "a user in no mesh", 1, 0, 4, 1 << 24},
	FIELD(STATE_GUARD_SETS, 0, state_range, first, 4),
	FIELD(STATE_GUARD_SETS, 1, state_range, count, 3),
	FIELD(STATE_GUARD_SETS, 1, state_range, count, UINT32_MAX),
	FIELD(STATE_GUARD_PREFIXES, 0, state_prefix, family, 2),
	FIELD(STATE_GUARD_PAIRS, 0, state_guard_pair, from, 2),
	FIELD(STATE_GUARD_PAIRS, 0, state_guard_pair, to, 2),
	FIELD(STATE_GUARD_PAIRS, 2, state_guard_pair, to, UINT32_MAX),
	FIELD(STATE_GUARD_PAIRS, 2, state_guard_pair, verdict, 0),
	FIELD(STATE_GUARD_PAIRS, 2, state_guard_pair, verdict, 3),
	FIELD(STATE_SPEAKERS, 0, state_speaker, device, 64),
	FIELD(STATE_SPEAKERS, 2, state_speaker, peer, 1 << 24),
	FIELD(STATE_SIBLINGS, 0, state_sibling, asn, 0),
	FIELD(STATE_SIBLINGS, 0, state_sibling, number, 128),
	FIELD(STATE_SIBLINGS, 0, state_sibling, cidr.length, 31),
	FIELD(STATE_SIBLINGS, 0, state_sibling, address.length, 31),
	FIELD(STATE_SIBLINGS, 0, state_sibling, address.family, 6),
	FIELD(STATE_SIBLINGS, 0, state_sibling, address.bytes[2], 1),
	FIELD(STATE_USABLE, 0, state_allowed, peer, 1 << 24),
	FIELD(STATE_USABLE, 0, state_allowed, prefix.length, 14),
};

static void every_field_has_its_bound(void)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct change *c = &bad[i];
		struct fault f = {0};
		int code = check_changed(image_of(c->type), place_of(c->type, c->record, c->offset),
					 c->size, c->value, &f);

		if (code != ERR_INVALID || f.text[0] == '\0' || f.code != code)
			TEST_FAIL("%s: %s", c->name, error_name(code));
	}
	CU_PASS("all fields");
}

/* Arrays that must not be zero as a whole. */
static void what_names_something_is_not_zero(void)
{
	static const struct {
		unsigned type;
		const char *name;
		size_t record, offset, len;
	} rows[] = {
		{STATE_PEERS, "key", 1, offsetof(struct state_peer, key), 32},
		{STATE_PEERS, "next key", 1, offsetof(struct state_peer, next_key), 32},
		{STATE_PEERS, "endpoint", 1, offsetof(struct state_peer, endpoints[1].address), 16},
		{STATE_REMOTES, "peering", 0, offsetof(struct state_remote, peering), 16},
		{STATE_REMOTES, "mesh", 0, offsetof(struct state_remote, mesh), 16},
		{STATE_SELF, "machine", 0, offsetof(struct state_self, machine), 16},
		{STATE_SIBLINGS, "membership", 0, offsetof(struct state_sibling, membership), 16},
		{STATE_SIBLINGS, "mesh", 0, offsetof(struct state_sibling, mesh), 16},
		{STATE_SIBLINGS, "peering", 0, offsetof(struct state_sibling, peering), 16},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct buf *image = image_of(rows[i].type);
		char *at = image->data + place_of(rows[i].type, rows[i].record, rows[i].offset);
		struct state_image s;
		char old[32];

		memcpy(old, at, rows[i].len);
		memset(at, 0, rows[i].len);
		if (state_check(&s, image->data, image->len, NULL) != ERR_INVALID)
			TEST_FAIL("%s of section %u may be zero", rows[i].name, rows[i].type);
		memcpy(at, old, rows[i].len);
	}
	CU_PASS("all names");
}

#define ROOT(field, value, code)                                                                   \
	{                                                                                          \
#field, offsetof(struct state_root, field),                                        \
			sizeof(((struct state_root *)0)->field), value, code                       \
	}
#define BODY(of, field, value, code)                                                               \
	{                                                                                          \
#field, STATE_PAGE + (of) + offsetof(struct state_section, field),                 \
			sizeof(((struct state_section *)0)->field), value, code                    \
	}
#define HEADER(field, value, code)                                                                 \
	{                                                                                          \
#field, STATE_PAGE + offsetof(struct state_header, field),                         \
			sizeof(((struct state_header *)0)->field), value, code                     \
	}
#define ENTRY(n) (sizeof(struct state_header) + (n) * sizeof(struct state_section))

static void root_and_directory_have_theirs(void)
{
	static const struct {
		const char *name;
		size_t at, size;
		uint64_t value;
		int code;
	} rows[] = {
		ROOT(magic[7], 0, ERR_INVALID),
		ROOT(version, 0, ERR_UNSUPPORTED),
		ROOT(version, 2, ERR_UNSUPPORTED),
		ROOT(kind, 0, ERR_INVALID),
		ROOT(kind, 2, ERR_INVALID),
		ROOT(kind, 3, ERR_INVALID),
		ROOT(membership[0], 1, ERR_INVALID),
		ROOT(body_pages, 0, ERR_INVALID),
		ROOT(body_pages, 1, ERR_INVALID),
		ROOT(body_pages, 3, ERR_TRUNCATED),
		ROOT(body_pages, UINT64_MAX, ERR_INVALID),
		ROOT(body_pages, UINT64_C(1) << 52, ERR_INVALID),
		ROOT(reserved[31], 1, ERR_INVALID),
		{"behind the root", sizeof(struct state_root), 1, 1, ERR_INVALID},
		{"end of the root's page", STATE_PAGE - 1, 1, 1, ERR_INVALID},
		HEADER(nsections, 0, ERR_INVALID),
		HEADER(nsections, 7, ERR_INVALID),
		HEADER(nsections, 9, ERR_INVALID),
		HEADER(nsections, 65, ERR_INVALID),
		HEADER(nsections, UINT32_MAX, ERR_INVALID),
		HEADER(reserved, 1, ERR_INVALID),
		HEADER(body_size, 0, ERR_INVALID),
		HEADER(body_size, 4096, ERR_INVALID),
		HEADER(body_size, 8192, ERR_INVALID),
		HEADER(body_size, 8193, ERR_INVALID),
		HEADER(body_size, UINT64_MAX, ERR_INVALID),
		BODY(ENTRY(1), type, 0, ERR_INVALID),
		BODY(ENTRY(1), type, 1, ERR_INVALID),
		BODY(ENTRY(1), type, 3, ERR_INVALID),
		BODY(ENTRY(7), type, 32, ERR_INVALID),
		BODY(ENTRY(0), flags, 3, ERR_INVALID),
		BODY(ENTRY(0), reserved, 1, ERR_INVALID),
		BODY(ENTRY(0), record_size, 0, ERR_INVALID),
		BODY(ENTRY(0), record_size, 119, ERR_INVALID),
		BODY(ENTRY(1), record_size, 128, ERR_INVALID),
		BODY(ENTRY(0), count, 0, ERR_INVALID),
		BODY(ENTRY(0), count, 2, ERR_INVALID),
		BODY(ENTRY(1), count, 5, ERR_INVALID),
		BODY(ENTRY(1), count, 7, ERR_INVALID),
		BODY(ENTRY(1), count, UINT64_MAX, ERR_INVALID),
		BODY(ENTRY(1), count, UINT64_C(1) << 56, ERR_INVALID),
		BODY(ENTRY(1), offset, 0, ERR_INVALID),
		BODY(ENTRY(1), offset, 4112, ERR_INVALID),
		BODY(ENTRY(1), offset, UINT64_MAX - 4095, ERR_INVALID),
		BODY(ENTRY(2), offset, 4096, ERR_INVALID),
		BODY(ENTRY(7), offset, 16, ERR_INVALID),
		BODY(ENTRY(7), offset, UINT64_MAX, ERR_INVALID),
		{"the gap before the peers", STATE_PAGE + 4095, 1, 1, ERR_INVALID},
		{"the end of the last page", 3 * STATE_PAGE - 1, 1, 1, ERR_INVALID},
	};

	TEST_NUMBER(sample.view.len, 3 * STATE_PAGE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault f = {0};
		int code = check_changed(&sample.view, rows[i].at, rows[i].size, rows[i].value, &f);

		if (code != rows[i].code || f.text[0] == '\0')
			TEST_FAIL("%s = %" PRIu64 ": %s (%s)", rows[i].name, rows[i].value,
				  error_name(code), f.text);
	}
	TEST_NUMBER(
		check_changed(&sample.membership, offsetof(struct state_root, kind), 4, 1, NULL),
		ERR_INVALID);
}

static void zeroed_identities_are_refused(void)
{
	struct state_image s;
	struct state_root *root = (void *)sample.view.data;

	memset(root->mesh, 0, sizeof(root->mesh));
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), ERR_INVALID);
	memcpy(root->mesh, sample.mesh, sizeof(root->mesh));
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), 0);
}

/* The last section of the view becomes one of a later version. */
static void an_unknown_section_is_skipped_if_it_may(void)
{
	struct state_section *last = (void *)(sample.view.data + STATE_PAGE + ENTRY(7));
	struct state_section old = *last;
	struct state_image s;
	uint64_t n;

	last->flags = STATE_SECTION_MANDATORY;
	last->type = 31;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), ERR_UNSUPPORTED);
	last->type = 1000;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), ERR_UNSUPPORTED);
	last->flags = 0;
	last->type = 31;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), 0);
	state_records(&s, STATE_PACE, &n);
	TEST_NUMBER(n, 0);
	last->type = UINT32_MAX;
	last->record_size /= 2;
	last->count = 2;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), 0);
	last->count = UINT64_MAX / 8;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), ERR_INVALID);
	*last = old;
	TEST_NUMBER(state_check(&s, sample.view.data, sample.view.len, NULL), 0);
}

static int check_mesh_only(uint8_t length, uint64_t npeers)
{
	struct state_mesh mesh = {.cidr = {{10}, FAMILY_IPV4, length, 0},
				  .asn = 1,
				  .bgp_port = 179,
				  .bfd_multiplier = 1,
				  .bfd_interval_ms = 1,
				  .name = "m"};
	struct state_writer *w = state_writer_new(STATE_KIND_VIEW);
	struct state_identity id = {.kind = STATE_KIND_VIEW, .mesh = sample.mesh};
	struct state_peer *peers = mem_alloc((npeers + 1) * sizeof(*peers));
	struct state_image s;
	struct buf body, image;
	int code;

	buf_init(&body);
	buf_init(&image);
	state_writer_section(w, STATE_MESH, &mesh, 1, sizeof(mesh));
	if (npeers > 0) {
		peers[npeers - 1] = (struct state_peer){
			.flags = STATE_PEER_PRESENT, .key = {1}, .base_port = 51820};
		state_writer_section(w, STATE_PEERS, peers, npeers, sizeof(*peers));
	}
	state_writer_body(w, &body);
	state_sign(&id, body.data, body.len, sample.signing_key, &image);
	code = state_check(&s, image.data, image.len, NULL);
	state_writer_free(w);
	buf_fini(&body);
	buf_fini(&image);
	free(peers);
	return code;
}

static void a_mesh_ends_with_its_addresses(void)
{
	TEST_NUMBER(check_mesh_only(29, 0), 0);
	TEST_NUMBER(check_mesh_only(29, 1), ERR_INVALID); /* the network's address */
	TEST_NUMBER(check_mesh_only(29, 7), 0);
	TEST_NUMBER(check_mesh_only(29, 8), ERR_INVALID); /* broadcast */
	TEST_NUMBER(check_mesh_only(29, 9), ERR_INVALID);
	TEST_NUMBER(check_mesh_only(8, 2), 0);
}

static void an_address_that_is_not_aligned_is_refused(void)
{
	char *copy = mem_alloc(sample.view.len + 1);
	struct state_image s;

	memcpy(copy + 1, sample.view.data, sample.view.len);
	TEST_NUMBER(state_check(&s, copy + 1, sample.view.len, NULL), ERR_INTERNAL);
	free(copy);
}

TEST_SUITE_WITH(mesh_state_check, make_sample, free_sample,
		{"every field has its bound", every_field_has_its_bound},
		{"what names something is not zero", what_names_something_is_not_zero},
		{"root and directory have theirs", root_and_directory_have_theirs},
		{"zeroed identities are refused", zeroed_identities_are_refused},
		{"an unknown section is skipped if it may",
		 an_unknown_section_is_skipped_if_it_may},
		{"a mesh ends with its addresses", a_mesh_ends_with_its_addresses},
		{"an address that is not aligned is refused",
		 an_address_that_is_not_aligned_is_refused});
