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

/* Also where the clock was set back. */
static bool is_over(struct wall since, struct wall now, int64_t ms)
{
	return now.ms - since.ms >= ms || since.ms - now.ms >= ms;
}

bool rotation_is_ready(const struct membership *m, uint64_t level, struct wall now)
{
	return m->rotation_view != 0 &&
	       (level >= m->rotation_view || is_over(m->rotation_at, now, ROTATION_WAIT_MS));
}

void rotation_switch(struct membership *m, struct wall now)
{
	enter(m, ROTATION_SWITCH, now);
}

void rotation_withdraw(struct membership *m, struct wall now)
{
	forget_next(m);
	enter(m, ROTATION_WANTED, now);
}

void rotation_end(struct membership *m, const struct wg_key *key, struct wall now)
{
	m->has_key = true;
	m->key = *key;
	m->key_changed_at = now;
	forget_next(m);
	enter(m, ROTATION_NONE, now);
}

/* ---- the schedule ---- */

#define DAY_MS	 INT64_C(86400000)
#define PART	 8 /* of the time that a key has, the last part is for the turns */
#define AT_ONCE	 4
#define PER_MORE 1000 /* one more at once for so many members */

static int64_t part_ms(const struct mesh *m)
{
	return m->key_rotation_days * DAY_MS / PART;
}

bool rotation_due_before(const struct mesh *m, struct wall now, struct wall *before)
{
	before->ms = now.ms - (PART - 1) * part_ms(m);
	return m->key_rotation_days != 0;
}

/* One each `pace`; where that is shorter than the time between two looks, so many in one. */
uint32_t rotation_turns(const struct mesh *m, struct wall now)
{
	int64_t pace = m->nmembers > 0 ? part_ms(m) / (int64_t)m->nmembers : 0;

	if (m->nmembers == 0 || !is_over(m->key_rotation_at, now, pace))
		return 0;
	return pace >= ROTATION_LOOK_MS ? 1 : (uint32_t)(ROTATION_LOOK_MS / (pace + 1)) + 1;
}

uint32_t rotation_most(const struct mesh *m)
{
	return AT_ONCE + (uint32_t)(m->nmembers / PER_MORE);
}
