/* Logging in: the token comes by standard input or from a file, never as an argument, where ps(1)
 * would show it. It is tried before it is stored. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/client.h"
#include "lib/base/file.h"
#include "lib/base/prompt.h"
#include "lib/mesh/pin.h"
#include "lib/mesh/token.h"

struct options {
	const char *file, *pin, *ca;
};

static const struct option_row login_options[] = {
	{"file", 'f', OPTION_TEXT, offsetof(struct options, file), "FILE",
	 "read the token from it instead of standard input", 0, 0},
	{"pin", 'p', OPTION_TEXT, offsetof(struct options, pin), "PIN",
	 "the controller's key (sha256//…), as `skein-controller init` printed it", 0, 0},
	{"ca", 0, OPTION_TEXT, offsetof(struct options, ca), "FILE",
	 "authorities to verify its certificate by, instead of the system's", 0, 0},
	{0}};

/* Its text, trimmed, once it is one; caller wipes and frees. */
static int read_token(const struct options *o, char **out, struct fault *f)
{
	struct buf text, clean;
	struct secret s;
	int code;

	buf_init_secret(&text);
	buf_init_secret(&clean);
	code = o->file != NULL ? file_read(o->file, TOKEN_TEXT_MAX, &text, f)
			       : prompt_secret("API token", TOKEN_TEXT_MAX, &text, f);
	if (code == 0)
		code = token_parse(TOKEN_API, buf_text(&text), &s, f);
	if (code == 0) {
		token_format(TOKEN_API, &s, &clean);
		*out = buf_take(&clean);
		secret_wipe(&s);
	}
	buf_fini(&text);
	return code;
}

static int check_options(const struct options *o, struct session *s, struct fault *f)
{
	uint8_t pin[PIN_SIZE];
	char path[PATH_MAX];
	int code = 0;

	if (o->pin != NULL && o->ca != NULL)
		return fault_set(f, ERR_USAGE, "--pin and --ca exclude each other");
	if (o->pin != NULL) {
		code = pin_parse(o->pin, pin, f);
		s->pin = mem_strdup(o->pin);
	}
	if (o->ca != NULL && realpath(o->ca, path) == NULL)
		code = fault_errno(f, errno, "--ca %s", o->ca);
	else if (o->ca != NULL)
		s->ca = mem_strdup(path);
	return code;
}

static int login(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	struct session s = {0};
	char path[PATH_MAX];
	json_t *meshes;
	int code = session_url(in->args[0], &s.url, &c->fault);

	if (code == 0)
		code = check_options(o, &s, &c->fault);
	if (code == 0)
		code = read_token(o, &s.token, &c->fault);
	if (code == 0)
		code = client_new(&s, &c->transport, &c->fault);
	if (code == 0)
		code = api_list(c, "/meshes", 1, &meshes);
	if (code == 0)
		code = session_store(&s, c->config, &c->fault);
	if (code == 0)
		code = session_path(c->config, path, sizeof(path), &c->fault);
	if (code == 0)
		output_done(&c->out, NULL, "logged in to %s; kept in %s", s.url, path);
	session_fini(&s);
	return code;
}

static int logout(struct cli *c, const struct invocation *in)
{
	char path[PATH_MAX];
	int code = session_path(c->config, path, sizeof(path), &c->fault);

	(void)in;
	if (code == 0)
		code = file_remove(path, &c->fault);
	if (code == 0)
		output_done(&c->out, NULL,
			    "logged out; the token itself is good until it is revoked");
	return code;
}

const struct verb login_verbs[] = {
	VERB_OFFLINE("login", "URL", 1, 1, "remember a controller and a token for it",
		     login_options, struct options, login),
	VERB_OFFLINE("logout", "", 0, 0, "forget them", NULL, struct no_options, logout),
	VERB_END,
};
