/* skein-controller: makes, checks and runs the controller. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "controller/backup.h"
#include "controller/census.h"
#include "controller/controller.h"
#include "controller/init.h"
#include "controller/keys.h"
#include "controller/render/render.h"
#include "lib/base/log.h"
#include "lib/base/option.h"
#include "lib/base/secret.h"
#include "lib/mesh/pin.h"

struct common {
	const char *config;
};

static const struct option_row common_options[] = {{"config", 'c', OPTION_TEXT,
						    offsetof(struct common, config), "FILE",
						    "configuration, instead of " CONFIG_PATH, 0, 0},
						   {0}};

/* Who runs a task: the configuration, and where it came from. */
struct setting {
	const struct common *common;
	const struct invocation *in;
	struct config config;
};

struct restore_options {
	bool force;
};

static const struct option_row restore_rows[] = {{"force", 0, OPTION_FLAG,
						  offsetof(struct restore_options, force), NULL,
						  "in place of the controller that is there", 0, 0},
						 {0}};

static int load(const struct common *common, struct config *config, struct fault *f)
{
	enum log_level level;
	int code = config_load(config, common->config != NULL ? common->config : CONFIG_PATH,
			       common->config != NULL, f);

	if (code == 0 && log_level_parse(config->log_level, &level))
		log_set_level(level);
	return code;
}

/* To standard output only, and never kept. */
static void print_token(struct buf *token)
{
	printf("%s\n", buf_text(token));
	fflush(stdout);
	buf_fini(token);
}

/* Where the certificate is of its own making, the pin is how an operator knows the controller. */
static int say_next_steps(const struct config *config, struct fault *f)
{
	char pin[PIN_TEXT_MAX] = "";
	struct keys keys = {0};
	int code = keys_load(&keys, config, f);

	if (code == 0 && !pin_is_zero(keys.pin))
		pin_format(keys.pin, pin);
	if (code == 0)
		fprintf(stderr,
			"Next:\n"
			"  systemctl enable --now skein-controller    (or: skein-controller run)\n"
			"  skein login %s%s%s\n"
			"                                             (with this token)\n"
			"  skein mesh create prod\n"
			"  skein token create                         (join a machine with what it "
			"prints)\n"
			"Agents reach the controller at: %s. Set 'url' in the configuration before "
			"you\nmake join tokens if they know it by another name.\n",
			config->urls.at[0], pin[0] != '\0' ? " --pin " : "", pin,
			config->urls.at[0]);
	keys_fini(&keys);
	return code;
}

static int print_pin(const struct setting *s, struct fault *f)
{
	char pin[PIN_TEXT_MAX];
	struct keys keys = {0};
	int code = keys_load(&keys, &s->config, f);

	if (code == 0 && pin_is_zero(keys.pin))
		code = fault_set(f, ERR_NOT_FOUND, "the configuration has no certificate to pin");
	if (code == 0)
		puts(pin_format(keys.pin, pin));
	keys_fini(&keys);
	return code;
}

static int make(const struct setting *s, struct fault *f)
{
	struct buf token;
	int code;

	buf_init_secret(&token);
	code = init_make(&s->config, &token, f);
	if (code == 0) {
		fprintf(stderr,
			"Made a controller in %s.\n"
			"The administrator's token is on the next line; it is shown this once:\n",
			s->config.data_dir);
		print_token(&token);
		code = say_next_steps(&s->config, f);
	}
	buf_fini(&token);
	return code;
}

static int reset_admin(const struct setting *s, struct fault *f)
{
	struct buf token;
	int code;

	buf_init_secret(&token);
	code = init_reset_admin(&s->config, &token, f);
	if (code == 0) {
		fputs("All administrator tokens are revoked. The new one, shown this once:\n",
		      stderr);
		print_token(&token);
	}
	buf_fini(&token);
	return code;
}

static int check(const struct setting *s, struct fault *f)
{
	const char *directories[] = {s->config.templates_override, s->config.templates};
	struct buf templates;
	int code;

	buf_init(&templates);
	code = render_bird_templates(directories, 2, &templates, f);
	if (code == 0)
		code = keys_check_configured(&s->config, f);
	if (code == 0)
		puts("The configuration is right.");
	buf_fini(&templates);
	return code;
}

static int backup(const struct setting *s, struct fault *f)
{
	int code = backup_make(&s->config, s->in->args[0], f);

	if (code == 0)
		printf("%s has the database and the keys: keep it as you keep keys.\n",
		       s->in->args[0]);
	return code;
}

static int restore(const struct setting *s, struct fault *f)
{
	const struct restore_options *o = s->in->options;
	char made[WALL_TEXT_MAX];
	struct wall made_at;
	int code = backup_restore(&s->config, s->in->args[0], o->force, &made_at, f);

	if (code == 0)
		printf("Restored what was there at %s.\n"
		       "What was revoked or removed since is there again: look through it. Tokens "
		       "to "
		       "join with that\nwere for some uses are void. Machines that joined since "
		       "show up in 'skein machine unknown'.\n",
		       wall_format(made_at, made));
	return code;
}

static int census(const struct setting *s, struct fault *f)
{
	return census_print(&s->config, stdout, f);
}

/* Before the first thread: they all inherit it, and only this one takes signals. */
static void block_signals(sigset_t *taken)
{
	sigemptyset(taken);
	sigaddset(taken, SIGTERM);
	sigaddset(taken, SIGINT);
	sigaddset(taken, SIGHUP);
	sigaddset(taken, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, taken, NULL);
	sigdelset(taken, SIGPIPE);
}

/* SIGHUP. What is wrong is logged, and all stays as it is. */
static void reload(const struct common *common, struct controller *controller)
{
	struct config fresh;
	struct fault f = {0};
	int code = load(common, &fresh, &f);

	if (code == 0)
		code = controller_reload(controller, &fresh, &f);
	if (code != 0)
		log_error("not all could be read again", LOG_S("error", fault_text(&f, code)));
	else
		log_info("read again: log level, templates, certificate");
	config_free(&fresh);
}

static int serve(const struct setting *s, struct fault *f)
{
	struct controller controller;
	sigset_t signals;
	int code, number;

	block_signals(&signals);
	code = controller_start(&controller, &s->config, f);
	if (code != 0)
		return code;
	log_info("controller runs", LOG_S("version", SKEIN_VERSION),
		 LOG_S("data", s->config.data_dir));
	while (sigwait(&signals, &number) == 0 && number == SIGHUP)
		reload(s->common, &controller);
	log_info("controller stops");
	controller_stop(&controller);
	return 0;
}

/* ---- commands ---- */

/* What is done with a configuration; the frame around it is run_task(). */
static const struct task {
	const char *words;
	int (*run)(const struct setting *s, struct fault *f);
} tasks[] = {
	{"init", make},
	{"run", serve},
	{"check-config", check},
	{"pin", print_pin},
	{"token reset-admin", reset_admin},
	{"backup", backup},
	{"restore", restore},
	{"census", census},
};

static const struct task *find_task(const char *words)
{
	const struct task *t = tasks;

	while (strcmp(t->words, words) != 0)
		t++;
	return t;
}

static int run_task(void *context, const struct invocation *in)
{
	const struct task *task = find_task(in->command->words);
	struct setting s = {.common = context, .in = in};
	struct fault f = {0};
	int code = load(s.common, &s.config, &f);

	if (code == 0)
		code = task->run(&s, &f);
	if (code != 0)
		fprintf(stderr, "skein-controller: %s\n", fault_text(&f, code));
	config_free(&s.config);
	return code;
}

static int run_example(void *context, const struct invocation *in)
{
	struct buf text;

	(void)context;
	(void)in;
	buf_init(&text);
	schema_example(config_rows, &text);
	fputs(buf_text(&text), stdout);
	buf_fini(&text);
	return 0;
}

static const struct command commands[] = {
	{"init", "", 0, 0, "make the data directory and an administrator's token", NULL, 0,
	 run_task},
	{"run", "", 0, 0, "run the controller until SIGTERM", NULL, 0, run_task},
	{"check-config", "", 0, 0, "check configuration, BIRD templates and certificate", NULL, 0,
	 run_task},
	{"pin", "", 0, 0, "print the pin of the certificate, for skein login", NULL, 0, run_task},
	{"config-example", "", 0, 0, "print a configuration with all options", NULL, 0,
	 run_example},
	{"token reset-admin", "", 0, 0,
	 "revoke the administrators' tokens and make a new one (while it does not run)", NULL, 0,
	 run_task},
	{"backup", "FILE", 1, 1, "copy database and keys into a new file (also while it runs)",
	 NULL, 0, run_task},
	{"census", "", 0, 0, "print how much there is of everything (also while it runs)", NULL, 0,
	 run_task},
	{"restore", "FILE", 1, 1, "make a controller of a backup (while none runs)", restore_rows,
	 sizeof(struct restore_options), run_task},
	{0}};

int main(int argc, char **argv)
{
	struct common common = {0};
	const struct program program = {
		.name = "skein-controller",
		.help = "the controller of Skein meshes: addresses, keys, routing policy",
		.commands = commands,
		.common = common_options,
		.common_to = &common,
		.footer = "Configuration: " CONFIG_PATH ". Exit status: 0, or one of skein(1).\n",
	};

	if (sodium_init() < 0) {
		fputs("skein-controller: libsodium does not start\n", stderr);
		return 70;
	}
	secret_harden_process();
	return program_main(&program, &common, argc, argv);
}
