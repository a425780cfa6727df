#include "controller/rotation.h"

const char *rotation_text(enum rotation rotation)
{
	static const char *const texts[] = {
		[ROTATION_NONE] = "none",
		[ROTATION_WANTED] = "offer",
		[ROTATION_OFFERED] = "wait",
		[ROTATION_SWITCH] = "switch",
	};

	return texts[rotation];
}

static void enter(struct membership *m, enum rotation rotation, struct wall now)
{
	m->rotation = (uint8_t)rotation;
	m->rotation_at = now;
}

static void forget_next(struct membership *m)
{
	m->has_next_key = false;
	m->next_key = (struct wg_key){0};
	m->rotation_view = 0;
}

void rotation_begin(struct membership *m, struct wall now)
{
	if (m->rotation == ROTATION_NONE)
		enter(m, ROTATION_WANTED, now);
}

void rotation_offer(struct membership *m, const struct wg_key *key, struct wall now)
{
	m->has_next_key = true;
	m->next_key = *key;
	m->rotation_view = 0;
	enter(m, ROTATION_OFFERED, now);
}

void rotation_end(struct membership *m, const struct wg_key *key, struct wall now)
{
	m->has_key = true;
	m->key = *key;
	m->key_changed_at = now;
	forget_next(m);
	enter(m, ROTATION_NONE, now);
}
