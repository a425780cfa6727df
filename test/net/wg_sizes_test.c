/* Large WireGuard devices, and sizes at which a message or an answer is just full: set, changed,
 * and read back equal. Both backends, as wg_test.c. */
#include "test/net/settings.h"
#include "test/net/space.h"
#include "test/net/wg_stand.h"
#include "test/test.h"

#define PORT		 51996
#define MANY_PEERS	 5000U
#define PREFIXES_OF_EACH 10U
#define LONG_MS		 30000

static struct wg_stand stand;

/* A device for each case: the kernel waits for its readers after each peer that goes by itself. */
static void with_device(void (*test)(void))
{
	TEST_NUMBER(wg_stand_up(&stand, 's', PORT), 0);
	if (stand.backend != NULL)
		test();
	wg_stand_down(&stand);
}

static struct prefix four(uint32_t i)
{
	return prefix_ipv4(0x0a000000 + (i << 8), 24);
}

static struct prefix six(uint32_t i)
{
	struct prefix p = {.family = FAMILY_IPV6, .length = 64, .bytes = {0xfd}};

	p.bytes[6] = (uint8_t)(i >> 8);
	p.bytes[7] = (uint8_t)i;
	return p;
}

static void set_endpoint(struct wg_peer *p, uint32_t i)
{
	p->endpoint.address = address_ipv4(0xc6120000 + i);
	if (i % 2 == 0)
		p->endpoint.address =
			(struct address){.family = FAMILY_IPV6, .bytes = {0x20, 1, 0xd, 0xb8, 1}};
	p->endpoint.port = (uint16_t)(1024 + i);
	p->set_endpoint = true;
	p->keepalive = (uint16_t)(i % 3 * 25);
}

/* Each has ten prefixes in a row, of which every fifth is IPv6. Without every tenth peer, if so
 * said: the kernel waits for its readers after each one that goes. */
static void want_many(struct wg_device *want, bool all, uint32_t shift)
{
	for (uint32_t i = 0; i < MANY_PEERS; i++) {
		struct wg_key key = wg_stand_peer_key(i);
		struct prefix allowed[PREFIXES_OF_EACH];

		if (!all && i % 10 == 9)
			continue;
		for (uint32_t k = 0; k < PREFIXES_OF_EACH; k++) {
			uint32_t number = (i * PREFIXES_OF_EACH + k + shift) %
					  (MANY_PEERS * PREFIXES_OF_EACH);

			allowed[k] = number % 5 == 0 ? six(number) : four(number);
		}
		set_endpoint(wg_stand_add(want, &key, allowed, PREFIXES_OF_EACH), i);
	}
}

static void set_many(void)
{
	struct mono start = mono_now();
	struct wg_device want = wg_stand_device(&stand);

	want_many(&want, true, 0);
	TEST_NUMBER(wg_stand_become(&stand, &want), MANY_PEERS + 1);
	TEST_NUMBER(wg_stand_become(&stand, &want), 0);
	wg_device_fini(&want);
	/* Each gives its first three to the one before. */
	want = wg_stand_device(&stand);
	want_many(&want, true, 3);
	TEST_NUMBER(wg_stand_become(&stand, &want), 3 * MANY_PEERS);
	wg_device_fini(&want);
	/* Every tenth goes, and takes along what it has. */
	want = wg_stand_device(&stand);
	want_many(&want, false, 3);
	TEST_NUMBER(wg_stand_become(&stand, &want), MANY_PEERS / 10);
	/* As many others lose all but one. */
	for (size_t i = 0; i < want.peers.n; i += 9)
		want.peers.at[i].nallowed = 1;
	TEST_NUMBER(wg_stand_become(&stand, &want), MANY_PEERS / 10 * (PREFIXES_OF_EACH - 1));
	wg_device_fini(&want);
	/* All at once: key, port and mark stay. */
	want = wg_stand_device(&stand);
	TEST_NUMBER(wg_clear(stand.backend, NULL), 0);
	TEST_NUMBER(wg_stand_become(&stand, &want), 0);
	wg_device_fini(&want);
	if (!settings_slow() && mono_ms_between(start, mono_now()) > LONG_MS)
		TEST_FAIL("took %d ms", (int)mono_ms_between(start, mono_now()));
}

/* A peer with so many prefixes of each family, and one behind it, whose beginning is moved by them.
 */
static void two_peers(struct wg_device *want, uint32_t first, size_t fours, size_t sixes)
{
	const struct wg_key keys[] = {wg_stand_peer_key(first), wg_stand_peer_key(first + 1)};
	const struct prefix last[] = {four(65535), six(65535)};
	prefix_vec allowed = {0};

	for (uint32_t i = 0; i < fours; i++)
		vec_push(&allowed, four(i));
	for (uint32_t i = 0; i < sixes; i++)
		vec_push(&allowed, six(i));
	wg_stand_add(want, &keys[0], allowed.at, allowed.n);
	set_endpoint(wg_stand_add(want, &keys[1], last, 2), first);
	vec_free(&allowed);
}

/* A prefix has 28 bytes in a message, or 40, and beyond four of the larger ones every multiple of 4
 * is a sum of them: so one of these is just full, others lack or exceed that by 4, 8, …, and the
 * cut falls in front of a peer, into it, and between its prefixes. */
#define SIXES 7

static void fill_requests(void)
{
	enum { FEWEST = 118, MOST = 138 }; /* prefixes to 3,800 bytes */
	uint32_t round = 0;

	for (size_t fours = FEWEST; fours <= MOST; fours++)
		for (size_t sixes = 0; sixes < SIXES; sixes++) {
			struct wg_device want = wg_stand_device(&stand);

			/* New peers each time, or there would be little to send. */
			two_peers(&want, round += 2, fours, sixes);
			wg_stand_become(&stand, &want);
			wg_device_fini(&want);
		}
}

static void fill_answers(void)
{
	enum {
		FEWEST = 1125,
		MOST = 1165
	}; /* prefixes to the kernel's 32 KiB, less what is its own */

	for (size_t fours = FEWEST; fours <= MOST; fours++)
		for (size_t sixes = 0; sixes < SIXES; sixes++) {
			struct wg_device want = wg_stand_device(&stand);

			two_peers(&want, 1, fours, sixes);
			wg_stand_become(&stand, &want);
			wg_device_fini(&want);
		}
}

static void five_thousand_peers_with_fifty_thousand_prefixes(void)
{
	with_device(set_many);
}

static void requests_that_are_just_full(void)
{
	with_device(fill_requests);
}

static void answers_that_are_just_full(void)
{
	with_device(fill_answers);
}

TEST_SUITE_WITH(net_wg_sizes, space_enter, space_leave,
		{"5,000 peers with 50,000 prefixes",
		 five_thousand_peers_with_fifty_thousand_prefixes},
		{"requests that are just full", requests_that_are_just_full},
		{"answers that are just full", answers_that_are_just_full});
