#include "controller/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/sqlite/fixture.h"

/* ---- CIDRs ---- */

static void a_cidr_is_checked(void)
{
	static const struct {
		const char *text;
		int code;
		const char *says;
	} rows[] = {
		{"10.0.0.0/8", 0, ""},
		{"10.255.255.248/29", 0, ""},
		{"172.16.0.0/12", 0, ""},
		{"172.31.255.0/24", 0, ""},
		{"192.168.0.0/16", 0, ""},
		{"100.64.0.0/10", 0, ""},
		{"100.127.255.248/29", 0, ""},
		{"10.0.0.0/30", ERR_RANGE, "cidr: 10.0.0.0/30 is too small, /29"},
		{"10.0.0.1", ERR_RANGE, "cidr: 10.0.0.1/32 is too small"},
		{"10.0.0.0/7", ERR_RANGE, "cidr: 10.0.0.0/7 is larger than 10.0.0.0/8"},
		{"0.0.0.0/0", ERR_RANGE, "cidr: 0.0.0.0/0 is larger than"},
		{"100.0.0.0/8", ERR_RANGE, "cidr: 100.0.0.0/8 is larger than 100.64.0.0/10"},
		{"192.168.0.0/15", ERR_RANGE, "cidr: 192.168.0.0/15 is larger than"},
		{"172.32.0.0/16", ERR_INVALID, "cidr: 172.32.0.0/16 is not within"},
		{"100.128.0.0/16", ERR_INVALID, "cidr: 100.128.0.0/16 is not within"},
		{"8.8.8.0/24", ERR_INVALID, "cidr: 8.8.8.0/24 is not within"},
		{"10.1.2.3/16", ERR_INVALID, "cidr: "},
		{"10.1.0.0/33", 1, "cidr: "},
		{"fd00::/48", ERR_UNSUPPORTED, "cidr: fd00::/48: meshes are IPv4 only"},
		{"", ERR_INVALID, "cidr: "},
		{"mesh", ERR_INVALID, "cidr: "},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fault f = {0};
		struct prefix p;
		int code = alloc_cidr_parse(rows[i].text, &p, &f);

		/* 1: some error; which one is the parser's affair. */
		if (rows[i].code == 1 ? code >= 0 : code != rows[i].code)
			TEST_FAIL("%s: %s", rows[i].text, error_name(code));
		if (strncmp(f.text, rows[i].says, strlen(rows[i].says)) != 0)
			TEST_FAIL("%s: said \"%s\"", rows[i].text, f.text);
	}
}

static void a_prefix_of_ours_is_checked_too(void)
{
	struct prefix p = {.family = FAMILY_IPV4, .length = 16, .bytes = {10, 1, 2, 0}};
	struct fault f = {0};

	TEST_NUMBER(alloc_cidr_check(&p, &f), ERR_INVALID);
	TEST_TEXT(f.text, "cidr: 10.1.2.0/16 has host bits set");
	p = (struct prefix){.family = FAMILY_IPV4, .length = 77};
	TEST_NUMBER(alloc_cidr_check(&p, NULL), ERR_INVALID);
	p = (struct prefix){0};
	TEST_NUMBER(alloc_cidr_check(&p, NULL), ERR_INVALID);
	p = alloc_cidr_default();
	TEST_NUMBER(alloc_cidr_check(&p, NULL), 0);
	CU_ASSERT(prefix_equal(&p, &(struct prefix){FAMILY_IPV4, 10, {100, 64}}));
}

static void the_last_address_is_the_one_before_broadcast(void)
{
	struct mesh m = {.cidr = fixture_prefix("100.64.0.0/10")};
	struct prefix small = fixture_prefix("10.0.0.0/29");
	char text[ADDRESS_TEXT_MAX];
	struct address a;

	TEST_NUMBER(alloc_last_index(&small), 6);
	TEST_NUMBER(alloc_last_index(&m.cidr), 4194302);
	a = alloc_address(&m, 1);
	TEST_TEXT(address_format(&a, text), "100.64.0.1");
	a = alloc_address(&m, 4194302);
	TEST_TEXT(address_format(&a, text), "100.127.255.254");
}

static void suggests(const char *const *taken, size_t n, const char *want)
{
	struct prefix at[8], out;
	struct fault f = {0};
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < n; i++)
		at[i] = fixture_prefix(taken[i]);
	TEST_NUMBER(alloc_cidr_suggest(at, n, &out, &f), want != NULL ? 0 : ERR_EXHAUSTED);
	if (want != NULL)
		TEST_TEXT(prefix_format(&out, text), want);
}

static void a_free_cidr_is_suggested(void)
{
	suggests(NULL, 0, "10.0.0.0/16");
	suggests((const char *[]){"100.64.0.0/10"}, 1, "10.0.0.0/16");
	suggests((const char *[]){"10.0.0.0/29", "10.1.0.0/16"}, 2, "10.2.0.0/16");
	suggests((const char *[]){"10.1.0.0/16", "10.0.0.0/24", "10.2.255.0/24", "fd00::/8"}, 4,
		 "10.3.0.0/16");
	suggests((const char *[]){"10.0.0.0/9", "10.0.5.0/24"}, 2, "10.128.0.0/16");
	suggests((const char *[]){"10.0.0.0/8"}, 1, "100.64.0.0/16");
	suggests((const char *[]){"10.0.0.0/8", "100.64.0.0/10"}, 2, "172.16.0.0/16");
	suggests((const char *[]){"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/17"},
		 4, "192.168.128.0/17");
	suggests((const char *[]){"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"},
		 4, NULL);
}

/* Whatever is taken, what is suggested may be taken and overlaps nothing of it. */
static void a_suggestion_always_fits(void)
{
	static const char *const within[] = {"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12",
					     "192.168.0.0/16"};
	struct prefix taken[400];
	size_t n = 0;

	srand(11);
	while (n < 400) {
		struct prefix range = fixture_prefix(within[rand() % 4]), out;
		uint8_t length =
			(uint8_t)(range.length + rand() % (ALLOC_LENGTH_MAX - range.length + 1));
		uint32_t host = (uint32_t)rand() & ~prefix_mask_ipv4(range.length);
		struct fault f = {0};
		int code;

		if (length < 14) /* not all at once */
			length = 14;
		if (length < range.length)
			length = range.length;
		taken[n++] = prefix_ipv4(prefix_to_ipv4(&range) | host, length);
		code = alloc_cidr_suggest(taken, n, &out, &f);
		if (code == ERR_EXHAUSTED)
			break;
		TEST_NUMBER(alloc_cidr_check(&out, &f), 0);
		for (size_t i = 0; i < n; i++)
			if (prefix_overlaps(&out, &taken[i]))
				TEST_FAIL("suggestion %zu overlaps %zu", n, i);
	}
	CU_ASSERT(n > 100);
}

/* ---- with the store ---- */

static void as_numbers_go_upward(void)
{
	struct fixture x;
	struct installation in = {.epoch = 1};
	uint32_t asn;

	fixture_start(&x);
	FAULT(&x, alloc_asn(x.store, &asn, &x.fault), ERR_NOT_FOUND, "");
	id_new(&in.id);
	OK(&x, store_installation_set(x.store, &in, &x.fault));
	OK(&x, alloc_asn(x.store, &asn, &x.fault));
	TEST_NUMBER(asn, 4200000001u);
	OK(&x, alloc_asn(x.store, &asn, &x.fault));
	TEST_NUMBER(asn, 4200000002u);
	OK(&x, store_installation_get(x.store, &in, &x.fault));
	in.next_asn = ALLOC_ASN_LAST;
	OK(&x, store_installation_set(x.store, &in, &x.fault));
	OK(&x, alloc_asn(x.store, &asn, &x.fault));
	TEST_NUMBER(asn, ALLOC_ASN_LAST);
	FAULT(&x, alloc_asn(x.store, &asn, &x.fault), ERR_EXHAUSTED, "asn: ");
	fixture_end(&x);
}

static void a_machine_joins_and_leaves(void)
{
	struct fixture x;
	struct mesh prod, staging;
	struct machine a, b;
	struct membership m, again, got;
	struct wall next_day = {FIXTURE_NOW.ms + ALLOC_REST_MS};

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/29");
	staging = fixture_mesh(&x, "staging", "10.2.0.0/16");
	a = fixture_machine(&x, "a");
	b = fixture_machine(&x, "b");
	OK(&x, alloc_join(x.store, &a, &prod, FIXTURE_NOW, &m, &x.fault));
	TEST_NUMBER(m.index, 1);
	TEST_NUMBER(m.number, 0);
	TEST_NUMBER(m.created_at.ms, FIXTURE_NOW.ms);
	OK(&x, store_membership_get(x.store, m.row, &got, &x.fault));
	CU_ASSERT(memcmp(&got, &m, sizeof(m)) == 0);
	FAULT(&x, alloc_join(x.store, &a, &prod, FIXTURE_NOW, &again, &x.fault), ERR_EXISTS,
	      "mesh: a is a member of prod");
	OK(&x, alloc_join(x.store, &a, &staging, FIXTURE_NOW, &again, &x.fault));
	TEST_NUMBER(again.index, 1);
	TEST_NUMBER(again.number, 1);
	OK(&x, alloc_join(x.store, &b, &prod, FIXTURE_NOW, &again, &x.fault));
	TEST_NUMBER(again.index, 2);
	OK(&x, alloc_leave(x.store, &m, FIXTURE_NOW, ALLOC_REST_MS, &x.fault));
	FAULT(&x, store_membership_get(x.store, m.row, &got, &x.fault), ERR_NOT_FOUND, "");
	OK(&x, alloc_join(x.store, &a, &prod, FIXTURE_NOW, &m, &x.fault));
	TEST_NUMBER(m.index, 3);
	TEST_NUMBER(m.number, 0);
	OK(&x, alloc_remove_machine(x.store, a.row, FIXTURE_NOW, ALLOC_REST_MS, &x.fault));
	FAULT(&x, store_machine_get(x.store, a.row, &a, &x.fault), ERR_NOT_FOUND, "");
	a = fixture_machine(&x, "a");
	OK(&x, alloc_join(x.store, &a, &prod, next_day, &m, &x.fault));
	TEST_NUMBER(m.index, 1);
	FAULT(&x, alloc_remove_machine(x.store, 99, FIXTURE_NOW, 0, &x.fault), ERR_NOT_FOUND, "");
	FAULT(&x, alloc_leave(x.store, &again, FIXTURE_NOW, 0, &x.fault), 0, "");
	FAULT(&x, alloc_leave(x.store, &again, FIXTURE_NOW, 0, &x.fault), ERR_NOT_FOUND, "");
	fixture_end(&x);
}

static void what_overlaps_is_refused_with_both_named(void)
{
	struct fixture x;
	struct mesh prod, same, far;
	struct machine a;
	struct membership m;
	struct prefix networks[2] = {fixture_prefix("192.168.1.0/24"),
				     fixture_prefix("10.3.7.0/24")};

	fixture_start(&x);
	prod = fixture_mesh(&x, "prod", "10.1.0.0/16");
	same = fixture_mesh(&x, "same", "10.1.128.0/24");
	far = fixture_mesh(&x, "far", "10.3.0.0/16");
	a = fixture_machine(&x, "a");
	OK(&x, store_networks_set(x.store, a.row, networks, 2, &x.fault));
	OK(&x, alloc_join(x.store, &a, &prod, FIXTURE_NOW, &m, &x.fault));
	FAULT(&x, alloc_join(x.store, &a, &same, FIXTURE_NOW, &m, &x.fault), ERR_OVERLAP,
	      "mesh same (10.1.128.0/24) overlaps the mesh 10.1.0.0/16 of the machine");
	FAULT(&x, alloc_join(x.store, &a, &far, FIXTURE_NOW, &m, &x.fault), ERR_OVERLAP,
	      "mesh far (10.3.0.0/16) overlaps the network 10.3.7.0/24 of the machine");
	OK(&x, store_networks_set(x.store, a.row, networks, 1, &x.fault));
	OK(&x, alloc_join(x.store, &a, &far, FIXTURE_NOW, &m, &x.fault));
	fixture_end(&x);
}

static void a_full_mesh_says_so(void)
{
	struct fixture x;
	struct mesh m;
	struct machine k;
	struct membership member;
	char name[16];

	fixture_start(&x);
	m = fixture_mesh(&x, "small", "10.1.0.0/29");
	for (int i = 1; i <= 7; i++) {
		snprintf(name, sizeof(name), "m-%d", i);
		k = fixture_machine(&x, name);
		FAULT(&x, alloc_join(x.store, &k, &m, FIXTURE_NOW, &member, &x.fault),
		      i <= 6 ? 0 : ERR_EXHAUSTED,
		      i <= 6 ? "" : "mesh small (10.1.0.0/29): all 6 addresses");
	}
	fixture_end(&x);
}

TEST_SUITE(controller_alloc, {"a CIDR is checked", a_cidr_is_checked},
	   {"a prefix of ours is checked too", a_prefix_of_ours_is_checked_too},
	   {"the last address is the one before broadcast",
	    the_last_address_is_the_one_before_broadcast},
	   {"a free CIDR is suggested", a_free_cidr_is_suggested},
	   {"a suggestion always fits", a_suggestion_always_fits},
	   {"AS numbers go upward", as_numbers_go_upward},
	   {"a machine joins and leaves", a_machine_joins_and_leaves},
	   {"what overlaps is refused with both named", what_overlaps_is_refused_with_both_named},
	   {"a full mesh says so", a_full_mesh_says_so});
