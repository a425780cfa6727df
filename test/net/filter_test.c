/* The machine's own filter as others make it, loaded into a namespace of its own and read back:
 * would it let a packet through? */
#include "lib/net/filter.h"

#include <netinet/in.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/net/nft.h"
#include "test/net/space.h"
#include "test/test.h"

#define RULESETS "test/net/rulesets/"

static const char opened[] =
	"add rule ip filter ufw-user-input udp dport 51820 accept\n"
	"add rule ip filter ufw-user-input iifname \"wg0t*\" tcp dport 179 accept\n"
	"add rule ip filter ufw-user-forward iifname \"wg0t*\" oifname \"lan0\" accept\n";

static struct filter *load(const char *name)
{
	const bool open = strcmp(name, "ufw-opened") == 0;
	struct filter *p = filter_new();
	struct fault f = {0};
	struct buf text;
	char path[100];

	snprintf(path, sizeof(path), RULESETS "%s.nft", open ? "ufw" : name);
	buf_init(&text);
	TEST_STEP(file_read(path, 1 << 20, &text, &f), &f);
	TEST_STEP(nft_apply("flush ruleset", &f), &f);
	TEST_STEP(nft_apply(buf_text(&text), &f), &f);
	TEST_STEP(open ? nft_apply(opened, &f) : 0, &f);
	TEST_STEP(filter_read(p, "inet", "skein", &f), &f);
	buf_fini(&text);
	return p;
}

struct row {
	const char *ruleset;
	struct filter_packet packet;
	enum filter_verdict want;
	const char *chain;
};

#define PASSED_ON(in_, out_, state_)                                                               \
	{                                                                                          \
		.hook = "forward", .in = (in_), .out = (out_), .state = (state_), .protocol = 6    \
	}
#define ARRIVED(in_)                                                                               \
	{                                                                                          \
		.hook = "prerouting", .in = (in_), .out = "", .state = "untracked", .protocol = 6  \
	}
#define BROUGHT(in_, protocol_, port_)                                                             \
	{                                                                                          \
		.hook = "input", .in = (in_), .state = "new", .protocol = (protocol_),             \
		.port = (port_)                                                                    \
	}

static const struct row rows[] = {
	{"docker", PASSED_ON("wg0", "lan0", "untracked"), FILTER_DROPS, "FORWARD"},
	{"docker", PASSED_ON("docker0", "wg0", "new"), FILTER_PASSES, NULL},
	{"docker", PASSED_ON("wg0", "docker0", "established"), FILTER_PASSES, NULL},
	{"docker", PASSED_ON("wg0", "docker0", "untracked"), FILTER_DROPS, "FORWARD"},
	{"docker", BROUGHT("wg0", IPPROTO_TCP, 179), FILTER_PASSES, NULL},
	{"ufw", PASSED_ON("wg0", "lan0", "untracked"), FILTER_DROPS, "FORWARD"},
	{"ufw", PASSED_ON("wg0", "lan0", "established"), FILTER_PASSES, NULL},
	{"ufw", BROUGHT("wg0", IPPROTO_TCP, 179), FILTER_DROPS, "INPUT"},
	{"ufw", BROUGHT("eth0", IPPROTO_UDP, 51820), FILTER_DROPS, "INPUT"},
	{"ufw", BROUGHT("lo", IPPROTO_UDP, 51820), FILTER_PASSES, NULL},
	{"ufw-opened", BROUGHT("eth0", IPPROTO_UDP, 51820), FILTER_PASSES, NULL},
	{"ufw-opened", BROUGHT("wg0t1", IPPROTO_TCP, 179), FILTER_PASSES, NULL},
	{"ufw-opened", BROUGHT("wg0", IPPROTO_TCP, 179), FILTER_DROPS, "INPUT"},
	{"ufw-opened", PASSED_ON("wg0t1", "lan0", "untracked"), FILTER_PASSES, NULL},
	{"ufw-opened", PASSED_ON("wg0", "lan0", "untracked"), FILTER_DROPS, "FORWARD"},
	{"firewalld", PASSED_ON("wg0", "lan0", "untracked"), FILTER_DROPS, "filter_FORWARD"},
	{"firewalld", PASSED_ON("wg0", "lan0", "established"), FILTER_PASSES, NULL},
	{"firewalld", BROUGHT("wg0", IPPROTO_TCP, 179), FILTER_DROPS, "filter_INPUT"},
	{"firewalld", BROUGHT("eth0", IPPROTO_TCP, 22), FILTER_PASSES, NULL},
	{"strict", PASSED_ON("wg0", "lan0", "untracked"), FILTER_PASSES, NULL},
	{"strict", PASSED_ON("wg0", "eth0", "untracked"), FILTER_DROPS, "forward"},
	{"strict", PASSED_ON("lan0", "wg0", "untracked"), FILTER_DROPS, "forward"},
	{"strict", PASSED_ON("lan0", "wg0", "established"), FILTER_PASSES, NULL},
	{"strict", PASSED_ON("wg0", "lan0", "invalid"), FILTER_DROPS, "forward"},
	{"strict", BROUGHT("eth0", IPPROTO_UDP, 51820), FILTER_PASSES, NULL},
	{"strict", BROUGHT("eth0", IPPROTO_UDP, 51841), FILTER_DROPS, "input"},
	{"strict", BROUGHT("wg0", IPPROTO_TCP, 179), FILTER_DROPS, "input"},
	{"strict", BROUGHT("wg0", IPPROTO_TCP, 443), FILTER_PASSES, NULL},
	{"strict", ARRIVED("wg0"), FILTER_PASSES, NULL},
	{"strict", ARRIVED("tun0"), FILTER_DROPS, "early"},
	{"wayback", ARRIVED("wg0"), FILTER_MAY_DROP, "early"},
	{"wayback", PASSED_ON("wg0", "lan0", "untracked"), FILTER_PASSES, NULL},
	{"invalid", PASSED_ON("wg0", "lan0", "untracked"), FILTER_PASSES, NULL},
	{"invalid", PASSED_ON("wg0", "lan0", "invalid"), FILTER_DROPS, "forward"},
};

static void rule_sets_are_judged(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct filter *p = load(rows[i].ruleset);
		struct filter_place where = {.chain = ""};
		enum filter_verdict got = filter_judge(p, &rows[i].packet, &where);

		if (got != rows[i].want)
			TEST_FAIL("%s, %s from %s: %d, want %d", rows[i].ruleset,
				  rows[i].packet.hook, rows[i].packet.in, (int)got,
				  (int)rows[i].want);
		if (rows[i].chain != NULL)
			TEST_TEXT(where.chain, rows[i].chain);
		filter_free(p);
	}
}

/* Every base chain has to let it pass; our own table is none of the machine's. */
static void all_tables_count_but_ours(void)
{
	static const char more[] =
		"table inet skein { chain f { type filter hook forward priority -10; drop; }; }\n";
	static const char others[] =
		"table ip last { chain f { type filter hook forward priority 50; iifname @wanted "
		"accept; drop; }; set wanted { type ifname; }; }\n";
	const struct filter_packet packet = PASSED_ON("wg0", "lan0", "untracked");
	struct filter *p = load("invalid");
	struct filter_place where;
	struct fault f = {0};

	TEST_STEP(nft_apply(more, &f), &f);
	filter_free(p);
	p = filter_new();
	TEST_STEP(filter_read(p, "inet", "skein", &f), &f);
	TEST_NUMBER(filter_judge(p, &packet, &where), FILTER_PASSES);
	filter_free(p);
	/* What a named set has is not read. */
	TEST_STEP(nft_apply(others, &f), &f);
	p = filter_new();
	TEST_STEP(filter_read(p, "inet", "skein", &f), &f);
	TEST_NUMBER(filter_judge(p, &packet, &where), FILTER_MAY_DROP);
	TEST_TEXT(where.table, "last");
	CU_ASSERT(!where.policy);
	filter_free(p);
	nft_apply("flush ruleset", NULL);
}

TEST_SUITE_WITH(filter, space_enter, space_leave, {"rule sets are judged", rule_sets_are_judged},
		{"all tables count but ours", all_tables_count_but_ours});
