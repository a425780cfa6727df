/* Plans against a simulated device, which does with allowed IPs what WireGuard does: a prefix has
 * one owner, the last one that got it, and goes with it. */
#include <string.h>

#include "lib/net/wg.h"
#include "test/test.h"
#include "test/unit/net/random.h"

#define KEYS	 6
#define PREFIXES 10

struct device_model {
	struct peer_model {
		bool there;
		struct wg_endpoint endpoint;
		uint16_t keepalive;
	} peers[KEYS];
	int owner[PREFIXES]; /* -1: none */
	int flips;	     /* how often a prefix that was wanted all the time had no owner */
};

static struct wg_key key_of(int i)
{
	return (struct wg_key){{(uint8_t)(i * 37 + 1), (uint8_t)i}};
}

static int index_of(const struct wg_peer *p)
{
	return p->key.bytes[1];
}

static struct prefix prefix_of(int i)
{
	return prefix_ipv4(0x0a000000u + ((uint32_t)i << 12), (uint8_t)(20 + i % 3));
}

static int prefix_index(const struct prefix *p)
{
	return (int)((prefix_to_ipv4(p) - 0x0a000000u) >> 12);
}

static void model_random(struct random *r, struct device_model *m)
{
	memset(m, 0, sizeof(*m));
	for (int i = 0; i < KEYS; i++) {
		m->peers[i].there = random_below(r, 3) != 0;
		m->peers[i].keepalive = random_below(r, 2) ? 25 : 0;
		if (random_below(r, 2))
			m->peers[i].endpoint = (struct wg_endpoint){
				address_ipv4(0xc0000200 + random_below(r, 2)), 51820};
	}
	for (int i = 0; i < PREFIXES; i++) {
		int owner = (int)random_below(r, KEYS);

		m->owner[i] = m->peers[owner].there ? owner : -1;
	}
}

/* The device that the model is, as wg_read() would give it. */
static void model_device(const struct device_model *m, struct wg_device *out)
{
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < KEYS; i++) {
		struct wg_peer p = {.key = key_of(i),
				    .endpoint = m->peers[i].endpoint,
				    .keepalive = m->peers[i].keepalive};

		if (!m->peers[i].there)
			continue;
		p.allowed = mem_alloc(PREFIXES * sizeof(*p.allowed));
		for (int k = 0; k < PREFIXES; k++)
			if (m->owner[k] == i)
				p.allowed[p.nallowed++] = prefix_of(k);
		vec_push(&out->peers, p);
	}
}

static void give(struct device_model *m, const struct wg_peer *p, const struct prefix *prefix)
{
	if (!m->peers[index_of(p)].there)
		TEST_FAIL("a prefix for a peer that is not there");
	m->owner[prefix_index(prefix)] = index_of(p);
}

static void apply_to_peer(struct device_model *m, const struct wg_op *op)
{
	struct peer_model *peer = &m->peers[index_of(op->peer)];

	if (peer->there == (op->kind == WG_OP_PEER_ADD))
		TEST_FAIL("operation %d on a peer that is %sthere", op->kind,
			  peer->there ? "" : "not ");
	peer->there = op->kind != WG_OP_PEER_REMOVE;
	if (op->kind == WG_OP_PEER_ADD || (op->mask & WG_SET_ENDPOINT) != 0)
		peer->endpoint = op->peer->endpoint;
	if (op->kind == WG_OP_PEER_ADD || (op->mask & WG_SET_KEEPALIVE) != 0)
		peer->keepalive = op->peer->keepalive;
	if (op->kind == WG_OP_PEER_ADD)
		for (size_t i = 0; i < op->peer->nallowed; i++)
			give(m, op->peer, &op->peer->allowed[i]);
	for (int i = 0; i < PREFIXES && !peer->there; i++)
		if (m->owner[i] == index_of(op->peer))
			m->owner[i] = -1;
}

static void model_apply(struct device_model *m, const struct wg_op *op)
{
	if (op->kind == WG_OP_ALLOWED_ADD)
		give(m, op->peer, &op->prefix);
	else if (op->kind == WG_OP_ALLOWED_REMOVE)
		m->owner[prefix_index(&op->prefix)] = -1;
	else
		apply_to_peer(m, op);
}

static void run_plan(struct device_model *m, const struct device_model *want)
{
	const struct device_model before = *m;
	struct wg_device desired, actual;
	wg_op_vec ops = {0};

	model_device(want, &desired);
	model_device(m, &actual);
	wg_plan(&desired, &actual, &ops);
	for (size_t i = 0; i < ops.n; i++) {
		model_apply(m, &ops.at[i]);
		for (int k = 0; k < PREFIXES; k++)
			m->flips += before.owner[k] >= 0 && want->owner[k] >= 0 && m->owner[k] < 0;
	}
	vec_free(&ops);
	wg_device_fini(&desired);
	wg_device_fini(&actual);
}

static void compare(int round, const struct device_model *got, const struct device_model *want,
		    const struct device_model *before)
{
	for (int i = 0; i < KEYS; i++) {
		const struct peer_model *g = &got->peers[i], *w = &want->peers[i];
		const struct peer_model *b = &before->peers[i];
		/* A place that the device knew, and that was not to be written, stays. */
		bool keeps = b->there && (b->endpoint.address.family != FAMILY_NONE ||
					  w->endpoint.address.family == FAMILY_NONE);

		if (g->there != w->there)
			TEST_FAIL("round %d: peer %d", round, i);
		if (g->there && g->keepalive != w->keepalive)
			TEST_FAIL("round %d: keepalive of %d", round, i);
		if (g->there && !address_equal(&g->endpoint.address,
					       keeps ? &b->endpoint.address : &w->endpoint.address))
			TEST_FAIL("round %d: endpoint of %d", round, i);
	}
	for (int i = 0; i < PREFIXES; i++)
		if (got->owner[i] != want->owner[i])
			TEST_FAIL("round %d: prefix %d is of %d, not %d", round, i, got->owner[i],
				  want->owner[i]);
}

static void a_plan_leads_there(void)
{
	struct random r = {7};

	for (int round = 0; round < 2000; round++) {
		struct device_model want, have, before;

		model_random(&r, &want);
		model_random(&r, &have);
		before = have;
		run_plan(&have, &want);
		compare(round, &have, &want, &before);
		TEST_NUMBER(have.flips, 0);
	}
}

static size_t operations(const struct device_model *want, const struct device_model *have)
{
	struct wg_device desired, actual;
	wg_op_vec ops = {0};
	size_t n;

	model_device(want, &desired);
	model_device(have, &actual);
	wg_plan(&desired, &actual, &ops);
	n = ops.n;
	vec_free(&ops);
	wg_device_fini(&desired);
	wg_device_fini(&actual);
	return n;
}

static void what_is_right_is_left_alone(void)
{
	struct random r = {8};

	for (int round = 0; round < 100; round++) {
		struct device_model m;

		model_random(&r, &m);
		TEST_NUMBER(operations(&m, &m), 0);
	}
}

static void a_moving_prefix_is_one_operation(void)
{
	struct device_model have = {.owner = {0, 0, -1, -1, -1, -1, -1, -1, -1, -1}}, want;

	have.peers[0].there = have.peers[1].there = true;
	want = have;
	want.owner[1] = 1;
	TEST_NUMBER(operations(&want, &have), 1);
}

static void an_endpoint_is_forced_when_asked(void)
{
	struct wg_peer p = {.key = key_of(0), .endpoint = {address_ipv4(1), 1}};
	struct wg_device want = {0}, have = {0};
	wg_op_vec ops = {0};

	vec_push(&have.peers, p);
	p.endpoint.port = 2;
	vec_push(&want.peers, p);
	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	want.peers.at[0].set_endpoint = true;
	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 1);
	TEST_NUMBER(ops.n == 1 ? ops.at[0].mask : 0, WG_SET_ENDPOINT);
	vec_free(&ops);
	vec_free(&want.peers);
	vec_free(&have.peers);
}

static void a_peer_begins_anew_when_asked(void)
{
	struct wg_peer want = {.key = key_of(2), .again = true},
		       have[] = {{.key = key_of(1)}, {.key = key_of(2)}};
	struct wg_device desired = {.peers = {.at = &want, .n = 1}},
			 actual = {.peers = {.at = have, .n = 2}};
	wg_op_vec ops = {0};

	CU_ASSERT(wg_device_peer(&actual, &want.key) == &have[1]);
	CU_ASSERT(wg_device_peer(&desired, &have[0].key) == NULL);
	wg_plan(&desired, &actual, &ops);
	TEST_NUMBER(ops.n, 3);
	TEST_NUMBER(ops.at[0].kind, WG_OP_PEER_REMOVE);
	TEST_NUMBER(ops.at[1].kind, WG_OP_PEER_ADD);
	CU_ASSERT(ops.at[1].peer == &want);
	CU_ASSERT(ops.at[2].peer == &have[0]);
	vec_free(&ops);
}

static void device_settings_come_first(void)
{
	struct wg_device want = {.public_key = key_of(1), .listen_port = 51820, .fwmark = 0x5300};
	struct wg_device have = {.fwmark = 0x5300};
	wg_op_vec ops = {0};

	vec_push(&want.peers, (struct wg_peer){.key = key_of(2)});
	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 2);
	TEST_NUMBER(ops.at[0].kind, WG_OP_DEVICE);
	TEST_NUMBER(ops.at[0].mask, WG_SET_KEY | WG_SET_PORT);
	vec_free(&ops);
	vec_free(&want.peers);
}

/* A device that may have any port has to have one; where it has, it keeps it. */
static void any_port_is_one(void)
{
	struct wg_device want = {.any_port = true}, have = {0};
	wg_op_vec ops = {0};

	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 1);
	TEST_NUMBER(ops.n == 1 ? ops.at[0].mask : 0, WG_SET_PORT);
	ops.n = 0;
	have.listen_port = want.listen_port = 40000;
	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	want.any_port = false;
	want.listen_port = 0; /* nothing is asked for */
	wg_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	vec_free(&ops);
}

TEST_SUITE(net_wg_plan, {"a peer begins anew when asked", a_peer_begins_anew_when_asked},
	   {"a plan leads there", a_plan_leads_there},
	   {"what is right is left alone", what_is_right_is_left_alone},
	   {"a moving prefix is one operation", a_moving_prefix_is_one_operation},
	   {"an endpoint is forced when asked", an_endpoint_is_forced_when_asked},
	   {"device settings come first", device_settings_come_first},
	   {"any port is one", any_port_is_one});
