/* How machines see their neighbours: sessions, paths, how far that was told. */
#include <stdio.h>
#include <string.h>

#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

#define MEMBERS 300

struct world {
	struct fixture x;
	struct mesh mesh;
	struct machine first;
	struct membership members[MEMBERS];
};

static struct world w;

static void world_start(int n)
{
	memset(&w, 0, sizeof(w));
	fixture_start(&w.x);
	w.mesh = fixture_mesh(&w.x, "prod", "10.1.0.0/16");
	for (int i = 0; i < n; i++) {
		char name[16];
		struct machine k;

		snprintf(name, sizeof(name), "k%d", i + 1);
		k = fixture_machine(&w.x, name);
		if (i == 0)
			w.first = k;
		w.members[i] = fixture_member(&w.x, &k, &w.mesh, (uint32_t)i + 1);
	}
}

static struct peer_path path_to(uint32_t peer)
{
	struct peer_path p = {.membership = w.members[0].row,
			      .peer = peer,
			      .slot = 3,
			      .kind = PEER_PATH_DIRECT,
			      .handshake = PEER_HANDSHAKE_LIVE,
			      .endpoint = fixture_prefix("192.0.2.7/32"),
			      .port = 51823,
			      .latency_ms = 20,
			      .loss_percent = PEER_LOSS_UNKNOWN};

	return p;
}

static void put_path(uint32_t peer)
{
	struct peer_path p = path_to(peer);

	OK(&w.x, store_path_put(w.x.store, &p, &w.x.fault));
}

static void put_session(const char *name, uint32_t peer, const char *state)
{
	struct bgp_session s = {
		.membership = w.members[0].row, .peer = peer, .since = FIXTURE_NOW, .bfd = "Up"};

	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.state, sizeof(s.state), "%s", state);
	OK(&w.x, store_session_put(w.x.store, &s, &w.x.fault));
}

static size_t paths(struct peer_path **out)
{
	size_t n = 0;

	OK(&w.x, store_path_list(w.x.store, &w.x.arena, w.first.row, NULL, out, &n, &w.x.fault));
	return n;
}

static size_t sessions(struct bgp_session **out)
{
	size_t n = 0;

	OK(&w.x, store_session_list(w.x.store, &w.x.arena, w.first.row, NULL, out, &n, &w.x.fault));
	return n;
}

static bool same_path(const struct peer_path *a, const struct peer_path *b)
{
	return a->row == b->row && a->membership == b->membership && a->peer == b->peer &&
	       a->slot == b->slot && a->kind == b->kind && a->handshake == b->handshake &&
	       prefix_compare(&a->endpoint, &b->endpoint) == 0 && a->port == b->port &&
	       a->latency_ms == b->latency_ms && a->loss_percent == b->loss_percent;
}

static void what_was_put_comes_back(void)
{
	struct peer_path *p, want;
	struct bgp_session *s;
	struct tie_mark mark;
	const char *name;

	world_start(3);
	FAULT(&w.x, store_tie_get(w.x.store, w.members[0].row, &mark, &w.x.fault), ERR_NOT_FOUND,
	      "");
	mark = (struct tie_mark){INT64_MAX, 9};
	OK(&w.x, store_tie_set(w.x.store, w.members[0].row, &mark, &w.x.fault));
	mark = (struct tie_mark){0};
	OK(&w.x, store_tie_get(w.x.store, w.members[0].row, &mark, &w.x.fault));
	CU_ASSERT(mark.stream == INT64_MAX && mark.sequence == 9);
	put_path(2);
	put_path(3);
	put_path(2); /* in its own place */
	TEST_NUMBER(paths(&p), 2);
	want = path_to(2);
	want.row = p[0].row;
	CU_ASSERT(same_path(&want, &p[0]));
	put_session("m_2", 2, "Active");
	put_session("e_1", 0, "Established");
	put_session("m_2", 2, "Established");
	TEST_NUMBER(sessions(&s), 2);
	TEST_TEXT(s[0].name, "m_2");
	TEST_TEXT(s[0].state, "Established");
	CU_ASSERT(s[0].since.ms == FIXTURE_NOW.ms);
	OK(&w.x, store_peer_name(w.x.store, &w.x.arena, w.mesh.row, 2, &name, &w.x.fault));
	TEST_TEXT(name, "k2");
	OK(&w.x, store_peer_name(w.x.store, &w.x.arena, w.mesh.row, 9, &name, &w.x.fault));
	CU_ASSERT_PTR_NULL(name);
	OK(&w.x, store_session_drop(w.x.store, w.members[0].row, "m_2", &w.x.fault));
	OK(&w.x, store_path_drop(w.x.store, w.members[0].row, 2, &w.x.fault));
	TEST_NUMBER(sessions(&s), 1);
	TEST_NUMBER(paths(&p), 1);
	fixture_end(&w.x);
}

static void it_goes_with_the_membership(void)
{
	struct peer_path *p;
	struct bgp_session *s;
	struct tie_mark mark = {1, 1};

	world_start(2);
	OK(&w.x, store_tie_set(w.x.store, w.members[0].row, &mark, &w.x.fault));
	put_path(2);
	put_session("m_2", 2, "Active");
	OK(&w.x, store_membership_delete(w.x.store, w.members[0].row, &w.x.fault));
	TEST_NUMBER(paths(&p), 0);
	TEST_NUMBER(sessions(&s), 0);
	FAULT(&w.x, store_tie_get(w.x.store, w.members[0].row, &mark, &w.x.fault), ERR_NOT_FOUND,
	      "");
	fixture_end(&w.x);
}

static uint64_t cost_of_a_change(uint32_t peer)
{
	uint64_t before = w.x.store->steps;

	put_path(peer);
	put_session("m_2", 2, "Active");
	return w.x.store->steps - before;
}

/* Whatever the machine has told before. */
static void a_change_costs_a_change(void)
{
	uint64_t first, last;

	world_start(MEMBERS);
	put_path(2);
	put_session("m_2", 2, "Established");
	first = cost_of_a_change(2);
	for (uint32_t i = 3; i <= MEMBERS; i++) {
		char name[16];

		put_path(i);
		snprintf(name, sizeof(name), "m_%u", i);
		put_session(name, i, "Established");
	}
	last = cost_of_a_change(MEMBERS / 2);
	if (last > first + first / 4)
		TEST_FAIL("a change of one costs %llu steps, of one of %d %llu",
			  (unsigned long long)first, MEMBERS, (unsigned long long)last);
	fixture_end(&w.x);
}

TEST_SUITE(sqlite_tie, {"what_was_put_comes_back", what_was_put_comes_back},
	   {"it_goes_with_the_membership", it_goes_with_the_membership},
	   {"a_change_costs_a_change", a_change_costs_a_change});
