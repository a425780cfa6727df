/* The schedule: whose turn it is to rotate, by the age of the key (controller/rotation.h says when
 * and how many). What a mesh costs each time is one row, unless something is due. */
#include <stdlib.h>

#include "controller/api/format.h"
#include "controller/controller.h"
#include "controller/follow.h"
#include "controller/rotation.h"
#include "controller/rotator.h"

/* Those of one mesh that begin, as one job. */
struct beginning {
	struct job job; /* first */
	struct controller *controller;
	struct wall now;
	const struct mesh *mesh;
	row_t *rows;
	size_t n;
	struct arena *arena;
	struct effects effects;
};

/* The controller does it, of itself. */
static int audit(struct beginning *b, struct store *s, const struct membership *m)
{
	struct machine machine;
	int code = store_machine_get(s, m->machine, &machine, &b->job.fault);
	json_t *after;
	char *text;

	if (code != 0)
		return code;
	after = json_pack("{s:s, s:s, s:s}", "name", machine.name, "membership",
			  format_id(b->arena, &m->id), "mesh_name", b->mesh->name);
	text = json_dumps(after, JSON_COMPACT);
	const struct audit_entry entry = {
		.organization = b->mesh->organization,
		.at = b->now,
		.actor = "controller",
		.action = "machine.rotate-key",
		.resource = format_id(b->arena, &machine.id),
		.after = text,
	};
	code = store_audit_insert(s, &entry, &b->job.fault);
	json_decref(after);
	free(text);
	return code;
}

/* Somebody else may have begun it in between, or taken it away. */
static int begin_one(struct beginning *b, struct store *s, row_t row)
{
	struct membership m;
	int code = store_membership_get(s, row, &m, &b->job.fault);

	if (code == ERR_NOT_FOUND)
		return 0;
	if (code != 0 || m.rotation != ROTATION_NONE || !m.has_key)
		return code;
	rotation_begin(&m, b->now);
	vec_push(&b->effects.machines, m.machine);
	code = store_rotation_set(s, &m, &b->job.fault);
	return code != 0 ? code : audit(b, s, &m);
}

static int begin_all(struct job *job, struct store *s)
{
	struct beginning *b = (struct beginning *)job;
	int code = store_rotation_begun(s, b->mesh->row, b->now, &job->fault);

	for (size_t i = 0; i < b->n && code == 0; i++)
		code = begin_one(b, s, b->rows[i]);
	return code == ERR_NOT_FOUND ? 0 : code; /* the mesh is gone */
}

static void begin_committed(struct job *job, struct store *s)
{
	struct beginning *b = (struct beginning *)job;

	follow_commit(b->controller, s, &b->effects);
}

static int run(struct beginning *b, struct fault *f)
{
	int code = 0;

	if (b->n > 0)
		code = jobs_write_wait(b->controller->jobs, &b->job);
	if (code != 0)
		*f = b->job.fault;
	vec_free(&b->effects.machines);
	return code;
}

/* How many may begin: as many as there are turns, and not too many at a time. Who is stuck for long
 * is not waited for. */
static int count_turns(struct store *s, const struct mesh *m, struct wall now, uint32_t *out,
		       struct fault *f)
{
	const struct wall since = {now.ms - ROTATION_STUCK_MS};
	uint32_t most = rotation_most(m), turns = rotation_turns(m, now), under_way = most;
	int code = 0;

	if (turns > 0)
		code = store_rotation_count(s, m->row, since, most, &under_way, f);
	*out = turns < most - under_way ? turns : most - under_way;
	return code;
}

static int schedule_mesh(struct controller *c, struct store *s, const struct mesh *m,
			 const struct rotator_moment *at, struct arena *a, struct fault *f)
{
	const struct rotator_ear ear = {c->publish, at};
	const struct store_hearing h = {rotator_hears, &ear};
	struct beginning b = {
		.job = {.run = begin_all, .committed = begin_committed},
		.controller = c,
		.now = at->now,
		.mesh = m,
		.arena = a,
	};
	struct wall before;
	uint32_t turns = 0;
	int code;

	if (!rotation_due_before(m, at->now, &before))
		return 0;
	code = count_turns(s, m, at->now, &turns, f);
	if (code == 0 && turns > 0)
		code = store_rotation_old(s, a, m->row, before, (int)turns, &h, &b.rows, &b.n, f);
	return code != 0 ? code : run(&b, f);
}

int rotator_schedule(struct controller *c, struct store *s, const struct rotator_moment *at,
		     struct fault *f)
{
	struct mesh *meshes = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	if (!at->settled)
		return 0;
	arena_init(&a);
	code = store_mesh_list(s, &a, 0, NULL, &meshes, &n, f);
	for (size_t i = 0; i < n && code == 0; i++)
		code = schedule_mesh(c, s, &meshes[i], at, &a, f);
	arena_fini(&a);
	return code;
}
