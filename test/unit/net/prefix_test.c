#include "lib/net/prefix.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/net/random.h"

static void texts_are_read_and_written(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},
		{"0.0.0.0/0", "0.0.0.0/0"},
		{"192.0.2.1", "192.0.2.1/32"},
		{"100.64.0.0/10", "100.64.0.0/10"},
		{"fd00::/8", "fd00::/8"},
		{"FD00:0:0::1", "fd00::1/128"},
		{"::/0", "::/0"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p;
		char text[PREFIX_TEXT_MAX];
		struct fault f = {0};

		if (prefix_parse(rows[i].in, &p, &f) != 0)
			TEST_FAIL("%s: %s", rows[i].in, f.text);
		else
			TEST_TEXT(prefix_format(&p, text), rows[i].out);
	}
}

static void wrong_texts_are_refused(void)
{
	static const struct {
		const char *in, *says;
	} rows[] = {
		{"", "is no prefix"},
		{"/8", "is no prefix"},
		{"10.0.0.0/", "from 0 to 32"},
		{"10.0.0.0/33", "from 0 to 32"},
		{"10.0.0.0/08", "from 0 to 32"},
		{"10.0.0.0/-1", "from 0 to 32"},
		{"10.0.0.0/8/8", "from 0 to 32"},
		{"10.0.0.0/99999999999", "from 0 to 32"},
		{"fd00::/129", "from 0 to 128"},
		{"10.0.0/8", "is no prefix"},
		{"10.0.0.256", "is no prefix"},
		{"010.0.0.0/8", "is no prefix"},
		{"10.0.0.0 /8", "is no prefix"},
		{"10.1.2.3/8", "the prefix is 10.0.0.0/8"},
		{"10.1.2.255/31", "the prefix is 10.1.2.254/31"},
		{"fd00::1/64", "the prefix is fd00::/64"},
		{"fe80::1%eth0", "is no prefix"},
		{"10.0.0.00000000000000000000000000000000000000000000000000000000/8",
		 "is no prefix"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix p;
		struct fault f = {0};

		if (prefix_parse(rows[i].in, &p, &f) != ERR_INVALID)
			TEST_FAIL("'%s' was taken", rows[i].in);
		else if (strstr(f.text, rows[i].says) == NULL)
			TEST_FAIL("'%s': %s", rows[i].in, f.text);
	}
}

static void relations(void)
{
	struct prefix ten, half, other, six;
	struct address inside = address_ipv4(0x0a800001), outside = address_ipv4(0x0b000001);

	prefix_parse("10.0.0.0/8", &ten, NULL);
	prefix_parse("10.128.0.0/9", &half, NULL);
	prefix_parse("11.0.0.0/8", &other, NULL);
	prefix_parse("::/0", &six, NULL);
	CU_ASSERT(prefix_contains(&ten, &half) && !prefix_contains(&half, &ten));
	CU_ASSERT(prefix_contains(&ten, &ten));
	CU_ASSERT(prefix_overlaps(&half, &ten) && !prefix_overlaps(&ten, &other));
	CU_ASSERT(!prefix_overlaps(&six, &ten));
	CU_ASSERT(prefix_has(&half, &inside) && !prefix_has(&ten, &outside));
	CU_ASSERT(prefix_compare(&ten, &half) < 0 && prefix_compare(&half, &other) < 0);
	CU_ASSERT(prefix_compare(&six, &ten) > 0);
	TEST_NUMBER(prefix_to_ipv4(&half), 0x0a800000);
	TEST_NUMBER(prefix_mask_ipv4(0), 0);
	TEST_NUMBER(prefix_mask_ipv4(10), 0xffc00000);
}

static bool in_any(const prefix_vec *v, uint32_t address)
{
	struct address a = address_ipv4(address);

	for (size_t i = 0; i < v->n; i++)
		if (prefix_has(&v->at[i], &a))
			return true;
	return false;
}

/* Sorted, disjoint, and no two neighbours are the halves of one block. */
static bool is_fewest(const prefix_vec *v)
{
	for (size_t i = 1; i < v->n; i++) {
		struct prefix parent = v->at[i - 1];

		if (prefix_compare(&v->at[i - 1], &v->at[i]) >= 0 ||
		    prefix_overlaps(&v->at[i - 1], &v->at[i]))
			return false;
		if (parent.length == v->at[i].length) {
			parent = prefix_ipv4(prefix_to_ipv4(&parent), parent.length - 1);
			if (prefix_contains(&parent, &v->at[i]) &&
			    prefix_contains(&parent, &v->at[i - 1]))
				return false;
		}
	}
	return true;
}

#define SPACE 0x0a000000u /* 10.0.0.0/24, looked at address by address */

static struct prefix random_prefix(struct random *r)
{
	return prefix_ipv4(SPACE + random_below(r, 256), (uint8_t)(24 + random_below(r, 9)));
}

static void subtraction_agrees_with_brute_force(void)
{
	struct random r = {1};

	for (int round = 0; round < 500; round++) {
		struct prefix from = random_prefix(&r);
		prefix_vec less = {0}, rest = {0}, whole = {0};
		size_t n = random_below(&r, 12);

		vec_push(&whole, from);
		for (size_t i = 0; i < n; i++)
			vec_push(&less, random_prefix(&r));
		prefix_subtract(&from, less.at, less.n, &rest);
		for (uint32_t a = SPACE; a < SPACE + 256; a++)
			if (in_any(&rest, a) != (in_any(&whole, a) && !in_any(&less, a)))
				TEST_FAIL("round %d: address .%u", round, a & 255);
		if (!is_fewest(&rest))
			TEST_FAIL("round %d: not the fewest", round);
		vec_free(&less);
		vec_free(&rest);
		vec_free(&whole);
	}
}

static void normal_form_covers_the_same(void)
{
	struct random r = {2};

	for (int round = 0; round < 500; round++) {
		prefix_vec set = {0}, normal = {0};
		size_t n = random_below(&r, 20);

		for (size_t i = 0; i < n; i++)
			vec_push(&set, random_prefix(&r));
		for (size_t i = 0; i < n; i++)
			vec_push(&normal, set.at[i]);
		prefix_vec_normalize(&normal);
		for (uint32_t a = SPACE; a < SPACE + 256; a++)
			if (in_any(&set, a) != in_any(&normal, a))
				TEST_FAIL("round %d: address .%u", round, a & 255);
		for (size_t i = 1; i < normal.n; i++)
			if (prefix_overlaps(&normal.at[i - 1], &normal.at[i]))
				TEST_FAIL("round %d: overlap", round);
		vec_free(&set);
		vec_free(&normal);
	}
}

static void subtraction_by_hand(void)
{
	struct prefix from, less[2];
	prefix_vec rest = {0};
	char text[PREFIX_TEXT_MAX];

	prefix_parse("0.0.0.0/0", &from, NULL);
	prefix_parse("128.0.0.0/1", &less[0], NULL);
	prefix_parse("0.0.0.0/2", &less[1], NULL);
	prefix_subtract(&from, less, 2, &rest);
	TEST_NUMBER(rest.n, 1);
	TEST_TEXT(prefix_format(&rest.at[0], text), "64.0.0.0/2");
	rest.n = 0;
	prefix_subtract(&from, &from, 1, &rest);
	TEST_NUMBER(rest.n, 0);
	prefix_parse("fd00::/8", &from, NULL);
	prefix_parse("fd00::1", &less[0], NULL);
	prefix_subtract(&from, less, 2, &rest);
	TEST_NUMBER(rest.n, 120);
	vec_free(&rest);
}

TEST_SUITE(net_prefix, {"texts are read and written", texts_are_read_and_written},
	   {"wrong texts are refused", wrong_texts_are_refused}, {"relations", relations},
	   {"subtraction agrees with brute force", subtraction_agrees_with_brute_force},
	   {"subtraction by hand", subtraction_by_hand},
	   {"normal form covers the same", normal_form_covers_the_same});
