/* The rule block, the tables and both fences of a fleet, whole: each line with packets that it must
 * pass and packets that it must not. block_world.c draws the fleet, block_table.c has the lines.
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#include <string.h>

#include "test/net/block_table.h"
#include "test/test.h"

static struct world world;

static int set_up(void)
{
	return block_build(&world);
}

static int tear_down(void)
{
	block_end(&world);
	return 0;
}

static void each_line_passes_what_it_must(void)
{
	table_check_passing(&world);
}

static void each_line_stops_what_it_must(void)
{
	table_check_barred(&world);
}

TEST_SUITE_WITH(block, set_up, tear_down,
		{"each line passes what it must", each_line_passes_what_it_must},
		{"each line stops what it must", each_line_stops_what_it_must});
