#include "test/secrets.h"

#include <fts.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

#define FILE_SIZE (64u << 20)

/* ---- what is known ---- */

static struct known_secret *add(secret_vec *s, const char *what, const char *home)
{
	vec_push(s, (struct known_secret){.what = mem_strdup(what)});
	if (home != NULL)
		s->at[s->n - 1].home = mem_strdup(home);
	return &s->at[s->n - 1];
}

static void add_form(struct known_secret *k, const char *name, const void *bytes, size_t len)
{
	uint8_t *copy = mem_alloc(len);

	memcpy(copy, bytes, len);
	vec_push(&k->forms, (struct secret_form){name, copy, len});
}

static void add_forms(struct known_secret *k, const uint8_t bytes[32])
{
	static const struct {
		const char *name;
		int variant;
	} base64[] = {{"base64", sodium_base64_VARIANT_ORIGINAL_NO_PADDING},
		      {"base64url", sodium_base64_VARIANT_URLSAFE_NO_PADDING}};
	char text[2 * SECRET_SIZE + 1];

	add_form(k, "bytes", bytes, SECRET_SIZE);
	sodium_bin2hex(text, sizeof(text), bytes, SECRET_SIZE);
	add_form(k, "hex", text, strlen(text));
	for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++) {
		sodium_bin2base64(text, sizeof(text), bytes, SECRET_SIZE, base64[i].variant);
		add_form(k, base64[i].name, text, strlen(text));
	}
}

void secrets_add(secret_vec *s, const char *what, const char *home, const uint8_t bytes[32])
{
	add_forms(add(s, what, home), bytes);
}

int secrets_add_text(secret_vec *s, const char *what, const char *home, const char *text,
		     struct fault *f)
{
	size_t len = strlen(text);

	if (len < SECRET_SHORTEST)
		return fault_set(f, ERR_TRUNCATED, "%s: %zu bytes are no secret", what, len);
	add_form(add(s, what, home), "text", text, len);
	return 0;
}

int secrets_add_token(secret_vec *s, enum token_kind kind, const char *what, const char *home,
		      const char *text, struct fault *f)
{
	struct join_token join = {0};
	struct secret secret = {0};
	struct known_secret *k;
	int code = kind == TOKEN_JOIN ? join_token_parse(text, &join, f)
				      : token_parse(kind, text, &secret, f);

	if (code != 0)
		return fault_prefix(f, "%s", what);
	k = add(s, what, home);
	add_form(k, "text", text, strlen(text));
	add_forms(k, kind == TOKEN_JOIN ? join.secret.bytes : secret.bytes);
	return 0;
}

void secrets_free(secret_vec *s)
{
	for (size_t i = 0; i < s->n; i++) {
		struct known_secret *k = &s->at[i];

		for (size_t n = 0; n < k->forms.n; n++)
			free(k->forms.at[n].bytes);
		vec_free(&k->forms);
		free(k->what);
		free(k->home);
	}
	vec_free(s);
}

/* ---- the search ---- */

void secrets_search(secret_vec *s, const char *where, const void *data, size_t len,
		    struct buf *finds)
{
	for (size_t i = 0; i < s->n; i++) {
		struct known_secret *k = &s->at[i];
		bool home = k->home != NULL && strcmp(k->home, where) == 0;

		for (size_t n = 0; n < k->forms.n; n++) {
			const struct secret_form *form = &k->forms.at[n];
			const char *at = len > 0 ? memmem(data, len, form->bytes, form->len) : NULL;

			if (at != NULL && home)
				k->met = true;
			else if (at != NULL)
				buf_printf(finds, "%s, as %s, in %s at offset %td\n", k->what,
					   form->name, where, at - (const char *)data);
		}
	}
}

static bool search_file(secret_vec *s, const char *where, const char *path, struct buf *finds)
{
	struct fault f = {0};
	struct buf bytes;
	int code;

	buf_init(&bytes);
	code = file_read(path, FILE_SIZE, &bytes, &f);
	if (code == 0)
		secrets_search(s, where, bytes.data, bytes.len, finds);
	else if (access(path, F_OK) == 0)
		buf_printf(finds, "%s is not searched: %s\n", where, f.text);
	buf_fini(&bytes);
	return code == 0;
}

size_t secrets_search_tree(secret_vec *s, const char *prefix, const char *directory,
			   struct buf *finds)
{
	char *const roots[] = {(char *)(uintptr_t)directory, NULL};
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t read = 0;
	FTSENT *entry;

	while (tree != NULL && (entry = fts_read(tree)) != NULL) {
		struct buf where;

		if (entry->fts_info != FTS_F)
			continue;
		buf_init(&where);
		buf_printf(&where, "%s%s", prefix, entry->fts_path);
		read += search_file(s, buf_text(&where), entry->fts_path, finds);
		buf_fini(&where);
	}
	if (tree != NULL)
		fts_close(tree);
	return read;
}

void secrets_list_unmet(const secret_vec *s, struct buf *finds)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].home != NULL && !s->at[i].met)
			buf_printf(finds, "%s was not found at home, in %s\n", s->at[i].what,
				   s->at[i].home);
}
