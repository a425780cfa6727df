#include "test/net/bad_world.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/fleet.h"
#include "lab/machine.h"
#include "lib/base/file.h"
#include "lib/base/run.h"
#include "lib/mesh/token.h"
#include "test/test.h"

#define RUN_MS	  20000
#define EXPIRE_MS 1000

static const char yaml[] = "name: t-bad\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.120.0.0/16, default: true}\n"
			   "  - {name: staging, cidr: 10.121.0.0/16}\n"
			   "machines:\n"
			   "  - {name: v, meshes: [prod]}\n"
			   "  - {name: m, meshes: [prod]}\n"
			   "  - {name: w, meshes: [prod]}\n";

/* Who only asks for its version must not find out more. */
static const char old_bird[] = "#!/bin/sh\necho 'BIRD version 2.0.7' >&2\n";

static struct lab lab;

struct lab *bad_lab(void)
{
	return &lab;
}

/* ---- running ---- */

struct call {
	const char *line;
	struct buf *said;
	int status;
	struct fault fault;
};

static int run_here(void *context)
{
	struct call *c = context;
	const char *const argv[] = {"/bin/sh", "-c", c->line, NULL};

	return run_program(argv, RUN_MS, c->said, &c->status, &c->fault);
}

int bad_run(const char *machine, const char *line, struct buf *said)
{
	struct call c = {.line = line, .said = said, .status = -1};
	struct place p;

	lab_place(&lab, machine, &p);
	if (place_inside(&p, run_here, &c, &c.fault) == 0)
		return c.status;
	TEST_FAIL("%s: %s: %s", machine, line, c.fault.text);
	return -1;
}

void bad_snapshot(struct buf *out)
{
	static const char machine[] =
		"cd /; find var/lib/skein run/skein sys/fs/bpf etc/skein 2> /dev/null | sort;"
		"ls sys/class/net; ip rule; ip -4 route show table all; nft list ruleset";
	static const char controller[] =
		"for what in mesh machine membership token prefix peering gateway; do"
		"  skein $what list --json; done; skein audit --json; find /var/lib/skein | sort";

	bad_run("v", machine, out);
	bad_run("m", machine, out);
	bad_run(LAB_CONTROLLER, controller, out);
}

/* ---- tokens ---- */

/* Makes a join token; its text becomes the variable `name`, its id $id. */
static bool make_token(const char *name, const char *options)
{
	char line[256], text[TOKEN_TEXT_MAX] = "", id[64] = "";
	struct buf said;
	json_t *root;

	buf_init(&said);
	snprintf(line, sizeof(line), "skein token create --json %s", options);
	bad_run(LAB_CONTROLLER, line, &said);
	root = json_loads(buf_text(&said), 0, NULL);
	snprintf(text, sizeof(text), "%s", json_string_value(json_object_get(root, "token")) ?: "");
	snprintf(id, sizeof(id), "%s", json_string_value(json_object_get(root, "id")) ?: "");
	setenv(name, text, 1);
	setenv("id", id, 1);
	json_decref(root);
	buf_fini(&said);
	return text[0] != '\0';
}

static void set_token(const char *name, const struct join_token *t)
{
	struct buf text;

	buf_init(&text);
	join_token_format(t, &text);
	setenv(name, buf_text(&text), 1);
	buf_fini(&text);
}

/* From a token that is good those that are not. */
static bool spoil_tokens(void)
{
	const char *good = getenv("good");
	char text[TOKEN_TEXT_MAX];
	struct join_token t, other;

	if (good == NULL || join_token_parse(good, &t, NULL) != 0)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)strlen(good) - 3, good);
	setenv("cut_off", text, 1);
	snprintf(text, sizeof(text), "%s", good);
	text[40] = text[40] == 'A' ? 'B' : 'A';
	setenv("damaged", text, 1);
	other = t;
	other.secret.bytes[0] ^= 1;
	set_token("foreign", &other);
	other = t;
	other.pin[0] ^= 1;
	set_token("other_pin", &other);
	other = t;
	other.nurls = 1;
	snprintf(other.urls[0], sizeof(other.urls[0]), "https://127.0.0.1:9");
	set_token("elsewhere", &other);
	return true;
}

/* What skein login was told. */
static bool read_login(void)
{
	static const char line[] = "sed -n 's/^url = //p; s/^pin = /--pin /p' " OPERATOR_CONFIG_HOME
				   "/skein/skein.conf | tr '\\n' ' '";
	struct buf said;
	bool ok;

	buf_init(&said);
	ok = bad_run(LAB_CONTROLLER, line, &said) == 0 && said.len > 0;
	setenv("login", buf_text(&said), 1);
	buf_fini(&said);
	return ok;
}

static bool make_tokens(void)
{
	struct mono made = mono_now();
	struct buf said;
	const char *at;
	bool ok = make_token("expired", "--expires 1s --any") && make_token("revoked", "--any");

	ok = ok && bad_run(LAB_CONTROLLER, "skein token revoke $id", NULL) == 0;
	ok = ok && make_token("used_up", "--uses 1") &&
	     bad_run("m", "skein-agent join $used_up --name m --no-start", NULL) == 0;
	ok = ok && make_token("good", "--any") && spoil_tokens();
	buf_init(&said);
	ok = ok && bad_run(LAB_CONTROLLER, "skein token api create --role viewer", &said) == 0;
	at = strstr(buf_text(&said), "skein-api.");
	if (at != NULL) {
		said.data[(size_t)(at - said.data) + strcspn(at, " \n")] = '\0';
		setenv("api", at, 1);
	}
	buf_fini(&said);
	while (mono_ms_between(made, mono_now()) <= EXPIRE_MS)
		poll(NULL, 0, 50);
	return ok && at != NULL;
}

/* ---- the lab ---- */

static int set_environment(void)
{
	char path[4096], root[2000], file[2200];

	if (getcwd(root, sizeof(root)) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s:/usr/sbin:/usr/bin:/sbin:/bin", lab.programs);
	setenv("PATH", path, 1);
	setenv("XDG_CONFIG_HOME", "/run/operator", 1);
	setenv("conf", "/run/bad.conf", 1);
	snprintf(file, sizeof(file), "%s/bird-templates", root);
	setenv("templates", file, 1);
	snprintf(file, sizeof(file), "%s/%s/old-bird", root, test_dir());
	setenv("old_bird", file, 1);
	return file_write(file, old_bird, sizeof(old_bird) - 1, 0755, NULL);
}

static int prepare(struct lab *l, struct fault *f)
{
	int code = set_environment();

	(void)l;
	if (code == 0 && !(read_login() && make_tokens()))
		code = fault_set(f, ERR_CHECK, "the tokens could not be made");
	return code;
}

int bad_world_start(void)
{
	static fleet_step *const steps[] = {fleet_build_underlay, fleet_start_controller, prepare,
					    NULL};

	return fleet_begin(&lab, yaml, steps);
}

int bad_world_stop(void)
{
	static const char *const set[] = {"XDG_CONFIG_HOME", "conf", "id", "login"};

	for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
		unsetenv(set[i]);
	return fleet_end(&lab, CU_get_number_of_failures() > 0);
}
