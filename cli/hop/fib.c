/* What the kernel does with a packet: the route it takes, and which rule led to its table. The
 * kernel says the route; the rule is found by walking the rules as it does. */
#include <net/if.h>
#include <string.h>

#include "cli/hop/parts.h"
#include "lib/net/route.h"
#include "lib/net/rule.h"

static const char *device_name(const struct hop_context *x, int index)
{
	const struct link *l = link_by_index(&x->links, index);

	return l != NULL ? l->name : NULL;
}

static struct route_question question(const struct hop_context *x)
{
	return (struct route_question){.to = x->question->to, .from = x->from, .iif = x->iif};
}

/* ---- rules ---- */

/* Would it select this packet? One that is about ports or a protocol is not for every packet. */
static bool selects(const struct hop_context *x, const struct rule *r)
{
	const char *in = x->iif != 0 ? device_name(x, x->iif) : "lo";

	return r->mask == 0 && r->ipproto == 0 && r->sport == 0 && r->dport == 0 &&
	       (r->iifname[0] == '\0' || (in != NULL && strcmp(r->iifname, in) == 0)) &&
	       (r->from.family == FAMILY_NONE || prefix_has(&r->from, &x->from)) &&
	       (r->to.family == FAMILY_NONE || prefix_has(&r->to, &x->question->to));
}

static struct hop_rule keep_rule(const struct hop_context *x, const struct rule *r)
{
	char text[RULE_TEXT_MAX];

	return (struct hop_rule){r->priority, arena_strdup(x->arena, rule_format(r, text))};
}

/* `table` 0: the first one that refuses by itself. `length`: of the prefix that was found there;
 * one that is suppressed there was not found by this rule. */
static void find_rule(const struct hop_context *x, const rule_vec *rules, uint32_t table,
		      int length, struct hop_rule *out)
{
	for (size_t i = 0; i < rules->n && out->text == NULL; i++) {
		const struct rule *r = &rules->at[i];
		const bool leads = r->action == FR_ACT_TO_TBL && r->table == table &&
				   (r->suppress_prefixlength == RULE_SUPPRESS_NONE ||
				    length > r->suppress_prefixlength);

		if (selects(x, r) && (table != 0 ? leads : r->action != FR_ACT_TO_TBL))
			*out = keep_rule(x, r);
	}
}

/* ---- routes ---- */

static const char *type_name(uint8_t type)
{
	static const char *const names[] = {
		[RTN_UNICAST] = "unicast",     [RTN_LOCAL] = "local",
		[RTN_BROADCAST] = "broadcast", [RTN_MULTICAST] = "multicast",
		[RTN_BLACKHOLE] = "blackhole", [RTN_UNREACHABLE] = "unreachable",
		[RTN_PROHIBIT] = "prohibit",   [RTN_THROW] = "throw",
	};

	return type < sizeof(names) / sizeof(names[0]) && names[type] != NULL ? names[type]
									      : "other";
}

static const char *protocol_name(const struct hop_context *x, uint8_t protocol)
{
	switch (protocol) {
	case RTPROT_KERNEL:
		return "kernel";
	case RTPROT_BOOT:
		return "boot";
	case RTPROT_STATIC:
		return "static";
	case RTPROT_BIRD:
		return "bird";
	case RTPROT_DHCP:
		return "dhcp";
	default:
		return arena_printf(x->arena, "%u", protocol);
	}
}

static void keep_way(const struct hop_context *x, int device, const struct address *gateway,
		     struct hop_fib *out)
{
	char text[ADDRESS_TEXT_MAX];

	out->device = device_name(x, device);
	out->gateway = gateway->family != FAMILY_NONE
			       ? arena_strdup(x->arena, address_format(gateway, text))
			       : NULL;
}

/* The longest of a mesh's table that is not BIRD's: of that there may be many. */
static void keep_mesh_route(const struct hop_context *x, uint32_t table, struct hop_fib *out)
{
	const struct route_filter all = {.family = FAMILY_IPV4, .table = table};
	char text[ROUTE_TEXT_MAX];
	const struct route *best = NULL;
	route_vec routes = {0};

	if (route_list(x->netlink, &all, x->arena, &routes, NULL) != 0)
		routes.n = 0;
	for (size_t i = 0; i < routes.n; i++) {
		const struct route *r = &routes.at[i];

		if (r->protocol != RTPROT_BIRD && prefix_has(&r->prefix, &x->question->to) &&
		    (best == NULL || r->prefix.length > best->prefix.length ||
		     (r->prefix.length == best->prefix.length && r->metric < best->metric)))
			best = r;
	}
	if (best != NULL)
		out->mesh_route = arena_strdup(x->arena, route_format(best, text));
	vec_free(&routes);
}

/* The kernel takes nothing from where it cannot answer (rp_filter). */
static bool has_way_back(const struct hop_context *x)
{
	struct route_question q = {.to = x->from};
	struct route way;

	return route_lookup(x->netlink, &q, &way, NULL) == 0;
}

static int read_way(const struct hop_context *x, const rule_vec *rules, struct hop_fib *out)
{
	struct route_question q = question(x);
	char text[PREFIX_TEXT_MAX];
	struct route match, way;
	struct fault f = {0};
	int code = route_match(x->netlink, &q, x->arena, &match, &f);

	if (code == 0)
		code = route_lookup(x->netlink, &q, &way, &f);
	if (code != 0) {
		out->error =
			arena_printf(x->arena, "%s%s", fault_text(&f, code),
				     x->iif != 0 && !has_way_back(x)
					     ? ", for this machine has no way back to the source"
					     : "");
		find_rule(x, rules, 0, 0, &out->rule);
		return 0;
	}
	out->prefix = arena_strdup(x->arena, prefix_format(&match.prefix, text));
	out->type = type_name(match.type);
	out->protocol = protocol_name(x, match.protocol);
	out->table = match.table;
	out->metric = match.metric;
	keep_way(x, way.device, &way.gateway, out);
	find_rule(x, rules, match.table, match.prefix.length, &out->rule);
	return way.device;
}

int hop_fib_read(const struct hop_context *x, const struct hop_membership *m, struct hop_fib *out)
{
	rule_vec rules = {0};
	struct fault f = {0};
	int device = 0, code = rule_list(x->netlink, FAMILY_IPV4, 0, &rules, &f);

	if (code != 0)
		out->error = arena_strdup(x->arena, fault_text(&f, code));
	else
		device = read_way(x, &rules, out);
	if (m != NULL) {
		out->mesh_table = m->table;
		find_rule(x, &rules, m->table, 32, &out->mesh_rule);
		if (out->table != m->table)
			keep_mesh_route(x, m->table, out);
	}
	vec_free(&rules);
	return device;
}

struct address hop_fib_source(const struct hop_context *x)
{
	struct route_question q = {.to = x->question->to};
	struct route way;

	return route_lookup(x->netlink, &q, &way, NULL) == 0 ? way.source : (struct address){0};
}

int hop_fib_device_to(const struct hop_context *x, const struct address *source)
{
	struct route_question q = {.to = *source};
	struct route way;

	return route_lookup(x->netlink, &q, &way, NULL) == 0 && way.type == RTN_UNICAST ? way.device
											: 0;
}
