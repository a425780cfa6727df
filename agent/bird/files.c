#include "agent/bird/files.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/bird/check.h"
#include "lib/base/file.h"
#include "lib/base/run.h"

#define CHECK_MS 10000
#define FILE_MAX (64u << 20)

static const char include_line[] = "include \"membership.conf\";\n";
static const char *const names[] = {"templates.conf", "membership.conf", "bird.conf"};

/* By its whole name: the next bird.conf lies in a directory below. */
static void put_conf(const struct config *c, const struct id *membership, struct buf *out,
		     const struct bird_wish *w, bool starting)
{
	char held[PATH_TEXT_MAX];

	buf_printf(out, "define STARTING = %d;\ninclude \"%s\";\n%s%s%s", starting,
		   path_bird(c, membership, "held.conf", held), w->head, include_line, w->tail);
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

/* "bird: /run/skein/…/next/templates.conf:12:3 syntax error" from the file's name on. */
static const char *words_of(const char *said)
{
	const char *colon = strstr(said, ".conf:"), *at = said;

	for (const char *p = said; colon != NULL && p < colon; p++)
		if (*p == '/')
			at = p + 1;
	return at;
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
		code = fault_set(f, ERR_INVALID, "BIRD refuses %.*s",
				 (int)strcspn(words_of(buf_text(&output)), "\n"),
				 words_of(buf_text(&output)));
	buf_fini(&output);
	return code;
}

static const char *next_path(const struct config *c, const struct id *membership, const char *name,
			     char out[PATH_TEXT_MAX])
{
	char in_next[32];

	snprintf(in_next, sizeof(in_next), "next/%s", name);
	return path_bird(c, membership, in_next, out);
}

const char *bird_files_next(const struct config *c, const struct id *membership,
			    char out[PATH_TEXT_MAX])
{
	return next_path(c, membership, "bird.conf", out);
}

int bird_files_set_held(const struct config *c, const struct id *membership, const struct buf *text,
			struct fault *f)
{
	char path[PATH_TEXT_MAX];

	return write_file(c, path_bird(c, membership, "held.conf", path), text, f);
}

int bird_files_read_held(const struct config *c, const struct id *membership, struct buf *out)
{
	char path[PATH_TEXT_MAX];

	return file_read(path_bird(c, membership, "held.conf", path), FILE_MAX, out, NULL);
}

/* Nobody, where nobody has said anything. */
static int require_held(const struct config *c, const struct id *membership, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct buf nobody;
	int code = 0;

	buf_init(&nobody);
	buf_puts(&nobody, "define HELD = [ 0.0.0.0 ];\n# \n");
	if (access(path_bird(c, membership, "held.conf", path), F_OK) != 0)
		code = bird_files_set_held(c, membership, &nobody, f);
	buf_fini(&nobody);
	return code;
}

int bird_files_prepare(const struct config *c, const struct id *membership,
		       const struct bird_wish *w, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct buf conf;
	const struct buf *const parts[] = {w->templates, w->text, &conf};
	int code;

	buf_init(&conf);
	put_conf(c, membership, &conf, w, false);
	code = file_make_dir(path_bird(c, membership, "next", path), 0750, f);
	if (code == 0)
		code = give_to_bird(c, path, 0750, f);
	if (code == 0)
		code = give_to_bird(c, path_bird(c, membership, "", path), 0750, f);
	if (code == 0)
		code = require_held(c, membership, f);
	for (int i = 0; i < 3 && code == 0; i++)
		code = write_file(c, next_path(c, membership, names[i], path), parts[i], f);
	if (code == 0)
		code = check(c, bird_files_next(c, membership, path), f);
	buf_fini(&conf);
	return code;
}

/* A link <name> to now/<name>, where there is none. */
static int link_to_now(const struct config *c, const struct id *membership, const char *name,
		       struct fault *f)
{
	char path[PATH_TEXT_MAX], fresh[PATH_TEXT_MAX], to[32], old[32];
	ssize_t n;

	path_bird(c, membership, name, path);
	snprintf(to, sizeof(to), "now/%s", name);
	n = readlink(path, old, sizeof(old));
	if (n == (ssize_t)strlen(to) && memcmp(old, to, strlen(to)) == 0)
		return 0;
	path_bird(c, membership, "link", fresh);
	if ((unlink(fresh) != 0 && errno != ENOENT) || symlink(to, fresh) != 0 ||
	    rename(fresh, path) != 0)
		return fault_errno(f, errno, "%s: cannot be replaced", path);
	return 0;
}

/* The links come first: one that leads nowhere yet is nothing in place, and no mixture. */
int bird_files_place(const struct config *c, const struct id *membership, struct fault *f)
{
	char next[PATH_TEXT_MAX], now[PATH_TEXT_MAX];
	int code = 0;

	for (int i = 0; i < 3 && code == 0; i++)
		code = link_to_now(c, membership, names[i], f);
	if (code != 0)
		return code;
	path_bird(c, membership, "next", next);
	path_bird(c, membership, "now", now);
	if (access(now, F_OK) == 0)
		code = file_exchange(next, now, f);
	else if (rename(next, now) != 0)
		code = fault_errno(f, errno, "%s: cannot be replaced", now);
	return code != 0 ? code : file_remove(next, f); /* those before */
}

/* ---- those in place ---- */

static int read_file(const struct config *c, const struct id *membership, const char *name,
		     struct buf *out, struct fault *f)
{
	char path[PATH_TEXT_MAX];

	return file_read(path_bird(c, membership, name, path), FILE_MAX, out, f);
}

bool bird_files_exist(const struct config *c, const struct id *membership)
{
	char path[PATH_TEXT_MAX];

	return access(path_bird(c, membership, "bird.conf", path), F_OK) == 0;
}

int bird_files_read(const struct config *c, const struct id *membership, struct buf *conf,
		    struct buf *text, struct fault *f)
{
	int code = read_file(c, membership, "bird.conf", conf, f);

	return code == 0 ? read_file(c, membership, "membership.conf", text, f) : code;
}

static bool is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0;
}

static bool is_starting(const struct buf *conf)
{
	static const char line[] = "define STARTING = 1;\n";

	return strncmp(buf_text(conf), line, sizeof(line) - 1) == 0;
}

bool bird_files_have_templates(const struct config *c, const struct id *membership,
			       const struct bird_wish *w)
{
	struct buf templates;
	bool same;

	buf_init(&templates);
	same = read_file(c, membership, "templates.conf", &templates, NULL) == 0 &&
	       is_same(&templates, w->templates);
	buf_fini(&templates);
	return same;
}

bool bird_files_match(const struct config *c, const struct id *membership,
		      const struct bird_wish *w)
{
	struct buf want, conf, text, templates;
	bool same;

	buf_init(&want);
	buf_init(&conf);
	buf_init(&text);
	buf_init(&templates);
	same = bird_files_read(c, membership, &conf, &text, NULL) == 0 &&
	       read_file(c, membership, "templates.conf", &templates, NULL) == 0;
	put_conf(c, membership, &want, w, is_starting(&conf));
	same = same && is_same(&conf, &want) && is_same(&text, w->text) &&
	       is_same(&templates, w->templates);
	buf_fini(&want);
	buf_fini(&conf);
	buf_fini(&text);
	buf_fini(&templates);
	return same;
}

bool bird_files_starting(const struct config *c, const struct id *membership)
{
	struct buf conf;
	bool starting;

	buf_init(&conf);
	starting = read_file(c, membership, "bird.conf", &conf, NULL) == 0 && is_starting(&conf);
	buf_fini(&conf);
	return starting;
}

int bird_files_set_starting(const struct config *c, const struct id *membership, bool starting,
			    struct fault *f)
{
	char link[PATH_TEXT_MAX], path[PATH_MAX];
	struct buf old, new;
	const char *rest;
	int code = 0;

	buf_init(&old);
	buf_init(&new);
	/* That which is there is replaced, not the link to it. */
	if (realpath(path_bird(c, membership, "bird.conf", link), path) == NULL)
		code = fault_errno(f, errno, "%s", link);
	if (code == 0)
		code = file_read(path, FILE_MAX, &old, f);
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

/* ---- those that are kept ---- */

static const char *kept_path(const struct config *c, const struct id *membership, const char *name,
			     char out[PATH_TEXT_MAX])
{
	char in_good[32];

	snprintf(in_good, sizeof(in_good), "good/%s", name);
	return path_member(c, membership, in_good, out);
}

static int keep_one(const struct config *c, const struct id *membership, const char *name,
		    struct fault *f)
{
	char path[PATH_TEXT_MAX];
	struct buf text;
	int code;

	buf_init(&text);
	code = read_file(c, membership, name, &text, f);
	if (code == 0)
		code = file_write(kept_path(c, membership, name, path), buf_text(&text), text.len,
				  0600, f);
	buf_fini(&text);
	return code;
}

int bird_files_keep(const struct config *c, const struct id *membership, struct fault *f)
{
	char path[PATH_TEXT_MAX];
	int code = file_make_dir(path_member(c, membership, "good", path), 0700, f);

	/* bird.conf is made anew each time, and goes with the machine as it is then. */
	for (int i = 0; i < 2 && code == 0; i++)
		code = keep_one(c, membership, names[i], f);
	return code;
}

void bird_files_drop_kept(const struct config *c, const struct id *membership)
{
	char path[PATH_TEXT_MAX];

	file_remove(path_member(c, membership, "good", path), NULL);
}

bool bird_files_read_kept(const struct config *c, const struct id *membership,
			  struct buf *templates, struct buf *text)
{
	struct buf *const to[] = {templates, text};
	char path[PATH_TEXT_MAX];

	for (int i = 0; i < 2; i++)
		if (access(kept_path(c, membership, names[i], path), F_OK) != 0 ||
		    file_read(path, FILE_MAX, to[i], NULL) != 0)
			return false;
	return true;
}
