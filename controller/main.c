/* skein-controller: makes, checks and runs the controller. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "controller/controller.h"
#include "controller/init.h"
#include "controller/keys.h"
#include "controller/render/render.h"
#include "lib/base/option.h"
#include "lib/base/secret.h"
#include "lib/mesh/pin.h"

#define OTHER_DESCRIPTORS 256 /* the database's, logs, listening sockets */

struct common {
	const char *config;
};

static const struct option_row common_options[] = {{"config", 'c', OPTION_TEXT,
						    offsetof(struct common, config), "FILE",
						    "configuration, instead of " CONFIG_PATH, 0, 0},
						   {0}};

static int say(const struct fault *f, int code)
{
	fprintf(stderr, "skein-controller: %s\n", fault_text(f, code));
	return code;
}

static int load(const struct common *common, struct config *config)
{
	struct fault f = {0};
	int code = config_load(config, common->config != NULL ? common->config : CONFIG_PATH,
			       common->config != NULL, &f);

	if (code == 0) {
		log_set_level(config->level);
		return 0;
	}
	config_free(config);
	return say(&f, code);
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

static int run_pin(void *context, const struct invocation *in)
{
	char pin[PIN_TEXT_MAX];
	struct keys keys = {0};
	struct config config;
	struct fault f = {0};
	int code = load(context, &config);

	(void)in;
	if (code != 0)
		return code;
	code = keys_load(&keys, &config, &f);
	if (code == 0 && pin_is_zero(keys.pin))
		code = fault_set(&f, ERR_NOT_FOUND, "the configuration has no certificate to pin");
	if (code == 0)
		puts(pin_format(keys.pin, pin));
	else
		say(&f, code);
	keys_fini(&keys);
	config_free(&config);
	return code;
}

static int run_init(void *context, const struct invocation *in)
{
	struct config config;
	struct fault f = {0};
	struct buf token;
	int code = load(context, &config);

	(void)in;
	if (code != 0)
		return code;
	buf_init_secret(&token);
	code = init_make(&config, &token, &f);
	if (code != 0) {
		say(&f, code);
		goto out;
	}
	fprintf(stderr,
		"Made a controller in %s.\n"
		"The administrator's token is on the next line; it is shown this once:\n",
		config.data_dir);
	print_token(&token);
	code = say_next_steps(&config, &f);
	if (code != 0)
		say(&f, code);
out:
	buf_fini(&token);
	config_free(&config);
	return code;
}

static int run_reset_admin(void *context, const struct invocation *in)
{
	struct config config;
	struct fault f = {0};
	struct buf token;
	int code = load(context, &config);

	(void)in;
	if (code != 0)
		return code;
	buf_init_secret(&token);
	code = init_reset_admin(&config, &token, &f);
	if (code != 0) {
		say(&f, code);
	} else {
		fputs("All administrator tokens are revoked. The new one, shown this once:\n",
		      stderr);
		print_token(&token);
	}
	buf_fini(&token);
	config_free(&config);
	return code;
}

static int run_check(void *context, const struct invocation *in)
{
	const char *directories[2];
	struct fault f = {0};
	struct config config;
	struct buf templates;
	int code = load(context, &config);

	(void)in;
	if (code != 0)
		return code;
	buf_init(&templates);
	directories[0] = config.templates_override;
	directories[1] = config.templates;
	code = render_bird_templates(directories, 2, &templates, &f);
	if (code != 0)
		say(&f, code);
	else
		puts("The configuration is right.");
	buf_fini(&templates);
	config_free(&config);
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

/* A connection is a descriptor, and the usual limit is 1024 of these. */
static void raise_descriptor_limit(const struct config *config)
{
	rlim_t want = (rlim_t)config->connections + OTHER_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
		return;
	limit.rlim_cur =
		limit.rlim_max == RLIM_INFINITY || limit.rlim_max > want ? want : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < want)
		log_warn("fewer open files than connections are allowed (ulimit -n, LimitNOFILE=)",
			 LOG_U("allowed", limit.rlim_cur), LOG_U("wanted", want));
}

static int run_controller(void *context, const struct invocation *in)
{
	struct controller controller;
	struct config config;
	struct fault f = {0};
	sigset_t signals;
	int code = load(context, &config), number;

	(void)in;
	if (code != 0)
		return code;
	/* Before the first thread: they all inherit it, and only this one takes signals. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	sigdelset(&signals, SIGPIPE);
	code = controller_start(&controller, &config, &f);
	if (code != 0) {
		say(&f, code);
	} else {
		raise_descriptor_limit(&config);
		log_info("controller runs", LOG_S("version", SKEIN_VERSION),
			 LOG_S("data", config.data_dir));
		do {
			sigwait(&signals, &number);
		} while (number == SIGHUP);
		log_info("controller stops");
		controller_stop(&controller);
	}
	config_free(&config);
	return code;
}

static const struct command commands[] = {
	{"init", "", 0, 0, "make the data directory and an administrator's token", NULL, 0,
	 run_init},
	{"run", "", 0, 0, "run the controller until SIGTERM", NULL, 0, run_controller},
	{"check-config", "", 0, 0, "check configuration and BIRD templates", NULL, 0, run_check},
	{"pin", "", 0, 0, "print the pin of the certificate, for skein login", NULL, 0, run_pin},
	{"config-example", "", 0, 0, "print a configuration with all options", NULL, 0,
	 run_example},
	{"token reset-admin", "", 0, 0,
	 "revoke the administrators' tokens and make a new one (while it does not run)", NULL, 0,
	 run_reset_admin},
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
