#include "lab/underlay.h"

#include <errno.h>
#include <string.h>

#include "lab/wire.h"

#define ROUTER_ADDRESS	0xa9fe0001 /* 169.254.0.1 */
#define NFT_DEADLINE_MS 5000
#define CABLE		"eth0"

/* Settings of a namespace, against what it inherits from the computer: only the underlay routes
 * from the start, and it lets forged sources pass, as real ones do. */
struct setting {
	bool of_underlay;
	const char *path, *value;
};

static const struct setting settings[] = {
	{true, "/proc/sys/net/ipv4/ip_forward", "1"},
	{true, "/proc/sys/net/ipv4/conf/all/rp_filter", "0"},
	{true, "/proc/sys/net/ipv4/conf/default/rp_filter", "0"},
	{true, "/proc/sys/net/ipv4/icmp_ratelimit", "0"},
	{false, "/proc/sys/net/ipv4/ip_forward", "0"},
};

struct settings_call {
	bool of_underlay;
	struct fault *fault;
};

static int write_setting(const struct setting *s, struct fault *f)
{
	FILE *file = fopen(s->path, "we");
	int code = 0;

	if (file == NULL)
		return fault_errno(f, errno, "%s", s->path);
	fputs(s->value, file);
	if (fclose(file) != 0)
		code = fault_errno(f, errno, "%s", s->path);
	return code;
}

static int write_settings(void *context)
{
	const struct settings_call *call = context;
	int code = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]) && code == 0; i++)
		if (settings[i].of_underlay == call->of_underlay)
			code = write_setting(&settings[i], call->fault);
	return code;
}

static int apply_settings(struct lab *lab, const char *name, struct fault *f)
{
	struct settings_call call = {strcmp(name, LAB_UNDERLAY) == 0, f};
	struct place p;

	lab_place(lab, name, &p);
	return netns_inside(p.net, write_settings, &call, f);
}

static int route_node(struct wire *w, const struct lab_node *node, struct fault *f)
{
	struct prefix to = prefix_of_address(&node->address);

	return wire_add_route(w, &to, node->name, NULL, f);
}

/* The machine's end: its address, everything else over the router. */
static int set_up_end(struct wire *w, const struct lab_node *node, struct fault *f)
{
	const struct address router = address_ipv4(ROUTER_ADDRESS);
	const struct prefix everything = prefix_ipv4(0, 0);
	int code = wire_add_address(w, CABLE, &node->address, 32, f);

	if (code == 0)
		code = wire_set_up(w, CABLE, true, f);
	return code == 0 ? wire_add_route(w, &everything, CABLE, &router, f) : code;
}

static int connect_node(struct lab *lab, struct wire *underlay, const struct lab_node *node,
			struct fault *f)
{
	struct wire machine;
	struct place p;
	int code;

	lab_place(lab, node->name, &p);
	code = wire_open(&machine, p.net, f);
	if (code == 0)
		code = wire_connect(underlay, node->name, &machine, CABLE, node->mtu, f);
	if (code == 0)
		code = set_up_end(&machine, node, f);
	if (code == 0)
		code = wire_set_up(underlay, node->name, true, f);
	if (code == 0)
		code = route_node(underlay, node, f);
	wire_close(&machine);
	return code;
}

static int set_up_network(struct wire *router, struct wire *host, const struct lab_network *n,
			  struct fault *f)
{
	const struct address first = address_ipv4(prefix_to_ipv4(&n->prefix) + 1);
	const struct prefix everything = prefix_ipv4(0, 0);
	int code = wire_connect(router, n->name, host, CABLE, (uint32_t)n->mtu, f);

	if (code == 0)
		code = wire_add_address(router, n->name, &first, n->prefix.length, f);
	if (code == 0)
		code = wire_set_up(router, n->name, true, f);
	if (code == 0)
		code = wire_add_address(host, CABLE, &n->host, n->prefix.length, f);
	if (code == 0)
		code = wire_set_up(host, CABLE, true, f);
	return code == 0 ? wire_add_route(host, &everything, CABLE, &first, f) : code;
}

/* A host and the cable to its router, which has the network's first address. */
static int connect_network(struct lab *lab, const struct lab_network *n, struct fault *f)
{
	struct wire router = WIRE_CLOSED, host = WIRE_CLOSED;
	struct place p;
	int code;

	lab_place(lab, n->behind, &p);
	code = wire_open(&router, p.net, f);
	lab_place(lab, n->name, &p);
	if (code == 0)
		code = wire_open(&host, p.net, f);
	if (code == 0)
		code = set_up_network(&router, &host, n, f);
	wire_close(&router);
	wire_close(&host);
	return code;
}

static int nft(struct lab *lab, const char *script, struct fault *f)
{
	const char *argv[] = {"nft", "-f", "-", NULL};
	struct command_line line = {.argv = argv, .input = script};
	struct place p;

	lab_place(lab, LAB_UNDERLAY, &p);
	line.in = &p;
	return process_run(&line, mono_add_ms(mono_now(), NFT_DEADLINE_MS), NULL, f);
}

static const char cut_table[] = "table inet lab {\n"
				"	set cut { type ipv4_addr . ipv4_addr; }\n"
				"	chain forward {\n"
				"		type filter hook forward priority filter;\n"
				"		ip saddr . ip daddr @cut counter drop\n"
				"	}\n"
				"}\n";

int underlay_build(struct lab *lab, struct fault *f)
{
	const struct address router = address_ipv4(ROUTER_ADDRESS);
	const struct lab_network *networks = lab->file.networks.at;
	struct wire w = WIRE_CLOSED;
	struct place p;
	int code;

	lab_place(lab, LAB_UNDERLAY, &p);
	code = lab_for_each_place(lab, apply_settings, f);
	if (code == 0)
		code = wire_open(&w, p.net, f);
	if (code == 0)
		code = wire_add_address(&w, "lo", &router, 32, f);
	for (size_t i = 0; i < lab->file.nnodes && code == 0; i++)
		code = connect_node(lab, &w, &lab->file.nodes[i], f);
	for (size_t i = 0; i < lab->file.networks.n && code == 0; i++)
		code = connect_network(lab, &networks[i], f);
	if (code == 0)
		code = nft(lab, cut_table, f);
	wire_close(&w);
	return code;
}

static int need_node(struct lab *lab, const char *name, const struct lab_node **out,
		     struct fault *f)
{
	struct place p;
	int code = lab_find_place(lab, name, &p, f);

	*out = lab_file_node(&lab->file, name);
	if (code == 0 && *out == NULL)
		code = fault_set(f, ERR_USAGE, "'%.40s' has no cable to the underlay", name);
	return code;
}

struct way {
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
};

static int find_way(struct lab *lab, const char *from, const char *to, struct way *out,
		    struct fault *f)
{
	const struct lab_node *a, *b;

	if (need_node(lab, from, &a, f) != 0 || need_node(lab, to, &b, f) != 0)
		return f->code;
	if (a == b)
		return fault_set(f, ERR_USAGE, "'%.40s' twice: want two machines", from);
	address_format(&a->address, out->from);
	address_format(&b->address, out->to);
	return 0;
}

int underlay_cut_way(struct lab *lab, const char *from, const char *to, struct fault *f)
{
	char script[256];
	struct way w;
	int code = find_way(lab, from, to, &w, f);

	if (code != 0)
		return code;
	snprintf(script, sizeof(script), "add element inet lab cut { %s . %s }\n", w.from, w.to);
	return nft(lab, script, f);
}

/* Both in one transaction. */
static int change_both(struct lab *lab, const char *a, const char *b, bool cut, struct fault *f)
{
	char script[512];
	struct way w;
	int n, code = find_way(lab, a, b, &w, f);

	if (code != 0)
		return code;
	n = snprintf(script, sizeof(script), "add element inet lab cut { %s . %s, %s . %s }\n",
		     w.from, w.to, w.to, w.from);
	/* Adding what is there succeeds with nft, deleting what is not does not: so heal adds
	 * first. */
	if (!cut)
		snprintf(script + n, sizeof(script) - (size_t)n,
			 "delete element inet lab cut { %s . %s, %s . %s }\n", w.from, w.to, w.to,
			 w.from);
	return nft(lab, script, f);
}

int underlay_cut(struct lab *lab, const char *a, const char *b, struct fault *f)
{
	return change_both(lab, a, b, true, f);
}

int underlay_heal(struct lab *lab, const char *a, const char *b, struct fault *f)
{
	return change_both(lab, a, b, false, f);
}

/* Both ends of a machine's cable can send. */
static int await_cable(struct lab *lab, const char *machine, struct wire *underlay, struct fault *f)
{
	struct wire w = WIRE_CLOSED;
	struct place p;
	int code = wire_await_carrier(underlay, machine, f);

	lab_place(lab, machine, &p);
	if (code == 0)
		code = wire_open(&w, p.net, f);
	if (code == 0)
		code = wire_await_carrier(&w, CABLE, f);
	wire_close(&w);
	return code;
}

/* The address stays, the route goes with the device. */
static int plug_host(struct lab *lab, const struct lab_network *n, bool in, struct fault *f)
{
	const struct address first = address_ipv4(prefix_to_ipv4(&n->prefix) + 1);
	const struct prefix everything = prefix_ipv4(0, 0);
	struct wire host = WIRE_CLOSED;
	struct place p;
	int code;

	lab_place(lab, n->name, &p);
	code = wire_open(&host, p.net, f);
	if (code == 0)
		code = wire_set_up(&host, CABLE, in, f);
	if (code == 0 && in)
		code = wire_add_route(&host, &everything, CABLE, &first, f);
	if (code == 0 && in)
		code = wire_await_carrier(&host, CABLE, f);
	wire_close(&host);
	return code;
}

int underlay_plug(struct lab *lab, const char *machine, bool in, struct fault *f)
{
	const struct lab_network *host = lab_file_network(&lab->file, machine);
	const struct lab_node *node;
	struct wire w = WIRE_CLOSED;
	struct place p;
	int code;

	if (host != NULL)
		return plug_host(lab, host, in, f);
	code = need_node(lab, machine, &node, f);
	lab_place(lab, LAB_UNDERLAY, &p);
	if (code == 0)
		code = wire_open(&w, p.net, f);
	if (code == 0)
		code = wire_set_up(&w, machine, in, f);
	if (code == 0 && in) /* it went with the device */
		code = route_node(&w, node, f);
	if (code == 0 && in)
		code = await_cable(lab, machine, &w, f);
	wire_close(&w);
	return code;
}

int underlay_rebuild(struct lab *lab, const char *machine, struct fault *f)
{
	const struct lab_network *networks = lab->file.networks.at;
	const struct lab_node *node;
	struct wire w = WIRE_CLOSED;
	struct place p;
	int code = need_node(lab, machine, &node, f);

	for (size_t i = 0; i < lab->file.networks.n && code == 0; i++)
		if (strcmp(networks[i].behind, machine) == 0)
			code = fault_set(f, ERR_USAGE, "'%.40s' has a network behind it", machine);
	lab_place(lab, LAB_UNDERLAY, &p);
	if (code == 0)
		code = wire_open(&w, p.net, f);
	if (code == 0)
		code = wire_disconnect(&w, machine, f);
	if (code == 0)
		code = apply_settings(lab, machine, f);
	if (code == 0)
		code = connect_node(lab, &w, node, f);
	if (code == 0)
		code = await_cable(lab, machine, &w, f);
	wire_close(&w);
	return code;
}
