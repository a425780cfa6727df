#include "lab/record.h"

#include <string.h>

#include "lib/base/file.h"
#include "lib/base/json.h"

#define RECORD_SIZE_MAX 1048576
#define RECORD_ROWS_MAX 4096

/* As it is in the file. */
struct saved_row {
	const char *machine, *program;
	int64_t pid;
	uint64_t start;
};

struct saved {
	int64_t inotify_before, inotify_raised, made_directories;
	bool whole;
	struct json_rows processes;
};

static const struct json_row saved_row_rows[] = {
	{"machine", MEMBER_TEXT, offsetof(struct saved_row, machine), .required = true},
	{"program", MEMBER_TEXT, offsetof(struct saved_row, program), .required = true},
	{"pid", MEMBER_NUMBER, offsetof(struct saved_row, pid), .required = true, .min = 1,
	 .max = INT32_MAX},
	{"start", MEMBER_COUNTER, offsetof(struct saved_row, start), .required = true},
	{0}};

static const struct json_row saved_rows[] = {
	{"inotify_before", MEMBER_NUMBER, offsetof(struct saved, inotify_before), .max = INT32_MAX},
	{"inotify_raised", MEMBER_NUMBER, offsetof(struct saved, inotify_raised), .max = INT32_MAX},
	{"made_directories", MEMBER_NUMBER, offsetof(struct saved, made_directories), .max = 255},
	{"whole", MEMBER_FLAG, offsetof(struct saved, whole), .required = false},
	{"processes", MEMBER_ROWS, offsetof(struct saved, processes), .required = true,
	 .max = RECORD_ROWS_MAX, .rows = saved_row_rows, .row_size = sizeof(struct saved_row)},
	{0}};

void record_init(struct record *r)
{
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena);
}

void record_fini(struct record *r)
{
	vec_free(&r->rows);
	arena_fini(&r->arena);
}

int record_load(struct record *r, const char *path, struct fault *f)
{
	struct saved saved = {0};
	const struct saved_row *row;
	struct buf text;
	int code;

	buf_init(&text);
	code = file_read(path, RECORD_SIZE_MAX, &text, NULL);
	if (code == ERR_NOT_FOUND) {
		code = 0;
		goto out;
	}
	if (code != 0)
		goto out;
	code = json_decode_text(buf_text(&text), text.len, saved_rows, MEMBERS_STRICT, &r->arena,
				&saved, f);
	if (code != 0) {
		fault_prefix(f, "%s", path);
		goto out;
	}
	r->inotify_before = saved.inotify_before;
	r->inotify_raised = saved.inotify_raised;
	r->made_directories = saved.made_directories;
	r->whole = saved.whole;
	row = saved.processes.at;
	for (size_t i = 0; i < saved.processes.n; i++)
		record_set(r, row[i].machine, row[i].program,
			   &(struct process){(pid_t)row[i].pid, row[i].start});
out:
	buf_fini(&text);
	return code;
}

int record_save(const struct record *r, const char *path, struct fault *f)
{
	struct saved saved = {.inotify_before = r->inotify_before,
			      .inotify_raised = r->inotify_raised,
			      .made_directories = r->made_directories,
			      .whole = r->whole};
	struct saved_row *rows = mem_alloc((r->rows.n + 1) * sizeof(*rows));
	json_t *root;
	char *text;
	int code;

	for (size_t i = 0; i < r->rows.n; i++)
		rows[i] =
			(struct saved_row){r->rows.at[i].machine, r->rows.at[i].program,
					   r->rows.at[i].process.pid, r->rows.at[i].process.start};
	saved.processes = (struct json_rows){rows, r->rows.n};
	root = json_encode(saved_rows, &saved);
	text = json_dumps(root, JSON_INDENT(2));
	code = file_write(path, text, strlen(text), 0644, f);
	free(text);
	json_decref(root);
	free(rows);
	return code;
}

void record_set(struct record *r, const char *machine, const char *program, const struct process *p)
{
	for (size_t i = 0; i < r->rows.n; i++) {
		struct record_row *row = &r->rows.at[i];

		if (strcmp(row->machine, machine) == 0 && strcmp(row->program, program) == 0) {
			row->process = *p;
			return;
		}
	}
	vec_push(&r->rows, (struct record_row){arena_strdup(&r->arena, machine),
					       arena_strdup(&r->arena, program), *p});
}

const struct record_row *record_find(const struct record *r, const char *machine,
				     const char *program)
{
	for (size_t i = 0; i < r->rows.n; i++)
		if (strcmp(r->rows.at[i].machine, machine) == 0 &&
		    strcmp(r->rows.at[i].program, program) == 0)
			return &r->rows.at[i];
	return NULL;
}
