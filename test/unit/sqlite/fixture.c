#include "test/unit/sqlite/fixture.h"

#include <stdio.h>
#include <string.h>

void fixture_fault(const char *file, unsigned line, const char *what, struct fixture *x, int got,
		   int code, const char *start)
{
	if (got != code)
		test_fail(file, line, "%s: %s (%s), want %s", what, error_name(got), x->fault.text,
			  error_name(code));
	else if (start != NULL && strncmp(x->fault.text, start, strlen(start)) != 0)
		test_fail(file, line, "%s: said \"%s\", want \"%s…\"", what, x->fault.text, start);
	else
		CU_PASS("fault");
	x->fault = (struct fault){0};
}

void fixture_ok(const char *file, unsigned line, const char *what, struct fixture *x, int got)
{
	fixture_fault(file, line, what, x, got, 0, NULL);
}

void fixture_start(struct fixture *x)
{
	static int count;

	*x = (struct fixture){0};
	arena_init(&x->arena);
	snprintf(x->path, sizeof(x->path), "%s/store-%d.db", test_dir(), count++);
	OK(x, store_open(&x->store, x->path, STORE_CREATE, &x->fault));
	OK(x, store_begin(x->store, &x->fault));
	x->organization = fixture_organization(x, "acme");
}

void fixture_end(struct fixture *x)
{
	store_rollback(x->store);
	store_close(x->store);
	arena_fini(&x->arena);
}

void fixture_reopen(struct fixture *x, enum store_mode mode)
{
	OK(x, store_commit(x->store, &x->fault));
	store_close(x->store);
	OK(x, store_open(&x->store, x->path, mode, &x->fault));
	if (mode == STORE_WRITE)
		OK(x, store_begin(x->store, &x->fault));
}

struct prefix fixture_prefix(const char *text)
{
	struct prefix p = {0};
	struct fault f = {0};

	if (prefix_parse(text, &p, &f) != 0)
		TEST_FAIL("%s: %s", text, f.text);
	return p;
}

struct organization fixture_organization(struct fixture *x, const char *name)
{
	struct organization o = {0};

	snprintf(o.name, sizeof(o.name), "%s", name);
	OK(x, store_organization_insert(x->store, &o, &x->fault));
	return o;
}

struct mesh fixture_mesh_row(const struct organization *o, const char *name, const char *cidr)
{
	static uint32_t asn = 4200000001u;
	struct mesh m = {.organization = o->row,
			 .cidr = fixture_prefix(cidr),
			 .route_reflector = true,
			 .asn = asn,
			 .bgp_port = 179,
			 .bfd_interval_ms = 250,
			 .bfd_multiplier = 3};

	asn++;
	snprintf(m.name, sizeof(m.name), "%s", name);
	return m;
}

struct mesh fixture_mesh(struct fixture *x, const char *name, const char *cidr)
{
	struct mesh m = fixture_mesh_row(&x->organization, name, cidr);

	OK(x, store_mesh_insert(x->store, &m, &x->fault));
	return m;
}

struct machine fixture_machine_row(const struct organization *o, const char *name)
{
	struct machine k = {.organization = o->row, .boot_id = "boot", .run = 1};
	struct digest d;

	snprintf(k.name, sizeof(k.name), "%s", name);
	id_new(&k.id);
	digest_of(&k.id, sizeof(k.id), &d);
	memcpy(k.identity, &d, sizeof(k.identity));
	digest_of(&d, sizeof(d), &k.token);
	return k;
}

struct machine fixture_machine(struct fixture *x, const char *name)
{
	struct machine k = fixture_machine_row(&x->organization, name);

	OK(x, store_machine_insert(x->store, &k, &x->fault));
	return k;
}

struct membership fixture_member(struct fixture *x, const struct machine *machine,
				 const struct mesh *mesh, uint32_t index)
{
	struct membership m = {.machine = machine->row, .mesh = mesh->row, .index = index};

	OK(x, store_number_take(x->store, machine->row, &m.number, &x->fault));
	OK(x, store_membership_insert(x->store, &m, &x->fault));
	return m;
}
