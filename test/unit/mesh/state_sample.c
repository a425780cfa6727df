#include "test/unit/mesh/state_sample.h"

#include <sodium.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Appends an array as a section. */
#define SECTION(w, type, array)                                                                    \
	state_writer_section(w, type, array, COUNT(array), sizeof((array)[0]))

#define NPEERS 6

static struct state_prefix ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d, uint8_t length)
{
	return (struct state_prefix){
		.bytes = {a, b, c, d}, .family = FAMILY_IPV4, .length = length};
}

static void fill(uint8_t *to, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(first + i);
}

static struct state_peer peer(uint8_t number, enum state_role role, uint8_t slot)
{
	struct state_peer p = {.flags = STATE_PEER_PRESENT,
			       .role = (uint8_t)role,
			       .slot = slot,
			       .nendpoints = 2,
			       .base_port = 51820};

	fill(p.key, sizeof(p.key), (uint8_t)(number * 16));
	p.endpoints[0] = (struct state_endpoint){.address = {192, 0, 2, number},
						 .port = 51820,
						 .type = STATE_ENDPOINT_LOCAL,
						 .family = FAMILY_IPV4};
	p.endpoints[1] = (struct state_endpoint){.address = {0x20, 0x01, 0x0d, 0xb8, [15] = number},
						 .port = 51821,
						 .type = STATE_ENDPOINT_OBSERVED,
						 .family = FAMILY_IPV6,
						 .device = 1};
	return p;
}

static void write_view(struct state_writer *w)
{
	const struct state_mesh mesh[] = {{.cidr = ipv4(10, 9, 0, 0, 29),
					   .asn = 4200000001,
					   .bgp_port = 179,
					   .route_reflector = 1,
					   .bfd_multiplier = 3,
					   .bfd_interval_ms = 250,
					   .name = "prod"}};
	struct state_peer peers[NPEERS] = {[1] = peer(1, STATE_ROLE_MEMBER, 0),
					   [2] = peer(2, STATE_ROLE_GATEWAY, 1),
					   [3] = peer(3, STATE_ROLE_GATEWAY, 2),
					   [4] = peer(4, STATE_ROLE_ROUTER, 3)};
	const char names[NPEERS][STATE_NAME_SIZE] = {"", "web-1", "gw-1", "gw-2", "router-1", ""};
	const struct state_announced prefixes[] = {
		{ipv4(10, 20, 0, 0, 16), 1, 100, STATE_ANNOUNCED_SOLE},
		{ipv4(10, 30, 0, 0, 24), 3, 100, 0},
		{ipv4(10, 30, 0, 0, 24), 4, 200, STATE_ANNOUNCED_LIMITED}};
	const struct state_allowed allowed[] = {{ipv4(10, 20, 0, 0, 16), 1}};
	struct state_remote remotes[] = {{.cidr = ipv4(10, 10, 0, 0, 24), .asn = 4200000002}};
	const struct state_let_in let_in[] = {{ipv4(10, 10, 0, 0, 24), 0},
					      {ipv4(172, 16, 5, 0, 24), 0}};
	const struct state_pace pace[] = {{30000, 0}};

	peers[1].flags |= STATE_PEER_HAS_NEXT_KEY;
	fill(peers[1].next_key, sizeof(peers[1].next_key), 200);
	fill(remotes[0].peering, 16, 1);
	fill(remotes[0].mesh, 16, 33);
	SECTION(w, STATE_MESH, mesh);
	SECTION(w, STATE_PEERS, peers);
	SECTION(w, STATE_NAMES, names);
	SECTION(w, STATE_PREFIXES, prefixes);
	SECTION(w, STATE_ALLOWED, allowed);
	SECTION(w, STATE_REMOTES, remotes);
	SECTION(w, STATE_LET_IN, let_in);
	SECTION(w, STATE_PACE, pace);
}

static void write_membership(struct state_writer *w)
{
	struct state_self self[] = {{.peer = 2,
				     .number = 1,
				     .view_revision = STATE_REVISION(1, 7),
				     .role = STATE_ROLE_GATEWAY,
				     .slot = 1,
				     .base_port = 51884}};
	const struct state_trunk trunks[] = {{3, 2, {0, 3}}, {4, 3, {3, 2}}};
	const struct state_prefix trunk_allowed[] = {ipv4(10, 9, 0, 0, 29), ipv4(10, 10, 0, 0, 24),
						     ipv4(172, 16, 5, 0, 24), ipv4(10, 9, 0, 4, 32),
						     ipv4(10, 30, 0, 0, 24)};
	const struct state_approval approvals[] = {{ipv4(192, 168, 7, 0, 24), 100, {0, 2}, 0}};
	const uint32_t users[] = {1, 4};
	const struct state_range sets[] = {{0, 1}, {1, 2}};
	const struct state_prefix guard_prefixes[] = {ipv4(10, 9, 0, 0, 29), ipv4(10, 10, 0, 0, 24),
						      ipv4(172, 16, 5, 0, 24)};
	struct state_guard_pair pairs[] = {{.from = 0, .to = 0, .verdict = STATE_GUARD_PASS},
					   {.from = 1, .to = 0, .verdict = STATE_GUARD_PASS},
					   {.from = 0, .to = 1, .verdict = STATE_GUARD_ICMP_ERROR}};
	const struct state_speaker speakers[] = {{1, 0}, {3, 2}, {4, 3}};
	struct state_sibling siblings[] = {{.number = 2,
					    .cidr = ipv4(10, 10, 0, 0, 24),
					    .address = ipv4(10, 10, 0, 1, 32),
					    .asn = 4200000002}};
	const struct state_allowed usable[] = {{ipv4(10, 30, 0, 0, 24), 4}};
	const struct state_terms terms[] = {{.approval = 0,
					     .flags = STATE_TERMS_TRANSLATED,
					     .stable_ms = 30000,
					     .interval_ms = 2000,
					     .timeout_ms = 1000,
					     .check = STATE_CHECK_HTTP,
					     .family = FAMILY_IPV4,
					     .port = 8080,
					     .rise = 2,
					     .fall = 3,
					     .address = {192, 168, 7, 9},
					     .target = "/health"}};
	const struct state_duty duty[] = {{STATE_DUTY_DRAINED, 0}};

	fill(self->machine, 16, 5);
	fill(self->bird_templates, 32, 50);
	fill(self->bird_text, 32, 90);
	fill(pairs[1].peering, 16, 1);
	fill(siblings->membership, 16, 77);
	fill(siblings->mesh, 16, 33);
	fill(siblings->peering, 16, 1);
	SECTION(w, STATE_SELF, self);
	SECTION(w, STATE_TRUNKS, trunks);
	SECTION(w, STATE_TRUNK_ALLOWED, trunk_allowed);
	SECTION(w, STATE_APPROVALS, approvals);
	SECTION(w, STATE_USERS, users);
	SECTION(w, STATE_GUARD_SETS, sets);
	SECTION(w, STATE_GUARD_PREFIXES, guard_prefixes);
	SECTION(w, STATE_GUARD_PAIRS, pairs);
	SECTION(w, STATE_SPEAKERS, speakers);
	SECTION(w, STATE_SIBLINGS, siblings);
	SECTION(w, STATE_USABLE, usable);
	SECTION(w, STATE_DUTY, duty);
	SECTION(w, STATE_TERMS, terms);
}

static void seal(struct state_sample *s, const struct state_identity *id,
		 void (*write)(struct state_writer *), struct buf *out)
{
	struct state_writer *w = state_writer_new(id->kind);
	struct buf body;

	buf_init(&body);
	write(w);
	state_writer_body(w, &body);
	state_sign(id, body.data, body.len, s->signing_key, out);
	buf_fini(&body);
	state_writer_free(w);
}

void state_sample_make(struct state_sample *out)
{
	const uint8_t seed[crypto_sign_SEEDBYTES] = {1, 2, 3};
	struct state_identity id = {.revision = STATE_REVISION(1, 7), .mesh = out->mesh};

	*out = (struct state_sample){0};
	crypto_sign_seed_keypair(out->signer, out->signing_key, seed);
	fill(out->mesh, sizeof(out->mesh), 120);
	fill(out->own, sizeof(out->own), 140);
	id.kind = STATE_KIND_VIEW;
	seal(out, &id, write_view, &out->view);
	id.kind = STATE_KIND_MEMBERSHIP;
	id.membership = out->own;
	seal(out, &id, write_membership, &out->membership);
}

void state_sample_fini(struct state_sample *s)
{
	buf_fini(&s->view);
	buf_fini(&s->membership);
}

/* ---- walking ---- */

static uint64_t sum_of(const void *data, uint64_t len)
{
	const uint8_t *p = data;
	uint64_t sum = 0;

	for (uint64_t i = 0; i < len; i++)
		sum += p[i];
	return sum;
}

static uint64_t walk_range(const struct state_image *s, enum state_section_type of, size_t size,
			   struct state_range r)
{
	uint64_t n;
	const uint8_t *records = state_records(s, of, &n);

	return records != NULL ? sum_of(records + r.first * size, r.count * size) : 0;
}

static uint64_t walk_view(const struct state_image *s)
{
	uint64_t sum = 0, n, nremotes;
	const struct state_announced *announced = state_records(s, STATE_PREFIXES, &n);
	const struct state_let_in *let_in;
	const struct state_remote *remotes;

	for (uint64_t i = 0; i < n; i++) {
		const struct state_peer *p = state_peer_at(s, announced[i].peer);

		sum += p != NULL ? p->base_port : 0;
		sum += strlen(state_name_at(s, announced[i].peer));
		sum += state_peer_address(s, announced[i].peer).bytes[3];
		sum += state_prefix_get(&announced[i].prefix).length;
	}
	let_in = state_records(s, STATE_LET_IN, &n);
	remotes = state_records(s, STATE_REMOTES, &nremotes);
	for (uint64_t i = 0; i < n; i++)
		sum += remotes[let_in[i].remote].asn;
	return sum;
}

static uint64_t walk_membership(const struct state_image *s)
{
	uint64_t sum = 0, n, nsets;
	const struct state_trunk *trunks = state_records(s, STATE_TRUNKS, &n);
	const struct state_approval *approvals;
	const struct state_guard_pair *pairs;
	const struct state_range *sets = state_records(s, STATE_GUARD_SETS, &nsets);

	for (uint64_t i = 0; i < n; i++)
		sum += walk_range(s, STATE_TRUNK_ALLOWED, sizeof(struct state_prefix),
				  trunks[i].allowed);
	approvals = state_records(s, STATE_APPROVALS, &n);
	for (uint64_t i = 0; i < n; i++)
		sum += walk_range(s, STATE_USERS, sizeof(uint32_t), approvals[i].users);
	pairs = state_records(s, STATE_GUARD_PAIRS, &n);
	for (uint64_t i = 0; i < n; i++)
		sum += walk_range(s, STATE_GUARD_PREFIXES, sizeof(struct state_prefix),
				  sets[pairs[i].from]) +
		       walk_range(s, STATE_GUARD_PREFIXES, sizeof(struct state_prefix),
				  sets[pairs[i].to]);
	return sum;
}

uint64_t state_sample_walk(const struct state_image *s)
{
	uint64_t sum = 0, n;

	for (unsigned type = 1; type < COUNT(s->by_type); type++) {
		const void *records = state_records(s, type, &n);

		if (records != NULL)
			sum += sum_of(records, n * s->by_type[type]->record_size);
	}
	return sum + (s->root->kind == STATE_KIND_VIEW ? walk_view(s) : walk_membership(s));
}
