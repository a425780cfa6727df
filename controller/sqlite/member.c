/* Memberships with their machines: what a mesh is rendered from. One statement each, however many
 * members there are. */
#include "controller/sqlite/membership.h"

#define MACHINE "k.id, k.name, k.revoked, k.frozen, k.drained"

enum { LIST, SHARED };

static const struct statement sql[] = {
	[LIST] = {STATEMENT(MEMBER, LIST),
		  "SELECT " MEMBERSHIP_SELECT ", " MACHINE " FROM membership m"
		  " JOIN machine k ON k.row = m.machine WHERE m.mesh = ? ORDER BY m.idx"},
	/* CROSS JOIN keeps the order: from this mesh's members to what else their machines have. */
	[SHARED] = {STATEMENT(MEMBER, SHARED),
		    "SELECT " MEMBERSHIP_SELECT ", " MACHINE " FROM membership own"
		    " CROSS JOIN membership m ON m.machine = own.machine AND m.mesh = ?2"
		    " JOIN machine k ON k.row = m.machine WHERE own.mesh = ?1 ORDER BY m.machine"},
};

static void read_machine(struct query *q, struct member_machine *to)
{
	query_read_bytes(q, &to->id, sizeof(to->id));
	to->name = query_read_arena_text(q);
	to->revoked = query_read_flag(q);
	to->frozen = query_read_flag(q);
	to->drained = query_read_flag(q);
}

static int list(struct query *q, struct arena *a, struct membership **out,
		struct member_machine **machines, size_t *n)
{
	VEC(struct membership) members = {0};
	VEC(struct member_machine) theirs = {0};
	int code;

	q->arena = a;
	while (query_next(q)) {
		vec_push(&members, (struct membership){0});
		vec_push(&theirs, (struct member_machine){0});
		record_read(q, &membership_record, &members.at[members.n - 1]);
		read_machine(q, &theirs.at[theirs.n - 1]);
	}
	code = query_end(q);
	*n = code == 0 ? members.n : 0;
	*out = arena_copy(a, members.at, *n * sizeof(*members.at));
	*machines = arena_copy(a, theirs.at, *n * sizeof(*theirs.at));
	vec_free(&members);
	vec_free(&theirs);
	return code;
}

int store_member_list(struct store *s, struct arena *a, row_t mesh, struct membership **out,
		      struct member_machine **machines, size_t *n, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[LIST], f);
	query_bind_number(&q, mesh);
	return list(&q, a, out, machines, n);
}

int store_member_shared(struct store *s, struct arena *a, row_t mesh, row_t other,
			struct membership **out, struct member_machine **machines, size_t *n,
			struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SHARED], f);
	query_bind_number(&q, mesh);
	query_bind_number(&q, other);
	return list(&q, a, out, machines, n);
}
