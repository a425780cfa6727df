/* A fresh database for a case, and the few things that most cases need in it. Whatever goes wrong
 * in here is a failure of the case. */
#ifndef SKEIN_TEST_UNIT_SQLITE_FIXTURE_H
#define SKEIN_TEST_UNIT_SQLITE_FIXTURE_H

#include "controller/store.h"
#include "test/test.h"

struct fixture {
	char path[256];
	struct store *store;
	struct arena arena;
	struct fault fault;
	struct organization organization;
};

#define FIXTURE_NOW ((struct wall){1763726400000}) /* 2025-11-21T12:00:00Z */

/* Created, with a transaction begun and one organization, "acme". */
void fixture_start(struct fixture *x);
void fixture_end(struct fixture *x);
/* Commits, closes, opens again in `mode`; in STORE_WRITE a transaction is begun. */
void fixture_reopen(struct fixture *x, enum store_mode mode);

struct organization fixture_organization(struct fixture *x, const char *name);
struct mesh fixture_mesh(struct fixture *x, const char *name, const char *cidr);
struct machine fixture_machine(struct fixture *x, const char *name);
struct membership fixture_member(struct fixture *x, const struct machine *machine,
				 const struct mesh *mesh, uint32_t index);

/* What a case has not inserted yet. */
struct mesh fixture_mesh_row(const struct organization *o, const char *name, const char *cidr);
struct machine fixture_machine_row(const struct organization *o, const char *name);
struct prefix fixture_prefix(const char *text);

/* The code, and that the fault (cleared after it) begins with `start`. */
#define FAULT(x, got, code, start) fixture_fault(__FILE__, __LINE__, #got, x, got, code, start)
void fixture_fault(const char *file, unsigned line, const char *what, struct fixture *x, int got,
		   int code, const char *start);
/* 0; the fault is shown when it is not. */
#define OK(x, got) fixture_ok(__FILE__, __LINE__, #got, x, got)
void fixture_ok(const char *file, unsigned line, const char *what, struct fixture *x, int got);

#endif
