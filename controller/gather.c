#include "controller/gather.h"

#include <string.h>

/* Whoever must not be a peer has no key from here on: nothing behind this asks why. */
static void hide_key(struct membership *m, const struct member_machine *machine)
{
	if (!machine->revoked && !machine->frozen)
		return;
	m->has_key = m->has_next_key = false;
	m->key = m->next_key = (struct wg_key){0};
}

static int gather_members(struct store *s, struct arena *a, struct mesh_rows *out, struct fault *f)
{
	struct member_machine *machines;
	int code = store_member_list(s, a, out->mesh.row, &out->memberships, &machines,
				     &out->nmemberships, f);

	if (code != 0)
		return code;
	out->names = arena_array(a, out->nmemberships, sizeof(*out->names));
	out->machines = arena_array(a, out->nmemberships, sizeof(*out->machines));
	for (size_t i = 0; i < out->nmemberships; i++) {
		hide_key(&out->memberships[i], &machines[i]);
		out->memberships[i].drained = machines[i].drained;
		out->names[i] = machines[i].name;
		out->machines[i] = machines[i].id;
	}
	return 0;
}

/* Those of a mesh that are approved; what is only announced nobody else needs to know. */
static int gather_approved(struct store *s, struct arena *a, row_t mesh, struct announcement **out,
			   size_t *n, struct fault *f)
{
	struct announcement *all;
	size_t total, kept = 0;
	int code = store_announcement_list(s, a, 0, mesh, 0, NULL, &all, &total, f);

	for (size_t i = 0; i < total; i++)
		if (all[i].approved)
			all[kept++] = all[i];
	*out = all;
	*n = kept;
	return code;
}

static int gather_shared(struct store *s, struct arena *a, row_t mesh, struct remote_rows *out,
			 struct fault *f)
{
	struct member_machine *machines;
	int code = store_member_shared(s, a, mesh, out->mesh.row, &out->memberships, &machines,
				       &out->nmemberships, f);

	for (size_t i = 0; i < out->nmemberships; i++)
		hide_key(&out->memberships[i], &machines[i]);
	return code;
}

static int gather_remote(struct store *s, struct arena *a, row_t mesh, const struct peering *p,
			 struct remote_rows *out, struct fault *f)
{
	bool is_a = p->mesh_a == mesh;
	int code = store_mesh_get(s, is_a ? p->mesh_b : p->mesh_a, &out->mesh, f);

	out->peering = p->id;
	out->shown = is_a ? p->prefixes_a : p->prefixes_b;
	out->nshown = is_a ? p->nprefixes_a : p->nprefixes_b;
	out->let_in = is_a ? p->prefixes_b : p->prefixes_a;
	out->nlet_in = is_a ? p->nprefixes_b : p->nprefixes_a;
	if (code == 0)
		code = gather_approved(s, a, out->mesh.row, &out->announcements,
				       &out->nannouncements, f);
	if (code == 0)
		code = gather_shared(s, a, mesh, out, f);
	return code;
}

static int gather_remotes(struct store *s, struct arena *a, struct mesh_rows *out, struct fault *f)
{
	struct peering *peerings;
	size_t n;
	int code = store_peering_list(s, a, 0, out->mesh.row, NULL, &peerings, &n, f);

	out->remotes = arena_array(a, n, sizeof(*out->remotes));
	out->nremotes = n;
	for (size_t i = 0; i < n && code == 0; i++)
		code = gather_remote(s, a, out->mesh.row, &peerings[i], &out->remotes[i], f);
	return code;
}

int gather_mesh(struct store *s, row_t mesh, struct arena *a, struct mesh_rows *out,
		struct fault *f)
{
	int code = store_snapshot_begin(s, f);

	memset(out, 0, sizeof(*out));
	if (code != 0)
		return code;
	code = store_mesh_get(s, mesh, &out->mesh, f);
	if (code == 0)
		code = gather_members(s, a, out, f);
	if (code == 0)
		code = gather_approved(s, a, mesh, &out->announcements, &out->nannouncements, f);
	if (code == 0)
		code = gather_remotes(s, a, out, f);
	store_snapshot_end(s);
	return code;
}
