#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/demo.h"
#include "lab/fleet.h"
#include "lab/lab_places.h"
#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/status.h"
#include "lab/underlay.h"
#include "lib/base/option.h"

struct common {
	const char *name;
};

static int complain(const struct fault *f, int code)
{
	fprintf(stderr, "skein-lab: %s\n", fault_text(f, code));
	return code;
}

/* What it takes before it looks for anything. */
static int begin(const struct common *common, bool from_file, struct fault *f)
{
	if (from_file && common->name != NULL)
		return fault_set(f, ERR_USAGE,
				 "--lab says which lab is meant; the name of a new one stands in "
				 "its file");
	if (geteuid() != 0)
		return fault_set(f, ERR_PRIVILEGE, "root is needed to make and enter namespaces");
	return 0;
}

struct up_options {
	bool bare, keep;
};

static const struct option_row up_rows[] = {
	{"bare", 'b', OPTION_FLAG, offsetof(struct up_options, bare), NULL,
	 "namespaces and underlay only, nothing of Skein", 0, 0},
	{"keep", 'k', OPTION_FLAG, offsetof(struct up_options, keep), NULL,
	 "leave it standing when it does not come up", 0, 0},
	{0}};

static int run_up(void *context, const struct invocation *in)
{
	const struct up_options *o = in->options;
	struct fault f = {0}, ignored = {0};
	struct lab lab;
	bool planned;
	int code = begin(context, true, &f);

	if (code != 0)
		return complain(&f, code);
	code = lab_plan(&lab, in->args[0], &f);
	planned = code == 0;
	lab.say = stdout;
	if (planned && o->bare) {
		code = fleet_build_underlay(&lab, &f);
		code = code == 0 ? lab_note_whole(&lab, &f) : code;
	} else if (planned) {
		code = fleet_up(&lab, &f);
	}
	if (code == 0)
		lab_say(&lab, "lab '%s' is up; 'skein-lab status' shows it", lab.name);
	else if (planned)
		lab_show_logs(&lab, stderr);
	if (code != 0 && !o->keep)
		lab_end(&lab, &ignored);
	else
		lab_close(&lab);
	return code == 0 ? 0 : complain(&f, code);
}

/* Opens the lab, does one thing to it. */
static int with_lab(void *context, const struct invocation *in, bool change,
		    int (*act)(struct lab *lab, const struct invocation *in, struct fault *f))
{
	const struct common *common = context;
	struct fault f = {0};
	struct lab lab;
	int code = begin(common, false, &f);

	if (code != 0)
		return complain(&f, code);
	code = lab_open(&lab, common->name, change, &f);
	if (code == 0)
		code = act(&lab, in, &f);
	lab_close(&lab);
	return code == 0 ? 0 : complain(&f, code);
}

static int do_exec(struct lab *lab, const struct invocation *in, struct fault *f)
{
	const char *path = getenv("PATH");
	struct place p;
	int code = lab_find_place(lab, in->args[0], &p, f);

	if (code != 0)
		return code;
	/* The programs that the lab runs come first, installed or not. */
	setenv("PATH",
	       arena_printf(&lab->arena, "%s:%s", lab->programs,
			    path != NULL ? path : "/usr/bin:/bin"),
	       1);
	/* `skein` at the controller is logged in. */
	setenv("XDG_CONFIG_HOME", OPERATOR_CONFIG_HOME, 0);
	return process_exec(&p, in->args + 1, f);
}

static int run_exec(void *context, const struct invocation *in)
{
	return with_lab(context, in, false, do_exec);
}

struct status_options {
	bool json;
};

static const struct option_row status_rows[] = {{"json", 'j', OPTION_FLAG,
						 offsetof(struct status_options, json), NULL,
						 "for programs", 0, 0},
						{0}};

static int do_status(struct lab *lab, const struct invocation *in, struct fault *f)
{
	const struct status_options *o = in->options;

	return status_print(lab, o->json, stdout, f);
}

static int run_status(void *context, const struct invocation *in)
{
	return with_lab(context, in, false, do_status);
}

struct cut_options {
	bool one_way;
};

static const struct option_row cut_rows[] = {{"one-way", 'o', OPTION_FLAG,
					      offsetof(struct cut_options, one_way), NULL,
					      "only what A sends to B", 0, 0},
					     {0}};

static int do_cut(struct lab *lab, const struct invocation *in, struct fault *f)
{
	const struct cut_options *o = in->options;

	if (o->one_way)
		return underlay_cut_way(lab, in->args[0], in->args[1], f);
	return underlay_cut(lab, in->args[0], in->args[1], f);
}

static int run_cut(void *context, const struct invocation *in)
{
	return with_lab(context, in, true, do_cut);
}

static int do_heal(struct lab *lab, const struct invocation *in, struct fault *f)
{
	return underlay_heal(lab, in->args[0], in->args[1], f);
}

static int run_heal(void *context, const struct invocation *in)
{
	return with_lab(context, in, true, do_heal);
}

static int do_kill(struct lab *lab, const struct invocation *in, struct fault *f)
{
	return outage_cause(lab, in->args[0], in->args[1], f);
}

static int run_kill(void *context, const struct invocation *in)
{
	return with_lab(context, in, true, do_kill);
}

static int do_freeze(struct lab *lab, const struct invocation *in, struct fault *f)
{
	return outage_freeze(lab, in->args[0], in->args[1], f);
}

static int run_freeze(void *context, const struct invocation *in)
{
	return with_lab(context, in, true, do_freeze);
}

static int do_restore(struct lab *lab, const struct invocation *in, struct fault *f)
{
	return outage_end(lab, in->args[0], f);
}

static int run_restore(void *context, const struct invocation *in)
{
	return with_lab(context, in, true, do_restore);
}

/* By name alone: a lab whose file or record is broken must go too. */
static int run_down(void *context, const struct invocation *in)
{
	const struct common *common = context;
	struct fault f = {0};
	char name[64];
	int code = begin(common, false, &f);

	(void)in;
	if (code == 0)
		code = lab_find_name(common->name, name, &f);
	if (code == 0)
		code = lab_down(name, &f);
	return code == 0 ? 0 : complain(&f, code);
}

struct demo_options {
	bool stay;
};

static const struct option_row demo_rows[] = {{"stay", 's', OPTION_FLAG,
					       offsetof(struct demo_options, stay), NULL,
					       "leave the lab standing at the end", 0, 0},
					      {0}};

static int run_demo(void *context, const struct invocation *in)
{
	const struct demo_options *o = in->options;
	struct fault f = {0};
	int code = begin(context, true, &f);

	if (code == 0)
		code = demo_run(in->args[0], o->stay, &f);
	return code == 0 ? 0 : complain(&f, code);
}

static const struct command commands[] = {
	{"up", "FILE", 1, 1, "build the fleet that FILE describes", up_rows,
	 sizeof(struct up_options), run_up},
	{"exec", "MACHINE CMD...", 2, -1, "run a command on a machine", NULL, 0, run_exec},
	{"status", "", 0, 0, "show machines, memberships, addresses, sockets", status_rows,
	 sizeof(struct status_options), run_status},
	{"cut", "A B", 2, 2, "let nothing pass between two machines on the underlay", cut_rows,
	 sizeof(struct cut_options), run_cut},
	{"heal", "A B", 2, 2, "undo cut", NULL, 0, run_heal},
	{"kill", "MACHINE link|bird|agent|wg|all", 2, 2, "break a part of a machine", NULL, 0,
	 run_kill},
	{"freeze", "MACHINE bird|agent|wg", 2, 2, "stop processes of a machine (SIGSTOP)", NULL, 0,
	 run_freeze},
	{"restore", "MACHINE", 1, 1, "undo kill and freeze", NULL, 0, run_restore},
	{"down", "", 0, 0, "take the lab away", NULL, 0, run_down},
	{"demo", "FILE", 1, 1, "the guided tour, with measurements", demo_rows,
	 sizeof(struct demo_options), run_demo},
	{0}};

static const struct option_row common_rows[] = {{"lab", 'l', OPTION_TEXT,
						 offsetof(struct common, name), "NAME",
						 "which lab, where several are up", 0, 0},
						{0}};

int main(int argc, char **argv)
{
	struct common common = {0};
	const struct program program = {
		.name = "skein-lab",
		.help = "a fleet of machines in namespaces, to try, test and learn with",
		.commands = commands,
		.common = common_rows,
		.common_to = &common,
		.footer = "Needs root. docs/lab.md is the manual; examples/*.yaml are files for "
			  "'up'.\n",
	};

	return program_main(&program, &common, argc, argv);
}
