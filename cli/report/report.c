/* `skein report`: what a machine can say about its part of the meshes, in one file, for who is
 * asked to help. It names everything, and says no secret. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/bgp/instance.h"
#include "cli/cli.h"
#include "cli/report/bundle.h"
#include "cli/report/here.h"
#include "cli/report/known.h"
#include "cli/report/tar.h"
#include "lib/base/json.h"

#define SCHEMA "skein-report.v1"

struct options {
	struct option_list logs;
};

static const struct option_row report_options[] = {
	{"log", 0, OPTION_LIST, offsetof(struct options, logs), "FILE",
	 "a log as well, where the journal has none", 0, 0},
	{0}};

struct report {
	struct cli *cli;
	struct bundle bundle;
	struct here here;
};

/* ---- collecting ---- */

/* The words that are the same for all parts, and room for two more. */
enum { OWN_FIRST = 4, WORDS = OWN_FIRST + 3 };

static void set_words(const struct report *r, struct bundle_word words[WORDS])
{
	const struct bundle_word common[OWN_FIRST] = {{"self", r->here.self},
						      {"state", r->here.state},
						      {"run", r->here.run},
						      {"data", r->here.data}};

	memset(words, 0, WORDS * sizeof(*words));
	memcpy(words, common, sizeof(common));
}

static void add_of_birds(struct report *r, const struct part *part, const instance_vec *birds)
{
	struct bundle_word words[WORDS];

	set_words(r, words);
	for (size_t i = 0; i < birds->n; i++) {
		const struct instance *at = &birds->at[i];

		words[OWN_FIRST] = (struct bundle_word){
			"bird",
			at->mesh != NULL && at->mesh[0] != '\0' ? at->mesh : at->membership};
		words[OWN_FIRST + 1] = (struct bundle_word){"socket", at->socket};
		bundle_add(&r->bundle, part, words);
	}
}

static void add_of_images(struct report *r, const struct part *part)
{
	const char *pattern =
		arena_printf(&r->bundle.arena, "%s/*/{view,membership}", r->here.state);
	struct bundle_word words[WORDS];
	glob_t found;

	set_words(r, words);
	if (glob(pattern, GLOB_BRACE, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		words[OWN_FIRST] = (struct bundle_word){"image", found.gl_pathv[i]};
		words[OWN_FIRST + 1] =
			(struct bundle_word){"of", found.gl_pathv[i] + strlen(r->here.state) + 1};
		bundle_add(&r->bundle, part, words);
	}
	globfree(&found);
}

/* A path from here, or from the root. */
static void add_log(struct report *r, const char *path, const struct bundle_word *words)
{
	struct arena *a = &r->bundle.arena;
	char *here = path[0] != '/' ? get_current_dir_name() : NULL;
	const char *whole = here != NULL ? arena_printf(a, "%s/%s", here, path) : path;
	const struct part log = {PART_OF_MACHINE, PART_FILES, "/", whole + strspn(whole, "/")};

	bundle_add(&r->bundle, &log, words);
	free(here);
}

static void collect(struct report *r, const struct options *o)
{
	struct bundle_word words[WORDS];
	instance_vec birds = {0};

	set_words(r, words);
	if (r->here.agent)
		(void)instance_find(NULL, NULL, &r->bundle.arena, &birds, NULL);
	for (const struct part *p = report_parts; p->source != NULL; p++) {
		if (p->of == PART_OF_BIRD)
			add_of_birds(r, p, &birds);
		else if (p->of == PART_OF_IMAGE)
			add_of_images(r, p);
		else if (p->of == PART_OF_CONTROLLER ? r->here.controller
						     : p->of != PART_OF_AGENT || r->here.agent)
			bundle_add(&r->bundle, p, words);
	}
	for (size_t i = 0; i < o->logs.n; i++)
		add_log(r, o->logs.at[i], words);
	vec_free(&birds);
}

/* ---- the file ---- */

static json_t *manifest(const struct report *r)
{
	char at[WALL_TEXT_MAX];

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:O}", "schema", SCHEMA, "version",
			 SKEIN_VERSION, "host", r->here.host, "made_at",
			 wall_format(r->bundle.at, at), "agent", r->here.agent, "controller",
			 r->here.controller, "parts", r->bundle.parts);
}

/* The list of parts first, then they. */
static int assemble(struct report *r, struct buf *out, struct fault *f)
{
	json_t *list = manifest(r);
	char *text = json_dumps(list, JSON_INDENT(2));
	int code = bundle_put(&r->bundle, "manifest.json", text, strlen(text), out, f);

	if (code == 0) {
		buf_append(out, r->bundle.files.data, r->bundle.files.len);
		tar_end(out);
	}
	free(text);
	json_decref(list);
	return code;
}

static int write_all(int fd, const struct buf *data)
{
	size_t done = 0;

	while (done < data->len) {
		ssize_t n = write(fd, data->data + done, data->len - done);

		if (n < 0 && errno != EINTR)
			return errno;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Whole, or not there; nothing is overwritten. */
static int store(const char *path, const struct buf *data, struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), error;

	if (fd < 0 && errno == EEXIST)
		return fault_set(f, ERR_EXISTS, "%s is there already, and stays as it is", path);
	if (fd < 0)
		return fault_errno(f, errno, "%s", path);
	error = write_all(fd, data);
	if (error == 0 && fsync(fd) != 0)
		error = errno;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0)
		return 0;
	unlink(path);
	return fault_errno(f, error, "%s", path);
}

/* ---- the verb ---- */

static const struct column missing_columns[] = {{"NOT WHOLE", "name", COLUMN_TEXT, NULL, NULL},
						{"WHY", "missing", COLUMN_FLEX, NULL, NULL},
						{0}};

static void say(const struct report *r, const char *path, size_t size)
{
	const struct output *o = &r->cli->out;
	json_t *missing = json_array(), *all, *p;
	size_t i;

	json_array_foreach(r->bundle.parts, i, p) {
		if (!json_is_null(json_object_get(p, "missing")))
			json_array_append(missing, p);
	}
	if (o->json) {
		all = manifest(r);
		json_object_set_new(all, "file", json_string(path));
		output_json(o, all);
		json_decref(all);
	} else {
		output_remark(o, "%s: %zu parts, %zu KiB, for root alone.", path,
			      json_array_size(r->bundle.parts) - json_array_size(missing),
			      size / 1024);
		output_remark(o, "%s",
			      "Keys, tokens and passwords are not in it; names, addresses "
			      "and logs are: look through it.");
		if (json_array_size(missing) > 0)
			output_list(o, missing_columns, missing, "");
	}
	json_decref(missing);
}

/* Before a minute's work. */
static int check(const struct cli *c, const char *path, struct fault *f)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (geteuid() != 0)
		return fault_set(f, ERR_PRIVILEGE,
				 "only root may read what a report is made of; try sudo");
	if (strcmp(path, "-") == 0 && (isatty(STDOUT_FILENO) == 1 || c->json))
		return fault_set(f, ERR_USAGE,
				 "- writes the archive to standard output: want a pipe there, and "
				 "no --json");
	if (strcmp(path, "-") != 0 && lstat(path, &st) == 0)
		return fault_set(f, ERR_EXISTS, "%s is there already, and stays as it is", path);
	if (slash != NULL && slash[1] == '\0')
		return fault_set(f, ERR_INVALID, "%s: want the name of a file", path);
	return 0;
}

static int report(struct cli *c, const struct invocation *in)
{
	struct report r = {.cli = c};
	char at[WALL_TEXT_MAX];
	const char *path;
	struct buf out;
	int code;

	bundle_init(&r.bundle);
	buf_init_secret(&out);
	here_look(&r.here, &r.bundle.arena);
	r.bundle.socket = arena_printf(&r.bundle.arena, "%s/agent.sock", r.here.run);
	/* 2026-11-21T12:00:00.000Z, without what file names had better not have */
	wall_format(r.bundle.at, at);
	r.bundle.top = arena_printf(&r.bundle.arena, "skein-report-%s-%.4s%.2s%.2s-%.2s%.2s%.2s",
				    r.here.host, at, at + 5, at + 8, at + 11, at + 14, at + 17);
	path = in->nargs > 0 ? in->args[0] : arena_printf(&r.bundle.arena, "%s.tar", r.bundle.top);
	code = check(c, path, &c->fault);
	if (code == 0) {
		here_set_environment(&r.here);
		known_gather(&r.bundle.scrub, r.here.state, r.here.data, c->config);
		collect(&r, in->options);
		code = assemble(&r, &out, &c->fault);
	}
	if (code == 0 && strcmp(path, "-") == 0) {
		if (fwrite(out.data, 1, out.len, stdout) != out.len)
			code = fault_set(&c->fault, ERR_IO, "the archive could not be written");
	} else if (code == 0) {
		code = store(path, &out, &c->fault);
		if (code == 0)
			say(&r, path, out.len);
	}
	buf_fini(&out);
	bundle_fini(&r.bundle);
	return code;
}

const struct verb report_verbs[] = {
	VERB_OFFLINE("report", "[FILE]", 0, 1,
		     "all about this machine in one archive, without secrets", report_options,
		     struct options, report),
	VERB_END,
};
