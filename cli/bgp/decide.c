#include "cli/bgp/decide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LOCAL_PREF 100
#define UNKNOWN_METRIC	   INT64_C(0x80000000) /* BIRD's, for a next hop without one */

static const struct {
	const char *name, *rule;
	const char *words;
	int sign;   /* -1: the larger value is the better one, and is stored negative */
	bool plain; /* without numbers */
} steps[] = {
	[DECISION_PREFERENCE] = {"preference", "BIRD: preference of the channel",
				 "higher preference", -1, false},
	[DECISION_KIND] = {"protocol", "BIRD: order of protocols",
			   "same preference, other kind of protocol", 1, true},
	[DECISION_SUPPRESSED] = {"deterministic-med", "RFC 4271, 9.1.2.2 c",
				 "the other is set aside by MED within its neighbour AS", 1, true},
	[DECISION_RESOLVABLE] = {"resolvable", "RFC 4271, 9.1.2.1", "its next hop can be reached",
				 1, true},
	[DECISION_STALE] = {"stale", "RFC 9494", "the other is stale", 1, true},
	[DECISION_LOCAL_PREF] = {"local-pref", "RFC 4271, 9.1.1", "higher local preference", -1,
				 false},
	[DECISION_AIGP] = {"aigp", "RFC 7311, 4.1", "lower accumulated metric", 1, false},
	[DECISION_PATH] = {"as-path-length", "RFC 4271, 9.1.2.2 a", "shorter AS path", 1, false},
	[DECISION_ORIGIN] = {"origin", "RFC 4271, 9.1.2.2 b",
			     "better origin (IGP, EGP, incomplete)", 1, true},
	[DECISION_MED] = {"med", "RFC 4271, 9.1.2.2 c", "lower MED of the same neighbour AS", 1,
			  false},
	[DECISION_EXTERNAL] = {"external", "RFC 4271, 9.1.2.2 d",
			       "heard over eBGP, the other over iBGP", 1, true},
	[DECISION_IGP] = {"igp-metric", "RFC 4271, 9.1.2.2 e", "next hop is nearer", 1, false},
	[DECISION_ROUTER_ID] = {"router-id", "RFC 4271, 9.1.2.2 f; RFC 4456, 9",
				"lower router id of who it is from", 1, true},
	[DECISION_CLUSTERS] = {"cluster-list", "RFC 4456, 9", "fewer reflectors", 1, false},
	[DECISION_ADDRESS] = {"peer-address", "RFC 4271, 9.1.2.2 g", "lower address of the peer", 1,
			      true},
	[DECISION_NONE] = {"none", "-", "nothing that can be seen", 1, true},
};

static int64_t number(const char *text, int64_t otherwise)
{
	return text != NULL && text[0] >= '0' && text[0] <= '9' ? strtoll(text, NULL, 10)
								: otherwise;
}

/* 1.2.3.4 */
static int64_t quad(const char *text)
{
	struct address a;

	if (text == NULL || address_parse(text, &a, NULL) != 0 || a.family != FAMILY_IPV4)
		return 0;
	return address_to_ipv4(&a);
}

/* A set counts as one, a confederation's segment not (RFC 4271, 9.1.2.2 a; RFC 5065, 5.3). */
static int64_t path_length(const char *path)
{
	int64_t n = 0;

	for (path += strspn(path, " "); *path != '\0'; path += strspn(path, " ")) {
		size_t len = strcspn(path, *path == '{' ? "}" : *path == '(' ? ")" : " ");

		n += *path != '(';
		path += len;
		path += *path == '}' || *path == ')';
	}
	return n;
}

static int64_t words(const char *text)
{
	int64_t n = 0;

	for (text += strspn(text, " "); *text != '\0'; n++) {
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
	return n;
}

static int64_t origin_rank(const char *origin)
{
	if (origin != NULL && strcmp(origin, "IGP") == 0)
		return 0;
	return origin != NULL && strcmp(origin, "EGP") == 0 ? 1 : 2;
}

/* The first AS of the path; of an empty one, the own. */
static uint32_t neighbour_as(const char *path, const struct bird_protocol *session)
{
	path = path != NULL ? path + strspn(path, " ") : "";
	if (path[0] >= '0' && path[0] <= '9')
		return (uint32_t)strtoul(path, NULL, 10);
	return session != NULL ? session->local_as : 0;
}

static void read_bgp(const struct bird_route *r, const struct bird_protocol *session,
		     struct contender *c)
{
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *clusters = bird_route_attribute(r, "BGP.cluster_list");
	const char *originator = bird_route_attribute(r, "BGP.originator_id");
	const char *aigp = bird_route_attribute(r, "BGP.aigp");
	int64_t *v = c->values;

	v[DECISION_LOCAL_PREF] =
		-number(bird_route_attribute(r, "BGP.local_pref"), DEFAULT_LOCAL_PREF);
	v[DECISION_AIGP] = aigp != NULL ? number(r->metric, INT64_MAX) : INT64_MAX;
	v[DECISION_PATH] = path != NULL ? path_length(path) : INT64_MAX;
	v[DECISION_ORIGIN] = origin_rank(bird_route_attribute(r, "BGP.origin"));
	v[DECISION_MED] = number(bird_route_attribute(r, "BGP.med"), 0);
	v[DECISION_IGP] = strcmp(r->metric, "?") == 0 ? UNKNOWN_METRIC : number(r->metric, 0);
	v[DECISION_CLUSTERS] = clusters != NULL ? words(clusters) : 0;
	c->neighbour_as = neighbour_as(path, session);
	if (session == NULL)
		return;
	v[DECISION_EXTERNAL] = session->local_as == session->neighbour_as;
	v[DECISION_ROUTER_ID] = quad(originator != NULL ? originator : session->neighbour_id);
	c->peer = session->neighbour;
}

void contender_read(const struct bird_route *r, const struct bird_protocol *session,
		    struct contender *out)
{
	*out = (struct contender){.protocol = r->protocol,
				  .best = r->primary,
				  .bgp = bird_route_attribute(r, "BGP.origin") != NULL};
	out->values[DECISION_PREFERENCE] = -r->preference;
	out->values[DECISION_SUPPRESSED] = r->suppressed;
	out->values[DECISION_RESOLVABLE] = strcmp(r->type, "unicast") != 0;
	out->values[DECISION_STALE] = r->stale;
	if (out->bgp)
		read_bgp(r, session, out);
}

static int compare_values(const struct contender *a, const struct contender *b, enum decision d)
{
	if (d == DECISION_MED && a->neighbour_as != b->neighbour_as)
		return 0;
	if (d == DECISION_ADDRESS)
		return memcmp(a->peer.bytes, b->peer.bytes, sizeof(a->peer.bytes));
	return a->values[d] < b->values[d] ? -1 : a->values[d] > b->values[d];
}

enum decision contender_decide(const struct contender *a, const struct contender *b, int *better)
{
	*better = compare_values(a, b, DECISION_PREFERENCE);
	if (*better != 0)
		return DECISION_PREFERENCE;
	if (!a->bgp || !b->bgp) /* which one BIRD puts first is its own affair */
		return a->bgp != b->bgp ? DECISION_KIND : DECISION_NONE;
	for (enum decision d = DECISION_SUPPRESSED; d < DECISION_NONE; d++) {
		*better = compare_values(a, b, d);
		if (*better != 0)
			return d;
	}
	return DECISION_NONE;
}

const char *decision_name(enum decision d)
{
	return steps[d].name;
}

const char *decision_rule(enum decision d)
{
	return steps[d].rule;
}

static void put_value(int64_t value, struct buf *out)
{
	if (value == INT64_MAX || value == UNKNOWN_METRIC)
		buf_puts(out, "none");
	else
		buf_printf(out, "%" PRIi64, value);
}

void decision_put(enum decision d, const struct contender *winner, const struct contender *loser,
		  struct buf *out)
{
	buf_puts(out, steps[d].words);
	if (steps[d].plain)
		return;
	buf_puts(out, ": ");
	put_value(steps[d].sign * winner->values[d], out);
	buf_puts(out, " before ");
	put_value(steps[d].sign * loser->values[d], out);
}

bool decision_is_equal_cost(enum decision d)
{
	return d > DECISION_IGP && d <= DECISION_NONE;
}
