/* Where the controller is and who we are: what `skein login` wrote, overridden by the environment.
 *
 * The file is ~/.config/skein/skein.conf (XDG_CONFIG_HOME is respected), mode 0600, with the rows
 * of session.c. SKEIN_URL and SKEIN_TOKEN_FILE override url and token. */
#ifndef SKEIN_CLI_SESSION_H
#define SKEIN_CLI_SESSION_H

#include "lib/base/error.h"
#include "lib/base/schema.h"

struct session {
	char *url;   /* https://host:port, without a slash at its end */
	char *token; /* text; wiped by session_fini() */
	char *pin;   /* sha256//…, or NULL */
	char *ca;    /* a file of authorities, or NULL */
};

extern const struct schema_row session_rows[];

/* `path` NULL: the user's file. ERR_AUTH when there is no login yet. Caller session_fini()s. */
int session_load(struct session *s, const char *path, struct fault *f);
int session_store(const struct session *s, const char *path, struct fault *f);
void session_fini(struct session *s);
/* The user's file; in `out`. */
int session_path(const char *path, char *out, size_t size, struct fault *f);
/* Takes a URL of a person: https only, without path; the scheme may be left out. Caller frees. */
int session_url(const char *text, char **out, struct fault *f);

#endif
