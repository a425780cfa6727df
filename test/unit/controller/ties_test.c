/* How machines tell how they see their neighbours: the agent's side (agent/report_ties.h) and the
 * controller's, with all that may come between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/report_ties.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"
#include "test/unit/net/random.h"

#define V1	"/api/v1"
#define PEERS	6
#define LATE	4
#define ROUNDS	40
#define STEPS	12
#define NETWORK 0x0a010000u /* 10.1.0.0 */

static struct stand s;
static struct stand_machine machines[PEERS];

static int start(void)
{
	char token[2048];
	bool good = stand_start_with_mesh(&s, NULL, "{\"name\":\"prod\",\"cidr\":\"10.1.0.0/24\"}");

	if (!good)
		return 1;
	snprintf(token, sizeof(token), "%s", stand_join_token(&s, s.admin, "{\"max_uses\":0}"));
	for (int i = 0; i < PEERS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "k%d", i + 1);
		stand_machine_new(&machines[i], name);
		if (stand_enroll(&s, &machines[i], token, NULL) != 201)
			return 1;
	}
	return 0;
}

static int stop(void)
{
	stand_stop(&s);
	return 0;
}

/* ---- what the machine sees ---- */

static void put_session(tie_vec *v, unsigned peer, const char *state)
{
	struct tie x;

	memset(&x, 0, sizeof(x));
	x.kind = TIE_SESSION;
	snprintf(x.session.name, sizeof(x.session.name), "m_%u", peer);
	snprintf(x.session.state, sizeof(x.session.state), "%s", state);
	x.session.since.ms = 1700000000000;
	vec_push(v, x);
}

static void put_path(tie_vec *v, unsigned peer, unsigned latency)
{
	struct tie x;

	memset(&x, 0, sizeof(x));
	x.kind = TIE_PATH;
	x.path.peer = address_ipv4(NETWORK + peer);
	x.path.endpoint.address = address_ipv4(0xc0000200u + peer);
	x.path.endpoint.port = 51820;
	x.path.handshake = TIE_LIVE;
	x.path.latency_ms = (uint16_t)latency;
	x.path.loss_percent = 0;
	vec_push(v, x);
}

static void see_something(struct ties *t, struct random *r)
{
	static const char *const states[] = {"Established", "Active", "Down"};
	tie_vec now = {0};

	for (unsigned i = 2; i <= PEERS; i++) {
		if (random_below(r, 3) > 0)
			put_session(&now, i, states[random_below(r, 3)]);
		if (random_below(r, 3) > 0)
			put_path(&now, i, 1 + random_below(r, 3));
	}
	ties_see(t, &now);
}

/* ---- the way there ---- */

struct world {
	struct member *member;
	member_vec members;
	char *late[LATE]; /* reports that are still on their way */
};

static char *make_report(struct world *w)
{
	struct ties_json told = {0};
	struct arena arena;
	json_t *root;
	char *text;

	arena_init(&arena);
	report_ties_begin(&w->members);
	report_ties(&w->member->ties, &arena, &told);
	root = json_pack("{s:[{s:s, s:o}]}", "memberships", "id", machines[0].membership, "ties",
			 json_encode(report_ties_rows, &told));
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	arena_fini(&arena);
	return text;
}

static long deliver(const char *report)
{
	return stand_call(&s, machines[0].token, "POST", V1 "/mesh/report", report);
}

static bool answer(struct world *w, bool comes)
{
	struct http_answer a = {.code = comes ? 0 : ERR_TIMEOUT};

	if (comes)
		a.body = s.body;
	return report_ties_answered(&w->members, &a);
}

static void report_well(struct world *w)
{
	char *text = make_report(w);
	long status = deliver(text);

	CU_ASSERT(status == 204 || status == 200);
	answer(w, true);
	free(text);
}

enum fate { FINE, REPORT_LOST, ANSWER_LOST, REPORT_LATE, FATES };

static void report_somehow(struct world *w, struct random *r)
{
	char *text = make_report(w);
	size_t slot = random_below(r, LATE);

	switch (random_below(r, FATES)) {
	case FINE:
		deliver(text);
		answer(w, true);
		break;
	case REPORT_LOST:
		answer(w, false);
		break;
	case ANSWER_LOST:
		deliver(text);
		answer(w, false);
		break;
	case REPORT_LATE:
		answer(w, false);
		free(w->late[slot]);
		w->late[slot] = text;
		return;
	}
	free(text);
}

static void restart_agent(struct world *w)
{
	ties_fini(&w->member->ties);
	memset(&w->member->ties, 0, sizeof(w->member->ties));
}

/* An older database: what it knows, and what it thinks that it knows. */
static void go_back(struct random *r)
{
	static const char *const sql[] = {
		"UPDATE tie SET sequence = sequence - 1; DELETE FROM session",
		"DELETE FROM tie",
		"DELETE FROM path; UPDATE tie SET stream = 5",
		"DELETE FROM session; DELETE FROM tie",
	};

	CU_ASSERT(stand_run_sql(&s, sql[random_below(r, sizeof(sql) / sizeof(sql[0]))]));
}

static void something_happens(struct world *w, struct random *r)
{
	size_t slot = random_below(r, LATE);

	switch (random_below(r, 8)) {
	case 0:
	case 1:
	case 2:
		see_something(&w->member->ties, r);
		return;
	case 3:
		restart_agent(w);
		return;
	case 4:
		if (w->late[slot] != NULL)
			deliver(w->late[slot]);
		return;
	case 5:
		if (random_below(r, 4) == 0)
			go_back(r);
		return;
	default:
		report_somehow(w, r);
	}
}

/* ---- what the controller shows ---- */

static const json_t *shown(const char *what)
{
	char path[160];

	snprintf(path, sizeof(path), V1 "/machines/%s/%s", machines[0].id, what);
	TEST_NUMBER(stand_call(&s, s.admin, "GET", path, NULL), 200);
	return json_object_get(s.json, "items");
}

static const json_t *find(const json_t *items, const char *key, const char *value)
{
	const json_t *x;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)items, i, x) {
		if (strcmp(json_string_value(json_object_get(x, key)), value) == 0)
			return x;
	}
	return NULL;
}

static void check_session(const json_t *items, const struct tie_session *want)
{
	const json_t *x = find(items, "name", want->name);

	TEST_MUST(x != NULL);
	TEST_TEXT(json_string_value(json_object_get(x, "state")), want->state);
}

static void check_path(const json_t *items, const struct tie_path *want)
{
	char text[ADDRESS_TEXT_MAX];
	const json_t *x = find(items, "address", address_format(&want->peer, text));

	TEST_MUST(x != NULL);
	TEST_NUMBER(json_integer_value(json_object_get(x, "latency_ms")), want->latency_ms);
}

static void check(const struct ties *t, enum tie_kind kind)
{
	const json_t *items = shown(kind == TIE_SESSION ? "sessions" : "paths");
	size_t n = 0;

	for (size_t i = 0; i < t->now.n; i++) {
		if (t->now.at[i].kind != kind)
			continue;
		n++;
		if (kind == TIE_SESSION)
			check_session(items, &t->now.at[i].session);
		else
			check_path(items, &t->now.at[i].path);
	}
	TEST_NUMBER(json_array_size(items), n);
}

/* A report that says nothing new finds out what the controller does not know; the next ones say it.
 */
static void settle(struct world *w)
{
	report_well(w);
	for (int i = 0; i < 3 && ties_news(&w->member->ties); i++)
		report_well(w);
	CU_ASSERT_FALSE(ties_news(&w->member->ties));
	check(&w->member->ties, TIE_SESSION);
	check(&w->member->ties, TIE_PATH);
}

static void world_start(struct world *w)
{
	struct id id;

	memset(w, 0, sizeof(*w));
	TEST_MUST(id_parse(machines[0].membership, &id));
	w->member = member_new(&id);
	vec_push(&w->members, w->member);
}

static void world_end(struct world *w)
{
	for (size_t i = 0; i < LATE; i++)
		free(w->late[i]);
	vec_free(&w->members);
	member_free(w->member);
}

/* Whatever was lost, came late or twice, whoever began anew: it is the same as the full state. */
static void it_comes_to_the_same(void)
{
	struct random r = {20};
	struct world w;

	world_start(&w);
	for (int i = 0; i < ROUNDS; i++) {
		int steps = (int)random_below(&r, STEPS);

		for (int k = 0; k < steps; k++)
			something_happens(&w, &r);
		if (i == ROUNDS / 2)
			CU_ASSERT(stand_restart(&s));
		if (!w.member->ties.looked)
			see_something(&w.member->ties, &r);
		settle(&w);
	}
	world_end(&w);
}

/* ---- what a report may not ---- */

static long report(const char *ties)
{
	struct buf body;
	long status;

	buf_init(&body);
	buf_printf(&body, "{\"memberships\":[{\"id\":\"%s\",\"ties\":%s}]}", machines[0].membership,
		   ties);
	status = deliver(buf_text(&body));
	buf_fini(&body);
	return status;
}

static void nonsense_is_refused(void)
{
	static const struct {
		const char *ties;
		long status;
	} rows[] = {
#define FIRST(rest) "{\"stream\":\"9\",\"sequence\":\"1\",\"first\":true," rest "}"
		{FIRST("\"sessions\":[{\"name\":\"x_2\",\"state\":\"Up\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"m_02\",\"state\":\"Up\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"m_256\",\"state\":\"Up\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"e_128\",\"state\":\"Up\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"\",\"state\":\"Up\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"m_2\",\"state\":\"\\u001b[31m\"}]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"m_2\",\"state\":\"Up\",\"since\":\"now\"}]"),
		 400},
		{FIRST("\"paths\":[{\"address\":\"10.2.0.1\",\"handshake\":\"live\"}]"), 400},
		{FIRST("\"paths\":[{\"address\":\"10.1.0.2\",\"handshake\":\"warm\"}]"), 400},
		{FIRST("\"paths\":[{\"address\":\"10.1.0.2\",\"handshake\":\"old\","
		       "\"path\":\"pigeon\"}]"),
		 400},
		{FIRST("\"paths\":[{\"address\":\"10.1.0.2\",\"handshake\":\"old\","
		       "\"loss_percent\":101}]"),
		 400},
		{FIRST("\"lost_paths\":[\"::1\"]"), 400},
		{FIRST("\"sessions\":[{\"name\":\"m_2\",\"state\":\"Up\"}]"), 204},
		{"{\"stream\":\"9\"}", 400},
		{"{\"stream\":\"0\",\"sequence\":\"0\"}", 204},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (report(rows[i].ties) != rows[i].status)
			TEST_FAIL("%s: %ld", rows[i].ties, s.status);
	}
}

/* Else a report could have the database grow without end. */
static void who_is_not_in_the_mesh_is_passed_over(void)
{
	TEST_NUMBER(report("{\"stream\":\"77\",\"sequence\":\"1\",\"first\":true,"
			   "\"sessions\":[{\"name\":\"m_200\",\"state\":\"Up\"},"
			   "{\"name\":\"g_2\",\"state\":\"Up\",\"bfd\":\"Down\"}],"
			   "\"paths\":[{\"address\":\"10.1.0.200\",\"handshake\":\"live\"},"
			   "{\"address\":\"10.1.0.3\",\"handshake\":\"never\"}]}"),
		    204);
	shown("sessions");
	TEST_NUMBER(json_array_size(json_object_get(s.json, "items")), 1);
	TEST_TEXT(stand_get(&s, "items.0.machine_name"), "k2");
	TEST_TEXT(stand_get(&s, "items.0.neighbour"), "10.1.0.2");
	TEST_TEXT(stand_get(&s, "items.0.bfd"), "Down");
	TEST_TEXT(stand_get(&s, "stale"), "false");
	shown("paths");
	TEST_NUMBER(json_array_size(json_object_get(s.json, "items")), 1);
	TEST_TEXT(stand_get(&s, "items.0.machine_name"), "k3");
	TEST_TEXT(stand_get(&s, "items.0.path"), "null");
	TEST_TEXT(stand_get(&s, "items.0.latency_ms"), "null");
}

static void what_is_not_heard_of_any_more_is_stale(void)
{
	CU_ASSERT(stand_run_sql(&s, "UPDATE machine SET seen_at = seen_at - 200000"));
	shown("paths");
	TEST_TEXT(stand_get(&s, "stale"), "true");
}

/* Whoever writes is refused for a while. */
static void what_is_the_same_is_not_written(void)
{
	static const char *const tables[] = {"tie", "session", "path"};
	static const char *const writings[] = {"INSERT", "UPDATE", "DELETE"};
	struct random r = {21};
	struct world w;
	char sql[200], *text;

	world_start(&w);
	see_something(&w.member->ties, &r);
	settle(&w);
	for (int i = 0; i < 9; i++) {
		snprintf(sql, sizeof(sql),
			 "CREATE TRIGGER no_%d BEFORE %s ON %s BEGIN SELECT RAISE(ABORT, "
			 "'written'); END",
			 i, writings[i % 3], tables[i / 3]);
		CU_ASSERT(stand_run_sql(&s, sql));
	}
	for (int i = 0; i < 3; i++) {
		text = make_report(&w);
		TEST_NUMBER(deliver(text), 204);
		answer(&w, true);
		free(text);
	}
	see_something(&w.member->ties, &r);
	text = make_report(&w);
	CU_ASSERT(deliver(text) >= 400); /* this one would have written */
	answer(&w, false);
	free(text);
	for (int i = 0; i < 9; i++) {
		snprintf(sql, sizeof(sql), "DROP TRIGGER no_%d", i);
		CU_ASSERT(stand_run_sql(&s, sql));
	}
	settle(&w);
	world_end(&w);
}

static void a_report_that_does_not_go_on_is_asked_for_again(void)
{
	TEST_NUMBER(report("{\"stream\":\"78\",\"sequence\":\"2\",\"lost_sessions\":[\"m_2\"]}"),
		    200);
	TEST_TEXT(stand_get(&s, "again.0"), machines[0].membership);
	TEST_NUMBER(report("{\"stream\":\"78\",\"sequence\":\"1\",\"first\":true}"), 204);
	TEST_NUMBER(report("{\"stream\":\"78\",\"sequence\":\"1\"}"), 204);
	TEST_NUMBER(report("{\"stream\":\"78\",\"sequence\":\"2\"}"), 200); /* without changes */
	TEST_NUMBER(report("{\"stream\":\"78\",\"sequence\":\"4\"}"), 200);
}

TEST_SUITE_WITH(controller_ties, start, stop, {"it_comes_to_the_same", it_comes_to_the_same},
		{"what_is_the_same_is_not_written", what_is_the_same_is_not_written},
		{"nonsense_is_refused", nonsense_is_refused},
		{"who_is_not_in_the_mesh_is_passed_over", who_is_not_in_the_mesh_is_passed_over},
		{"what_is_not_heard_of_any_more_is_stale", what_is_not_heard_of_any_more_is_stale},
		{"a_report_that_does_not_go_on_is_asked_for_again",
		 a_report_that_does_not_go_on_is_asked_for_again});
