/* A filter in the JSON of nftables: what nft itself would not load, and iptables-nft does. */
#include "lib/net/filter.h"

#include <stdio.h>
#include <string.h>

#include "test/test.h"

#define RULE(chain, ...)                                                                           \
	",{\"rule\": {\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"" chain              \
	"\", \"handle\": 7, \"expr\": [" __VA_ARGS__ "]}}"
#define XT(type, name) "{\"xt\": {\"type\": \"" type "\", \"name\": \"" name "\"}}"
#define COUNTED	       "{\"counter\": {\"packets\": 1, \"bytes\": 2}},"
#define ACCEPT	       "{\"accept\": null}"
#define DROP	       "{\"drop\": null}"
#define RETURN	       "{\"return\": null}"
#define JUMP(chain)    "{\"jump\": {\"target\": \"" chain "\"}}"
#define IN(name)                                                                                   \
	"{\"match\": {\"op\": \"==\", \"left\": {\"meta\": {\"key\": \"iifname\"}}, "              \
	"\"right\": \"" name "\"}},"
#define PORT(port)                                                                                 \
	"{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"tcp\", "            \
	"\"field\": \"dport\"}}, \"right\": " port "}},"

static const char head[] =
	"{\"nftables\": [{\"metainfo\": {}}"
	",{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"FORWARD\", "
	"\"handle\": 1, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, "
	"\"policy\": \"drop\"}}"
	",{\"chain\": {\"family\": \"ip\", \"table\": \"filter\", \"name\": \"user\", "
	"\"handle\": 2}}";

static struct filter *make(const char *rules)
{
	struct filter *p = filter_new();
	struct fault f = {0};
	char text[4000];

	snprintf(text, sizeof(text), "%s%s]}", head, rules);
	TEST_STEP(filter_add(p, text, strlen(text), &f), &f);
	return p;
}

static const struct {
	const char *rules;
	enum filter_verdict want;
} rows[] = {
	{"", FILTER_DROPS},
	{RULE("FORWARD", COUNTED ACCEPT), FILTER_PASSES},
	/* States are those of what is tracked. */
	{RULE("FORWARD", XT("match", "conntrack") "," ACCEPT), FILTER_DROPS},
	{RULE("FORWARD", XT("match", "comment") "," ACCEPT), FILTER_PASSES},
	{RULE("FORWARD", XT("match", "limit") "," ACCEPT), FILTER_MAY_DROP},
	{RULE("FORWARD", XT("target", "LOG")) RULE("FORWARD", ACCEPT), FILTER_PASSES},
	{RULE("FORWARD", XT("target", "REJECT")) RULE("FORWARD", ACCEPT), FILTER_DROPS},
	{RULE("FORWARD", "{\"xt\": null}," ACCEPT), FILTER_MAY_DROP},
	/* What drops some is left aside; what returns for some makes the rest uncertain. */
	{RULE("FORWARD", XT("match", "set") "," DROP) RULE("FORWARD", ACCEPT), FILTER_PASSES},
	{RULE("FORWARD", JUMP("user")) RULE("FORWARD", ACCEPT)
		 RULE("user", XT("match", "addrtype") "," RETURN) RULE("user", DROP),
	 FILTER_PASSES},
	{RULE("FORWARD", JUMP("user")) RULE("user", XT("match", "addrtype") "," RETURN)
		 RULE("user", ACCEPT),
	 FILTER_MAY_DROP},
	{RULE("FORWARD", JUMP("user")) RULE("user", IN("wg*") ACCEPT), FILTER_PASSES},
	{RULE("FORWARD", JUMP("user")) RULE("user", IN("eth0") ACCEPT), FILTER_DROPS},
	{RULE("FORWARD", JUMP("user")) RULE("user", RETURN) RULE("user", ACCEPT), FILTER_DROPS},
	{RULE("FORWARD", PORT("22") ACCEPT), FILTER_MAY_DROP},
	/* Nonsense, which no kernel has: it ends all the same. */
	{RULE("FORWARD", JUMP("user")) RULE("user", JUMP("user")), FILTER_DROPS},
	{RULE("FORWARD", JUMP("nowhere")) RULE("FORWARD", "7, null, []"), FILTER_DROPS},
};

static void rules_of_iptables_are_judged(void)
{
	const struct filter_packet packet = {
		.hook = "forward", .in = "wg0", .out = "lan0", .state = "untracked", .protocol = 6};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *p = make(rows[i].rules);
		enum filter_verdict got = filter_judge(p, &packet, NULL);

		if (got != rows[i].want)
			TEST_FAIL("%s: %d, want %d", rows[i].rules, (int)got, (int)rows[i].want);
		filter_free(p);
	}
}

#define OURS                                                                                       \
	",{\"rule\": {\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"user\", "            \
	"\"handle\": 9, \"comment\": \"skein\", \"expr\": [" IN("wg0t*") ACCEPT "]}}"

static void ours_are_found(void)
{
	struct filter *p =
		make(RULE("user", IN("eth0") ACCEPT) OURS RULE("user", COUNTED RETURN) OURS);
	filter_accept_vec found = {0};
	uint64_t end;

	filter_accepts(p, "ip", "filter", "user", "skein", &found, &end);
	TEST_NUMBER(found.n, 2);
	TEST_NUMBER(found.at[0].handle, 9);
	TEST_TEXT(found.at[0].in, "wg0t*");
	TEST_TEXT(found.at[0].out, "");
	CU_ASSERT(!found.at[0].dead && found.at[1].dead);
	TEST_NUMBER(end, 7);
	CU_ASSERT(filter_has_chain(p, "ip", "filter", "user"));
	CU_ASSERT(!filter_has_chain(p, "ip6", "filter", "user"));
	vec_free(&found);
	filter_free(p);
	p = filter_new();
	TEST_NUMBER(filter_add(p, "{\"nftables\": [", 14, NULL), ERR_INVALID);
	filter_free(p);
}

TEST_SUITE(net_filter, {"rules of iptables are judged", rules_of_iptables_are_judged},
	   {"ours are found", ours_are_found});
