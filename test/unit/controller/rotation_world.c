#include "test/unit/controller/rotation_world.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/controller.h"
#include "controller/data_dir.h"
#include "lib/mesh/state.h"
#include "test/test.h"

#define V1 "/api/v1"

struct rot_world rot;

static bool make_token(const char *role, char out[TOKEN_SIZE])
{
	char body[64];
	bool made;

	snprintf(body, sizeof(body), "{\"role\":\"%s\"}", role);
	made = stand_call(&rot.s, rot.s.admin, "POST", V1 "/api-tokens", body) == 201;
	snprintf(out, TOKEN_SIZE, "%s", stand_get(&rot.s, "token"));
	return made;
}

static bool join(uint32_t i)
{
	stand_machine_new(&rot.m[i], (const char *[]){"a", "b", "c"}[i]);
	return stand_enroll(&rot.s, &rot.m[i], stand_join_token(&rot.s, rot.s.admin, NULL), NULL) ==
		       201 &&
	       stand_put_key(&rot.s, &rot.m[i], NULL) == 204 &&
	       stand_wait_peer(&rot.s, &rot.m[i], i + 1);
}

int rot_start(void)
{
	bool ok = stand_start(&rot.s, NULL) && stand_call(&rot.s, rot.s.admin, "POST", V1 "/meshes",
							  "{\"name\":\"prod\"}") == 201;

	snprintf(rot.mesh, sizeof(rot.mesh), "%s", stand_get(&rot.s, "id"));
	ok = ok && make_token("operator", rot.operator_token) &&
	     make_token("viewer", rot.viewer_token);
	for (uint32_t i = 0; i < ROT_MACHINES && ok; i++)
		ok = join(i);
	return ok ? 0 : 1;
}

int rot_stop(void)
{
	stand_stop(&rot.s);
	return 0;
}

/* ---- what is said and told ---- */

struct rot_key rot_new_key(void)
{
	struct rot_key k;

	memset(k.bytes, 1 + ++rot.keys % 255, sizeof(k.bytes));
	k.bytes[0] = (uint8_t)(rot.keys / 255);
	sodium_bin2base64(k.text, sizeof(k.text), k.bytes, sizeof(k.bytes),
			  sodium_base64_VARIANT_ORIGINAL);
	return k;
}

long rot_put(const struct stand_machine *x, const char *what, const struct rot_key *k)
{
	char path[160], body[96];

	snprintf(path, sizeof(path), V1 "/memberships/%s/%s", x->membership, what);
	snprintf(body, sizeof(body), "{\"public_key\":\"%s\"}", k->text);
	return stand_call(&rot.s, x->token, "PUT", path, body);
}

long rot_begin(const struct stand_machine *x, const char *token, const char *body)
{
	char path[160];

	snprintf(path, sizeof(path), V1 "/machines/%s/rotate-key", x->id);
	return stand_call(&rot.s, token, "POST", path, body);
}

const char *rot_told(const struct stand_machine *x)
{
	TEST_NUMBER(stand_call(&rot.s, x->token, "GET", V1 "/machine", NULL), 200);
	return stand_get(&rot.s, "memberships.0.rotation");
}

bool rot_wait_told(const struct stand_machine *x, const char *want)
{
	for (int i = 0; i < 500; i++) {
		if (strcmp(rot_told(x), want) == 0)
			return true;
		usleep(10000);
	}
	TEST_FAIL("%s is told '%s', not '%s'", x->name, rot_told(x), want);
	return false;
}

/* As operators see it: a member of GET /memberships/{id}. */
const char *rot_shown(const struct stand_machine *x, const char *member)
{
	char path[160];

	snprintf(path, sizeof(path), V1 "/memberships/%s", x->membership);
	TEST_NUMBER(stand_call(&rot.s, rot.viewer_token, "GET", path, NULL), 200);
	return stand_get(&rot.s, member);
}

/* Waits for a view in which the machine has this key, and this next one (NULL: none). */
bool rot_wait_view(size_t i, const struct rot_key *key, const struct rot_key *next)
{
	const struct state_expect expect = {.kind = STATE_KIND_VIEW,
					    .signer = keys_signer(&rot.s.controller->keys)};
	static const struct rot_key none;
	struct state_image image;

	for (int n = 0; n < 500; n++) {
		const struct state_peer *p = NULL;

		if (stand_call(&rot.s, rot.m[0].token, "GET", V1 "/mesh/config", NULL) == 200 &&
		    state_open(&image, rot.s.body.data, rot.s.body.len, &expect, NULL) == 0)
			p = state_peer_at(&image, (uint32_t)i + 1);
		if (p != NULL && memcmp(p->key, key->bytes, 32) == 0 &&
		    memcmp(p->next_key, (next != NULL ? next : &none)->bytes, 32) == 0)
			return true;
		usleep(10000);
	}
	TEST_FAIL("no view has these keys of %s", rot.m[i].name);
	return false;
}

/* It has applied what there is. */
void rot_report(const struct stand_machine *x)
{
	char body[256], view[32];

	TEST_NUMBER(stand_call(&rot.s, x->token, "GET", V1 "/machine", NULL), 200);
	snprintf(view, sizeof(view), "%s", stand_get(&rot.s, "memberships.0.view_revision"));
	snprintf(body, sizeof(body), "{\"memberships\":[{\"id\":\"%s\",\"applied_view\":\"%s\"}]}",
		 x->membership, view);
	TEST_NUMBER(stand_call(&rot.s, x->token, "POST", V1 "/mesh/report", body), 204);
}

void rot_report_all(void)
{
	for (size_t i = 0; i < ROT_MACHINES; i++)
		rot_report(&rot.m[i]);
}

void rot_sql(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!stand_run_sql(&rot.s, text))
		TEST_FAIL("%s", text);
}

/* What the rotator does each time, at another time. */
void rot_look(int (*schedule)(struct controller *, struct store *, const struct rotator_moment *,
			      struct fault *),
	      struct wall now, bool settled)
{
	const struct rotator_moment at = {now, settled};
	char *path = config_data_path(rot.s.config, DATABASE_NAME);
	struct store *store = NULL;
	struct fault f = {0};
	bool waiting;

	TEST_NUMBER(store_open(&store, path, STORE_READ, &f), 0);
	if (schedule != NULL)
		TEST_NUMBER(schedule(rot.s.controller, store, &at, &f), 0);
	else
		TEST_NUMBER(rotator_advance(rot.s.controller, store, &at, &waiting, &f), 0);
	TEST_TEXT(f.text, "");
	store_close(store);
	free(path);
}

struct wall rot_later(int64_t ms)
{
	return (struct wall){wall_now().ms + ms};
}

/* Up to the moment when peers are to know the next key. */
struct rot_key rot_offer(size_t i)
{
	struct rot_key next = rot_new_key();

	TEST_NUMBER(rot_begin(&rot.m[i], rot.operator_token, NULL), 200);
	TEST_TEXT(rot_told(&rot.m[i]), "offer");
	TEST_NUMBER(rot_put(&rot.m[i], "next-key", &next), 204);
	return next;
}

/* With a key that the test knows. */
struct rot_key rot_settle(size_t i)
{
	struct rot_key k = rot_new_key();

	TEST_NUMBER(rot_put(&rot.m[i], "public-key", &k), 204);
	CU_ASSERT(rot_wait_view(i, &k, NULL));
	TEST_TEXT(rot_told(&rot.m[i]), "none");
	return k;
}

void rot_heard_at(size_t i, struct wall now)
{
	struct id id;
	char *path = config_data_path(rot.s.config, DATABASE_NAME);
	struct store *store = NULL;
	struct machine machine = {0};

	CU_ASSERT(id_parse(rot.m[i].id, &id));
	TEST_NUMBER(store_open(&store, path, STORE_READ, NULL), 0);
	TEST_NUMBER(store_machine_find(store, 0, &id, &machine, NULL), 0);
	publish_machine_asked(rot.s.controller->publish, machine.row, now);
	store_close(store);
	free(path);
}
