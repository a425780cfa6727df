/* The keys of a membership, as its machine says them: PUT /memberships/{id}/public-key and
 * /next-key. Private keys never leave their machine. */
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"
#include "controller/rotation.h"

struct request {
	const char *public_key;
};

static const struct json_row request_rows[] = {
	JSON_ROW("public_key", MEMBER_TEXT, offsetof(struct request, public_key), .required = true),
	{0}};

static bool same_key(const struct wg_key *a, const struct wg_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int parse_key(struct call *c, const char *text, struct wg_key *key)
{
	static const struct wg_key zero;

	if (parse_base64(text, key->bytes, sizeof(key->bytes)) && !same_key(key, &zero))
		return 0;
	return fault_set(&c->fault, ERR_INVALID,
			 "public_key: want the 32 bytes of a WireGuard key in base64");
}

/* The membership of the path, which is the asking machine's, and the key of the body. */
static int take(struct call *c, struct membership *m, struct wg_key *key)
{
	struct request in = {0};
	int code = membership_resource.find(c, &c->id, m);

	if (code == ERR_NOT_FOUND || (code == 0 && m->machine != c->who.token))
		code = fault_set(&c->fault, ERR_NOT_FOUND, "there is no such membership");
	if (code == 0)
		code = call_decode(c, request_rows, &in, NULL);
	return code != 0 ? code : parse_key(c, in.public_key, key);
}

/* All of its mesh hear of it. */
static int tell(struct call *c, const struct membership *m)
{
	json_t *after = membership_resource.encode(c, m);
	int code = after != NULL ? call_audit(c, &m->id, NULL, after) : c->fault.code;

	json_decref(after);
	call_touch_machine(c, m->machine);
	call_touch_mesh(c, m->mesh);
	return code;
}

/* The next key becomes the key; another one, of a machine that has lost its own, ends a rotation as
 * well. A rotation was asked for, so its end is no news that a machine has too much of. */
int membership_set_key(struct call *c)
{
	struct membership m;
	struct wg_key key;
	int code = take(c, &m, &key);

	if (code != 0 || (m.has_key && same_key(&key, &m.key)))
		return code;
	if (!m.has_next_key || !same_key(&key, &m.next_key))
		code = news_check(c);
	if (code != 0)
		return code;
	rotation_end(&m, &key, c->now);
	code = store_membership_update(c->store, &m, &c->fault);
	return code != 0 ? code : tell(c, &m);
}

static int check_next(struct call *c, const struct membership *m, const struct wg_key *key)
{
	if (m->rotation == ROTATION_NONE)
		return fault_set(&c->fault, ERR_CONFLICT,
				 "no rotation of this membership's key is under way");
	if (m->has_key && same_key(key, &m->key))
		return fault_set(&c->fault, ERR_CONFLICT,
				 "public_key: is the membership's key already");
	return 0;
}

/* The first one is what was asked for. Further ones, of a machine that has lost it, go at the pace
 * of news: peers hear of each. */
int membership_set_next_key(struct call *c)
{
	struct membership m;
	struct wg_key key;
	int code = take(c, &m, &key);

	if (code == 0)
		code = check_next(c, &m, &key);
	if (code != 0 || (m.has_next_key && same_key(&key, &m.next_key)))
		return code;
	if (m.rotation != ROTATION_WANTED)
		code = news_check(c);
	if (code != 0)
		return code;
	rotation_offer(&m, &key, c->now);
	c->effects.offers = true;
	code = store_rotation_set(c->store, &m, &c->fault);
	return code != 0 ? code : tell(c, &m);
}
