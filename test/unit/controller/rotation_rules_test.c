/* Who may not rotate a key, or not so often; and the schedule, whose clock is this test's. */
#include <sodium.h>
#include <string.h>

#include "controller/http/auth.h"
#include "controller/rotation.h"
#include "test/test.h"
#include "test/unit/controller/cases.h"
#include "test/unit/controller/rotation_world.h"

#define V1  "/api/v1"
#define DAY INT64_C(86400000)

/* ---- who is refused ---- */

static void what_is_refused(void)
{
	struct rot_key own = rot_settle(0), theirs = rot_settle(1), next = rot_offer(1), zero = {0};
	const struct {
		const char *what;
		const struct rot_key *key;
		long status;
		const char *problem, *says;
	} rows[] = {
		{"next-key", &own, 409, "conflict", "is the membership's key already"},
		{"next-key", &theirs, 409, "conflict", "public_key: a membership of the mesh"},
		{"next-key", &next, 409, "conflict", "public_key: another membership"},
		{"public-key", &next, 409, "conflict", "public_key: a membership of the mesh"},
		{"public-key", &theirs, 409, "conflict", "public_key: another membership"},
		{"next-key", &zero, 400, "invalid", "public_key: want the 32 bytes"},
	};
	struct rot_key fresh = rot_new_key();

	sodium_bin2base64(zero.text, sizeof(zero.text), zero.bytes, sizeof(zero.bytes),
			  sodium_base64_VARIANT_ORIGINAL);
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &fresh), 409);
	things_refused(&rot.s, 409, "conflict",
		       "no rotation of this membership's key is under way");
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, NULL), 200);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rot_put(&rot.m[0], rows[i].what, rows[i].key);
		things_refused(&rot.s, rows[i].status, rows[i].problem, rows[i].says);
	}
	TEST_TEXT(rot_told(&rot.m[0]), "offer");
	TEST_NUMBER(rot_put(&rot.m[0], "next-key", &fresh), 204); /* the control */
	rot_settle(0);
	rot_settle(1);
}

static void what_is_refused_of_an_operator(void)
{
	char of_b[128], path[128];
	struct stand_machine nobody = rot.m[0], keyless;

	snprintf(of_b, sizeof(of_b), "{\"membership\":\"%s\"}", rot.m[1].membership);
	snprintf(nobody.id, sizeof(nobody.id), "%s", rot.m[0].membership);
	TEST_NUMBER(rot_begin(&rot.m[0], rot.viewer_token, NULL), 403);
	TEST_NUMBER(rot_begin(&rot.m[0], rot.m[0].token, NULL), 403);
	TEST_NUMBER(rot_begin(&nobody, rot.operator_token, NULL), 404);
	rot_begin(&rot.m[0], rot.operator_token, of_b);
	things_refused(&rot.s, 400, "invalid", "is not of machine 'a'");
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, "{\"membership\":\"x\"}"), 400);
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, "{\"mesh\":\"x\"}"), 400);
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, "{"), 400);
	TEST_TEXT(rot_told(&rot.m[0]), "none");

	stand_machine_new(&keyless, "keyless");
	TEST_NUMBER(
		stand_enroll(&rot.s, &keyless, stand_join_token(&rot.s, rot.s.admin, NULL), NULL),
		201);
	rot_begin(&keyless, rot.operator_token, NULL);
	things_refused(&rot.s, 409, "conflict", "machine 'keyless' has said no key yet");
	rot_sql("UPDATE machine SET frozen = 1 WHERE name = 'keyless'");
	rot_begin(&keyless, rot.operator_token, NULL);
	things_refused(&rot.s, 409, "conflict", "machine 'keyless' is frozen");
	rot_sql("UPDATE machine SET frozen = 0 WHERE name = 'keyless'");
	snprintf(path, sizeof(path), V1 "/machines/%s/revoke", keyless.id);
	TEST_NUMBER(stand_call(&rot.s, rot.operator_token, "POST", path, NULL), 200);
	rot_begin(&keyless, rot.operator_token, NULL);
	things_refused(&rot.s, 409, "conflict", "machine 'keyless' is revoked");
	snprintf(path, sizeof(path), V1 "/machines/%s", keyless.id);
	TEST_NUMBER(stand_call(&rot.s, rot.operator_token, "DELETE", path, NULL), 204);

	snprintf(of_b, sizeof(of_b), "{\"membership\":\"%s\"}", rot.m[0].membership);
	TEST_NUMBER(rot_begin(&rot.m[0], rot.operator_token, of_b), 200); /* the control */
	TEST_TEXT(rot_told(&rot.m[0]), "offer");
	rot_settle(0);
}

/* ---- the schedule ---- */

static void turns_are_spread(void)
{
	static const struct {
		uint32_t days;
		uint64_t members;
		int64_t since_ms;
		uint32_t turns, most;
	} rows[] = {
		{90, 0, 1000 * DAY, 0, 4},
		{90, 10, 1000 * DAY, 1, 4}, /* one each 1.125 days */
		{90, 10, DAY, 0, 4},
		{90, 10, 9 * DAY / 8, 1, 4},
		{8, 1000, 86400, 1, 5}, /* a day for all: one each 86.4 s */
		{8, 1000, 86399, 0, 5},
		{8, 1000000, 10000, 115, 1004}, /* one each 86 ms, in looks of 10 s */
		{1, 10, -DAY, 1, 4},		/* the clock was set back */
	};
	const struct wall now = {2000 * DAY};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mesh x = {.key_rotation_days = rows[i].days,
				       .nmembers = rows[i].members,
				       .key_rotation_at = {now.ms - rows[i].since_ms}};
		struct wall before;

		TEST_NUMBER(rotation_turns(&x, now), rows[i].turns);
		TEST_NUMBER(rotation_most(&x), rows[i].most);
		CU_ASSERT(rotation_due_before(&x, now, &before));
		TEST_NUMBER(now.ms - before.ms, rows[i].days * DAY / 8 * 7);
	}
}

static void set_days(int days)
{
	char path[160], body[64];

	snprintf(path, sizeof(path), V1 "/meshes/%s", rot.mesh);
	snprintf(body, sizeof(body), "{\"key_rotation_days\":%d}", days);
	TEST_NUMBER(stand_call(&rot.s, rot.operator_token, "PATCH", path, body), 200);
}

static void all_heard_at(struct wall now)
{
	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_heard_at(i, now);
}

/* a is the oldest, then b, then c. */
static void make_old(int64_t days)
{
	int64_t now = wall_now().ms;

	rot_sql("UPDATE mesh SET key_rotation_at = 0");
	rot_sql("UPDATE membership SET rotation = 0, next_key = NULL,"
		" key_changed_at = %lld + idx * 1000",
		(long long)(now - days * DAY));
}

static void old_keys_rotate_by_the_schedule(void)
{
	struct wall now = rot_later(3600000);
	struct wall next = {now.ms + 10 * DAY / 8 / ROT_MACHINES + 1},
		    last = {next.ms + 10 * DAY / 8 / ROT_MACHINES + 1};

	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_settle(i);
	set_days(10);
	make_old(8); /* not yet in the last eighth */
	all_heard_at(now);
	rot_look(rotator_schedule, now, true);
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "none");
	make_old(9);
	rot_look(rotator_schedule, now, false); /* who is away is not known yet */
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "none");
	rot_look(rotator_schedule, now, true);
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "offer");
	TEST_TEXT(rot_shown(&rot.m[1], "rotation"), "none");
	TEST_TEXT(rot_told(&rot.m[0]), "offer");
	TEST_NUMBER(stand_call(&rot.s, rot.s.admin, "GET", V1 "/audit?limit=1", NULL), 200);
	TEST_TEXT(stand_get(&rot.s, "items.0.action"), "machine.rotate-key");
	TEST_TEXT(stand_get(&rot.s, "items.0.actor"), "controller");
	TEST_TEXT(stand_get(&rot.s, "items.0.resource"), rot.m[0].id);

	all_heard_at(now);
	rot_look(rotator_schedule, now, true); /* it is nobody's turn */
	TEST_TEXT(rot_shown(&rot.m[1], "rotation"), "none");
	rot_heard_at(2, next); /* b is away */
	rot_look(rotator_schedule, next, true);
	TEST_TEXT(rot_shown(&rot.m[1], "rotation"), "none");
	TEST_TEXT(rot_shown(&rot.m[2], "rotation"), "offer");
	set_days(0);
	all_heard_at(last);
	rot_look(rotator_schedule, last, true);
	TEST_TEXT(rot_shown(&rot.m[1], "rotation"), "none");
	set_days(10); /* the control */
	rot_look(rotator_schedule, last, true);
	TEST_TEXT(rot_shown(&rot.m[1], "rotation"), "offer");
	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_settle(i);
}

static void not_too_many_rotate_at_a_time(void)
{
	static const char *const more[] = {"d", "e"};
	struct wall now = rot_later(3600000);

	for (size_t i = 0; i < 2; i++) {
		struct stand_machine m;

		stand_machine_new(&m, more[i]);
		TEST_NUMBER(
			stand_enroll(&rot.s, &m, stand_join_token(&rot.s, rot.s.admin, NULL), NULL),
			201);
		TEST_NUMBER(stand_put_key(&rot.s, &m, NULL), 204);
	}
	make_old(400);
	all_heard_at(now);
	rot_sql("UPDATE membership SET rotation = 1, rotation_at = %lld WHERE idx > 1",
		(long long)now.ms);
	rot_look(rotator_schedule, now, true); /* four are under way */
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "none");
	rot_sql("UPDATE membership SET rotation_at = %lld WHERE idx = 5",
		(long long)(now.ms - ROTATION_STUCK_MS));
	rot_look(rotator_schedule, now, true); /* the control: one of them for too long */
	TEST_TEXT(rot_shown(&rot.m[0], "rotation"), "offer");
	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_settle(i);
}

/* ---- the pace ---- */

/* Last, for it uses up the pace of c. What was asked for is not refused, however often; what nobody
 * asked for goes at a pace. */
static void only_what_nobody_asked_for_has_a_pace(void)
{
	struct rot_key k;
	int taken = 0;

	for (int i = 0; i < AUTH_NEWS_BURST + 10; i++) {
		k = rot_offer(2);
		TEST_NUMBER(rot_put(&rot.m[2], "public-key", &k), 204);
	}
	rot_offer(2);
	do
		k = rot_new_key();
	while (rot_put(&rot.m[2], "next-key", &k) == 204 && ++taken < 2 * AUTH_NEWS_BURST);
	things_refused(&rot.s, 429, "busy", "keys and endpoints");
	CU_ASSERT(taken > 0 && taken <= AUTH_NEWS_BURST);
}

TEST_SUITE_WITH(controller_rotation_rules, rot_start, rot_stop,
		{"what is refused", what_is_refused},
		{"what is refused of an operator", what_is_refused_of_an_operator},
		{"turns are spread", turns_are_spread},
		{"old keys rotate by the schedule", old_keys_rotate_by_the_schedule},
		{"not too many rotate at a time", not_too_many_rotate_at_a_time},
		{"only what nobody asked for has a pace", only_what_nobody_asked_for_has_a_pace});
