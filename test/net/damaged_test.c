/* A database with a page that is damaged: nobody needs it to begin with, so the controller runs.
 * Who asks for what stands on it is told, the others are served, and nothing is made worse. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "test/net/office.h"
#include "test/net/steps.h"
#include "test/test.h"

#define PAGE	    4096
#define FOLLOW(...) STEPS_FOLLOW(OFFICE_SKEIN, __VA_ARGS__)

static char database[4200];

static int enter(void)
{
	int code = office_open("");

	snprintf(database, sizeof(database), "%s/controller.db", office()->data);
	return code;
}

/* Where the table begins; 0: no such table. */
static int first_page(const char *table)
{
	sqlite3_stmt *ask = NULL;
	sqlite3 *db = NULL;
	int page = 0;

	if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_master WHERE name = ?", -1, &ask,
			       NULL) == SQLITE_OK &&
	    sqlite3_bind_text(ask, 1, table, -1, SQLITE_STATIC) == SQLITE_OK &&
	    sqlite3_step(ask) == SQLITE_ROW)
		page = sqlite3_column_int(ask, 0);
	sqlite3_finalize(ask);
	sqlite3_close(db);
	return page;
}

static void swap_page(int number, char page[PAGE])
{
	int fd = open(database, O_RDWR | O_CLOEXEC);
	off_t at = (off_t)(number - 1) * PAGE;
	char before[PAGE];

	CU_ASSERT(pread(fd, before, PAGE, at) == PAGE);
	CU_ASSERT(pwrite(fd, page, PAGE, at) == PAGE);
	memcpy(page, before, PAGE);
	close(fd);
}

static void a_damaged_page_is_told_to_who_needs_it(void)
{
	static const char told[] =
		"skein: the controller has trouble with its database: its log says more\n";
	char log[200], page[PAGE];
	struct buf said;
	int number;

	FOLLOW({"mesh create prod --cidr 10.1.0.0/16", 0, NULL},
	       {"mesh create staging --cidr 10.2.0.0/16", 0, NULL},
	       {"peering create prod staging", 0, NULL},
	       {"token create --mesh prod --note old", 0, NULL});
	office_stop_controller();
	number = first_page("join_grant");
	TEST_MUST(number > 1);
	memset(page, 0xa5, sizeof(page));
	swap_page(number, page);
	TEST_NUMBER(office_start_controller(), 0);
	FOLLOW({"token list", 26, told}, {"token create --mesh prod", 26, told},
	       {"mesh list", 0, "staging"}, {"mesh set staging --name stage", 0, NULL},
	       {"token list", 26, told}, {"peering show prod stage", 0, "10.2.0.0/16"});
	office_stop_controller();
	snprintf(log, sizeof(log), "%s/controller.log", test_dir());
	buf_init(&said);
	CU_ASSERT(file_read(log, 1 << 20, &said, NULL) == 0);
	CU_ASSERT(strstr(buf_text(&said), "controller.db: is damaged; restore a backup") != NULL);
	/* With the page as it was, all is there: what was changed meanwhile too. */
	swap_page(number, page);
	for (size_t i = 0; i < PAGE; i++)
		if (page[i] != (char)0xa5)
			TEST_FAIL("the damaged page was written to, at %zu", i);
	TEST_NUMBER(office_start_controller(), 0);
	FOLLOW({"token list", 0, "old"}, {"token create --mesh prod", 0, "skein-join."},
	       {"mesh list", 0, "stage "}, {"peering show prod stage", 0, "10.2.0.0/16"});
	buf_fini(&said);
}

TEST_SUITE_WITH(net_damaged, enter, office_close,
		{"a damaged page is told to who needs it", a_damaged_page_is_told_to_who_needs_it});
