#include "agent/first_join.h"

#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/enrol.h"
#include "agent/enrol_check.h"
#include "agent/machine.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#define AGAIN_FIRST_MS 1000
#define AGAIN_LAST_MS  60000

static int read_token(const char *path, struct join_token *out, struct fault *f)
{
	struct stat st;
	struct buf text;
	int code;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return fault_set(f, ERR_PRIVILEGE, "%s: mode %04o lets others read it, want 0600",
				 path, (unsigned)st.st_mode & 07777);
	buf_init_secret(&text);
	code = file_read(path, TOKEN_TEXT_MAX, &text, f);
	if (code == 0 && join_token_parse(buf_text(&text), out, f) != 0)
		code = fault_prefix(f, "%s", path);
	buf_fini(&text);
	return code;
}

/* The network is not up yet, or the controller is not: that passes. */
static bool passes(int code)
{
	return code == ERR_IO || code == ERR_TIMEOUT || code == ERR_UNREACHABLE || code == ERR_BUSY;
}

/* Nothing else runs yet, and a signal ends the program: it may wait here. */
static int join_patiently(const struct config *c, const struct join_token *token, struct fault *f)
{
	struct enrolment done;
	int again = AGAIN_FIRST_MS;
	int code;

	while (passes(code = enrol(c, token, NULL, &done, f))) {
		log_warn("the controller cannot be asked yet", LOG_S("error", fault_text(f, code)),
			 LOG_D("again_ms", again));
		poll(NULL, 0, again);
		again = again * 2 > AGAIN_LAST_MS ? AGAIN_LAST_MS : again * 2;
		*f = (struct fault){0};
	}
	if (code == 0)
		log_info("joined", LOG_S("machine", done.machine), LOG_S("mesh", done.mesh),
			 LOG_S("address", done.address));
	return code;
}

/* The machine has joined: what cannot be removed is told, and holds nothing up. */
static void remove_token(const char *path)
{
	struct fault f = {0};
	int code = file_remove(path, &f);

	if (code != 0)
		log_warn("the join token cannot be removed", LOG_S("error", fault_text(&f, code)));
	else
		log_info("the join token is removed", LOG_S("file", path));
}

int first_join(const struct config *c, struct fault *f)
{
	struct join_token token = {0};
	int code = 0;

	if (c->join_token == NULL || access(c->join_token, F_OK) != 0)
		return 0;
	if (!machine_exists(c)) {
		code = enrol_check(c, f);
		if (code == 0)
			code = read_token(c->join_token, &token, f);
		if (code == 0)
			code = join_patiently(c, &token, f);
		join_token_wipe(&token);
	}
	if (code == 0)
		remove_token(c->join_token);
	return code;
}
