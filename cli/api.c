#include "cli/api.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/buf.h"

#define ROOT	  "/api/v1"
#define LIMIT	  1000
#define PAGES_MAX 10000

const char *api_path(struct cli *c, const char *fmt, ...)
{
	struct buf text;
	const char *path;
	va_list ap;

	buf_init(&text);
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	path = arena_strdup(&c->arena, buf_text(&text));
	buf_fini(&text);
	return path;
}

const char *api_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

/* Organizations themselves are the installation's. */
static const char *whole_path(struct cli *c, const char *path)
{
	if (c->organization_id == NULL || strncmp(path, "/organizations", 14) == 0)
		return api_path(c, ROOT "%s", path);
	return api_path(c, ROOT "%s%corganization=%s", path, strchr(path, '?') != NULL ? '&' : '?',
			c->organization_id);
}

/* Takes the body; keeps the answer. */
static int ask(struct cli *c, const char *method, const char *path, json_t *body,
	       const char *if_match, struct answer *a)
{
	struct request q = {
		.method = method, .path = whole_path(c, path), .body = body, .if_match = if_match};
	int code = c->transport->call(c->transport, &q, a, &c->fault);

	json_decref(body);
	if (code == 0 && a->json != NULL)
		json_array_append_new(c->answers, a->json);
	return code;
}

int api_get(struct cli *c, const char *path, const json_t **out)
{
	struct answer a;
	int code = ask(c, "GET", path, NULL, NULL, &a);

	if (code == 0 && a.json == NULL)
		code = fault_set(&c->fault, ERR_REMOTE, "the controller's answer is empty");
	if (code == 0)
		*out = a.json;
	return code;
}

int api_post(struct cli *c, const char *path, json_t *body, const json_t **out)
{
	struct answer a;
	int code = ask(c, "POST", path, body, NULL, &a);

	if (code == 0 && out != NULL)
		*out = a.json;
	return code;
}

int api_stream(struct cli *c, const char *path, json_t *body, struct stream *s)
{
	const struct request q = {.method = "POST", .path = whole_path(c, path), .body = body};
	int code = c->transport->stream(c->transport, &q, s, &c->fault);

	json_decref(body);
	return code;
}

int api_patch(struct cli *c, const char *path, json_t *changes, const json_t **out)
{
	struct answer before = {0}, a;
	int code = ask(c, "GET", path, NULL, NULL, &before);

	if (code != 0) {
		json_decref(changes);
		return code;
	}
	code = ask(c, "PATCH", path, changes, before.etag[0] != '\0' ? before.etag : NULL, &a);
	if (code == 0 && out != NULL)
		*out = a.json;
	return code;
}

int api_delete(struct cli *c, const char *path)
{
	struct answer a;

	return ask(c, "DELETE", path, NULL, NULL, &a);
}

int api_remove(struct cli *c, const char *path, const json_t **out)
{
	struct answer a;
	int code = ask(c, "DELETE", path, NULL, NULL, &a);

	if (code == 0)
		*out = a.json;
	return code;
}

/* ---- lists ---- */

/* A cursor is opaque, but it comes back as a word of a URL: anything else is not one of ours. */
static int check_cursor(struct cli *c, const char *cursor)
{
	for (const char *p = cursor; *p != '\0'; p++)
		if (strchr("-_.~", *p) == NULL && !(*p >= '0' && *p <= '9') &&
		    !(*p >= 'a' && *p <= 'z') && !(*p >= 'A' && *p <= 'Z'))
			return fault_set(&c->fault, ERR_REMOTE,
					 "the controller's list has a strange cursor");
	return 0;
}

int api_list(struct cli *c, const char *path, size_t max, json_t **items)
{
	const char *cursor = "";
	size_t limit = max > 0 && max < LIMIT ? max : LIMIT;

	*items = json_array();
	json_array_append_new(c->answers, *items);
	for (size_t pages = 0; cursor[0] != '\0' || pages == 0; pages++) {
		const json_t *page;
		int code = api_get(c,
				   api_path(c, "%s%climit=%zu%s%s", path,
					    strchr(path, '?') ? '&' : '?', limit,
					    cursor[0] != '\0' ? "&cursor=" : "", cursor),
				   &page);

		if (code == 0 && !json_is_array(json_object_get(page, "items")))
			code = fault_set(&c->fault, ERR_REMOTE,
					 "the controller's list has no items");
		if (code == 0 && pages == PAGES_MAX)
			code = fault_set(&c->fault, ERR_TOO_LARGE,
					 "the controller's list has no end");
		if (code != 0)
			return code;
		json_array_extend(*items, json_object_get(page, "items"));
		cursor = api_text(page, "next");
		code = check_cursor(c, cursor);
		if (code != 0)
			return code;
		if (max > 0 && json_array_size(*items) >= max)
			break;
	}
	return 0;
}
