#include "agent/key_rotation.h"

#include <string.h>

#include "agent/watch.h"
#include "lib/base/log.h"

static bool is_key(const uint8_t record[32], const struct wg_key *key)
{
	return memcmp(record, key->bytes, WG_KEY_SIZE) == 0;
}

static bool is_known_next(const struct state_peer *own, const struct wg_key *key)
{
	return (own->flags & STATE_PEER_HAS_NEXT_KEY) != 0 && is_key(own->next_key, key);
}

static bool has_key(const struct state_peer *own)
{
	static const struct wg_key none;

	return !is_key(own->key, &none);
}

/* The disk, or the controller, is of another time: what is here is what is used. */
static bool is_stranger(const struct member *m, const struct state_peer *own)
{
	return has_key(own) && !is_key(own->key, &m->public_key) &&
	       !is_known_next(own, &m->public_key);
}

/* One of before the last switch is not offered again, even where nobody knows it any more. */
static enum key_step next_to_offer(const struct member *m, const struct state_peer *own)
{
	return m->has_next && (m->next_is_new || is_known_next(own, &m->next_public_key))
		       ? KEY_OFFER
		       : KEY_RENEW;
}

static enum key_step next_at_rest(const struct member *m, const struct state_peer *own)
{
	/* With a next key in it the view is only older than the list. */
	if (!is_key(own->key, &m->public_key) || (own->flags & STATE_PEER_HAS_NEXT_KEY) != 0)
		return KEY_REST;
	return m->has_next ? KEY_DROP : KEY_REST;
}

enum key_step key_rotation_next(const struct member *m, enum offer_rotation word)
{
	const struct state_peer *own = member_record(m);

	if (own == NULL)
		return KEY_REST;
	if (is_stranger(m, own))
		return KEY_ANNOUNCE;
	switch (word) {
	case OFFER_ROTATION_NONE:
		return next_at_rest(m, own);
	case OFFER_ROTATION_OFFER:
		return next_to_offer(m, own);
	case OFFER_ROTATION_WAIT:
		return KEY_REST;
	case OFFER_ROTATION_SWITCH:
		if (is_known_next(own, &m->public_key)) /* the controller was not told yet */
			return KEY_ANNOUNCE;
		if (m->has_next && is_known_next(own, &m->next_public_key) &&
		    is_key(own->key, &m->public_key))
			return KEY_SWITCH;
		return next_to_offer(m, own);
	}
	return KEY_REST;
}

/* All devices have it before the controller hears, or peers would forget the old one too early. */
static int switch_key(struct agent *a, struct member *m, struct fault *f)
{
	int code = member_switch_key(m, &a->config, f);

	if (code == 0)
		watch_round(a);
	return code;
}

int key_rotation_do(struct agent *a, struct member *m, enum key_step step, struct fault *f)
{
	char id[ID_TEXT_MAX];
	int code = 0;

	if (step == KEY_RENEW)
		code = member_make_next_key(m, &a->config, f);
	else if (step == KEY_SWITCH)
		code = switch_key(a, m, f);
	else if (step == KEY_DROP)
		code = member_drop_next_key(m, &a->config, f);
	if (code != 0)
		fault_prefix(f, "the key's rotation");
	else if (step == KEY_SWITCH)
		log_info("the key was changed", LOG_S("membership", id_format(&m->id, id)));
	return code;
}
