/* Keys are rotated over real HTTP: the whole order, whoever dies, and who is waited for. */
#include "controller/rotation.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "test/test.h"
#include "test/unit/controller/rotation_world.h"

#define V1 "/api/v1"

/* ---- the order ---- */

static void step_by_step(bool restarts)
{
	struct rot_key old = rot_settle(0), next = rot_new_key();
	char before[64], image[32];

	snprintf(before, sizeof(before), "%s", rot_shown(&rot.m[0], "key_changed_at"));
	rot_told(&rot.m[0]);
	snprintf(image, sizeof(image), "%s",
		 stand_get(&rot.s, "memberships.0.membership_revision"));
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, NULL), 200);
	TEST_TEXT(stand_get(&rot.s, "memberships.0.rotation"), "offer");
	CU_ASSERT(!restarts || stand_restart(&rot.s));
	CU_ASSERT(rot_wait_told(&rot.m[0], "offer"));
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &next), 204);
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &next), 204);
	CU_ASSERT(!restarts || stand_restart(&rot.s));
	CU_ASSERT(rot_wait_told(&rot.m[0], "wait"));
	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_report(&rot.m[0]);
	rot_report(&rot.m[1]);
	rot_look(NULL, wall_now(), false);
	TEST_TEXT(rot_told(&rot.m[0]), "wait"); /* for c, which has not */
	CU_ASSERT(!restarts || stand_restart(&rot.s));
	rot_report(&rot.m[2]);
	CU_ASSERT(rot_wait_told(&rot.m[0], "switch"));
	CU_ASSERT(!restarts || stand_restart(&rot.s));
	CU_ASSERT(rot_wait_told(&rot.m[0], "switch"));
	CU_ASSERT(rot_wait_view(0, &old, &next));
	TEST_TEXT(rot_shown(&rot.m[0], "public_key"), old.text);
	TEST_TEXT(rot_shown(&rot.m[0], "key_changed_at"), before);
	TEST_NUMBER(rot_put(&rot.m[0], "public-key", &next), 204);
	TEST_NUMBER(rot_put(&rot.m[0], "public-key", &next), 204);
	CU_ASSERT(!restarts || stand_restart(&rot.s));
	CU_ASSERT(rot_wait_told(&rot.m[0], "none"));
	CU_ASSERT(rot_wait_view(0, &next, NULL));
	TEST_TEXT(rot_shown(&rot.m[0], "public_key"), next.text);
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "none");
	if (strcmp(rot_shown(&rot.m[0], "key_changed_at"), before) <= 0)
		TEST_FAIL("key_changed_at is %s still", before);
	/* A key is the view's: nobody's image has changed. */
	rot_told(&rot.m[0]);
	TEST_TEXT(stand_get(&rot.s, "memberships.0.membership_revision"), image);
}

static void a_key_is_rotated_in_order(void)
{
	step_by_step(false);
}

static void a_restart_at_any_step_changes_nothing(void)
{
	step_by_step(true);
}

static void it_is_in_the_audit(void)
{
	static const char *const want[] = {"membership.key", "membership.next-key",
					   "machine.rotate-key"};
	struct rot_key next = rot_offer(1);

	TEST_NUMBER(rot_put(&rot.m[1], "public-key", &next), 204);
	TEST_NUMBER(stand_call(&rot.s, rot.s.admin, "GET", V1 "/audit?limit=3", NULL), 200);
	for (size_t i = 0; i < 3; i++) {
		char path[32];

		snprintf(path, sizeof(path), "items.%zu.action", i);
		TEST_TEXT(stand_get(&rot.s, path), want[i]);
	}
	TEST_TEXT(stand_get(&rot.s, "items.2.resource"), rot.m[1].id);
	TEST_TEXT(stand_get(&rot.s, "items.1.resource"), rot.m[1].membership);
}

/* The machine that waits is told of each step, as of all else. */
static void each_step_is_told_at_once(void)
{
	struct stand_request r = {.method = "GET", .path = V1 "/machine", .token = rot.m[0].token};
	char match[128];
	struct rot_key next;

	rot_settle(0);
	rot_told(&rot.m[0]);
	snprintf(match, sizeof(match), "If-None-Match: %s", rot.s.etag);
	r.headers[0] = match;
	TEST_NUMBER(stand_send(&rot.s, &r), 304);
	next = rot_offer(0);
	TEST_NUMBER(stand_send(&rot.s, &r), 200);
	TEST_TEXT(stand_get(&rot.s, "memberships.0.rotation"), "wait");
	TEST_NUMBER(rot_put(&rot.m[0], "public-key", &next), 204);
}

static void two_rotate_at_once(void)
{
	struct rot_key old[2] = {rot_settle(0), rot_settle(1)},
		       next[2] = {rot_offer(0), rot_offer(1)};

	for (size_t i = 0; i < 2; i++)
		CU_ASSERT(rot_wait_view(i, &old[i], &next[i]));
	rot_report_all();
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT(rot_wait_told(&rot.m[i], "switch"));
	for (size_t i = 0; i < 2; i++)
		TEST_NUMBER(rot_put(&rot.m[i], "public-key", &next[i]), 204);
	for (size_t i = 0; i < 2; i++)
		CU_ASSERT(rot_wait_view(i, &next[i], NULL));
}

static void another_key_begins_the_wait_anew_or_ends_it(void)
{
	struct rot_key old = rot_settle(0), next = rot_offer(0), other = rot_new_key();

	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_report_all();
	CU_ASSERT(rot_wait_told(&rot.m[0], "switch"));
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &other), 204);
	TEST_TEXT(rot_told(&rot.m[0]), "wait");
	CU_ASSERT(rot_wait_view(0, &old, &other));
	/* It has lost all of them. */
	rot_settle(0);
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &other), 409);
}

/* ---- who is waited for ---- */

static void nobody_is_waited_for_longer_than_a_minute(void)
{
	struct rot_key old = rot_settle(0), next = rot_offer(0);

	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_look(NULL, rot_later(0), false);
	rot_look(NULL, rot_later(ROTATION_WAIT_MS - 10000), false);
	TEST_TEXT(rot_told(&rot.m[0]), "wait");
	rot_look(NULL, rot_later(ROTATION_WAIT_MS), false);
	TEST_TEXT(rot_told(&rot.m[0]), "switch");
	TEST_NUMBER(rot_put(&rot.m[0], "public-key", &next), 204);
}

/* A next key that no view has yet: nobody can know it, however long it has been. */
static void a_next_key_without_a_view_is_not_used(void)
{
	struct rot_key old = rot_settle(0), next = rot_new_key();
	char path[160], hex[65];

	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, NULL), 200);
	sodium_bin2hex(hex, sizeof(hex), next.bytes, sizeof(next.bytes));
	rot_sql("UPDATE membership SET rotation = 2, rotation_at = 0, next_key = x'%s'"
		" WHERE idx = 1",
		hex);
	rot_look(NULL, rot_later(ROTATION_WAIT_MS), false);
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "wait");
	snprintf(path, sizeof(path), V1 "/meshes/%s", rot.mesh);
	TEST_NUMBER(stand_call(&rot.s, rot.operator_token, "PATCH", path, "{\"bfd_multiplier\":4}"),
		    200);
	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_look(NULL, rot_later(ROTATION_WAIT_MS), false); /* the control */
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "switch");
	rot_settle(0);
}

/* The controller looks too, at its own time: the minute must be over for neither of the two. */
static void who_is_away_is_not_waited_for(void)
{
	struct rot_key old = rot_settle(0), next = rot_offer(0);
	struct wall then = rot_later(110000);

	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_report(&rot.m[0]);
	rot_report(&rot.m[1]);
	rot_sql("UPDATE membership SET rotation_at = %lld WHERE rotation = 2",
		(long long)(then.ms - 55000));
	rot_sql("UPDATE machine SET seen_at = 0");
	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_heard_at(i, then);
	rot_look(NULL, then, true);
	TEST_TEXT(rot_told(&rot.m[0]), "wait"); /* for c */
	rot_heard_at(0, then);
	rot_heard_at(2, rot_later(-15000));
	rot_look(NULL, then, true);
	TEST_TEXT(rot_told(&rot.m[0]), "switch");
	TEST_NUMBER(rot_put(&rot.m[0], "public-key", &next), 204);
}

static void who_goes_away_before_it_is_told_begins_again(void)
{
	struct rot_key old = rot_settle(0), next = rot_offer(0), other = rot_new_key();
	struct wall then = rot_later(600000);

	CU_ASSERT(rot_wait_view(0, &old, &next));
	rot_look(NULL, then, true);
	CU_ASSERT(rot_wait_view(0, &old, NULL));
	TEST_TEXT(rot_told(&rot.m[0]), "offer");
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &other), 204);
	CU_ASSERT(rot_wait_view(0, &old, &other));
	rot_settle(0);
}

/* Not before a view has it: what is not rendered nobody can know. */
static void a_minute_is_not_enough_without_a_view(void)
{
	const struct wall now = {1000000};
	struct membership x = {.rotation = ROTATION_OFFERED, .rotation_at = {1}};

	CU_ASSERT(!rotation_is_ready(&x, 0, now));
	x.rotation_view = 7;
	CU_ASSERT(rotation_is_ready(&x, 6, now));
	x.rotation_at.ms = now.ms - ROTATION_WAIT_MS + 1;
	CU_ASSERT(!rotation_is_ready(&x, 6, now));
	CU_ASSERT(rotation_is_ready(&x, 7, now));
	x.rotation_at.ms = now.ms + ROTATION_WAIT_MS; /* the clock was set back */
	CU_ASSERT(rotation_is_ready(&x, 6, now));
}

TEST_SUITE_WITH(controller_rotation, rot_start, rot_stop,
		{"a key is rotated in order", a_key_is_rotated_in_order},
		{"a restart at any step changes nothing", a_restart_at_any_step_changes_nothing},
		{"it is in the audit", it_is_in_the_audit},
		{"each step is told at once", each_step_is_told_at_once},
		{"two rotate at once", two_rotate_at_once},
		{"another key begins the wait anew, or ends it",
		 another_key_begins_the_wait_anew_or_ends_it},
		{"nobody is waited for longer than a minute",
		 nobody_is_waited_for_longer_than_a_minute},
		{"a next key without a view is not used", a_next_key_without_a_view_is_not_used},
		{"who is away is not waited for", who_is_away_is_not_waited_for},
		{"who goes away before it is told begins again",
		 who_goes_away_before_it_is_told_begins_again},
		{"a minute is not enough without a view", a_minute_is_not_enough_without_a_view});
