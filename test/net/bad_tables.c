/* What the tables of test/bad say: each row is refused with one line, an exit status of its own,
 * and leaves nothing. */
#include <stdlib.h>
#include <string.h>

#include "test/net/bad_cases.h"
#include "test/net/bad_table.h"
#include "test/net/bad_world.h"
#include "test/test.h"

/* Looked at once, around all of them: the audit log would tell whose trace it is. */
void commands_are_refused_and_leave_nothing(void)
{
	static const char path[] = "test/bad/commands.yaml";
	struct arena arena;
	struct bad_table table;
	struct buf before, after;

	arena_init(&arena);
	buf_init(&before);
	buf_init(&after);
	if (bad_table_read(path, &arena, &table)) {
		const struct bad_row *rows = table.commands.at;

		CU_ASSERT(table.commands.n > 0);
		bad_snapshot(&before);
		for (size_t i = 0; i < table.commands.n; i++) {
			struct buf said;

			buf_init(&said);
			bad_table_expect(path, &rows[i], rows[i].says,
					 bad_run(rows[i].on, rows[i].run, &said), &said);
			buf_fini(&said);
		}
		bad_snapshot(&after);
	}
	if (strcmp(buf_text(&before), buf_text(&after)) != 0)
		TEST_FAIL("%s left something\n--- before\n%s--- after\n%s", path, buf_text(&before),
			  buf_text(&after));
	buf_fini(&before);
	buf_fini(&after);
	arena_fini(&arena);
}

void configurations_are_refused_by_line(void)
{
	static const char path[] = "test/bad/configurations.yaml";
	static const char run[] = "printf '%s\\n' \"$text\" > $conf; "
				  "$program check-config --config $conf";
	struct arena arena;
	struct bad_table table;

	arena_init(&arena);
	if (bad_table_read(path, &arena, &table)) {
		const struct bad_row *rows = table.configurations.at;

		CU_ASSERT(table.configurations.n > 0);
		for (size_t i = 0; i < table.configurations.n; i++) {
			char pattern[BAD_TEXT_MAX + 128];
			struct buf said;

			buf_init(&said);
			setenv("text", rows[i].text, 1);
			setenv("program", rows[i].program, 1);
			snprintf(pattern, sizeof(pattern), "%s: /run/bad.conf%s", rows[i].program,
				 rows[i].says);
			bad_table_expect(path, &rows[i], pattern, bad_run("v", run, &said), &said);
			buf_fini(&said);
		}
		unsetenv("text");
		unsetenv("program");
	}
	arena_fini(&arena);
}

/* A directory that init made, damaged; the files in it are afterwards as they were before. */
static const char run_damaged[] =
	"cp -a /run/fresh /run/data && cd /run/data && eval \"$damage\" 2> /dev/null\n"
	"files() { find /run/data -type f ! -name lock -exec sha256sum {} + | sort; }\n"
	"before=$(files)\n"
	"timeout 10 setpriv --reuid=$by --clear-groups skein-controller run --config $conf\n"
	"status=$?\n"
	"[ \"$before\" = \"$(files)\" ] || echo 'what is there was changed'\n"
	"cd / && { umount /run/data 2> /dev/null; rm -r /run/data; }\n"
	"exit $status";

static const char make_fresh[] =
	"put() { printf 'data_dir = /run/%s\\ntemplates = %s\\nlisten = 127.0.0.1:0\\n' "
	"$1 \"$templates\" > $conf; }\n"
	"for name in other fresh; do put $name; skein-controller init --config $conf || exit; done"
	" > /dev/null 2>&1\n"
	"put data";

void damaged_data_is_refused_and_left_as_it_is(void)
{
	static const char path[] = "test/bad/data.yaml";
	struct arena arena;
	struct bad_table table;

	arena_init(&arena);
	if (bad_table_read(path, &arena, &table)) {
		const struct bad_row *rows = table.data.at;

		CU_ASSERT(table.data.n > 0);
		TEST_NUMBER(bad_run("v", make_fresh, NULL), 0);
		for (size_t i = 0; i < table.data.n; i++) {
			struct buf said;

			buf_init(&said);
			setenv("damage", rows[i].damage, 1);
			setenv("by", rows[i].by != NULL ? rows[i].by : "root", 1);
			bad_table_expect(path, &rows[i], rows[i].says,
					 bad_run("v", run_damaged, &said), &said);
			buf_fini(&said);
		}
		unsetenv("damage");
		unsetenv("by");
		bad_run("v", "rm -r /run/fresh /run/other", NULL);
	}
	arena_fini(&arena);
}
