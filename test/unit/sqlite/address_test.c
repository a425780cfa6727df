#include <stdlib.h>
#include <string.h>

#include "controller/alloc.h"
#include "controller/sqlite/connection.h"
#include "test/unit/sqlite/fixture.h"

#define HOUR (INT64_C(3600) * 1000)

static struct wall later(int64_t ms)
{
	return (struct wall){FIXTURE_NOW.ms + ms};
}

static uint32_t take(struct fixture *x, const struct mesh *m, int64_t ms)
{
	uint32_t index;

	OK(x, store_address_take(x->store, m->row, later(ms), alloc_last_index(&m->cidr), &index,
				 &x->fault));
	return index;
}

static void release(struct fixture *x, const struct mesh *m, uint32_t index, int64_t ms)
{
	OK(x, store_address_free(x->store, m->row, index, later(ms + ALLOC_REST_MS), &x->fault));
}

static void a_small_mesh_fills_and_is_exhausted(void)
{
	struct fixture x;
	struct mesh m;
	uint32_t index;

	fixture_start(&x);
	m = fixture_mesh(&x, "small", "10.1.0.0/29");
	for (uint32_t i = 1; i <= 6; i++)
		TEST_NUMBER(take(&x, &m, 0), i);
	FAULT(&x, store_address_take(x.store, m.row, later(0), 6, &index, &x.fault), ERR_EXHAUSTED,
	      "all 6 addresses are in use");
	TEST_NUMBER(index, 0);
	release(&x, &m, 4, 0);
	FAULT(&x, store_address_take(x.store, m.row, later(24 * HOUR - 1), 6, &index, &x.fault),
	      ERR_EXHAUSTED,
	      "all 6 addresses are in use or rest; one is free at "
	      "2025-11-22T12:00:00.000Z");
	TEST_NUMBER(take(&x, &m, 24 * HOUR), 4);
	fixture_end(&x);
}

static void freed_ones_rest_and_come_first_the_lowest_first(void)
{
	struct fixture x;
	struct mesh m, other;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/24");
	other = fixture_mesh(&x, "other", "10.2.0.0/24");
	for (uint32_t i = 1; i <= 5; i++)
		TEST_NUMBER(take(&x, &m, 0), i);
	release(&x, &m, 4, 0);
	release(&x, &m, 2, HOUR);
	TEST_NUMBER(take(&x, &m, 2 * HOUR), 6);
	TEST_NUMBER(take(&x, &other, 2 * HOUR), 1);
	TEST_NUMBER(take(&x, &m, 24 * HOUR), 4);
	release(&x, &m, 5, 2 * HOUR);
	fixture_reopen(&x, STORE_WRITE);
	TEST_NUMBER(take(&x, &m, 30 * HOUR), 2);
	TEST_NUMBER(take(&x, &m, 30 * HOUR), 5);
	TEST_NUMBER(take(&x, &m, 30 * HOUR), 7);
	fixture_end(&x);
}

static void nothing_is_given_twice(void)
{
	struct fixture x;
	struct mesh m;
	struct machine a;
	struct membership member;
	uint32_t index;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/24");
	a = fixture_machine(&x, "a");
	FAULT(&x, store_address_free(x.store, m.row, 1, later(0), &x.fault), ERR_CONFLICT,
	      "address: index 1");
	index = take(&x, &m, 0);
	member = fixture_member(&x, &a, &m, index);
	FAULT(&x, store_address_free(x.store, m.row, index, later(0), &x.fault), ERR_CONFLICT,
	      "address: index 1");
	OK(&x, store_membership_delete(x.store, member.row, &x.fault));
	release(&x, &m, index, 0);
	release(&x, &m, index, HOUR); /* again: the later rest holds */
	TEST_NUMBER(take(&x, &m, 24 * HOUR), 2);
	TEST_NUMBER(take(&x, &m, 25 * HOUR), 1);
	TEST_NUMBER(take(&x, &m, 25 * HOUR), 3);
	fixture_end(&x);
}

/* Against a model that looks at every address. */
enum { MODEL_LAST = 62, MODEL_STEPS = 4000 };

struct model {
	enum { NEVER, USED, FREED } state[MODEL_LAST + 1];
	int64_t until[MODEL_LAST + 1];
};

static uint32_t model_take(struct model *m, int64_t now)
{
	static const int wanted[] = {FREED, NEVER};

	for (size_t w = 0; w < 2; w++) {
		for (uint32_t i = 1; i <= MODEL_LAST; i++) {
			if ((int)m->state[i] != wanted[w] ||
			    (wanted[w] == FREED && m->until[i] > now))
				continue;
			m->state[i] = USED;
			return i;
		}
	}
	return 0;
}

static void model_step(struct fixture *x, const struct mesh *mesh, struct model *model, int64_t now)
{
	uint32_t index, any = 1 + (uint32_t)rand() % MODEL_LAST;

	if (rand() % 100 < 55) {
		uint32_t want = model_take(model, now);
		int code = store_address_take(x->store, mesh->row, later(now), MODEL_LAST, &index,
					      &x->fault);

		TEST_NUMBER(code, want != 0 ? 0 : ERR_EXHAUSTED);
		TEST_NUMBER(index, want);
		x->fault = (struct fault){0};
	} else if (model->state[any] == USED) {
		model->state[any] = FREED;
		model->until[any] = now + ALLOC_REST_MS;
		release(x, mesh, any, now);
	}
}

static void any_order_agrees_with_the_model(void)
{
	struct fixture x;
	struct model model = {0};
	struct mesh m;
	int64_t now = 0;

	fixture_start(&x);
	m = fixture_mesh(&x, "prod", "10.1.0.0/26");
	TEST_NUMBER(alloc_last_index(&m.cidr), MODEL_LAST);
	srand(7);
	for (int i = 0; i < MODEL_STEPS; i++) {
		now += rand() % (HOUR / 2);
		model_step(&x, &m, &model, now);
	}
	fixture_end(&x);
}

/* Cost in steps of SQLite's machine: the same number on every run and machine. */
static uint64_t cost_of_taking(struct fixture *x, const struct mesh *m, uint32_t n, uint32_t want,
			       int64_t ms)
{
	uint64_t before = x->store->steps;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t index;
		int code = store_address_take(x->store, m->row, later(ms),
					      alloc_last_index(&m->cidr), &index, &x->fault);

		if (code != 0 || index != want + i)
			TEST_FAIL("index %u, want %u (%s)", index, want + i, x->fault.text);
	}
	return (x->store->steps - before) / n;
}

static void the_cost_does_not_grow_with_the_fill(void)
{
	struct fixture x;
	struct mesh m;
	uint64_t empty, full, rested;

	fixture_start(&x);
	m = fixture_mesh(&x, "big", "100.64.0.0/10");
	TEST_NUMBER(alloc_last_index(&m.cidr), 4194302);
	empty = cost_of_taking(&x, &m, 100, 1, 0);
	cost_of_taking(&x, &m, 99800, 101, 0);
	full = cost_of_taking(&x, &m, 100, 99901, 0);
	TEST_NUMBER(full, empty);
	/* Half of them come back, and the other half of these rests still. */
	for (uint32_t i = 1; i <= 50000; i++)
		release(&x, &m, i, i <= 25000 ? 0 : HOUR);
	cost_of_taking(&x, &m, 1, 1, 24 * HOUR); /* pays for the rest of 25,000 */
	rested = cost_of_taking(&x, &m, 100, 2, 24 * HOUR);
	if (rested > 3 * empty)
		TEST_FAIL("a rested one costs %llu steps, a new one %llu",
			  (unsigned long long)rested, (unsigned long long)empty);
	cost_of_taking(&x, &m, 24700, 102, 24 * HOUR);
	if (cost_of_taking(&x, &m, 100, 24802, 24 * HOUR) > rested + rested / 10)
		TEST_FAIL("the last rested ones cost more than %llu steps",
			  (unsigned long long)rested);
	fixture_end(&x);
}

TEST_SUITE(sqlite_address,
	   {"a small mesh fills and is exhausted", a_small_mesh_fills_and_is_exhausted},
	   {"freed ones rest and come first, the lowest first",
	    freed_ones_rest_and_come_first_the_lowest_first},
	   {"nothing is given twice", nothing_is_given_twice},
	   {"any order agrees with the model", any_order_agrees_with_the_model},
	   {"the cost does not grow with the fill", the_cost_does_not_grow_with_the_fill});
