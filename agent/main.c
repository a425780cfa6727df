/* skein-agent: brings a machine into its meshes and keeps it there. */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/control_client.h"
#include "agent/enrol.h"
#include "agent/enrol_check.h"
#include "agent/first_join.h"
#include "agent/leave.h"
#include "agent/loop.h"
#include "agent/status/status.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/option.h"
#include "lib/base/prompt.h"
#include "lib/base/run.h"

#define ASK_MS	     10000
#define SYSTEMCTL_MS 30000
#define LEAVE_MS     120000
#define UNIT	     "skein-agent.service"

struct common {
	const char *config;
};

static const struct option_row common_options[] = {
	{"config", 'c', OPTION_TEXT, offsetof(struct common, config), "FILE",
	 "configuration (" CONFIG_PATH ")", 0, 0},
	{0},
};

static int complain(const struct fault *f, int code)
{
	if (code != 0)
		fprintf(stderr, "skein-agent: %s\n", fault_text(f, code));
	return code;
}

static int load_config(const struct common *common, struct config *c, struct fault *f)
{
	enum log_level level;
	int code = agent_config_load(c, common->config != NULL ? common->config : CONFIG_PATH, f);

	if (code == 0 && log_level_parse(c->log_level, &level))
		log_set_level(level);
	return code;
}

/* ---- join ---- */

struct join_options {
	const char *file, *name;
	bool no_start;
};

static const struct option_row join_options[] = {
	{"file", 'f', OPTION_TEXT, offsetof(struct join_options, file), "FILE",
	 "read the token from a file", 0, 0},
	{"name", 'n', OPTION_TEXT, offsetof(struct join_options, name), "NAME",
	 "the machine's name (the host's name)", 0, 0},
	{"no-start", 0, OPTION_FLAG, offsetof(struct join_options, no_start), NULL,
	 "do not start the service", 0, 0},
	{0},
};

/* Out of the list of processes at once; wherever it comes from, it does not stay in memory. */
static int read_token(const struct join_options *o, char *arg, struct join_token *out,
		      struct fault *f)
{
	struct buf text;
	int code = 0;

	buf_init_secret(&text);
	if ((arg != NULL) == (o->file != NULL))
		code = fault_set(f, ERR_USAGE,
				 "want one token: as TOKEN, as - (standard input), "
				 "or with --file");
	else if (o->file != NULL)
		code = file_read(o->file, TOKEN_TEXT_MAX, &text, f);
	else if (strcmp(arg, "-") == 0)
		code = prompt_secret("join token", TOKEN_TEXT_MAX, &text, f);
	else
		buf_puts(&text, arg);
	if (arg != NULL)
		memset(arg, 'x', strlen(arg));
	if (code == 0)
		code = join_token_parse(buf_text(&text), out, f);
	buf_fini(&text);
	return code;
}

/* One command joins: where systemd runs and has the unit, it is enabled and started. */
static void start_service(void)
{
	const char *const known[] = {"systemctl", "cat", UNIT, NULL};
	const char *const enable[] = {"systemctl", "enable", "--now", UNIT, NULL};
	struct fault f = {0};

	if (access("/run/systemd/system", F_OK) != 0 ||
	    run_program_ok(known, SYSTEMCTL_MS, NULL) != 0)
		printf("Now start it: skein-agent run\n");
	else if (run_program_ok(enable, SYSTEMCTL_MS, &f) != 0)
		printf("The service does not start (%s): systemctl status " UNIT "\n", f.text);
	else
		printf("The service runs: skein-agent status\n");
}

static int do_join(void *context, const struct invocation *in)
{
	const struct join_options *o = in->options;
	struct config c = {0};
	struct join_token token = {0};
	struct enrolment done;
	struct fault f = {0};
	int code = read_token(o, in->nargs > 0 ? in->args[0] : NULL, &token, &f);

	if (code == 0)
		code = load_config(context, &c, &f);
	if (code == 0)
		code = enrol_check(&c, &f);
	if (code == 0)
		code = enrol(&c, &token, o->name, &done, &f);
	join_token_wipe(&token);
	if (code == 0) {
		printf("Joined as %s: %s in mesh %s.\n", done.machine, done.address, done.mesh);
		if (!o->no_start)
			start_service();
	}
	agent_config_fini(&c);
	return complain(&f, code);
}

/* ---- run ---- */

static int do_run(void *context, const struct invocation *in)
{
	struct agent a = {0};
	uv_loop_t loop;
	struct fault f = {0};
	int code = load_config(context, &a.config, &f);

	(void)in;
	if (uv_loop_init(&loop) != 0)
		return complain(&f, ERR_INTERNAL);
	if (code == 0)
		code = first_join(&a.config, &f);
	if (code == 0)
		code = machine_require(&a.config, &f);
	if (code == 0)
		code = enrol_check_machine(&a.config, &f);
	if (code == 0)
		code = agent_open(&a, &loop, &f);
	if (code == 0)
		code = agent_run(&a, &f);
	agent_close(&a);
	uv_loop_close(&loop);
	agent_config_fini(&a.config);
	return complain(&f, code);
}

/* ---- leave ---- */

struct leave_options {
	bool force;
};

static const struct option_row leave_options[] = {
	{"force", 0, OPTION_FLAG, offsetof(struct leave_options, force), NULL,
	 "also when the controller cannot be told", 0, 0},
	{0},
};

/* The running agent does it; it answers with what went wrong. */
static int ask_to_leave(const struct config *c, bool force, struct fault *f)
{
	struct buf answer;
	const char *error;
	json_t *root;
	int code;

	buf_init(&answer);
	code = agent_control_ask(c, force ? "leave force" : "leave", LEAVE_MS, &answer, f);
	if (code == 0) {
		root = json_loads(buf_text(&answer), 0, NULL);
		error = json_string_value(json_object_get(root, "error"));
		if (error != NULL)
			code = fault_set(f, ERR_REMOTE, "%s", error);
		json_decref(root);
	}
	buf_fini(&answer);
	return code;
}

static int leave_alone(struct agent *a, bool force, struct fault *f)
{
	uv_loop_t loop;
	int code;

	/* Before the controller is told: what is not undone then stays. */
	code = enrol_check_privilege(f);
	if (code != 0)
		return code;
	if (uv_loop_init(&loop) != 0)
		return fault_set(f, ERR_INTERNAL, "no loop");
	code = agent_open(a, &loop, f);
	if (code == 0)
		code = leave_now(a, force, f);
	agent_close(a);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_loop_close(&loop);
	return code;
}

static int do_leave(void *context, const struct invocation *in)
{
	const struct leave_options *o = in->options;
	struct agent a = {0};
	struct fault f = {0};
	int code = load_config(context, &a.config, &f);

	if (code == 0)
		code = machine_require(&a.config, &f);
	if (code == 0) {
		code = ask_to_leave(&a.config, o->force, &f);
		if (code == ERR_NOT_FOUND) {
			memset(&f, 0, sizeof(f));
			code = leave_alone(&a, o->force, &f);
		}
	}
	if (code == 0)
		printf("Left. Nothing of Skein is left on this machine but its programs.\n");
	agent_config_fini(&a.config);
	return complain(&f, code);
}

/* ---- status ---- */

struct status_options {
	bool json;
};

static const struct option_row status_options[] = {
	{"json", 'j', OPTION_FLAG, offsetof(struct status_options, json), NULL,
	 "as JSON, for programs", 0, 0},
	{0},
};

static int do_status(void *context, const struct invocation *in)
{
	const struct status_options *o = in->options;
	struct config c = {0};
	struct fault f = {0};
	struct buf answer;
	json_t *root = NULL;
	int code = load_config(context, &c, &f);

	buf_init(&answer);
	if (code == 0 && geteuid() == 0) /* nobody else may look */
		code = machine_require(&c, &f);
	if (code == 0)
		code = agent_control_ask(&c, "status", ASK_MS, &answer, &f);
	if (code == 0 && o->json)
		fwrite(answer.data, 1, answer.len, stdout);
	if (code == 0 && !o->json) {
		root = json_loads(buf_text(&answer), 0, NULL);
		if (root == NULL)
			code = fault_set(&f, ERR_INVALID, "the agent's answer is no JSON");
		else
			status_screen(root, stdout);
	}
	json_decref(root);
	buf_fini(&answer);
	agent_config_fini(&c);
	return complain(&f, code);
}

/* ---- the rest ---- */

static int do_check_config(void *context, const struct invocation *in)
{
	struct config c = {0};
	struct fault f = {0};
	int code = load_config(context, &c, &f);

	(void)in;
	if (code == 0)
		printf("The configuration is valid.\n");
	agent_config_fini(&c);
	return complain(&f, code);
}

static int do_example_config(void *context, const struct invocation *in)
{
	struct buf out;

	(void)context;
	(void)in;
	buf_init(&out);
	schema_example(agent_config_rows, &out);
	fputs(buf_text(&out), stdout);
	buf_fini(&out);
	return 0;
}

static const struct command commands[] = {
	{"join", "[TOKEN|-]", 0, 1, "join a mesh with a token", join_options,
	 sizeof(struct join_options), do_join},
	{"run", "", 0, 0, "keep this machine in its meshes (the service)", NULL, 0, do_run},
	{"leave", "", 0, 0, "leave all meshes and undo everything", leave_options,
	 sizeof(struct leave_options), do_leave},
	{"status", "", 0, 0, "show meshes, peers, sessions, and what was dropped", status_options,
	 sizeof(struct status_options), do_status},
	{"check-config", "", 0, 0, "check the configuration", NULL, 0, do_check_config},
	{"config-example", "", 0, 0, "print the configuration with all defaults, commented", NULL,
	 0, do_example_config},
	{0},
};

int main(int argc, char **argv)
{
	struct common common = {0};
	const struct program program = {
		.name = "skein-agent",
		.help = "brings this machine into its meshes and keeps it there",
		.commands = commands,
		.common = common_options,
		.common_to = &common,
		.footer = "Exit statuses are those of skein(1): 12 a privilege is missing, 24 a "
			  "program or kernel feature, 8 joined already, 25 networks overlap.\n",
	};

	if (sodium_init() < 0) {
		fprintf(stderr, "skein-agent: libsodium cannot be used\n");
		return 70;
	}
	secret_harden_process();
	return program_main(&program, &common, argc, argv);
}
