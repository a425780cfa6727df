/* Who waits for whom. A next key may be used when all peers who are heard of have applied a view
 * that has it. Reports say what somebody has applied; but no report looks for who might wait for
 * it: with so many members each would cost a search. Instead whoever waits is looked at, 4 times a
 * second while there is anybody: one question for each mesh, to the index of the applied views,
 * which ends at the first straggler who is heard of. What a report pays is its place in that index.
 */
#include <string.h>

#include "controller/controller.h"
#include "controller/follow.h"
#include "controller/rotation.h"
#include "controller/rotator.h"

#define OFFERED_MOST 1000 /* of a mesh in one turn: others write in between */

/* ---- a turn: what is to change in one mesh, as one job ---- */

struct turn {
	struct job job; /* first */
	struct controller *controller;
	struct wall now;
	row_t mesh;
	struct membership *members; /* as they were, and are to be: `rotation`, `rotation_view` */
	size_t n;
	struct effects effects;
};

/* Somebody else may have written it in between: then it is looked at another time. */
static int keep_one(struct turn *t, struct store *s, const struct membership *want)
{
	struct membership m;
	int code = store_membership_get(s, want->row, &m, &t->job.fault);

	if (code == ERR_NOT_FOUND)
		return 0;
	if (code != 0 || m.rotation != ROTATION_OFFERED ||
	    memcmp(&m.next_key, &want->next_key, sizeof(m.next_key)) != 0)
		return code;
	m.rotation_view = want->rotation_view;
	if (want->rotation == ROTATION_SWITCH)
		rotation_switch(&m, t->now);
	if (want->rotation == ROTATION_WANTED)
		rotation_withdraw(&m, t->now);
	if (m.rotation != ROTATION_OFFERED)
		vec_push(&t->effects.machines, m.machine);
	if (m.rotation == ROTATION_WANTED && t->effects.meshes.n == 0)
		vec_push(&t->effects.meshes, m.mesh);
	return store_rotation_set(s, &m, &t->job.fault);
}

static int keep_all(struct job *job, struct store *s)
{
	struct turn *t = (struct turn *)job;
	int code = 0;

	for (size_t i = 0; i < t->n && code == 0; i++)
		code = keep_one(t, s, &t->members[i]);
	return code;
}

static void turn_committed(struct job *job, struct store *s)
{
	struct turn *t = (struct turn *)job;

	follow_commit(t->controller, s, &t->effects);
}

static int turn_run(struct turn *t, struct fault *f)
{
	int code = 0;

	t->job.committed = turn_committed;
	if (t->n > 0)
		code = jobs_write_wait(t->controller->jobs, &t->job);
	if (code != 0)
		*f = t->job.fault;
	vec_free(&t->effects.meshes);
	vec_free(&t->effects.machines);
	return code;
}

/* ---- from offered to switch ---- */

/* The view that is published has this next key: whoever has it, or a later one, knows it. 0: not
 * yet.
 */
static uint64_t find_view(const struct edition *e, const struct membership *m)
{
	const struct membership *shown;
	size_t member;

	if (e == NULL || !edition_find(e, m->row, &member))
		return 0;
	shown = edition_membership(e, member);
	if (!shown->has_next_key ||
	    memcmp(&shown->next_key, &m->next_key, sizeof(m->next_key)) != 0)
		return 0;
	return edition_mesh(e)->view_revision;
}

/* Fills what is not known yet; found[i]: whether this one is new. The highest of all. */
static uint64_t find_views(const struct turn *t, bool *found)
{
	struct published_mesh mesh;
	uint64_t highest = 0;

	publish_mesh_get(t->controller->publish, t->mesh, &mesh);
	for (size_t i = 0; i < t->n; i++) {
		struct membership *m = &t->members[i];

		if (m->rotation_view == 0) {
			m->rotation_view = find_view(mesh.edition, m);
			found[i] = m->rotation_view != 0;
		}
		if (m->rotation_view > highest)
			highest = m->rotation_view;
	}
	published_mesh_fini(&mesh);
	return highest;
}

/* Keeps those of the list that change; the rest wait. */
static void choose(struct turn *t, const struct store_hearing *h, const bool *found, uint64_t level)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct membership *m = &t->members[i];

		if (!h->heard(h->context, m->machine, (struct wall){0}))
			m->rotation = ROTATION_WANTED;
		else if (rotation_is_ready(m, level, t->now))
			m->rotation = ROTATION_SWITCH;
		if (m->rotation != ROTATION_OFFERED || found[i])
			t->members[kept++] = *m;
	}
	t->n = kept;
}

static int advance_mesh(struct turn *t, struct store *s, const struct store_hearing *h,
			struct arena *a, struct fault *f)
{
	uint64_t highest, level = 0;
	bool *found;
	int code = store_rotation_offered(s, a, t->mesh, OFFERED_MOST, &t->members, &t->n, f);

	if (code != 0)
		return code;
	found = arena_array(a, t->n, sizeof(*found));
	highest = find_views(t, found);
	code = store_rotation_level(s, t->mesh, highest, h, &level, f);
	if (code != 0)
		return code;
	choose(t, h, found, level);
	return turn_run(t, f);
}

int rotator_advance(struct controller *c, struct store *s, const struct rotator_moment *at,
		    bool *waiting, struct fault *f)
{
	const struct rotator_ear ear = {c->publish, at};
	const struct store_hearing h = {rotator_hears, &ear};
	struct arena a;
	row_t *meshes = NULL;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_rotation_meshes(s, &a, &meshes, &n, f);
	*waiting = n > 0;
	for (size_t i = 0; i < n && code == 0; i++) {
		struct turn t = {
			.job.run = keep_all, .controller = c, .now = at->now, .mesh = meshes[i]};

		code = advance_mesh(&t, s, &h, &a, f);
	}
	arena_fini(&a);
	return code;
}
