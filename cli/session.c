#include "cli/session.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/file.h"
#include "lib/mesh/pin.h"
#include "lib/mesh/token.h"

#define SCHEME	"https://"
#define URL_MAX 255

const struct schema_row session_rows[] = {
	{"url", SCHEMA_TEXT, offsetof(struct session, url), 0, 0, NULL,
	 "the controller: https://host:port", NULL},
	{"token", SCHEMA_TEXT, offsetof(struct session, token), 0, 0, NULL, "an API token", NULL},
	{"pin", SCHEMA_TEXT, offsetof(struct session, pin), 0, 0, NULL,
	 "the controller's key, sha256//...; without it certificates are verified", NULL},
	{"ca", SCHEMA_TEXT, offsetof(struct session, ca), 0, 0, NULL,
	 "a file with the authorities that certificates are verified by", NULL},
	{0}};

int session_path(const char *path, char *out, size_t size, struct fault *f)
{
	const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	const struct passwd *user;
	int n;

	if (home == NULL || home[0] == '\0') {
		user = getpwuid(getuid());
		home = user != NULL ? user->pw_dir : "/";
	}
	if (path != NULL)
		n = snprintf(out, size, "%s", path);
	else if (base != NULL && base[0] == '/')
		n = snprintf(out, size, "%s/skein/skein.conf", base);
	else
		n = snprintf(out, size, "%s/.config/skein/skein.conf", home);
	return n >= 0 && (size_t)n < size ? 0 : fault_set(f, ERR_TOO_LARGE, "path too long");
}

int session_url(const char *text, char **out, struct fault *f)
{
	const char *host = text;
	char url[URL_MAX + 1];
	size_t len;

	if (strncmp(text, SCHEME, strlen(SCHEME)) == 0)
		host += strlen(SCHEME);
	else if (strstr(text, "://") != NULL)
		return fault_set(f, ERR_INVALID, "'%.80s': want https://HOST:PORT", text);
	len = strcspn(host, "/");
	if (len == 0 || strspn(host + len, "/") != strlen(host + len) ||
	    strcspn(host, " \t\r\n#?@\\\"'") < len)
		return fault_set(f, ERR_INVALID, "'%.80s': want https://HOST:PORT and nothing else",
				 text);
	if (strlen(SCHEME) + len > URL_MAX)
		return fault_set(f, ERR_TOO_LARGE, "the URL is longer than %d characters", URL_MAX);
	snprintf(url, sizeof(url), "%s%.*s", SCHEME, (int)len, host);
	*out = mem_strdup(url);
	return 0;
}

static void replace(char **field, char *by)
{
	if (*field != NULL)
		explicit_bzero(*field, strlen(*field));
	free(*field);
	*field = by;
}

/* The token must not lie where others read it; a warning would be overlooked. */
static int check_mode(const char *path, struct fault *f)
{
	struct stat st;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return fault_set(f, ERR_PRIVILEGE,
				 "%s: mode %04o lets others read the token: chmod 600 it", path,
				 (unsigned)st.st_mode & 07777);
	return 0;
}

static int load_token(struct session *s, const char *path, struct fault *f)
{
	struct buf text;
	int code;

	buf_init_secret(&text);
	code = file_read(path, TOKEN_TEXT_MAX, &text, f);
	if (code == 0) {
		replace(&s->token, mem_strdup(buf_text(&text)));
		s->token[strcspn(s->token, " \t\r\n")] = '\0';
	}
	buf_fini(&text);
	return code;
}

static int apply_environment(struct session *s, struct fault *f)
{
	const char *url = getenv("SKEIN_URL"), *file = getenv("SKEIN_TOKEN_FILE");
	char *checked = NULL;
	int code = 0;

	if (url != NULL && url[0] != '\0') {
		code = session_url(url, &checked, f);
		if (code != 0) {
			fault_prefix(f, "SKEIN_URL");
			return code;
		}
		replace(&s->url, checked);
	}
	if (file != NULL && file[0] != '\0')
		code = load_token(s, file, f);
	return code;
}

static int check_whole(const struct session *s, const char *path, struct fault *f)
{
	uint8_t pin[PIN_SIZE];
	struct secret token;
	int code;

	if (s->url == NULL || s->token == NULL)
		return fault_set(f, ERR_AUTH, "you are not logged in: %s says no %s", path,
				 s->url == NULL ? "url" : "token");
	code = token_parse(TOKEN_API, s->token, &token, f);
	secret_wipe(&token);
	if (code == 0 && s->pin != NULL)
		code = pin_parse(s->pin, pin, f);
	if (code != 0)
		fault_prefix(f, "%s", path);
	return code;
}

int session_load(struct session *s, const char *path, struct fault *f)
{
	char file[PATH_MAX];
	int code = session_path(path, file, sizeof(file), f);

	*s = (struct session){0};
	if (code == 0)
		code = check_mode(file, f);
	if (code == 0)
		code = schema_load(session_rows, s, file, path != NULL, NULL, f);
	if (code == 0)
		code = apply_environment(s, f);
	if (code == 0)
		code = check_whole(s, file, f);
	if (code != 0)
		session_fini(s);
	return code;
}

static void put_line(struct buf *out, const char *name, const char *value)
{
	if (value != NULL)
		buf_printf(out, "%s = %s\n", name, value);
}

int session_store(const struct session *s, const char *path, struct fault *f)
{
	char file[PATH_MAX], *slash;
	struct buf text;
	int code = session_path(path, file, sizeof(file), f);

	if (code != 0)
		return code;
	buf_init_secret(&text);
	buf_puts(&text,
		 "# Written by `skein login`. The token is a password: keep it to yourself.\n");
	put_line(&text, "url", s->url);
	put_line(&text, "token", s->token);
	put_line(&text, "pin", s->pin);
	put_line(&text, "ca", s->ca);
	slash = strrchr(file, '/');
	if (slash != NULL && slash != file) {
		*slash = '\0';
		code = file_make_dir(file, 0700, f);
		*slash = '/';
	}
	if (code == 0)
		code = file_write(file, text.data, text.len, 0600, f);
	buf_fini(&text);
	return code;
}

void session_fini(struct session *s)
{
	replace(&s->token, NULL);
	schema_free(session_rows, s);
}
