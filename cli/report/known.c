#include "cli/report/known.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "cli/session.h"
#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/mesh/token.h"

#define FILE_MAX 4096
#define ROOM_MAX 4096
#define KEY_SIGNER                                                                                 \
	"signing.key" /* the seed is its first half; its TLS key is told by being PEM              \
		       */

static void add_file(struct scrub *s, const char *path)
{
	struct secret secret;
	struct buf bytes;

	buf_init_secret(&bytes);
	if (file_read(path, FILE_MAX, &bytes, NULL) == 0 && bytes.len >= SECRET_SIZE) {
		memcpy(secret.bytes, bytes.data, SECRET_SIZE);
		if (!secret_is_zero(&secret))
			scrub_add(s, &secret);
		secret_wipe(&secret);
	}
	buf_fini(&bytes);
}

static void add_files(struct scrub *s, const char *directory, const char *pattern)
{
	char all[ROOM_MAX];
	glob_t found;

	snprintf(all, sizeof(all), "%s/%s", directory, pattern);
	if (glob(all, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_file(s, found.gl_pathv[i]);
	globfree(&found);
}

static void add_login(struct scrub *s, const char *config)
{
	struct session session;
	struct secret token;

	if (session_load(&session, config, NULL) != 0)
		return;
	if (token_parse(TOKEN_API, session.token, &token, NULL) == 0)
		scrub_add(s, &token);
	secret_wipe(&token);
	session_fini(&session);
}

void known_gather(struct scrub *s, const char *state, const char *data, const char *config)
{
	static const char *const of_agent[] = {"identity.key", "token", "*/key", "*/key.next"};

	for (size_t i = 0; i < sizeof(of_agent) / sizeof(of_agent[0]); i++)
		add_files(s, state, of_agent[i]);
	add_files(s, data, KEY_SIGNER);
	add_login(s, config);
}
