/* What is different between two looks. */
#include "cli/bgp/snapshot.h"

#include <string.h>

#include "test/test.h"

/* "+name", "-name" or "~name" for each change. */
static void note(void *context, enum change change, const struct thing *t, const char *before)
{
	buf_printf(context, "%c%s/%s%s%s ", "+-~"[change], t -> name, t -> state,
		   change == CHANGE_CHANGED ? "<" : "", change == CHANGE_CHANGED ? before : "");
}

static void fill(struct snapshot *s, const struct thing *things, size_t n)
{
	snapshot_init(s);
	for (size_t i = 0; i < n; i++) {
		struct thing t = things[i];

		t.table = t.table != NULL ? t.table : "";
		t.protocol = t.protocol != NULL ? t.protocol : "p";
		snapshot_add(s, &t);
	}
	snapshot_sort(s);
}

static void expect(const struct thing *was, size_t nwas, const struct thing *is, size_t nis,
		   const char *want)
{
	struct snapshot a, b;
	struct buf said;

	buf_init(&said);
	fill(&a, was, nwas);
	fill(&b, is, nis);
	snapshot_compare(&a, &b, note, &said);
	TEST_TEXT(buf_text(&said), want);
	snapshot_fini(&a);
	snapshot_fini(&b);
	buf_fini(&said);
}

static void changes_are_found(void)
{
	const struct thing was[] = {{THING_ROUTE, "10.0.0.0/8", "t", "p", "x", true},
				    {THING_SESSION, "a", NULL, NULL, "up", true},
				    {THING_SESSION, "b", NULL, NULL, "up", true}};
	const struct thing is[] = {{THING_SESSION, "b", NULL, NULL, "down", false},
				   {THING_BFD, "a", NULL, NULL, "Up", true},
				   {THING_ROUTE, "10.0.0.0/8", "t", "p", "x", true},
				   {THING_SESSION, "c", NULL, NULL, "up", true}};

	expect(was, 3, is, 4, "-a/up ~b/down<up +c/up +a/Up ");
	expect(was, 3, was, 3, "");
	expect(was, 0, was, 1, "+10.0.0.0/8/x ");
	expect(was, 3, was, 0, "-a/up -b/up -10.0.0.0/8/x ");
}

/* Several ways of one protocol to one prefix, as with ADD-PATH; the same prefix in two tables. */
static void several_of_a_name(void)
{
	const struct thing was[] = {{THING_ROUTE, "10.0.0.0/8", "t", "p", "1", true},
				    {THING_ROUTE, "10.0.0.0/8", "t", "p", "2", false},
				    {THING_ROUTE, "10.0.0.0/8", "u", "p", "1", true}};

	expect(was, 3, was, 1, "-10.0.0.0/8/2 -10.0.0.0/8/1 ");
	expect(was, 1, was, 2, "+10.0.0.0/8/2 ");
}

TEST_SUITE(cli_bgp_snapshot, {"changes are found", changes_are_found},
	   {"several of a name", several_of_a_name});
