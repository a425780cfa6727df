/* Each step of the decision, alone and in its order. */
#include "cli/bgp/decide.h"

#include <string.h>

#include "cli/bgp/community.h"
#include "cli/bgp/rank.h"
#include "test/test.h"

/* A route as BIRD tells of it, in words; what is not said is as with any other. */
struct words {
	const char *type, *metric, *path, *origin, *local_pref, *med, *aigp, *originator, *clusters;
	int preference;
	bool stale, suppressed, best;
	struct bird_protocol session;
};

static struct contender read(const struct words *w)
{
	const struct {
		const char *name, *value;
	} rows[] = {{"BGP.origin", w->origin != NULL ? w->origin : "IGP"},
		    {"BGP.as_path", w->path != NULL ? w->path : "65001"},
		    {"BGP.local_pref", w->local_pref},
		    {"BGP.med", w->med},
		    {"BGP.aigp", w->aigp},
		    {"BGP.originator_id", w->originator},
		    {"BGP.cluster_list", w->clusters}};
	struct bird_route r = {.type = w->type != NULL ? w->type : "unicast",
			       .metric = w->metric != NULL ? w->metric : "",
			       .protocol = "p",
			       .preference = w->preference,
			       .stale = w->stale,
			       .suppressed = w->suppressed};
	struct contender c;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value != NULL)
			vec_push(&r.attributes,
				 (struct bird_attribute){rows[i].name, rows[i].value});
	contender_read(&r, &w->session, &c);
	vec_free(&r.attributes);
	return c;
}

#define EBGP(id, last)                                                                             \
	{                                                                                          \
		.local_as = 65000, .neighbour_as = 65001, .neighbour_id = (id), .neighbour = {     \
			FAMILY_IPV4,                                                               \
			{10, 0, 0, (last)}                                                         \
		}                                                                                  \
	}
#define IBGP(id, last)                                                                             \
	{                                                                                          \
		.local_as = 65000, .neighbour_as = 65000, .neighbour_id = (id), .neighbour = {     \
			FAMILY_IPV4,                                                               \
			{10, 0, 0, (last)}                                                         \
		}                                                                                  \
	}

/* The first one is the better; each is worse than the other in all that comes after its step. */
static const struct {
	struct words a, b;
	enum decision by;
	const char *says;
} rows[] = {
	{{.preference = 110, .local_pref = "1"},
	 {.preference = 100, .local_pref = "2"},
	 DECISION_PREFERENCE,
	 "higher preference: 110 before 100"},
	{{.type = "unreachable"}, {.suppressed = true}, DECISION_SUPPRESSED, "set aside"},
	{{.stale = true}, {.type = "unreachable"}, DECISION_RESOLVABLE, "can be reached"},
	{{.local_pref = "1"}, {.stale = true}, DECISION_STALE, "stale"},
	{{.local_pref = "200", .path = "1 2 3"},
	 {.path = "1"},
	 DECISION_LOCAL_PREF,
	 "200 before 100"},
	{{.aigp = "5", .metric = "5", .path = "1 2"},
	 {.path = "1"},
	 DECISION_AIGP,
	 "5 before none"},
	{{.path = "1 {2 3} (4 5)", .origin = "EGP"},
	 {.path = "1 2 3"},
	 DECISION_PATH,
	 "2 before 3"},
	{{.origin = "EGP", .med = "9"}, {.origin = "Incomplete"}, DECISION_ORIGIN, "origin"},
	{{.med = "1", .session = IBGP("9.9.9.9", 9)},
	 {.med = "2", .session = EBGP("1.1.1.1", 1)},
	 DECISION_MED,
	 "1 before 2"},
	/* Of two neighbour ASes MED is not compared. */
	{{.path = "65009", .med = "7", .metric = "9", .session = EBGP("9.9.9.9", 9)},
	 {.med = "2", .session = IBGP("1.1.1.1", 1)},
	 DECISION_EXTERNAL,
	 "eBGP"},
	{{.metric = "9", .session = EBGP("9.9.9.9", 9)},
	 {.metric = "?", .session = EBGP("1.1.1.1", 1)},
	 DECISION_IGP,
	 "9 before none"},
	{{.originator = "1.1.1.1", .clusters = "1.2.3.4 5.6.7.8", .session = IBGP("9.9.9.9", 9)},
	 {.session = IBGP("2.2.2.2", 1)},
	 DECISION_ROUTER_ID,
	 "router id"},
	{{.session = IBGP("1.1.1.1", 9)},
	 {.originator = "1.1.1.1", .clusters = "1.2.3.4", .session = IBGP("3.3.3.3", 1)},
	 DECISION_CLUSTERS,
	 "0 before 1"},
	{{.session = EBGP("1.1.1.1", 1)},
	 {.session = EBGP("1.1.1.1", 2)},
	 DECISION_ADDRESS,
	 "address"},
};

static void each_step_decides(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct contender a = read(&rows[i].a), b = read(&rows[i].b);
		struct buf text;
		int better;

		buf_init(&text);
		TEST_NUMBER(contender_decide(&a, &b, &better), rows[i].by);
		CU_ASSERT(better < 0);
		TEST_NUMBER(contender_decide(&b, &a, &better), rows[i].by);
		CU_ASSERT(better > 0);
		decision_put(rows[i].by, &a, &b, &text);
		if (strstr(buf_text(&text), rows[i].says) == NULL)
			TEST_FAIL("row %zu: %s", i, buf_text(&text));
		CU_ASSERT(decision_name(rows[i].by)[0] != '\0');
		CU_ASSERT(decision_is_equal_cost(rows[i].by) == (rows[i].by > DECISION_IGP));
		buf_fini(&text);
	}
}

static void equals_are_not_told_apart(void)
{
	const struct words same = {.session = EBGP("1.1.1.1", 1)};
	struct contender a = read(&same), b = read(&same);
	int better;

	TEST_NUMBER(contender_decide(&a, &b, &better), DECISION_NONE);
	TEST_NUMBER(better, 0);
	b.bgp = false;
	TEST_NUMBER(contender_decide(&a, &b, &better), DECISION_KIND);
	TEST_NUMBER(better, 0);
}

static void communities(void)
{
	struct fault f = {0};
	char out[64];

	TEST_NUMBER(community_term("65001:7", out, sizeof(out), &f), 0);
	TEST_TEXT(out, "(65001,7) ~ bgp_community");
	TEST_NUMBER(community_term("4200000001:1:4294967295", out, sizeof(out), &f), 0);
	TEST_TEXT(out, "(4200000001,1,4294967295) ~ bgp_large_community");
	TEST_NUMBER(community_term("graceful-shutdown", out, sizeof(out), &f), 0);
	TEST_TEXT(out, "(65535,0) ~ bgp_community");
	TEST_TEXT(community_name("65535:666"), "blackhole");
	TEST_NUMBER(community_term("70000:1", out, sizeof(out), NULL), ERR_INVALID);
	TEST_NUMBER(community_term("1", out, sizeof(out), NULL), ERR_INVALID);
	TEST_NUMBER(community_term("1:", out, sizeof(out), NULL), ERR_INVALID);
	TEST_NUMBER(community_term("1:2:3:4", out, sizeof(out), NULL), ERR_INVALID);
	TEST_NUMBER(community_term("1:4294967296:1", out, sizeof(out), NULL), ERR_INVALID);
}

static void ranks(void)
{
	struct buf out;

	buf_init(&out);
	CU_ASSERT(rank_put("1001009", &out));
	TEST_TEXT(buf_text(&out), "in service, priority 100, at first hand");
	buf_clear(&out);
	CU_ASSERT(rank_put("2003", &out));
	TEST_TEXT(buf_text(&out),
		  "going out of service, priority 200, as a spare over a fellow gateway");
	buf_clear(&out);
	CU_ASSERT(!rank_put("100", &out) && !rank_put("", &out) && !rank_put("9x", &out));
	CU_ASSERT(!rank_put("2000009", &out) && !rank_put("1700009", &out));
	TEST_NUMBER(out.len, 0);
	buf_fini(&out);
}

static void a_mesh_rejects_for_a_reason(void)
{
	struct bird_protocol m = {.neighbour = {FAMILY_IPV4, {10, 0, 0, 1}}};
	struct bird_route r = {.protocol = "m_7"};

	CU_ASSERT(strstr(rank_rejection(&r, &m), "approved") != NULL);
	vec_push(&r.attributes, (struct bird_attribute){"BGP.next_hop", "10.0.0.2"});
	CU_ASSERT(strstr(rank_rejection(&r, &m), "next hop") != NULL);
	vec_push(&r.attributes, (struct bird_attribute){"BGP.as_path", "65001 65002"});
	CU_ASSERT(strstr(rank_rejection(&r, &m), "AS path") != NULL);
	r.protocol = "g_1";
	CU_ASSERT(strstr(rank_rejection(&r, &m), "further away") != NULL);
	r.protocol = "e_2";
	CU_ASSERT(strstr(rank_rejection(&r, &m), "peering") != NULL);
	r.protocol = "upstream_1";
	CU_ASSERT(rank_rejection(&r, &m) == NULL);
	vec_free(&r.attributes);
}

TEST_SUITE(cli_bgp_decide, {"each step decides", each_step_decides},
	   {"equals are not told apart", equals_are_not_told_apart}, {"communities", communities},
	   {"ranks", ranks}, {"a mesh rejects for a reason", a_mesh_rejects_for_a_reason});
