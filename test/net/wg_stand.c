#include "test/net/wg_stand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test/net/child.h"
#include "test/net/settings.h"
#include "test/test.h"

#define SOCKET_MS 10000

static void socket_path(const struct wg_stand *s, char out[64])
{
	snprintf(out, 64, "/var/run/wireguard/%s.sock", s->name);
}

static int create(struct wg_stand *s, struct netlink *n)
{
	const char *const argv[] = {"wireguard-go", "-f", s->name, NULL};
	char path[64];

	if (settings_kernel_wireguard())
		return link_create_wireguard(n, s->name, NULL);
	snprintf(s->log, sizeof(s->log), "%s/%s.log", test_dir(), s->name);
	s->server = child_start(s->log, argv);
	socket_path(s, path);
	return child_wait_socket(path, SOCKET_MS) ? 0 : ERR_TIMEOUT;
}

int wg_stand_up(struct wg_stand *s, char letter, uint16_t port)
{
	struct netlink *n = NULL;
	int code;

	*s = (struct wg_stand){.server = -1, .port = port};
	snprintf(s->name, sizeof(s->name), "wgt%c%d", letter, (int)getpid());
	wg_private_key_generate(&s->key);
	code = netlink_open(NETLINK_ROUTE, &n, NULL);
	if (code == 0)
		code = create(s, n);
	netlink_close(n);
	return code == 0 ? wg_open(s->name, &s->backend, NULL) : code;
}

int wg_stand_enable(struct wg_stand *s)
{
	struct netlink *n = NULL;
	struct link l;
	int code = netlink_open(NETLINK_ROUTE, &n, NULL);

	if (code == 0)
		code = link_find(n, s->name, &l, NULL);
	if (code == 0)
		code = link_set_up(n, l.index, true, NULL);
	netlink_close(n);
	return code;
}

void wg_stand_down(struct wg_stand *s)
{
	wg_stand_break(s);
	wg_close(s->backend);
	s->backend = NULL;
	secret_wipe(&s->key);
}

void wg_stand_break(struct wg_stand *s)
{
	struct netlink *n = NULL;
	char path[64];
	struct link l;

	if (s->server > 0) {
		child_stop(&s->server);
		socket_path(s, path);
		unlink(path);
	} else if (netlink_open(NETLINK_ROUTE, &n, NULL) == 0 &&
		   link_find(n, s->name, &l, NULL) == 0) {
		if (s->backend != NULL)
			(void)wg_clear(s->backend, NULL);
		link_delete(n, l.index, NULL);
	}
	netlink_close(n);
}

struct wg_device wg_stand_device(const struct wg_stand *s)
{
	struct wg_device d = {.listen_port = s->port, .fwmark = 0x5300};

	wg_public_key(&s->key, &d.public_key);
	return d;
}

struct wg_key wg_stand_peer_key(uint32_t i)
{
	return (struct wg_key){{(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 9}};
}

struct wg_peer *wg_stand_add(struct wg_device *d, const struct wg_key *key,
			     const struct prefix *allowed, size_t n)
{
	struct wg_peer p = {.key = *key, .nallowed = n};

	p.allowed = mem_alloc((n + 1) * sizeof(*p.allowed));
	if (n > 0)
		memcpy(p.allowed, allowed, n * sizeof(*p.allowed));
	qsort(p.allowed, n, sizeof(*p.allowed), prefix_compare);
	vec_push(&d->peers, p);
	return &d->peers.at[d->peers.n - 1];
}

struct wg_peer *wg_stand_want(struct wg_device *d, uint32_t i, const char *const *allowed)
{
	struct wg_key key = wg_stand_peer_key(i);
	prefix_vec prefixes = {0};
	struct wg_peer *peer;

	for (; *allowed != NULL; allowed++) {
		struct prefix p;

		if (prefix_parse(*allowed, &p, NULL) != 0)
			TEST_FAIL("prefix %s", *allowed);
		vec_push(&prefixes, p);
	}
	peer = wg_stand_add(d, &key, prefixes.at, prefixes.n);
	vec_free(&prefixes);
	return peer;
}

/* NULL, or what is not as wanted. */
static const char *peer_differs(const struct wg_peer *want, const struct wg_peer *have)
{
	if (wg_key_compare(&want->key, &have->key) != 0)
		return "key";
	if (want->keepalive != have->keepalive)
		return "keepalive";
	if (want->set_endpoint &&
	    (want->endpoint.port != have->endpoint.port ||
	     !address_equal(&want->endpoint.address, &have->endpoint.address)))
		return "endpoint";
	if (want->nallowed != have->nallowed)
		return "number of allowed IPs";
	for (size_t i = 0; i < want->nallowed; i++)
		if (prefix_compare(&want->allowed[i], &have->allowed[i]) != 0)
			return "an allowed IP";
	return NULL;
}

static void expect_equal(const struct wg_device *want, const struct wg_device *have)
{
	CU_ASSERT(have->has_private_key);
	CU_ASSERT(wg_key_compare(&have->public_key, &want->public_key) == 0);
	TEST_NUMBER(have->listen_port, want->listen_port);
	TEST_NUMBER(have->fwmark, want->fwmark);
	TEST_NUMBER(have->peers.n, want->peers.n);
	for (size_t i = 0; i < want->peers.n && i < have->peers.n; i++) {
		const char *what = peer_differs(&want->peers.at[i], &have->peers.at[i]);

		if (what != NULL) {
			TEST_FAIL("peer %zu of %zu: %s", i, want->peers.n, what);
			return;
		}
	}
}

size_t wg_stand_become(struct wg_stand *s, const struct wg_device *want)
{
	struct wg_device have = {0};
	wg_op_vec ops = {0};
	struct fault f = {0};
	size_t n;
	int code = wg_read(s->backend, &have, &f);

	if (code == 0)
		wg_plan(want, &have, &ops);
	n = ops.n;
	if (code == 0)
		code = wg_apply(s->backend, want, &s->key, ops.at, ops.n, &f);
	wg_device_fini(&have);
	ops.n = 0;
	if (code == 0)
		code = wg_read(s->backend, &have, &f);
	if (code == 0) {
		wg_plan(want, &have, &ops);
		expect_equal(want, &have);
	} else {
		TEST_FAIL("%s", fault_text(&f, code));
	}
	TEST_NUMBER(ops.n, 0);
	wg_device_fini(&have);
	vec_free(&ops);
	return n;
}
