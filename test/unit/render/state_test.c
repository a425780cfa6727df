/* The images: valid for the reader, and their guard asked packet by packet. */
#include <stdlib.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/render/images.h"

static bool in_set(const struct state_image *s, uint32_t set, const char *address)
{
	uint64_t n;
	const struct state_range *range =
		(const struct state_range *)state_records(s, STATE_GUARD_SETS, &n) + set;
	const struct state_prefix *at = state_records(s, STATE_GUARD_PREFIXES, &n);
	struct address a;

	address_parse(address, &a, NULL);
	for (uint32_t i = 0; i < range->count; i++) {
		struct prefix p = state_prefix_get(&at[range->first + i]);

		if (prefix_has(&p, &a))
			return true;
	}
	return false;
}

/* 0, or the verdict that lets most through. */
static uint32_t verdict(const struct state_image *s, const char *from, const char *to)
{
	uint64_t n;
	const struct state_guard_pair *pairs = state_records(s, STATE_GUARD_PAIRS, &n);
	uint32_t found = 0;

	for (uint64_t i = 0; i < n; i++)
		if (in_set(s, pairs[i].from, from) && in_set(s, pairs[i].to, to) &&
		    found != STATE_GUARD_PASS)
			found = pairs[i].verdict;
	return found;
}

struct packet {
	const char *from, *to;
	uint32_t want;
};

static void check_guard(const struct fleet *f, size_t member, const struct packet *packets,
			size_t n)
{
	struct images x;

	images_make(&x, f, member);
	for (size_t i = 0; i < n; i++) {
		uint32_t got = verdict(&x.image, packets[i].from, packets[i].to);

		if (got != packets[i].want)
			TEST_FAIL("at member %zu, %s to %s: %u, want %u", member, packets[i].from,
				  packets[i].to, got, packets[i].want);
	}
	images_fini(&x);
}

#define CHECK_GUARD(f, member, ...)                                                                \
	do {                                                                                       \
		static const struct packet list[] = {__VA_ARGS__};                                 \
		check_guard(f, member, list, sizeof(list) / sizeof(list[0]));                      \
	} while (0)

enum { PASS = STATE_GUARD_PASS, ERRORS = STATE_GUARD_ICMP_ERROR };

/* a1 and a4 plain with a network each, a2 and a3 share one; wide has 10.0.0.0/8; the peering shows
 * the machines of prod, and of staging one prefix only. */
enum { A1, A2, A3, A4, GW, WIDE };

static void prod(struct fleet *f)
{
	size_t remote;

	fleet_init(f, "prod", "10.100.0.0/16", 4200000001);
	fleet_member(f, "a1", 1);
	fleet_member(f, "a2", 2);
	fleet_member(f, "a3", 3);
	fleet_member(f, "a4", 4);
	fleet_gateway(f, "gw", 11);
	fleet_member(f, "wide", 20);
	fleet_approve(f, A1, "172.20.5.0/24");
	fleet_approve(f, A4, "172.20.6.0/24");
	fleet_approve(f, A2, "172.20.30.0/24");
	fleet_approve(f, A3, "172.20.30.0/24");
	fleet_approve(f, WIDE, "10.0.0.0/8");
	remote = fleet_peer(f, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16",
			    "172.20.12.0/24");
	fleet_remote_approve(f, remote, "172.20.12.0/24");
	fleet_remote_member(f, remote, GW, 7, 1);
}

static void a_member_lets_in_what_is_for_it(void)
{
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	CHECK_GUARD(&f, A1, {"10.100.0.4", "10.100.0.1", PASS}, {"172.20.6.9", "10.100.0.1", PASS},
		    {"172.20.30.9", "172.20.5.9", PASS}, {"10.100.0.4", "10.100.0.2", 0},
		    {"10.100.0.4", "172.20.6.1", 0}, {"172.20.12.9", "10.100.0.1", PASS},
		    {"172.20.12.9", "172.20.5.9", 0}, {"172.20.13.9", "10.100.0.1", 0},
		    {"10.101.0.9", "10.100.0.1", ERRORS}, {"10.101.0.9", "172.20.5.9", 0},
		    {"8.8.8.8", "10.100.0.1", 0}, {"10.3.0.1", "10.100.0.1", PASS});
	CHECK_GUARD(&f, WIDE, {"10.100.0.1", "10.3.0.1", PASS}, {"10.100.0.1", "10.101.0.1", 0},
		    {"10.100.0.1", "10.100.0.2", 0}, {"172.20.12.9", "10.3.0.1", 0});
	fleet_fini(&f);
}

static void a_gateway_passes_within_and_between(void)
{
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	CHECK_GUARD(&f, GW, {"10.100.0.4", "10.100.0.11", PASS}, {"10.100.0.4", "10.100.0.2", PASS},
		    {"10.100.0.4", "172.20.30.7", PASS}, {"172.20.5.1", "172.20.6.1", PASS},
		    {"10.100.0.4", "172.20.12.7", PASS}, {"172.20.12.7", "10.100.0.4", PASS},
		    {"172.20.5.1", "172.20.12.7", 0}, {"172.20.12.7", "172.20.5.1", 0},
		    {"10.100.0.4", "10.101.0.4", 0}, {"10.101.0.4", "10.100.0.4", ERRORS},
		    {"10.100.0.4", "192.168.0.1", 0}, {"8.8.8.8", "10.100.0.4", 0});
	fleet_fini(&f);
}

static void a_peering_that_shows_part_lets_errors_back(void)
{
	struct fleet f;

	prod(&f);
	f.remotes.at[0].nshown = 0;
	fleet_show(&f, 0, "172.20.5.0/24", NULL);
	fleet_plan(&f);
	CHECK_GUARD(&f, GW, {"172.20.5.1", "172.20.12.7", PASS},
		    {"10.100.0.1", "172.20.12.7", ERRORS}, {"10.101.0.1", "172.20.5.1", ERRORS},
		    {"10.101.0.1", "10.100.0.1", 0});
	CHECK_GUARD(&f, A1, {"172.20.12.7", "172.20.5.1", PASS}, {"172.20.12.7", "10.100.0.1", 0});
	fleet_fini(&f);
}

static void limited_prefixes_are_for_their_users(void)
{
	struct fleet f;

	prod(&f);
	fleet_limit(&f, fleet_approve(&f, A2, "172.20.40.0/24"), A1);
	fleet_limit(&f, fleet_approve(&f, A3, "0.0.0.0/0"), A4);
	fleet_show(&f, 0, "172.20.40.0/24", NULL);
	fleet_plan(&f);
	CHECK_GUARD(&f, A2, {"10.100.0.1", "172.20.40.1", PASS},
		    {"172.20.5.1", "172.20.40.1", PASS}, {"10.100.0.4", "172.20.40.1", 0},
		    {"172.20.12.7", "172.20.40.1", 0}, {"10.100.0.4", "10.100.0.2", PASS});
	CHECK_GUARD(&f, GW, {"10.100.0.1", "172.20.40.1", PASS}, {"10.100.0.4", "172.20.40.1", 0},
		    {"172.20.40.1", "10.100.0.1", PASS}, {"10.100.0.4", "8.8.8.8", 0});
	CHECK_GUARD(&f, A3, {"10.100.0.4", "8.8.8.8", PASS}, {"172.20.6.1", "8.8.8.8", 0},
		    {"10.100.0.1", "8.8.8.8", 0}, {"10.100.0.4", "192.168.1.1", 0},
		    {"10.100.0.4", "10.101.0.1", 0});
	CHECK_GUARD(&f, A4, {"8.8.8.8", "10.100.0.4", PASS}, {"8.8.8.8", "172.20.6.1", 0},
		    {"192.168.1.1", "10.100.0.4", 0}, {"169.254.1.1", "10.100.0.4", 0});
	CHECK_GUARD(&f, A1, {"8.8.8.8", "10.100.0.1", 0});
	fleet_fini(&f);
}

static const struct state_trunk *trunk_to(const struct state_image *s, uint32_t peer)
{
	uint64_t n;
	const struct state_trunk *t = state_records(s, STATE_TRUNKS, &n);

	for (uint64_t i = 0; i < n; i++)
		if (t[i].peer == peer)
			return &t[i];
	return NULL;
}

static void an_image_has_what_is_its_own(void)
{
	struct fleet f;
	struct images x;
	uint64_t n;
	const struct state_self *self;
	const struct state_sibling *sibling;
	const struct state_approval *approval;
	size_t limited;

	prod(&f);
	limited = fleet_approve(&f, A2, "172.20.40.0/24");
	fleet_limit(&f, limited, A1);
	fleet_plan(&f);
	images_make(&x, &f, A1);
	self = state_records(&x.image, STATE_SELF, &n);
	TEST_NUMBER(self->peer, 1);
	TEST_NUMBER(self->base_port, 51820);
	TEST_NUMBER(self->role, STATE_ROLE_MEMBER);
	state_records(&x.image, STATE_TRUNKS, &n);
	TEST_NUMBER(n, 3);
	TEST_NUMBER(trunk_to(&x.image, 11)->slot, 1);
	TEST_NUMBER(trunk_to(&x.image, 2)->allowed.count, 3);
	state_records(&x.image, STATE_SPEAKERS, &n);
	TEST_NUMBER(n, 3);
	TEST_NUMBER(((const struct state_allowed *)state_records(&x.image, STATE_USABLE, &n))->peer,
		    2);
	TEST_NUMBER(n, 1);
	CU_ASSERT_PTR_NULL(state_records(&x.image, STATE_SIBLINGS, &n));
	images_fini(&x);
	images_make(&x, &f, A2);
	approval = state_records(&x.image, STATE_APPROVALS, &n);
	TEST_NUMBER(n, 2);
	TEST_NUMBER(approval[0].users.count, 0);
	TEST_NUMBER(approval[1].users.count, 1);
	CU_ASSERT_PTR_NULL(trunk_to(&x.image, 2));
	images_fini(&x);
	images_make(&x, &f, GW);
	sibling = state_records(&x.image, STATE_SIBLINGS, &n);
	TEST_NUMBER(n, 1);
	TEST_NUMBER(sibling->number, 1);
	TEST_NUMBER(sibling->asn, 4200000002);
	images_fini(&x);
	fleet_fini(&f);
}

/* Who has the whole announces the part; the guard lets in no more than it. */
static void a_part_is_beside_its_whole(void)
{
	const struct prefix part = prefix_ipv4(0xac150100, 24);
	const struct state_approval *a;
	struct fleet f;
	struct images x;
	struct prefix got;
	uint64_t n;

	prod(&f);
	f.announcements.at[fleet_approve(&f, A2, "172.21.0.0/16")].priority = 200;
	fleet_show(&f, 0, "172.21.1.0/24", NULL);
	fleet_plan(&f);
	images_make(&x, &f, A2);
	a = state_records(&x.image, STATE_APPROVALS, &n);
	TEST_NUMBER(n, 3);
	got = state_prefix_get(&a[2].prefix);
	CU_ASSERT(prefix_equal(&got, &part));
	TEST_NUMBER(a[1].flags, 0);
	TEST_NUMBER(a[2].flags, STATE_APPROVAL_PART);
	TEST_NUMBER(a[2].priority, 200);
	TEST_NUMBER(a[2].users.count, 0);
	images_fini(&x);
	images_make(&x, &f, A3);
	state_records(&x.image, STATE_APPROVALS, &n);
	TEST_NUMBER(n, 1);
	images_fini(&x);
	for (size_t i = 0; i < 2; i++)
		CHECK_GUARD(&f, i == 0 ? A2 : GW, {"172.20.12.9", "172.21.1.9", PASS},
			    {"172.20.12.9", "172.21.2.9", 0}, {"10.100.0.1", "172.21.2.9", PASS});
	fleet_fini(&f);
}

/* Limited to users who are gone: to nobody, and not to all. */
static void a_limit_does_not_vanish_with_its_users(void)
{
	struct fleet f;
	struct images x;
	uint64_t n;
	const struct state_approval *approval;
	row_t gone = 424242;
	size_t limited;

	prod(&f);
	limited = fleet_approve(&f, A4, "172.20.41.0/24");
	fleet_limit(&f, limited, A1);
	f.announcements.at[limited].users = &gone;
	fleet_plan(&f);
	images_make(&x, &f, A4);
	approval = state_records(&x.image, STATE_APPROVALS, &n);
	TEST_NUMBER(n, 2);
	TEST_NUMBER(approval[1].users.count, 1);
	images_fini(&x);
	CHECK_GUARD(&f, A4, {"10.100.0.1", "172.20.41.1", 0}, {"10.100.0.1", "172.20.6.1", PASS});
	fleet_fini(&f);
}

static void the_view_lists_what_is_no_peer(void)
{
	struct fleet f;
	struct images x;
	uint64_t n;
	const struct state_announced *p;

	prod(&f);
	f.members.at[A4].has_key = false;
	f.members.at[A1].endpoints[0] = (struct endpoint){.type = STATE_ENDPOINT_OBSERVED,
							  .port = 51820,
							  .address = address_ipv4(0xc0000201)};
	f.members.at[A1].endpoints[1].type = 99;
	f.members.at[A1].nendpoints = 2;
	fleet_plan(&f);
	images_make(&x, &f, A1);
	CU_ASSERT_PTR_NULL(state_peer_at(&x.view, 4));
	CU_ASSERT_PTR_NOT_NULL(state_peer_at(&x.view, 20));
	TEST_NUMBER(state_peer_at(&x.view, 1)->nendpoints, 1);
	TEST_NUMBER(state_peer_at(&x.view, 11)->slot, 1);
	TEST_TEXT(state_name_at(&x.view, 1), "a1");
	p = state_records(&x.view, STATE_PREFIXES, &n);
	TEST_NUMBER(n, 5);
	for (uint64_t i = 0; i < n; i++)
		TEST_NUMBER(p[i].flags,
			    p[i].peer == 1 || p[i].peer == 20 ? STATE_ANNOUNCED_SOLE : 0);
	images_fini(&x);
	fleet_fini(&f);
}

static void the_stamp_changes_the_view_revision_only(void)
{
	struct fleet f;
	struct images x;
	struct render_image in = {0};
	struct buf body;

	prod(&f);
	fleet_plan(&f);
	images_make(&x, &f, A1);
	buf_init(&body);
	render_membership(f.render, A1, &in, &body);
	CU_ASSERT_NOT_EQUAL(memcmp(body.data, x.image_body.data, body.len), 0);
	render_image_stamp(&body, 1);
	CU_ASSERT_EQUAL(memcmp(body.data, x.image_body.data, body.len), 0);
	buf_fini(&body);
	images_fini(&x);
	fleet_fini(&f);
}

static void images_of_random_meshes_are_valid(void)
{
	uint64_t seed = 0xabcdef;

	for (unsigned round = 0; round < 100; round++) {
		struct fleet f;

		fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
		for (uint32_t i = 0; i < 12; i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			if (seed >> 61 == 0)
				fleet_gateway(&f, "g", i + 1);
			else
				fleet_member(&f, "m", i + 1);
			f.members.at[i].has_key = (seed >> 50 & 7) != 0;
		}
		for (size_t i = 0; i < 12; i++) {
			char text[32];

			seed = seed * 6364136223846793005u + 1442695040888963407u;
			snprintf(text, sizeof(text), "172.20.%u.0/%u", (unsigned)(seed >> 61) * 4,
				 22 + (unsigned)(seed >> 57 & 3));
			fleet_approve(&f, i, text);
			if ((seed >> 40 & 3) == 0)
				fleet_limit(&f, i, seed >> 30 & 7);
		}
		fleet_peer(&f, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/17",
			   "172.20.12.0/24");
		f.rows.mesh.route_reflector = (seed >> 20 & 1) != 0;
		fleet_plan(&f);
		for (size_t m = 0; m < 12; m++) {
			struct images x;

			images_make(&x, &f, m);
			TEST_NUMBER(state_match(&x.image, &x.view, NULL), 0);
			images_fini(&x);
		}
		fleet_fini(&f);
	}
}

TEST_SUITE(render_state, {"a member lets in what is for it", a_member_lets_in_what_is_for_it},
	   {"a gateway passes within and between", a_gateway_passes_within_and_between},
	   {"a peering that shows a part lets errors back",
	    a_peering_that_shows_part_lets_errors_back},
	   {"limited prefixes are for their users", limited_prefixes_are_for_their_users},
	   {"an image has what is its own", an_image_has_what_is_its_own},
	   {"a part is beside its whole", a_part_is_beside_its_whole},
	   {"a limit does not vanish with its users", a_limit_does_not_vanish_with_its_users},
	   {"the view lists what is no peer", the_view_lists_what_is_no_peer},
	   {"the stamp changes the view's revision only", the_stamp_changes_the_view_revision_only},
	   {"images of random meshes are valid", images_of_random_meshes_are_valid});
