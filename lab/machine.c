#include "lab/machine.h"

#include <string.h>

#include "lib/base/json.h"

#define STATUS_MS 20000
#define WRITE_MS  20000

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int machine_run(struct lab *lab, const char *machine, const char *const *argv, const char *input,
		int64_t ms, struct buf *out, struct fault *f)
{
	char log[PLACE_PATH_MAX];
	struct place p;
	struct command_line line = {.in = &p, .argv = argv, .input = input};

	lab_place(lab, machine, &p);
	line.log = lab_log_path(lab, machine, base_name(argv[0]), log);
	if (process_run(&line, mono_add_ms(mono_now(), ms), out, f) != 0)
		return fault_prefix(f, "%s", machine);
	return 0;
}

int machine_write(struct lab *lab, const char *machine, const char *path, const char *text,
		  struct fault *f)
{
	const char *const argv[] = {"sh", "-c", "mkdir -p \"${0%/*}\" && cat > \"$0\"", path, NULL};

	return machine_run(lab, machine, argv, text, WRITE_MS, NULL, f);
}

int machine_start(struct lab *lab, const char *machine, const char *const *argv, struct fault *f)
{
	const char *program = base_name(argv[0]);
	char log[PLACE_PATH_MAX];
	struct process process;
	struct place p;
	struct command_line line = {.in = &p, .argv = argv};
	int code;

	lab_place(lab, machine, &p);
	line.log = lab_log_path(lab, machine, program, log);
	code = process_start(&line, &process, f);
	if (code != 0)
		return fault_prefix(f, "%s", machine);
	record_set(&lab->record, machine, program, &process);
	return lab_save_record(lab, f);
}

bool machine_runs(const struct lab *lab, const char *machine, const char *program)
{
	const struct record_row *row = record_find(&lab->record, machine, program);

	return row != NULL && process_alive(&row->process);
}

int machine_start_agent(struct lab *lab, const char *machine, struct fault *f)
{
	const char *const argv[] = {lab_program(lab, "skein-agent"), "run", NULL};

	if (machine_runs(lab, machine, "skein-agent"))
		return 0;
	return machine_start(lab, machine, argv, f);
}

json_t *machine_agent_status(struct lab *lab, const char *machine, struct fault *f)
{
	const char *const argv[] = {lab_program(lab, "skein-agent"), "status", "--json", NULL};
	json_t *status = NULL;
	struct buf out;

	buf_init(&out);
	if (machine_run(lab, machine, argv, NULL, STATUS_MS, &out, f) == 0)
		status = json_parse(buf_text(&out), out.len, f);
	buf_fini(&out);
	return status;
}
