#include "controller/http/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/uthash.h"
#include "lib/base/arena.h"

#define PATH_MAX_LENGTH 128
#define METHODS		(METHOD_DELETE + 1)

struct place {
	const char *path;
	const struct route *by_method[METHODS];
	UT_hash_handle hh;
};

struct routes {
	struct place *places;
};

const char *method_text(enum method m)
{
	static const char *const texts[METHODS] = {
		[METHOD_GET] = "GET",	  [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
		[METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE",
	};

	return texts[m];
}

struct routes *routes_new(const struct route *table)
{
	struct routes *r = mem_alloc(sizeof(*r));

	for (; table->path != NULL; table++) {
		struct place *p;

		HASH_FIND_STR(r->places, table->path, p);
		if (p == NULL) {
			p = mem_alloc(sizeof(*p));
			p->path = table->path;
			HASH_ADD_KEYPTR(hh, r->places, p->path, strlen(p->path), p);
		}
		p->by_method[table->method] = table;
	}
	return r;
}

void routes_free(struct routes *r)
{
	struct place *p, *next;

	if (r == NULL)
		return;
	HASH_ITER(hh, r->places, p, next) {
		HASH_REMOVE(hh, r->places, p);
		free(p);
	}
	free(r);
}

/* Writes the path with its UUID (one at most) as "{id}", which is shorter. False when it can be no
 * path of ours. */
static bool canonical(const char *path, char out[PATH_MAX_LENGTH], struct id *id)
{
	static const char placeholder[] = "{id}";
	char *to = out;

	memset(id, 0, sizeof(*id));
	if (*path != '/' || strlen(path) >= PATH_MAX_LENGTH)
		return false;
	while (*path == '/') {
		size_t len = strcspn(++path, "/");
		const char *from = path;
		char text[ID_TEXT_MAX] = "";

		path += len;
		if (len == ID_TEXT_MAX - 1)
			memcpy(text, from, len);
		if (text[0] != '\0' && id_is_zero(id) && id_parse(text, id)) {
			from = placeholder;
			len = sizeof(placeholder) - 1;
		}
		*to++ = '/';
		memcpy(to, from, len);
		to += len;
	}
	*to = '\0';
	return true;
}

static void list_methods(const struct place *p, char allow[ROUTES_ALLOW_MAX])
{
	size_t n = 0;

	allow[0] = '\0';
	for (int m = 0; m < METHODS; m++) {
		if (p->by_method[m] == NULL)
			continue;
		n += (size_t)snprintf(allow + n, ROUTES_ALLOW_MAX - n, "%s%s%s", n > 0 ? ", " : "",
				      method_text((enum method)m), m == METHOD_GET ? ", HEAD" : "");
	}
}

int routes_match(const struct routes *r, const char *method, const char *path,
		 const struct route **out, struct id *id, char allow[ROUTES_ALLOW_MAX])
{
	char key[PATH_MAX_LENGTH];
	struct place *p = NULL;

	*out = NULL;
	if (canonical(path, key, id) && strchr(path, '{') == NULL)
		HASH_FIND_STR(r->places, key, p);
	if (p == NULL)
		return ERR_NOT_FOUND;
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (int m = 0; m < METHODS && *out == NULL; m++)
		if (strcmp(method, method_text((enum method)m)) == 0)
			*out = p->by_method[m];
	if (*out != NULL)
		return 0;
	list_methods(p, allow);
	return ERR_UNSUPPORTED;
}
