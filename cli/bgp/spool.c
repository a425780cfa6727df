#include "cli/bgp/spool.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/vec.h"

/* A part that was written, or, with no file, the one that is still in memory. */
struct part {
	FILE *file;
	char *line; /* the next one; NULL: it is read to its end */
	size_t cap;
};

struct spool {
	size_t most, used;
	VEC(char *) lines; /* in memory */
	VEC(struct part) parts;
	size_t at; /* of the lines, when they are read again */
	bool sorted;
	struct part *last; /* whose line was given out */
};

struct spool *spool_new(size_t part)
{
	struct spool *s = mem_alloc(sizeof(*s));

	s->most = part;
	return s;
}

static void drop_lines(struct spool *s)
{
	for (size_t i = 0; i < s->lines.n; i++)
		free(s->lines.at[i]);
	s->lines.n = s->used = 0;
}

void spool_free(struct spool *s)
{
	if (s == NULL)
		return;
	drop_lines(s);
	vec_free(&s->lines);
	for (size_t i = 0; i < s->parts.n; i++) {
		if (s->parts.at[i].file != NULL)
			fclose(s->parts.at[i].file);
		free(s->parts.at[i].line);
	}
	vec_free(&s->parts);
	free(s);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int write_part(struct spool *s, struct fault *f)
{
	struct part p = {.file = tmpfile()};
	bool ok = p.file != NULL;

	vec_sort(&s->lines, compare);
	for (size_t i = 0; i < s->lines.n && ok; i++)
		ok = fputs(s->lines.at[i], p.file) >= 0 && fputc('\n', p.file) != EOF;
	if (p.file != NULL) {
		ok = fflush(p.file) == 0 && ok;
		rewind(p.file);
		vec_push(&s->parts, p);
	}
	drop_lines(s);
	return ok ? 0 : fault_errno(f, errno, "a file for sorting");
}

int spool_put(struct spool *s, const char *line, struct fault *f)
{
	vec_push(&s->lines, mem_strdup(line));
	s->used += strlen(line) + 1;
	return s->used >= s->most ? write_part(s, f) : 0;
}

/* ---- reading ---- */

static int advance(struct spool *s, struct part *p, struct fault *f)
{
	ssize_t n;

	if (p->file == NULL) {
		free(p->line);
		p->line = s->at < s->lines.n ? s->lines.at[s->at] : NULL;
		if (p->line != NULL)
			s->lines.at[s->at++] = NULL;
		return 0;
	}
	errno = 0;
	n = getline(&p->line, &p->cap, p->file);
	if (n > 0) {
		p->line[n - 1] = '\0';
		return 0;
	}
	free(p->line);
	p->line = NULL;
	return ferror(p->file) != 0 ? fault_errno(f, errno, "a file for sorting") : 0;
}

static int begin(struct spool *s, struct fault *f)
{
	int code = 0;

	s->sorted = true;
	vec_sort(&s->lines, compare);
	vec_push(&s->parts, (struct part){0});
	for (size_t i = 0; i < s->parts.n && code == 0; i++)
		code = advance(s, &s->parts.at[i], f);
	return code;
}

const char *spool_next(struct spool *s, int *code, struct fault *f)
{
	struct part *first = NULL;

	*code = !s->sorted ? begin(s, f) : s->last != NULL ? advance(s, s->last, f) : 0;
	for (size_t i = 0; i < s->parts.n && *code == 0; i++) {
		struct part *p = &s->parts.at[i];

		if (p->line != NULL && (first == NULL || strcmp(p->line, first->line) < 0))
			first = p;
	}
	s->last = first;
	return first != NULL ? first->line : NULL;
}
