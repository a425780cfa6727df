/* What lib/net/wg.h does to WireGuard devices, in a namespace without a way out. The same cases for
 * both backends: settings.h says whose devices they are.
 *
 *	one namespace:   near 51999 ──── lo ──── 51998 far */
#include <poll.h>

#include "test/net/space.h"
#include "test/net/wg_stand.h"
#include "test/test.h"

#define NEAR_PORT  51999
#define FAR_PORT   51998
#define ROAMED_TO  51997
#define LOOPBACK   0x7f000001
#define GREETED_MS 20000
#define SILENT_MS  300
#define SOON_MS	   2000 /* sooner than WireGuard tries again by itself */

static struct wg_stand near;

static int enter(void)
{
	if (space_enter() != 0)
		return -1;
	return wg_stand_up(&near, 'n', NEAR_PORT);
}

static int leave(void)
{
	wg_stand_down(&near);
	return space_leave();
}

static const struct wg_endpoint somewhere = {{.family = FAMILY_IPV4, .bytes = {192, 0, 2, 1}},
					     51820};

static void peers_come_change_and_go(void)
{
	struct wg_device want = wg_stand_device(&near);
	struct wg_peer *p;

	p = wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	p->endpoint = somewhere;
	p->set_endpoint = true;
	p = wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", "fd00:1::/64", NULL});
	p->keepalive = 25;
	TEST_NUMBER(wg_stand_become(&near, &want), 3);
	TEST_NUMBER(wg_stand_become(&near, &want), 0);
	want.peers.at[1].keepalive = 0;
	TEST_NUMBER(wg_stand_become(&near, &want), 1);
	wg_device_fini(&want);
	want = wg_stand_device(&near);
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", "fd00:1::/64", NULL});
	TEST_NUMBER(wg_stand_become(&near, &want), 1);
	wg_device_fini(&want);
}

/* What a peer that goes had may be another's in the same breath. */
static void a_peer_is_replaced(void)
{
	struct wg_device want = wg_stand_device(&near);

	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	wg_stand_become(&near, &want);
	wg_device_fini(&want);
	want = wg_stand_device(&near);
	wg_stand_want(&want, 3, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	TEST_NUMBER(wg_stand_become(&near, &want), 2);
	wg_device_fini(&want);
}

static void an_allowed_ip_moves(void)
{
	struct wg_device want = wg_stand_device(&near);

	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", NULL});
	wg_stand_become(&near, &want);
	wg_device_fini(&want);
	want = wg_stand_device(&near);
	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", NULL});
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", "172.20.1.0/24", NULL});
	TEST_NUMBER(wg_stand_become(&near, &want), 1);
	wg_device_fini(&want);
}

static void two_peers_swap_what_they_have(void)
{
	struct wg_device want = wg_stand_device(&near);

	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", "fd00:1::/64", NULL});
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", "fd00:2::/64", NULL});
	wg_stand_become(&near, &want);
	wg_device_fini(&want);
	want = wg_stand_device(&near);
	wg_stand_want(&want, 1, (const char *[]){"10.0.0.2/32", "fd00:2::/64", NULL});
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.1/32", "fd00:1::/64", NULL});
	TEST_NUMBER(wg_stand_become(&near, &want), 4);
	wg_device_fini(&want);
}

/* Prefixes around it and beside it stay, whoever has them. */
static void one_allowed_ip_goes(void)
{
	struct wg_device want = wg_stand_device(&near);

	wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	wg_stand_want(&want, 2, (const char *[]){"10.0.0.2/32", "172.20.0.0/16", NULL});
	wg_stand_become(&near, &want);
	want.peers.at[0].nallowed = 1;
	TEST_NUMBER(wg_stand_become(&near, &want), 1);
	want.peers.at[0].nallowed = 0;
	TEST_NUMBER(wg_stand_become(&near, &want), 1);
	wg_device_fini(&want);
}

static void an_endpoint_that_the_device_knows_stays(void)
{
	struct wg_device want = wg_stand_device(&near), have;
	struct wg_peer *p = wg_stand_want(&want, 1, (const char *[]){"10.0.0.1/32", NULL});

	p->endpoint = (struct wg_endpoint){address_ipv4(0xc0000207), 40000};
	p->set_endpoint = true;
	wg_stand_become(&near, &want);
	p->endpoint = somewhere;
	p->set_endpoint = false;
	TEST_NUMBER(wg_stand_become(&near, &want), 0);
	TEST_NUMBER(wg_read(near.backend, &have, NULL), 0);
	TEST_NUMBER(have.peers.n == 1 ? have.peers.at[0].endpoint.port : 0, 40000);
	wg_device_fini(&have);
	wg_device_fini(&want);
}

/* ---- a peer that is really there ---- */

/* The only peer that the near device has, once it has greeted and speaks from that port. */
static bool await_peer_at(uint16_t port, struct wg_peer *out)
{
	struct mono deadline = mono_add_ms(mono_now(), GREETED_MS);
	const struct address loopback = address_ipv4(LOOPBACK);

	for (;;) {
		struct wg_device have = {0};
		bool there = wg_read(near.backend, &have, NULL) == 0 && have.peers.n == 1;

		if (there)
			*out = have.peers.at[0];
		wg_device_fini(&have);
		if (there && out->endpoint.port == port && out->last_handshake.ms > 0 &&
		    address_equal(&out->endpoint.address, &loopback))
			return true;
		if (mono_reached(deadline, mono_now()))
			return false;
		poll(NULL, 0, 20);
	}
}

static void a_peer_that_roams_is_read_where_it_is(void)
{
	const struct prefix everything[] = {prefix_ipv4(0, 0)};
	struct wg_device want, far_want;
	struct wg_peer *p, seen = {0};
	struct wg_stand far;

	TEST_NUMBER(wg_stand_up(&far, 'f', FAR_PORT), 0);
	TEST_NUMBER(wg_stand_enable(&far), 0);
	TEST_NUMBER(wg_stand_enable(&near), 0);
	want = wg_stand_device(&near);
	far_want = wg_stand_device(&far);
	wg_stand_add(&want, &far_want.public_key, everything, 1);
	wg_stand_become(&near, &want);
	p = wg_stand_add(&far_want, &want.public_key, everything, 1);
	p->endpoint = (struct wg_endpoint){address_ipv4(LOOPBACK), NEAR_PORT};
	p->keepalive = 1; /* the first one is a greeting */
	wg_stand_become(&far, &far_want);
	CU_ASSERT(await_peer_at(FAR_PORT, &seen));
	far_want.listen_port = ROAMED_TO;
	TEST_NUMBER(wg_stand_become(&far, &far_want), 1);
	CU_ASSERT(await_peer_at(ROAMED_TO, &seen));
	CU_ASSERT(seen.rx_bytes > 0 && seen.tx_bytes > 0);
	CU_ASSERT(wall_now().ms - seen.last_handshake.ms < 2 * GREETED_MS);
	/* That it was wanted elsewhere once changes nothing, or each round would send it back. */
	want.peers.at[0].endpoint = (struct wg_endpoint){address_ipv4(LOOPBACK), FAR_PORT};
	TEST_NUMBER(wg_stand_become(&near, &want), 0);
	CU_ASSERT(await_peer_at(ROAMED_TO, &seen));
	wg_device_fini(&want);
	wg_device_fini(&far_want);
	wg_stand_down(&far);
}

/* The handshake of near's peer with this key; ms 0: none, after all this time. */
static struct wall await_greeting(const struct wg_key *key, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	struct wall at = {0};

	do {
		struct wg_device have = {0};
		const struct wg_peer *p = NULL;

		if (wg_read(near.backend, &have, NULL) == 0)
			p = wg_device_peer(&have, key);
		at = p != NULL ? p->last_handshake : at;
		wg_device_fini(&have);
		poll(NULL, 0, 10);
	} while (at.ms == 0 && !mono_reached(deadline, mono_now()));
	return at;
}

static void become(struct wg_stand *s, const struct wg_device *want)
{
	struct wg_device have = {0};
	wg_op_vec ops = {0};
	struct fault f = {0};

	TEST_NUMBER(wg_read(s->backend, &have, NULL), 0);
	wg_plan(want, &have, &ops);
	TEST_STEP(wg_apply(s->backend, want, &s->key, ops.at, ops.n, &f), &f);
	vec_free(&ops);
	wg_device_fini(&have);
}

/* Another key alone says nothing to anybody; a greeting does, keepalives or not. */
static void a_peer_is_greeted(uint16_t keepalive)
{
	const struct prefix everything[] = {prefix_ipv4(0, 0)};
	struct wg_device want, far_want;
	struct wg_stand far;
	struct wg_peer *p;

	TEST_NUMBER(wg_stand_up(&far, 'g', FAR_PORT), 0);
	TEST_NUMBER(wg_stand_enable(&far), 0);
	TEST_NUMBER(wg_stand_enable(&near), 0);
	want = wg_stand_device(&near);
	far_want = wg_stand_device(&far);
	p = wg_stand_add(&far_want, &want.public_key, everything, 1);
	p->endpoint = (struct wg_endpoint){address_ipv4(LOOPBACK), NEAR_PORT};
	p->keepalive = keepalive;
	become(&far, &far_want); /* nobody answers by its first key */
	wg_private_key_generate(&far.key);
	wg_public_key(&far.key, &far_want.public_key);
	become(&far, &far_want);
	wg_stand_add(&want, &far_want.public_key, everything, 1);
	become(&near, &want);
	TEST_NUMBER(await_greeting(&far_want.public_key, SILENT_MS).ms, 0);
	p->greet = true;
	become(&far, &far_want);
	CU_ASSERT(await_greeting(&far_want.public_key, SOON_MS).ms != 0);
	p->greet = false;
	TEST_NUMBER(wg_stand_become(&far, &far_want), 0);
	wg_device_fini(&want);
	wg_device_fini(&far_want);
	wg_stand_down(&far);
}

static void a_silent_peer_is_greeted(void)
{
	a_peer_is_greeted(0);
}

static void a_peer_with_keepalives_is_greeted(void)
{
	a_peer_is_greeted(25);
}

static void what_is_not_there_is_said(void)
{
	struct wg_backend *b = NULL;
	struct fault f = {0};

	TEST_NUMBER(wg_open("netwg9", &b, &f), ERR_NOT_FOUND);
	TEST_TEXT(f.text, "no WireGuard device netwg9");
	TEST_NUMBER(wg_open("../x", &b, NULL), ERR_INVALID);
	TEST_NUMBER(wg_open("lo", &b, NULL), ERR_NOT_FOUND);
	wg_close(NULL);
}

TEST_SUITE_WITH(net_wg, enter, leave, {"peers come, change and go", peers_come_change_and_go},
		{"a peer is replaced", a_peer_is_replaced},
		{"an allowed IP moves", an_allowed_ip_moves},
		{"two peers swap what they have", two_peers_swap_what_they_have},
		{"one allowed IP goes", one_allowed_ip_goes},
		{"an endpoint that the device knows stays",
		 an_endpoint_that_the_device_knows_stays},
		{"a peer that roams is read where it is", a_peer_that_roams_is_read_where_it_is},
		{"a silent peer is greeted", a_silent_peer_is_greeted},
		{"a peer with keepalives is greeted", a_peer_with_keepalives_is_greeted},
		{"what is not there is said", what_is_not_there_is_said});
