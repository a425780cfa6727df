/* Devices, addresses, routes, rules, settings and the monitor, on the kernel.
 *
 *	one namespace:   va ======== vb      (a veth pair)   br0, br.7 (bridges) */
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#include "lib/net/ifaddr.h"
#include "lib/net/link.h"
#include "lib/net/monitor.h"
#include "lib/net/route.h"
#include "lib/net/rule.h"
#include "lib/net/sysctl.h"
#include "test/net/space.h"
#include "test/test.h"

#define OURS  83
#define TABLE 5200

static struct netlink *nl;
static struct link va, vb;

#define OK(call)                                                                                   \
	do {                                                                                       \
		struct fault f = {0};                                                              \
		int code_ = (call);                                                                \
		if (code_ != 0)                                                                    \
			TEST_FAIL("%s: %s", #call, fault_text(&f, code_));                         \
		else                                                                               \
			CU_PASS("ok");                                                             \
	} while (0)

static int enter(void)
{
	if (space_enter() != 0 || netlink_open(NETLINK_ROUTE, &nl, NULL) != 0)
		return -1;
	if (link_create_veth(nl, "va", "vb", -1, NULL) != 0 ||
	    link_find(nl, "va", &va, NULL) != 0 || link_find(nl, "vb", &vb, NULL) != 0 ||
	    link_set_up(nl, va.index, true, NULL) != 0 ||
	    link_set_up(nl, vb.index, true, NULL) != 0)
		return -1;
	return 0;
}

static int leave(void)
{
	netlink_close(nl);
	return space_leave();
}

static struct prefix prefix(const char *text)
{
	struct prefix p = {0};

	if (prefix_parse(text, &p, NULL) != 0)
		TEST_FAIL("prefix %s", text);
	return p;
}

static struct address address(const char *text)
{
	struct address a = {0};

	if (address_parse(text, &a, NULL) != 0)
		TEST_FAIL("address %s", text);
	return a;
}

static void devices(void)
{
	link_vec links = {0};
	struct link bridge, found;

	OK(link_create_bridge(nl, "br0", &f));
	TEST_NUMBER(link_create_bridge(nl, "br0", NULL), ERR_EXISTS);
	OK(link_find(nl, "br0", &bridge, &f));
	TEST_TEXT(bridge.kind, "bridge");
	OK(link_set_alias(nl, bridge.index, "skein:0192", &f));
	OK(link_set_mtu(nl, bridge.index, 1400, &f));
	OK(link_set_master(nl, vb.index, bridge.index, &f));
	OK(link_list(nl, &links, &f));
	TEST_MUST(link_by_name(&links, "br0") != NULL);
	TEST_TEXT(link_by_name(&links, "br0")->alias, "skein:0192");
	TEST_NUMBER(link_by_name(&links, "br0")->mtu, 1400);
	TEST_NUMBER(link_by_index(&links, vb.index)->master, bridge.index);
	CU_ASSERT(link_is_inner_bridge(&links, link_by_name(&links, "br0")));
	CU_ASSERT(!link_is_inner_bridge(&links, link_by_name(&links, "va")));
	CU_ASSERT(link_is_up(link_by_name(&links, "va")));
	OK(link_set_master(nl, vb.index, 0, &f));
	OK(link_set_alias(nl, bridge.index, "", &f));
	OK(link_rename(nl, bridge.index, "br.7", &f));
	OK(link_find(nl, "br.7", &found, &f));
	TEST_NUMBER(found.index, bridge.index);
	TEST_TEXT(found.alias, "");
	OK(link_delete(nl, bridge.index, &f));
	TEST_NUMBER(link_find(nl, "br.7", &found, NULL), ERR_NOT_FOUND);
	vec_free(&links);
}

static void a_refusal_has_the_kernels_words(void)
{
	struct fault f = {0};

	TEST_NUMBER(link_set_mtu(nl, va.index, 7, &f), ERR_INVALID);
	if (strstr(f.text, "mtu less than device minimum") == NULL)
		TEST_FAIL("%s", f.text);
}

static void names_are_checked(void)
{
	static const char *const bad[] = {"",	"..", "a/b", "a b",  "0123456789abcdef",
					  "42", ".",  "a:1", "a\nb", "\xc3\xa9"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (link_name_valid(bad[i]) || link_create_bridge(nl, bad[i], NULL) != ERR_INVALID)
			TEST_FAIL("'%s' was taken", bad[i]);
	CU_ASSERT(link_name_valid("wg0t12") && link_name_valid("eth0.100"));
}

static void addresses(void)
{
	ifaddr_vec list = {0};
	struct ifaddr plain = {.device = va.index,
			       .local = address("10.9.0.1"),
			       .length = 24,
			       .noprefixroute = true};
	struct ifaddr peer = {.device = vb.index,
			      .local = address("10.9.0.1"),
			      .peer = address("10.9.0.7"),
			      .length = 32,
			      .noprefixroute = true};
	struct prefix network;

	OK(ifaddr_add(nl, &plain, &f));
	OK(ifaddr_add(nl, &plain, &f));
	OK(ifaddr_add(nl, &peer, &f));
	OK(ifaddr_list(nl, va.index, &list, &f));
	TEST_MUST(list.n >= 1);
	TEST_NUMBER(ifaddr_compare(&list.at[0], &plain), 0);
	network = ifaddr_prefix(&plain);
	CU_ASSERT(prefix_equal(&network, &(struct prefix){4, 24, {10, 9, 0}}));
	list.n = 0;
	OK(ifaddr_list(nl, vb.index, &list, &f));
	TEST_MUST(list.n >= 1);
	TEST_NUMBER(ifaddr_compare(&list.at[0], &peer), 0);
	OK(ifaddr_delete(nl, &peer, &f));
	OK(ifaddr_delete(nl, &peer, &f));
	list.n = 0;
	OK(ifaddr_list(nl, 0, &list, &f));
	for (size_t i = 0; i < list.n; i++)
		CU_ASSERT(ifaddr_compare(&list.at[i], &peer) != 0);
	vec_free(&list);
}

static void list_ours(struct arena *a, route_vec *out)
{
	const struct route_filter filter = {
		.family = FAMILY_IPV4, .protocol = OURS, .table = TABLE};

	out->n = 0;
	OK(route_list(nl, &filter, a, out, &f));
}

static void routes_become_what_is_wanted(void)
{
	struct arena arena;
	route_vec want = {0}, have = {0};
	route_op_vec ops = {0};
	struct route base = {
		.table = TABLE, .protocol = OURS, .type = RTN_UNICAST, .device = va.index};
	struct route r;

	arena_init(&arena);
	list_ours(&arena, &have);
	TEST_NUMBER(have.n, 0);
	r = base, r.prefix = prefix("10.9.0.0/16"), r.metric = 1024, r.scope = RT_SCOPE_LINK;
	r.source = address("10.9.0.1");
	vec_push(&want, r);
	r = base, r.prefix = prefix("172.20.5.0/24"), r.metric = 1024, r.onlink = true;
	r.gateway = address("10.9.0.5");
	vec_push(&want, r);
	r = base, r.type = RTN_UNREACHABLE, r.device = 0, r.prefix = prefix("172.20.5.0/24");
	r.metric = UINT32_MAX;
	vec_push(&want, r);
	r.type = RTN_THROW, r.metric = 0, r.prefix = prefix("192.0.2.0/24");
	vec_push(&want, r);
	r.type = RTN_BLACKHOLE, r.prefix = prefix("0.0.0.0/0");
	vec_push(&want, r);
	route_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 5);
	OK(route_apply(nl, ops.at, ops.n, &f));

	list_ours(&arena, &have);
	ops.n = 0;
	route_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	TEST_NUMBER(have.n, 5);

	want.at[want.n - 1].type = RTN_PROHIBIT; /* one changes, one goes */
	want.n--;
	want.at[0].type = RTN_UNREACHABLE;
	ops.n = 0;
	route_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 2);
	OK(route_apply(nl, ops.at, ops.n, &f));
	list_ours(&arena, &have);
	ops.n = 0;
	route_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);

	want.n = 0;
	route_plan(&want, &have, &ops);
	OK(route_apply(nl, ops.at, ops.n, &f));
	OK(route_apply(nl, ops.at, ops.n, &f)); /* what is gone may be deleted again */
	list_ours(&arena, &have);
	TEST_NUMBER(have.n, 0);
	vec_free(&want);
	vec_free(&have);
	vec_free(&ops);
	arena_fini(&arena);
}

static void several_next_hops(void)
{
	const int low = va.index < vb.index ? va.index : vb.index;
	const int high = va.index < vb.index ? vb.index : va.index;
	const struct route_hop hops[] = {{low, address("10.9.0.2"), 1, true},
					 {high, address("10.9.0.3"), 4, true}};
	struct route r = {.table = TABLE,
			  .protocol = OURS,
			  .type = RTN_UNICAST,
			  .metric = 32,
			  .prefix = prefix("172.20.30.0/24"),
			  .hops = hops,
			  .nhops = 2};
	struct route_op op = {ROUTE_OP_ADD, &r};
	struct arena arena;
	route_vec have = {0};

	arena_init(&arena);
	OK(route_apply(nl, &op, 1, &f));
	list_ours(&arena, &have);
	TEST_NUMBER(have.n, 1);
	CU_ASSERT(have.n == 1 && route_equal(&have.at[0], &r));
	op.kind = ROUTE_OP_DELETE;
	OK(route_apply(nl, &op, 1, &f));
	vec_free(&have);
	arena_fini(&arena);
}

#define MANY 3000

static void thousands_in_few_sends(void)
{
	struct arena arena;
	route_vec want = {0}, have = {0};
	route_op_vec ops = {0};
	struct route r = {.table = TABLE, .protocol = OURS, .type = RTN_UNREACHABLE};
	struct fault refused = {0};

	arena_init(&arena);
	for (uint32_t i = 0; i < MANY; i++) {
		r.prefix = prefix_ipv4(0x0b000000 + i * 256, 24);
		vec_push(&want, r);
	}
	r.prefix = prefix("12.0.0.0/8"), r.type = RTN_UNICAST, r.device = 4000;
	vec_push(&want, r); /* the last one fails */
	route_plan(&want, &have, &ops);
	CU_ASSERT(route_apply(nl, ops.at, ops.n, &refused) != 0);
	if (strstr(refused.text, "route 12.0.0.0/8 dev 4000 table 5200: ") != refused.text)
		TEST_FAIL("%s", refused.text);
	list_ours(&arena, &have);
	TEST_NUMBER(have.n, MANY);
	want.n = ops.n = 0;
	route_plan(&want, &have, &ops);
	OK(route_apply(nl, ops.at, ops.n, &f));
	vec_free(&want);
	vec_free(&have);
	vec_free(&ops);
	arena_fini(&arena);
}

static void rules_become_what_is_wanted(void)
{
	rule_vec want = {0}, have = {0};
	rule_op_vec ops = {0};
	struct rule base = {.family = FAMILY_IPV4,
			    .action = FR_ACT_TO_TBL,
			    .protocol = OURS,
			    .table = TABLE,
			    .suppress_prefixlength = RULE_SUPPRESS_NONE};
	struct rule r;

	r = base, r.priority = 400, r.mark = 0x5300, r.mask = 0xff00, r.table = RT_TABLE_MAIN;
	vec_push(&want, r);
	r = base, r.priority = 1000, r.ipproto = IPPROTO_TCP, r.dport = 179;
	strcpy(r.iifname, "lo"), r.to = prefix("10.9.0.0/16");
	vec_push(&want, r);
	r.dport = 0, r.sport = 179;
	vec_push(&want, r);
	r = base, r.priority = 1299, r.action = FR_ACT_UNREACHABLE, r.table = 0;
	strcpy(r.iifname, "wg0");
	vec_push(&want, r);
	r = base, r.priority = 1300, r.from = prefix("10.9.0.1/32"), r.suppress_prefixlength = 0;
	strcpy(r.iifname, "lo");
	vec_push(&want, r);
	r = base, r.priority = 1600, r.to = prefix("10.9.0.0/16");
	r.action = FR_ACT_UNREACHABLE, r.table = 0;
	vec_push(&want, r);
	rule_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 6);
	OK(rule_apply(nl, ops.at, ops.n, &f));
	OK(rule_apply(nl, ops.at, ops.n, &f)); /* what is there may be added again */
	OK(rule_list(nl, FAMILY_IPV4, OURS, &have, &f));
	ops.n = 0;
	rule_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	TEST_NUMBER(have.n, 6);

	want.n = 2;
	rule_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 4);
	OK(rule_apply(nl, ops.at, ops.n, &f));
	have.n = ops.n = 0;
	OK(rule_list(nl, FAMILY_IPV4, OURS, &have, &f));
	rule_plan(&want, &have, &ops);
	TEST_NUMBER(ops.n, 0);
	want.n = 0;
	rule_plan(&want, &have, &ops);
	OK(rule_apply(nl, ops.at, ops.n, &f));
	OK(rule_apply(nl, ops.at, ops.n, &f));
	have.n = 0;
	OK(rule_list(nl, FAMILY_IPV4, OURS, &have, &f));
	TEST_NUMBER(have.n, 0);
	OK(rule_list(nl, FAMILY_IPV4, 0, &have, &f)); /* the system's own stay */
	TEST_NUMBER(have.n, 3);
	vec_free(&want);
	vec_free(&have);
	vec_free(&ops);
}

static void what_the_kernel_would_do(void)
{
	struct route_question q = {.to = address("10.9.0.1")};
	struct route r;
	struct fault no_route = {0};

	OK(route_lookup(nl, &q, &r, &f));
	TEST_NUMBER(r.type, RTN_LOCAL);
	TEST_NUMBER(r.table, RT_TABLE_LOCAL);
	q.to = address("198.51.100.1");
	TEST_NUMBER(route_lookup(nl, &q, &r, &no_route), ERR_UNREACHABLE);
	if (strstr(no_route.text, "198.51.100.1") == NULL)
		TEST_FAIL("%s", no_route.text);
}

static void settings(void)
{
	int value = -1;

	OK(sysctl_write_conf("va", "rp_filter", 2, &f));
	OK(sysctl_read_conf("va", "rp_filter", &value, &f));
	TEST_NUMBER(value, 2);
	TEST_NUMBER(sysctl_read_conf("../va", "rp_filter", &value, NULL), ERR_INVALID);
	TEST_NUMBER(sysctl_read_conf("gone.1", "rp_filter", &value, NULL), ERR_NOT_FOUND);
	OK(link_set_up(nl, vb.index, false, &f));
	OK(link_rename(nl, vb.index, "v.b", &f));
	OK(sysctl_write_conf("v.b", "forwarding", 1, &f));
	OK(sysctl_read_conf("v.b", "forwarding", &value, &f));
	TEST_NUMBER(value, 1);
	OK(link_rename(nl, vb.index, "vb", &f));
	OK(link_set_up(nl, vb.index, true, &f));
	OK(sysctl_write_ipv4("fib_multipath_hash_policy", 1, &f));
	OK(sysctl_read_ipv4("fib_multipath_hash_policy", &value, &f));
	TEST_NUMBER(value, 1);
}

static unsigned changes(struct monitor *m)
{
	struct pollfd p = {.fd = monitor_fd(m), .events = POLLIN};

	return poll(&p, 1, 1000) == 1 ? monitor_read(m) : 0;
}

static void the_monitor_names_the_kind(void)
{
	const unsigned all = MONITOR_LINK | MONITOR_ADDRESS | MONITOR_ROUTE | MONITOR_ROUTE_BIRD |
			     MONITOR_RULE | MONITOR_NETCONF;
	struct route r = {.table = TABLE,
			  .protocol = RTPROT_BIRD,
			  .type = RTN_UNREACHABLE,
			  .prefix = prefix("10.77.0.0/16")};
	struct route_op op = {ROUTE_OP_ADD, &r};
	struct monitor *m = NULL;

	OK(monitor_open(all, &m, &f));
	if (m == NULL)
		return;
	TEST_NUMBER(monitor_read(m), 0);
	OK(route_apply(nl, &op, 1, &f));
	TEST_NUMBER(changes(m), MONITOR_ROUTE_BIRD);
	op.kind = ROUTE_OP_DELETE;
	OK(route_apply(nl, &op, 1, &f));
	TEST_NUMBER(changes(m), MONITOR_ROUTE_BIRD);
	OK(sysctl_write_conf("va", "rp_filter", 1, &f));
	TEST_NUMBER(changes(m), MONITOR_NETCONF);
	OK(link_set_mtu(nl, va.index, 1300, &f));
	CU_ASSERT((changes(m) & MONITOR_LINK) != 0);
	monitor_close(m);
	monitor_close(NULL);
}

TEST_SUITE_WITH(net_netlink, enter, leave, {"devices", devices},
		{"a refusal has the kernel's words", a_refusal_has_the_kernels_words},
		{"names are checked", names_are_checked}, {"addresses", addresses},
		{"routes become what is wanted", routes_become_what_is_wanted},
		{"several next hops", several_next_hops},
		{"thousands in few sends", thousands_in_few_sends},
		{"rules become what is wanted", rules_become_what_is_wanted},
		{"what the kernel would do", what_the_kernel_would_do}, {"settings", settings},
		{"the monitor names the kind", the_monitor_names_the_kind});
