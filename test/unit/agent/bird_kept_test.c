/* Which sessions an update keeps, and when their loss is its doing. */
#include <string.h>

#include "agent/bird/kept.h"
#include "test/test.h"

#define CONF "define STARTING = 0;\nlog stderr all;\ndefine BGP_PORT = 179;\n"
#define TEXT "# a in mesh prod\ndefine AS_ME = 4200000001;\ndefine ME = 10.1.0.5;\n"
#define G(more)                                                                                    \
	"protocol bgp g_1 from t_gateway { neighbor 10.1.0.1; description \"gw1\"; ipv4 {" more    \
	" }; }\n"
#define M "protocol bgp m_2 from t_trunk { neighbor 10.1.0.2; description \"a2\"; ipv4 { }; }\n"
#define M_ELSEWHERE                                                                                \
	"protocol bgp m_2 from t_trunk { neighbor 10.1.0.9; description \"a2\"; ipv4 { }; }\n"
#define M_OTHER                                                                                    \
	"protocol bgp m_2 from t_plain { neighbor 10.1.0.2; description \"a2\"; ipv4 { }; }\n"
#define M_RENAMED                                                                                  \
	"protocol bgp m_2 from t_trunk { neighbor 10.1.0.2; description \"b\"; ipv4 { }; }\n"
#define E                                                                                          \
	"protocol bgp e_1 from t_sibling { local 127.83.0.1; neighbor 127.83.1.1 as 2; "           \
	"description \"staging\"; ipv4 {\n  import filter { };\n}; }\n"

/* BIRD's reply, from rows of name and info. */
struct reply {
	struct arena arena;
	struct bird_protocols p;
};

static void reply(struct reply *r, const char *const (*rows)[2])
{
	arena_init(&r->arena);
	bird_protocols_init(&r->p, &r->arena);
	for (; (*rows)[0] != NULL; rows++) {
		struct bird_protocol p = {.name = (*rows)[0],
					  .kind = "BGP",
					  .info = (*rows)[1],
					  .description = "",
					  .last_error = ""};

		p.state = strcmp(p.info, "Established") == 0 ? "up" : "start";
		vec_push(&r->p.list, p);
	}
}

static void reply_fini(struct reply *r)
{
	bird_protocols_fini(&r->p);
	arena_fini(&r->arena);
}

static const char *const all_up[][2] = {
	{"m_2", "Established"}, {"g_1", "Established"}, {"e_1", "Established"}, {NULL, NULL}};

/* Names, with a space behind each. */
static void expect_kept(const char *conf, const char *text, const char *const (*rows)[2],
			const char *names)
{
	const struct bird_texts before = {CONF, TEXT G("") M E}, after = {conf, text};
	const bird_kept_vec none = {0};
	bird_kept_vec kept = {0};
	struct reply r;
	struct buf got;

	reply(&r, rows);
	buf_init(&got);
	bird_kept_find(&before, &after, &r.p, &none, &kept);
	for (size_t i = 0; i < kept.n; i++)
		buf_printf(&got, "%s ", kept.at[i].name);
	TEST_TEXT(buf_text(&got), names);
	buf_fini(&got);
	vec_free(&kept);
	reply_fini(&r);
}

static void what_neither_end_changes_is_kept(void)
{
	static const char *const one_down[][2] = {
		{"m_2", "Active"}, {"g_1", "Established"}, {"e_1", "Established"}, {NULL, NULL}};

	expect_kept(CONF, TEXT G("") M E, all_up, "e_1 g_1 m_2 ");
	expect_kept(CONF, TEXT G("") M E, one_down, "e_1 g_1 ");
	/* Other filters, another name, another order, one more. */
	expect_kept(CONF, TEXT E M_RENAMED G(" import none;"), all_up, "e_1 g_1 m_2 ");
	expect_kept(CONF, TEXT "protocol bgp g_11 from t_gateway { neighbor 10.1.0.11; }\n" E,
		    all_up, "e_1 ");
	expect_kept(CONF, TEXT G("") E M_ELSEWHERE, all_up, "e_1 g_1 ");
	expect_kept(CONF, TEXT G("") E M_OTHER, all_up, "e_1 g_1 ");
	/* Where the own end moves, the others do as well, each at its time. */
	expect_kept("define BGP_PORT = 1790;\n", TEXT G("") M E, all_up, "");
	expect_kept(CONF, "define AS_ME = 4200000001;\ndefine ME = 10.1.0.6;\n" G("") M E, all_up,
		    "");
	expect_kept("", "", all_up, "");
}

static void what_the_change_before_has_lost_is_missed(void)
{
	static const char *const down[][2] = {
		{"m_2", "Active"}, {"g_1", "Idle"}, {"e_1", "Established"}, {NULL, NULL}};
	const struct bird_texts texts = {CONF, TEXT G("") M E};
	bird_kept_vec missed = {0}, kept = {0};
	struct reply r;

	vec_push(&missed, (struct bird_kept){.name = "g_1"});
	vec_push(&missed, (struct bird_kept){.name = "m_9"});
	reply(&r, down);
	bird_kept_find(&texts, &texts, &r.p, &missed, &kept);
	TEST_NUMBER(kept.n, 2);
	TEST_NUMBER(bird_kept_look(&kept, &r.p), 1);
	CU_ASSERT(bird_kept_is_harmed(&kept));
	vec_free(&kept);
	vec_free(&missed);
	reply_fini(&r);
}

/* n machines and a gateway, of which the first so many machines are lost. */
static bool is_harmed(size_t n, size_t lost, bool gateway)
{
	bird_kept_vec kept = {0};
	struct buf words;
	struct reply r;
	bool harmed;

	for (size_t i = 0; i < n; i++) {
		struct bird_kept k = {.up = i >= lost};

		snprintf(k.name, sizeof(k.name), "m_%zu", i);
		vec_push(&kept, k);
	}
	vec_push(&kept, (struct bird_kept){.name = "f_1", .up = gateway});
	harmed = bird_kept_is_harmed(&kept);
	reply(&r, &all_up[3]);
	buf_init(&words);
	bird_kept_put_lost(&kept, &r.p, &words);
	if (n == 200 && lost == 13)
		TEST_TEXT(buf_text(&words), "m_0, m_1, m_2 and 10 more");
	buf_fini(&words);
	vec_free(&kept);
	reply_fini(&r);
	return harmed;
}

static void of_many_machines_some_may_go_meanwhile(void)
{
	CU_ASSERT(!is_harmed(0, 0, true));
	CU_ASSERT(is_harmed(0, 0, false));
	CU_ASSERT(!is_harmed(5, 0, true));
	CU_ASSERT(is_harmed(5, 1, true));
	CU_ASSERT(!is_harmed(16, 1, true));
	CU_ASSERT(is_harmed(16, 2, true));
	CU_ASSERT(is_harmed(200, 1, false));
	CU_ASSERT(!is_harmed(200, 12, true));
	CU_ASSERT(is_harmed(200, 13, true));
}

static void what_is_lost_is_named(void)
{
	struct bird_protocol rows[] = {
		{.name = "g_1",
		 .info = "Active",
		 .description = "gw1",
		 .last_error = "Bad peer AS"},
		{.name = "m_2", .info = "Idle", .description = "a2", .last_error = ""},
	};
	bird_kept_vec kept = {0};
	struct bird_protocols p = {.list = {rows, 2, 2}};
	struct buf words;

	vec_push(&kept, (struct bird_kept){.name = "g_1"});
	vec_push(&kept, (struct bird_kept){.name = "g_3", .up = true});
	vec_push(&kept, (struct bird_kept){.name = "m_2"});
	vec_push(&kept, (struct bird_kept){.name = "m_5"});
	buf_init(&words);
	bird_kept_put_lost(&kept, &p, &words);
	TEST_TEXT(buf_text(&words), "g_1 with gw1 (Bad peer AS), m_2 with a2 (Idle), m_5");
	buf_fini(&words);
	vec_free(&kept);
}

TEST_SUITE(agent_bird_kept, {"what neither end changes is kept", what_neither_end_changes_is_kept},
	   {"what the change before has lost is missed", what_the_change_before_has_lost_is_missed},
	   {"of many machines some may go meanwhile", of_many_machines_some_may_go_meanwhile},
	   {"what is lost is named", what_is_lost_is_named});
