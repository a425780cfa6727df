/* WireGuard devices in a namespace without a way out: by a wireguard-go of our own, or with
 * SKEIN_TEST_WG=kernel in the environment by the kernel.
 *
 *	one namespace:   netwg0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/link.h"
#include "lib/net/wg.h"
#include "test/net/child.h"
#include "test/net/space.h"
#include "test/test.h"

#define DEVICE "netwg0"
#define SOCKET "/var/run/wireguard/" DEVICE ".sock"

static pid_t wireguard = -1;
static struct wg_backend *backend;
static struct secret private_key;

static bool by_kernel(void)
{
	const char *which = getenv("SKEIN_TEST_WG");

	return which != NULL && strcmp(which, "kernel") == 0;
}

static int start_device(void)
{
	static const char *const argv[] = {"wireguard-go", "-f", DEVICE, NULL};
	struct netlink *n = NULL;
	char log[200];
	int code;

	if (!by_kernel()) {
		snprintf(log, sizeof(log), "%s/wireguard-go.log", test_dir());
		wireguard = child_start(log, argv);
		return child_wait_socket(SOCKET, 5000) ? 0 : -1;
	}
	code = netlink_open(NETLINK_ROUTE, &n, NULL);
	if (code == 0)
		code = link_create_wireguard(n, DEVICE, NULL);
	netlink_close(n);
	return code;
}

static void stop_device(void)
{
	struct netlink *n = NULL;
	struct link l;

	child_stop(&wireguard);
	unlink(SOCKET);
	if (by_kernel() && netlink_open(NETLINK_ROUTE, &n, NULL) == 0 &&
	    link_find(n, DEVICE, &l, NULL) == 0)
		link_delete(n, l.index, NULL);
	netlink_close(n);
}

static int enter(void)
{
	if (space_enter() != 0)
		return -1;
	if (start_device() != 0 || wg_open(DEVICE, &backend, NULL) != 0)
		return -1;
	wg_private_key_generate(&private_key);
	return 0;
}

static int leave(void)
{
	wg_close(backend);
	stop_device();
	return space_leave();
}

/* Keys in ascending order. */
static struct wg_key key_of(uint32_t i)
{
	return (struct wg_key){{(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 9}};
}

static void want_peer(struct wg_device *d, uint32_t i, const char *const *allowed)
{
	struct wg_peer p = {.key = key_of(i)};
	size_t n = 0;

	while (allowed[n] != NULL)
		n++;
	p.allowed = mem_alloc((n + 1) * sizeof(*p.allowed));
	for (; p.nallowed < n; p.nallowed++)
		if (prefix_parse(allowed[p.nallowed], &p.allowed[p.nallowed], NULL) != 0)
			TEST_FAIL("prefix %s", allowed[p.nallowed]);
	vec_push(&d->peers, p);
}

/* Plans and applies; then there is nothing left to do. Returns how many operations it took. */
static size_t become(const struct wg_device *want)
{
	struct wg_device have;
	wg_op_vec ops = {0};
	struct fault f = {0};
	size_t n;
	int code = wg_read(backend, &have, &f);

	if (code == 0)
		wg_plan(want, &have, &ops);
	n = ops.n;
	if (code == 0)
		code = wg_apply(backend, want, &private_key, ops.at, ops.n, &f);
	wg_device_fini(&have);
	ops.n = 0;
	if (code == 0)
		code = wg_read(backend, &have, &f);
	if (code == 0)
		wg_plan(want, &have, &ops);
	if (code != 0)
		TEST_FAIL("%s", fault_text(&f, code));
	TEST_NUMBER(ops.n, 0);
	TEST_NUMBER(have.peers.n, want->peers.n);
	wg_device_fini(&have);
	vec_free(&ops);
	return n;
}

static struct wg_device device(void)
{
	struct wg_device d = {.listen_port = 51999, .fwmark = 0x5300};

	wg_public_key(&private_key, &d.public_key);
	return d;
}

static void peers_come_change_and_go(void)
{
	struct wg_device want = device();

	want_peer(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	want_peer(&want, 2, (const char *[]){"10.0.0.2/32", NULL});
	want.peers.at[0].endpoint = (struct wg_endpoint){address_ipv4(0xc0000201), 51820};
	want.peers.at[1].keepalive = 25;
	TEST_NUMBER(become(&want), 3);
	TEST_NUMBER(become(&want), 0);
	want.peers.at[1].keepalive = 0;
	TEST_NUMBER(become(&want), 1);
	wg_device_fini(&want);
	want = device();
	want_peer(&want, 2, (const char *[]){"10.0.0.2/32", NULL});
	TEST_NUMBER(become(&want), 1);
	wg_device_fini(&want);
}

static void an_allowed_ip_moves(void)
{
	struct wg_device want = device();

	want_peer(&want, 1, (const char *[]){"10.0.0.1/32", "172.20.1.0/24", NULL});
	want_peer(&want, 2, (const char *[]){"10.0.0.2/32", NULL});
	become(&want);
	wg_device_fini(&want);
	want = device();
	want_peer(&want, 1, (const char *[]){"10.0.0.1/32", NULL});
	want_peer(&want, 2, (const char *[]){"10.0.0.2/32", "172.20.1.0/24", NULL});
	TEST_NUMBER(become(&want), 1);
	wg_device_fini(&want);
}

static void one_allowed_ip_goes(void)
{
	struct wg_device want = device();

	want_peer(&want, 1,
		  (const char *[]){"10.0.0.1/32", "172.20.1.0/24", "172.20.2.0/24", NULL});
	want_peer(&want, 2, (const char *[]){"10.0.0.2/32", "172.20.0.0/16", NULL});
	become(&want);
	want.peers.at[0].nallowed = 1;
	TEST_NUMBER(become(&want), 2);
	wg_device_fini(&want);
}

static void a_roamed_endpoint_stays(void)
{
	struct wg_device want = device(), have;

	want_peer(&want, 1, (const char *[]){"10.0.0.1/32", NULL});
	want.peers.at[0].endpoint = (struct wg_endpoint){address_ipv4(0xc0000207), 40000};
	want.peers.at[0].set_endpoint = true;
	become(&want);
	want.peers.at[0].endpoint = (struct wg_endpoint){address_ipv4(0xc0000201), 51820};
	want.peers.at[0].set_endpoint = false;
	TEST_NUMBER(become(&want), 0);
	TEST_NUMBER(wg_read(backend, &have, NULL), 0);
	TEST_NUMBER(have.peers.n == 1 ? have.peers.at[0].endpoint.port : 0, 40000);
	wg_device_fini(&have);
	wg_device_fini(&want);
}

#define MANY 10000

static void ten_thousand_peers(void)
{
	struct wg_device want = device();
	struct mono start = mono_now();

	for (uint32_t i = 0; i < MANY; i++) {
		struct wg_peer p = {.key = key_of(i), .nallowed = 1};

		p.allowed = mem_alloc(sizeof(*p.allowed));
		p.allowed[0] = prefix_ipv4(0x0a000000 + i, 32);
		vec_push(&want.peers, p);
	}
	TEST_NUMBER(become(&want), MANY - 1); /* one is there from the case before */
	wg_device_fini(&want);
	want = device();
	become(&want);
	if (mono_ms_between(start, mono_now()) > 20000)
		TEST_FAIL("took %d ms", (int)mono_ms_between(start, mono_now()));
}

/* One peer whose prefixes fill many messages, there and back. */
static void a_peer_with_many_prefixes(void)
{
	struct wg_device want = device();
	struct wg_peer p = {.key = key_of(7), .nallowed = 3000};

	p.allowed = mem_alloc(p.nallowed * sizeof(*p.allowed));
	for (uint32_t i = 0; i < p.nallowed; i++)
		p.allowed[i] = prefix_ipv4(0x0b000000 + (i << 8), 24);
	vec_push(&want.peers, p);
	become(&want);
	want.peers.at[0].nallowed = 10;
	TEST_NUMBER(become(&want), 2990);
	wg_device_fini(&want);
}

static void no_error_has_the_private_key(void)
{
	static const struct wg_op set_all = {.kind = WG_OP_DEVICE,
					     .mask = WG_SET_KEY | WG_SET_PORT | WG_SET_MARK};
	struct wg_device want = device();
	char text[WG_KEY_TEXT_MAX], hex[5];
	struct fault f = {0};

	stop_device(); /* from here on every call fails */
	CU_ASSERT(wg_apply(backend, &want, &private_key, &set_all, 1, &f) != 0);
	CU_ASSERT(f.text[0] != '\0');
	snprintf(hex, sizeof(hex), "%02x%02x", private_key.bytes[0], private_key.bytes[1]);
	memcpy(want.public_key.bytes, private_key.bytes, WG_KEY_SIZE);
	CU_ASSERT(strstr(f.text, wg_key_format(&want.public_key, text)) == NULL);
	CU_ASSERT(strstr(f.text, hex) == NULL);
	CU_ASSERT(wg_apply(backend, &want, NULL, &set_all, 1, &f) != 0);
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
		{"an allowed IP moves", an_allowed_ip_moves},
		{"one allowed IP goes", one_allowed_ip_goes},
		{"a roamed endpoint stays", a_roamed_endpoint_stays},
		{"ten thousand peers", ten_thousand_peers},
		{"a peer with many prefixes", a_peer_with_many_prefixes},
		{"what is not there is said", what_is_not_there_is_said},
		{"no error has the private key", no_error_has_the_private_key});
