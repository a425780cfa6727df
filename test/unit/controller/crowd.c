#include "test/unit/controller/crowd.h"

#include <string.h>

#include "controller/alloc.h"
#include "controller/config.h"
#include "controller/data_dir.h"
#include "controller/store.h"
#include "lib/mesh/token.h"

#define AT_ONCE 50000 /* machines in a transaction */
#define REST_MS (INT64_C(3600) * 1000)

struct crowd {
	struct store *store;
	struct mesh mesh;
	struct fault fault;
};

static bool open_store(struct crowd *c, const struct stand *a, const char *mesh)
{
	char *path = config_data_path(a->config, DATABASE_NAME);
	struct organization *all;
	struct arena arena;
	size_t n = 0;
	int code;

	*c = (struct crowd){0};
	arena_init(&arena);
	code = store_open(&c->store, path, STORE_WRITE, &c->fault);
	if (code == 0)
		code = store_organization_list(c->store, &arena, NULL, &all, &n, &c->fault);
	if (code == 0)
		code = store_mesh_find_name(c->store, all[0].row, mesh, &c->mesh, &c->fault);
	arena_fini(&arena);
	free(path);
	return code == 0;
}

static bool end(struct crowd *c, int code)
{
	if (code != 0)
		stand_complain("crowd: %s", fault_text(&c->fault, code));
	store_close(c->store);
	return code == 0;
}

static void secret_of(size_t i, struct secret *out)
{
	struct digest d;

	digest_of(&i, sizeof(i), &d);
	memcpy(out->bytes, d.bytes, sizeof(out->bytes));
}

static int add(struct crowd *c, size_t i)
{
	struct machine machine = {.organization = c->mesh.organization, .boot_id = "b", .run = 1};
	struct membership m = {.mesh = c->mesh.row, .has_key = true};
	struct secret secret;
	int code;

	snprintf(machine.name, sizeof(machine.name), "m-%zu", i);
	secret_of(i, &secret);
	token_digest(&secret, &machine.token);
	memcpy(machine.identity, machine.token.bytes, sizeof(machine.identity));
	memcpy(m.key.bytes, machine.token.bytes, sizeof(m.key.bytes));
	code = store_machine_insert(c->store, &machine, &c->fault);
	m.machine = machine.row;
	if (code == 0)
		code = store_address_take(c->store, c->mesh.row, wall_now(),
					  alloc_last_index(&c->mesh.cidr), &m.index, &c->fault);
	return code != 0 ? code : store_membership_insert(c->store, &m, &c->fault);
}

bool crowd_fill(const struct stand *a, const char *mesh, size_t first, size_t n)
{
	struct crowd c;
	int code;

	if (!open_store(&c, a, mesh))
		return end(&c, ERR_NOT_FOUND);
	code = store_begin(c.store, &c.fault);
	for (size_t i = 0; i < n && code == 0; i++) {
		code = add(&c, first + i);
		if (code == 0 && (i + 1) % AT_ONCE == 0)
			code = store_commit(c.store, &c.fault);
		if (code == 0 && (i + 1) % AT_ONCE == 0)
			code = store_begin(c.store, &c.fault);
	}
	return end(&c, code != 0 ? code : store_commit(c.store, &c.fault));
}

bool crowd_use_up(const struct stand *a, const char *mesh, uint32_t left)
{
	struct crowd c;
	char sql[128];

	if (!open_store(&c, a, mesh))
		return end(&c, ERR_NOT_FOUND);
	snprintf(sql, sizeof(sql), "UPDATE mesh SET next_index = %u WHERE row = %lld",
		 alloc_last_index(&c.mesh.cidr) - left + 1, (long long)c.mesh.row);
	end(&c, 0);
	return stand_run_sql(a, sql);
}

void crowd_machine(size_t i, struct stand_machine *out)
{
	struct secret secret;
	struct buf text;

	memset(out, 0, sizeof(*out));
	secret_of(i, &secret);
	buf_init(&text);
	token_format(TOKEN_MACHINE, &secret, &text);
	snprintf(out->token, sizeof(out->token), "%s", buf_text(&text));
	buf_fini(&text);
}
