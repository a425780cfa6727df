#include "cli/report/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cli/report/tar.h"
#include "lib/base/control_ask.h"
#include "lib/base/json.h"
#include "lib/base/run.h"

#define BUNDLE_MS  90000 /* all of it: who waits for it has a machine in trouble */
#define COMMAND_MS 10000
#define ANSWER_MS  10000
#define WORDS_MAX  32
#define FILES_MAX  1024

_Static_assert(BUNDLE_PART_MAX >= RUN_OUTPUT_MAX, "what a command says is cut by who runs it");

void bundle_init(struct bundle *b)
{
	*b = (struct bundle){.parts = json_array(), .at = wall_now()};
	b->deadline = mono_add_ms(mono_now(), BUNDLE_MS);
	arena_init(&b->arena);
	buf_init_secret(&b->files);
}

void bundle_fini(struct bundle *b)
{
	scrub_fini(&b->scrub);
	buf_fini(&b->files);
	json_decref(b->parts);
	arena_wipe(&b->arena);
}

int bundle_put(struct bundle *b, const char *name, const void *data, size_t len, struct buf *to,
	       struct fault *f)
{
	if (to->len + len > BUNDLE_MAX)
		return fault_set(f, ERR_TOO_LARGE, "the report is full: %u MiB", BUNDLE_MAX >> 20);
	return tar_put(to, arena_printf(&b->arena, "%s/%s", b->top, name), data, len, b->at, f);
}

/* ---- a part that was collected, or not ---- */

/* A line of text is whole or not there: half a secret would not be known for one. */
static void cut_line(struct buf *text, bool keep_end)
{
	char *newline = keep_end ? memchr(text->data, '\n', text->len)
				 : memrchr(text->data, '\n', text->len);
	size_t from = keep_end && newline != NULL ? (size_t)(newline - text->data) + 1 : 0;

	if (newline == NULL)
		text->len = 0;
	else if (!keep_end)
		text->len = (size_t)(newline - text->data) + 1;
	memmove(text->data, text->data + from, text->len - from);
	text->len -= from;
	text->data[text->len] = '\0';
}

/* `why`: what went wrong with it; a command that fails may have said something nevertheless. */
static void note(struct bundle *b, const char *name, const char *source, struct buf *text, bool cut,
		 const char *why)
{
	size_t removed = scrub_apply(&b->scrub, text->data, text->len);
	char *words = why != NULL ? arena_strdup(&b->arena, why) : NULL;
	struct fault f = {0};
	json_t *part;
	const int64_t ms = mono_ms_between(b->begun, mono_now());
	bool there = (why == NULL || text->len > 0) &&
		     bundle_put(b, name, buf_text(text), text->len, &b->files, &f) == 0;

	if (words == NULL && !there)
		words = f.text;
	if (words != NULL)
		scrub_apply(&b->scrub, words, strlen(words));
	part = json_pack("{s:o, s:o, s:o, s:b, s:I, s:I, s:o}", "name", json_text(name), "source",
			 json_text(source), "bytes",
			 there ? json_integer((json_int_t)text->len) : json_null(), "cut",
			 there && cut, "secrets_removed", there ? (json_int_t)removed : 0, "ms",
			 (json_int_t)ms, "missing", words != NULL ? json_text(words) : json_null());
	json_array_append_new(b->parts, part);
}

/* ---- commands and answers ---- */

/* The words of parts.h in `text` replaced, the longest that fits; in the arena. */
static const char *fill(struct bundle *b, const char *text, const struct bundle_word *words)
{
	const char *out = "", *at;

	while ((at = strchr(text, '@')) != NULL) {
		const struct bundle_word *w = words;

		while (w->word != NULL && strncmp(at + 1, w->word, strlen(w->word)) != 0)
			w++;
		out = arena_printf(&b->arena, "%s%.*s%s", out, (int)(at - text), text,
				   w->word != NULL ? w->value : "@");
		text = at + 1 + (w->word != NULL ? strlen(w->word) : 0);
	}
	return arena_printf(&b->arena, "%s%s", out, text);
}

/* No shell: a blank ends a word, then what the word stands for is put in. */
static void run(struct bundle *b, const struct part *part, const struct bundle_word *words)
{
	char *rest = arena_strdup(&b->arena, part->source), *word;
	const char *argv[WORDS_MAX + 1] = {NULL}, *why = NULL;
	struct fault f = {0};
	struct buf said;
	size_t n = 0;
	int status = 0;
	const int64_t left = mono_ms_between(mono_now(), b->deadline);
	bool cut;

	while ((word = strsep(&rest, " ")) != NULL && n < WORDS_MAX)
		argv[n++] = fill(b, word, words);
	buf_init_secret(&said);
	if (left <= 0)
		why = "no time was left for it";
	else if (run_program(argv, left < COMMAND_MS ? left : COMMAND_MS, &said, &status, &f) != 0)
		why = f.text;
	else if (status != 0)
		why = arena_printf(&b->arena, "exit status %d: %.*s", status,
				   (int)strcspn(buf_text(&said), "\r\n"), buf_text(&said));
	cut = said.len >= RUN_OUTPUT_MAX;
	if (cut)
		cut_line(&said, false);
	note(b, fill(b, part->name, words), fill(b, part->source, words), &said, cut, why);
	buf_fini(&said);
}

static void ask(struct bundle *b, const struct part *part)
{
	struct fault f = {0};
	struct buf said;
	int code;

	buf_init_secret(&said);
	code = control_ask(b->socket, part->source, ANSWER_MS, &said, &f);
	note(b, part->name, "the agent", &said, false, code != 0 ? fault_text(&f, code) : NULL);
	buf_fini(&said);
}

/* ---- files ---- */

/* A link may lead to another file of the directory, as BIRD's do, and nowhere else: part of what is
 * in there belongs to users who are not root. */
static int open_within(int base, const char *path)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};

	return (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
}

/* The end of a long one. */
static int read_end(int fd, struct buf *out, bool *cut)
{
	char chunk[8192];
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) != 0)
		return errno;
	if (!S_ISREG(st.st_mode))
		return EINVAL;
	*cut = st.st_size > (off_t)BUNDLE_PART_MAX;
	if (*cut && lseek(fd, -(off_t)BUNDLE_PART_MAX, SEEK_END) < 0)
		return errno;
	while ((got = read(fd, chunk, sizeof(chunk))) > 0 && out->len < BUNDLE_PART_MAX)
		buf_append(out, chunk, (size_t)got);
	if (*cut && out->len > 0)
		cut_line(out, true);
	return got < 0 ? errno : 0;
}

static void take_file(struct bundle *b, int base, const char *directory, const char *path)
{
	const char *whole = arena_printf(&b->arena, "%s/%s",
					 strcmp(directory, "/") != 0 ? directory : "", path);
	int fd = open_within(base, path), error = fd < 0 ? errno : 0;
	bool cut = false;
	struct buf text;

	buf_init_secret(&text);
	if (fd >= 0) {
		error = read_end(fd, &text, &cut);
		close(fd);
	}
	note(b, arena_printf(&b->arena, "files%s", whole), whole, &text, cut,
	     error != 0 ? strerror(error) : NULL);
	buf_fini(&text);
}

/* What a pattern finds there is found by name only; it is opened within the directory. */
static void take_files(struct bundle *b, const char *directory, const char *pattern)
{
	const char *all = arena_printf(&b->arena, "%s/%s", directory, pattern);
	size_t before = strlen(directory) + 1;
	int base = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	glob_t found;

	if (base < 0)
		return;
	if (strpbrk(pattern, "*{") == NULL) {
		take_file(b, base, directory, pattern);
	} else if (glob(all, GLOB_BRACE, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && i < FILES_MAX; i++)
			take_file(b, base, directory, found.gl_pathv[i] + before);
		globfree(&found);
	}
	close(base);
}

void bundle_add(struct bundle *b, const struct part *part, const struct bundle_word *words)
{
	b->begun = mono_now();
	if (part->kind == PART_OUTPUT)
		run(b, part, words);
	else if (part->kind == PART_ANSWER)
		ask(b, part);
	else
		take_files(b, fill(b, part->name, words), fill(b, part->source, words));
}
