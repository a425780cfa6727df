#include "agent/bird_files.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/bird_check.h"
#include "agent/path.h"
#include "lib/base/file.h"
#include "lib/base/run.h"

#define CHECK_MS 10000
#define FILE_MAX (64u << 20)

static const char include_line[] = "include \"membership.conf\";\n";

static void put_conf(struct buf *out, const char *head, const char *tail, bool starting)
{
	buf_printf(out, "define STARTING = %d;\n%s%s%s", starting, head, include_line, tail);
}

void bird_wish_digest(const struct bird_wish *w, struct digest *out)
{
	struct digest parts[3];
	struct buf conf;

	buf_init(&conf);
	buf_printf(&conf, "%s%s%s", w->head, include_line, w->tail);
	digest_of(buf_text(&conf), conf.len, &parts[0]);
	digest_of(buf_text(w->text), w->text->len, &parts[1]);
	digest_of(buf_text(w->templates), w->templates->len, &parts[2]);
	digest_of(parts, sizeof(parts), out);
	buf_fini(&conf);
}

bool bird_files_starting(const struct config *c, const struct id *membership)
{
	static const char line[] = "define STARTING = 1;\n";
	char path[PATH_TEXT_MAX];
	struct buf conf;
	bool starting;

	buf_init(&conf);
	starting = file_read(path_bird(c, membership, "bird.conf", path), FILE_MAX, &conf, NULL) ==
			   0 &&
		   strncmp(buf_text(&conf), line, sizeof(line) - 1) == 0;
	buf_fini(&conf);
	return starting;
}

/* Readable by BIRD after it has given up root, and by nobody else. */
static int give_to_bird(const struct config *c, const char *path, mode_t mode, struct fault *f)
{
	const struct group *g = getgrnam(c->bird_user);

	if (g == NULL || geteuid() != 0)
		return 0;
	if (chown(path, 0, g->gr_gid) != 0 || chmod(path, mode) != 0)
		return fault_set(f, ERR_PRIVILEGE, "%s: cannot be given to group %s", path,
				 c->bird_user);
	return 0;
}

static int write_file(const struct config *c, const char *path, const struct buf *b,
		      struct fault *f)
{
	int code = file_write(path, buf_text(b), b->len, 0640, f);

	return code == 0 ? give_to_bird(c, path, 0640, f) : code;
}

/* Not as root: BIRD reads what the texts include. */
static int check(const struct config *c, const char *conf, struct fault *f)
{
	const char *argv[8 + 1] = {c->bird, "-p", "-c", conf};
	struct fault why = {0};
	struct buf output;
	int status = 0, code;

	buf_init(&output);
	bird_put_user(c, &argv[4]);
	code = run_program(argv, CHECK_MS, &output, &status, &why);
	/* One that is not there, or too old, is told before what that led to. */
	if (code != 0 || status != 0)
		code = bird_check(c, f) != 0 ? f->code : code;
	if (code != 0)
		fault_set(f, code, "%s", why.text);
	else if (status != 0)
		code = fault_set(f, ERR_INVALID, "BIRD refuses its configuration: %.*s",
				 (int)strcspn(buf_text(&output), "\n"), buf_text(&output));
	buf_fini(&output);
	return code;
}

int bird_files_install(const struct config *c, const struct id *membership,
		       const struct bird_wish *w, bool starting, struct fault *f)
{
	static const char *const names[] = {"templates.conf", "membership.conf", "bird.conf"};
	char next[PATH_TEXT_MAX], path[PATH_TEXT_MAX], from[PATH_TEXT_MAX + 32];
	struct buf conf;
	const struct buf *const parts[] = {w->templates, w->text, &conf};
	int code;

	buf_init(&conf);
	put_conf(&conf, w->head, w->tail, starting);
	code = file_make_dir(path_bird(c, membership, "next", next), 0755, f);
	if (code == 0)
		code = give_to_bird(c, path_bird(c, membership, "", path), 0750, f);
	for (int i = 0; i < 3 && code == 0; i++) {
		snprintf(from, sizeof(from), "%s/%s", next, names[i]);
		code = write_file(c, from, parts[i], f);
	}
	if (code == 0) /* bird.conf was the last one */
		code = check(c, from, f);
	for (int i = 0; i < 3 && code == 0; i++) {
		snprintf(from, sizeof(from), "%s/%s", next, names[i]);
		if (rename(from, path_bird(c, membership, names[i], path)) != 0)
			code = fault_set(f, ERR_IO, "%s: cannot be replaced", path);
	}
	file_remove(next, NULL);
	buf_fini(&conf);
	return code;
}

int bird_files_set_starting(const struct config *c, const struct id *membership, bool starting,
			    struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct buf old, new;
	const char *rest;
	int code;

	buf_init(&old);
	buf_init(&new);
	code = file_read(path_bird(c, membership, "bird.conf", path), FILE_MAX, &old, f);
	rest = code == 0 ? strchr(buf_text(&old), '\n') : NULL;
	if (code == 0 && rest == NULL)
		code = fault_set(f, ERR_INVALID, "%s: not ours", path);
	if (code == 0) {
		buf_printf(&new, "define STARTING = %d;%s", starting, rest);
		code = write_file(c, path, &new, f);
	}
	buf_fini(&old);
	buf_fini(&new);
	return code;
}
