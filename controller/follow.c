#include "controller/follow.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"

static struct credential of_principal(const struct principal_row *row)
{
	return (struct credential){
		.kind = row->who.role == ROLE_MACHINE ? TOKEN_MACHINE : TOKEN_API,
		.secret = row->secret,
		.who = row->who,
		.expires_at = row->expires_at,
		.revoked = row->revoked,
		.frozen = row->frozen,
	};
}

static int fill_membership(struct store *s, const struct membership *m,
			   struct published_membership *out, struct fault *f)
{
	struct mesh mesh;
	int code = store_mesh_get(s, m->mesh, &mesh, f);

	if (code != 0)
		return code;
	*out = (struct published_membership){
		.row = m->row,
		.mesh = m->mesh,
		.id = m->id,
		.mesh_id = mesh.id,
		.cidr = mesh.cidr,
		.number = m->number,
		.index = m->index,
		.has_key = m->has_key,
		.rotation = m->rotation,
	};
	memcpy(out->mesh_name, mesh.name, sizeof(out->mesh_name));
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct published_membership *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int load_machine(struct controller *c, struct store *s, const struct machine *m,
			struct fault *f)
{
	struct published_machine out = {.row = m->row, .id = m->id};
	struct membership *memberships = NULL;
	struct arena a;
	int code;

	arena_init(&a);
	memcpy(out.name, m->name, sizeof(out.name));
	code = store_membership_list(s, &a, m->row, 0, NULL, &memberships, &out.n, f);
	out.memberships = arena_array(&a, out.n, sizeof(*out.memberships));
	for (size_t i = 0; i < out.n && code == 0; i++)
		code = fill_membership(s, &memberships[i], &out.memberships[i], f);
	if (out.n > 1)
		qsort(out.memberships, out.n, sizeof(*out.memberships), compare_numbers);
	if (code == 0)
		publish_machine(c->publish, &out);
	arena_fini(&a);
	return code;
}

int follow_load(struct controller *c, struct store *s, struct fault *f)
{
	struct principal_row *principals = NULL;
	struct machine *machines = NULL;
	struct arena a;
	size_t n = 0;
	int code;

	arena_init(&a);
	code = store_principal_list(s, &a, &principals, &n, f);
	for (size_t i = 0; i < n && code == 0; i++) {
		struct credential credential = of_principal(&principals[i]);

		auth_set(c->auth, &credential);
	}
	if (code == 0)
		code = store_machine_list(s, &a, 0, NULL, &machines, &n, f);
	for (size_t i = 0; i < n && code == 0; i++)
		code = load_machine(c, s, &machines[i], f);
	arena_fini(&a);
	return code;
}

static void follow_machine(struct controller *c, struct store *s, row_t row)
{
	struct credential credential = {.kind = TOKEN_MACHINE};
	struct machine m;
	struct fault f = {0};
	int code = store_machine_get(s, row, &m, &f);

	if (code == ERR_NOT_FOUND) {
		auth_remove(c->auth, TOKEN_MACHINE, row);
		publish_machine_gone(c->publish, row);
		twins_forget(c->twins, row);
		return;
	}
	if (code == 0) {
		credential.secret = m.token;
		credential.revoked = m.revoked;
		credential.frozen = m.frozen;
		credential.who = (struct principal){.role = ROLE_MACHINE,
						    .organization = m.organization,
						    .token = m.row,
						    .id = m.id};
		auth_set(c->auth, &credential);
		code = load_machine(c, s, &m, &f);
	}
	if (code != 0)
		log_error("a machine cannot be read back", LOG_D("machine", row),
			  LOG_S("error", fault_text(&f, code)));
}

static void follow_token(struct controller *c, const struct api_token *t)
{
	struct credential credential = {
		.kind = TOKEN_API,
		.secret = t->secret,
		.who = {.role = t->role,
			.organization = t->organization,
			.token = t->row,
			.id = t->id},
		.expires_at = t->expires_at,
		.revoked = t->revoked_at.ms != 0,
	};

	auth_set(c->auth, &credential);
}

void follow_commit(struct controller *c, struct store *s, const struct effects *e)
{
	for (size_t i = 0; i < e->machines.n; i++)
		follow_machine(c, s, e->machines.at[i]);
	for (size_t i = 0; i < e->tokens.n; i++)
		follow_token(c, &e->tokens.at[i]);
	if (e->organization != 0)
		auth_remove_organization(c->auth, e->organization);
	if (e->meshes.n > 0)
		renderer_touch(c->renderer, e->meshes.at, e->meshes.n);
	if (e->offers)
		rotator_wake(c->rotator);
}
