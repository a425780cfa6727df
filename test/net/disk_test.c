/* A controller whose disk is full, cannot be written, or has damaged its file: one clear message,
 *no damage, and what can be read is read.
 *
 *	one namespace:   skein-controller on 127.0.0.1:8090  <-  an operator, a machine
 *	its data:        a tmpfs of 3 MB, in a mount namespace; or a directory */
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "test/net/lone.h"
#include "test/net/space.h"
#include "test/test.h"
#include "test/unit/controller/stand.h"

#define MESHES	"/api/v1/meshes"
#define FAILING 20 /* writes that find the disk full */

static int old_mounts = -1;
static char root[400], disk[600]; /* where the small file system is */
static struct lone lone;
static struct stand client;

/* ---- set-up ---- */

static int enter(void)
{
	old_mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (getcwd(root, sizeof(root)) == NULL || space_enter() != 0 || old_mounts < 0 ||
	    unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return -1;
	snprintf(disk, sizeof(disk), "%s/%s/disk", root, test_dir());
	client.curl = curl_easy_init();
	return file_make_dir(disk, 0700, NULL) == 0 &&
			       mount("tmpfs", disk, "tmpfs", 0, "size=3m,mode=0700") == 0
		       ? 0
		       : -1;
}

static int leave(void)
{
	lone_kill(&lone);
	curl_easy_cleanup(client.curl);
	json_decref(client.json);
	buf_fini(&client.body);
	umount2(disk, MNT_DETACH);
	/* It forgets where one was. */
	if (setns(old_mounts, CLONE_NEWNS) != 0 || chdir(root) != 0)
		return -1;
	close(old_mounts);
	return space_leave();
}

static bool make(const char *name, const char *at)
{
	if (!lone_make(&lone, name, at, NULL) || !lone_start(&lone))
		return false;
	snprintf(client.base, sizeof(client.base), "%s", lone.base);
	snprintf(client.admin, sizeof(client.admin), "%s", lone.admin);
	return true;
}

/* ---- the parts ---- */

static unsigned made;

static long add_mesh(void)
{
	char body[80];

	snprintf(body, sizeof(body), "{\"name\":\"m-%u\",\"cidr\":\"10.%u.0.0/16\"}", made, made);
	made++;
	return stand_call(&client, client.admin, "POST", MESHES, body);
}

static size_t count_meshes(void)
{
	TEST_NUMBER(stand_call(&client, client.admin, "GET", MESHES "?limit=1000", NULL), 200);
	return json_array_size(json_object_get(client.json, "items"));
}

static unsigned count_words(const char *words)
{
	struct buf log;
	unsigned n = 0;

	buf_init(&log);
	lone_log(&lone, &log);
	for (const char *at = buf_text(&log); (at = strstr(at, words)) != NULL; at++)
		n++;
	buf_fini(&log);
	return n;
}

static void check_problem(void)
{
	TEST_NUMBER(client.status, 503);
	TEST_TEXT(stand_problem(&client), "io");
	CU_ASSERT_PTR_NOT_NULL(strstr(stand_get(&client, "detail"), "its log says more"));
}

/* Nothing fits any more. */
static void fill_disk(const char *filler)
{
	static const char zero[4096];
	int fd = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	while (write(fd, zero, sizeof(zero)) > 0)
		;
	close(fd);
}

/* ---- full ---- */

static void write_until_full(void)
{
	for (int i = 0; i < 200 && add_mesh() == 201; i++)
		;
}

static void a_full_disk_is_said_once_and_stops_no_reader(void)
{
	struct stand_machine m;
	char filler[700];
	unsigned known;
	size_t there;

	TEST_MUST(make("full", disk));
	snprintf(filler, sizeof(filler), "%s/filler", disk);
	TEST_NUMBER(add_mesh(), 201);
	stand_machine_new(&m, "member");
	TEST_NUMBER(stand_enroll(&client, &m, stand_join_token(&client, client.admin, NULL), NULL),
		    201);
	CU_ASSERT(stand_wait_rendered(&client, &m));
	fill_disk(filler);
	write_until_full();
	check_problem();
	known = made - 1;
	for (int i = 0; i < FAILING; i++) {
		add_mesh();
		check_problem();
		TEST_NUMBER(count_meshes(), known);
		TEST_NUMBER(stand_call(&client, m.token, "GET", "/api/v1/machine", NULL), 200);
		TEST_NUMBER(stand_call(&client, m.token, "GET", "/api/v1/mesh/config", NULL), 200);
	}
	TEST_NUMBER(count_words("reads go on"), 1);
	TEST_NUMBER(count_words("the disk is full"), 1);

	/* Room again: it goes on by itself, and what it said then holds. */
	TEST_NUMBER(unlink(filler), 0);
	TEST_NUMBER(add_mesh(), 201);
	TEST_NUMBER(count_words("can be written again"), 1);
	there = count_meshes();
	TEST_NUMBER(there, known + 1);
	lone_kill(&lone);
	TEST_MUST(lone_start(&lone));
	TEST_NUMBER(count_meshes(), there);
	lone_stop(&lone);
}

static void a_start_on_a_full_disk_says_so(void)
{
	char filler[700];
	struct buf said;
	size_t lines = 0;

	snprintf(filler, sizeof(filler), "%s/filler", disk);
	fill_disk(filler);
	CU_ASSERT(!lone_start(&lone));
	buf_init(&said);
	lone_log(&lone, &said);
	for (const char *at = buf_text(&said); *at != '\0'; at++)
		lines += *at == '\n';
	TEST_NUMBER(lines, 1);
	if (strstr(buf_text(&said), "full") == NULL &&
	    strstr(buf_text(&said), "No space left") == NULL)
		TEST_FAIL("says: %s", buf_text(&said));
	TEST_NUMBER(unlink(filler), 0);
	CU_ASSERT(lone_start(&lone));
	lone_stop(&lone);
	buf_fini(&said);
}

/* ---- read-only ---- */

/* False where the file system has no such thing. */
static bool set_immutable(const char *name, bool on)
{
	char path[1100];
	int fd, flags = 0;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", lone.data, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ok = fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	ok = ok && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool set_all_immutable(bool on)
{
	bool log = set_immutable("controller.db-wal", on);

	return set_immutable("controller.db", on) && log;
}

static void a_file_that_cannot_be_written_is_read(void)
{
	size_t there;

	TEST_MUST(make("immutable", NULL));
	made = 0;
	TEST_NUMBER(add_mesh(), 201);
	there = count_meshes();
	if (!set_all_immutable(true)) {
		set_all_immutable(false);
		lone_stop(&lone);
		test_skip("files-can-be-immutable");
		return;
	}
	for (int i = 0; i < 5; i++) {
		add_mesh();
		check_problem();
		TEST_NUMBER(count_meshes(), there);
	}
	TEST_NUMBER(count_words("reads go on"), 1);
	CU_ASSERT(set_all_immutable(false));
	TEST_NUMBER(add_mesh(), 201);
	TEST_NUMBER(count_meshes(), there + 1);
	lone_stop(&lone);
	CU_ASSERT(lone_start(&lone));
	TEST_NUMBER(count_meshes(), there + 1);
	lone_stop(&lone);
}

static void expect_refusal(const char *words)
{
	struct buf said;

	CU_ASSERT(!lone_start(&lone));
	buf_init(&said);
	lone_log(&lone, &said);
	if (strstr(buf_text(&said), words) == NULL ||
	    strchr(buf_text(&said), '\n') != buf_text(&said) + said.len - 1)
		TEST_FAIL("want one line with '%s', got: %s", words, buf_text(&said));
	buf_fini(&said);
}

static void a_read_only_file_system_is_not_started_on(void)
{
	TEST_MUST(make("mounted", disk));
	lone_stop(&lone);
	TEST_NUMBER(mount(NULL, disk, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	expect_refusal("Read-only file system");
	TEST_NUMBER(mount(NULL, disk, NULL, MS_REMOUNT, NULL), 0);
	CU_ASSERT(lone_start(&lone));
	lone_stop(&lone);
}

/* ---- damaged ---- */

static void overwrite(const char *name, off_t from, size_t len)
{
	char path[1100], *garbage = malloc(len);
	int fd;

	TEST_MUST(garbage != NULL);
	memset(garbage, 0x5a, len);
	snprintf(path, sizeof(path), "%s/%s", lone.data, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	TEST_NUMBER(pwrite(fd, garbage, len, from), len);
	close(fd);
	free(garbage);
}

static void a_damaged_file_is_named(void)
{
	struct stat st;
	char path[1100];
	struct buf before;
	struct buf after;

	TEST_MUST(make("damaged", NULL));
	lone_stop(&lone);
	snprintf(path, sizeof(path), "%s/controller.db", lone.data);
	overwrite("controller.db", 0, 100);
	buf_init(&before);
	buf_init(&after);
	TEST_NUMBER(file_read(path, 64 << 20, &before, NULL), 0);
	expect_refusal("is not a database");
	TEST_NUMBER(stat(path, &st), 0);
	TEST_NUMBER(file_read(path, 64 << 20, &after, NULL), 0);
	CU_ASSERT(before.len == after.len && memcmp(before.data, after.data, after.len) == 0);
	buf_fini(&before);
	buf_fini(&after);
}

/* Where the audit begins in the file. */
static off_t place_of_audit(void)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	char path[1100];
	off_t page = 0;

	snprintf(path, sizeof(path), "%s/controller.db", lone.data);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'", -1,
			       &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		page = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	TEST_MUST(page > 1);
	return (page - 1) * 4096;
}

/* The audit cannot be read, and so nothing can be changed; all else can be read. */
static void what_is_not_damaged_is_read(void)
{
	TEST_MUST(make("hole", NULL));
	made = 0;
	TEST_NUMBER(add_mesh(), 201);
	lone_stop(&lone);
	overwrite("controller.db", place_of_audit(), 4096);
	TEST_MUST(lone_start(&lone));
	for (int i = 0; i < 5; i++) {
		stand_call(&client, client.admin, "GET", "/api/v1/audit", NULL);
		check_problem();
		add_mesh();
		check_problem();
		TEST_NUMBER(count_meshes(), 1);
	}
	TEST_NUMBER(count_words("cannot be read error="), 1);
	TEST_NUMBER(count_words("cannot be written; reads go on"), 1);
	TEST_NUMBER(count_words("is damaged; restore a backup"), 2);
	lone_stop(&lone);
}

TEST_SUITE_WITH(net_disk, enter, leave,
		{"a full disk is said once, and stops no reader",
		 a_full_disk_is_said_once_and_stops_no_reader},
		{"a start on a full disk says so", a_start_on_a_full_disk_says_so},
		{"a file that cannot be written is read", a_file_that_cannot_be_written_is_read},
		{"a read-only file system is not started on",
		 a_read_only_file_system_is_not_started_on},
		{"a damaged file is named", a_damaged_file_is_named},
		{"what is not damaged is read", what_is_not_damaged_is_read});
