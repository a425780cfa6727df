#include "cli/bgp/rank.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IN_SERVICE   INT64_C(1000000)
#define PRIORITY_MAX 65535

static const struct {
	int64_t digit;
	const char *words;
} hands[] = {
	{9, "at first hand"},
	{7, "from the sibling on this gateway"},
	{5, "reflected by a gateway"},
	{3, "as a spare over a fellow gateway"},
	{1, "from the sibling, which has but a spare itself"},
};

bool rank_is_known(const struct bgp *b)
{
	return b->at.membership != NULL || (bird_protocols_find(&b->protocols, "s_self") != NULL &&
					    bird_protocols_find(&b->protocols, "k_main") != NULL);
}

bool rank_put(const char *local_pref, struct buf *out)
{
	char *end;
	int64_t n = strtoll(local_pref, &end, 10), priority;

	if (end == local_pref || *end != '\0' || n < 0 || n >= 2 * IN_SERVICE)
		return false;
	priority = n % IN_SERVICE / 10;
	for (size_t i = 0; i < sizeof(hands) / sizeof(hands[0]); i++)
		if (hands[i].digit == n % 10 && priority <= PRIORITY_MAX) {
			buf_printf(out, "%s, priority %" PRIi64 ", %s",
				   n >= IN_SERVICE ? "in service" : "going out of service",
				   priority, hands[i].words);
			return true;
		}
	return false;
}

static const char *of_machine(const struct bird_route *r, const struct bird_protocol *session)
{
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *next_hop = bird_route_attribute(r, "BGP.next_hop");
	struct address a;

	if (path != NULL && path[0] != '\0')
		return "a machine announces its own only, and this has an AS path";
	if (bird_route_attribute(r, "BGP.originator_id") != NULL ||
	    bird_route_attribute(r, "BGP.cluster_list") != NULL)
		return "a machine announces its own only, and this was reflected";
	if (session != NULL && next_hop != NULL && address_parse(next_hop, &a, NULL) == 0 &&
	    !address_equal(&a, &session->neighbour))
		return "a machine announces its own only, and this leads to another next hop";
	return "no operator approved this prefix for that machine";
}

static const char *of_gateway(const struct bird_route *r)
{
	const char *path = bird_route_attribute(r, "BGP.as_path");

	if (path != NULL && strchr(path, ' ') != NULL)
		return "from further away than a peered mesh";
	if (path != NULL && path[0] != '\0')
		return "no peering shows this prefix here";
	return "this machine's own, limited to others, or nothing that the mesh has";
}

const char *rank_rejection(const struct bird_route *r, const struct bird_protocol *session)
{
	switch (strchr(r->protocol, '_') == r->protocol + 1 ? r->protocol[0] : '\0') {
	case 'm':
		return of_machine(r, session);
	case 'g':
	case 'f':
		return of_gateway(r);
	case 'e':
		return "no peering lets this prefix through";
	default:
		return NULL;
	}
}
