#include "controller/http/deadlines.h"

#include "test/test.h"
#include "test/unit/net/random.h"

#define MOST  200
#define STEPS 20000

static const struct deadline *earliest(const struct deadline *all)
{
	const struct deadline *first = NULL;

	for (size_t i = 0; i < MOST; i++)
		if (all[i].place != 0 && (first == NULL || all[i].at.ns < first->at.ns))
			first = &all[i];
	return first;
}

/* Set, moved and cleared at random: the first is the one that looking at all of them finds. */
static void the_first_is_the_earliest(void)
{
	struct deadline all[MOST] = {0};
	struct deadlines d = {0};
	struct random r = {5};

	CU_ASSERT_PTR_NULL(deadlines_first(&d));
	for (int i = 0; i < STEPS; i++) {
		struct deadline *x = &all[random_below(&r, MOST)];
		const struct deadline *want;

		if (random_below(&r, 3) == 0)
			deadlines_clear(&d, x);
		else
			deadlines_set(&d, x, (struct mono){random_below(&r, 1000)});
		want = earliest(all);
		if ((want == NULL) != (deadlines_first(&d) == NULL) ||
		    (want != NULL && want->at.ns != deadlines_first(&d)->at.ns)) {
			TEST_FAIL("step %d", i);
			break;
		}
	}
	for (size_t i = 0; i < MOST; i++)
		deadlines_clear(&d, &all[i]);
	CU_ASSERT_PTR_NULL(deadlines_first(&d));
	deadlines_fini(&d);
}

TEST_SUITE(controller_deadlines, {"the first is the earliest", the_first_is_the_earliest});
