#include "controller/http/answer.h"

#include <stdlib.h>
#include <string.h>

#include "controller/blob.h"
#include "controller/http/problem.h"
#include "lib/base/log.h"

bool answer_etag_matches(const char *header, const char *etag)
{
	while (*header != '\0') {
		size_t len;

		header += strspn(header, " \t,");
		if (*header == '*')
			return true;
		if (strncmp(header, "W/", 2) == 0)
			header += 2;
		len = strcspn(header, ",");
		while (len > 0 && (header[len - 1] == ' ' || header[len - 1] == '\t'))
			len--;
		if (len == strlen(etag) && strncmp(header, etag, len) == 0)
			return true;
		header += strcspn(header, ",");
	}
	return false;
}

static void unref(void *blob)
{
	blob_unref(blob);
}

static struct MHD_Response *of_json(json_t *json, size_t *size)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		return NULL;
	*size = strlen(text);
	/* It may be a new token. */
	return MHD_create_response_from_buffer_with_free_callback_cls(*size, text, json_text_free,
								      text);
}

static struct MHD_Response *of_blob(struct call *c, size_t *size)
{
	struct blob *b = c->blob;

	c->blob = NULL;
	*size = b->len;
	return MHD_create_response_from_buffer_with_free_callback_cls(b->len, (void *)b->data,
								      unref, b);
}

static struct MHD_Response *of_content(struct call *c, const char **type, size_t *size)
{
	if (c->json != NULL) {
		*type = "application/json";
		return of_json(c->json, size);
	}
	*type = c->content_type;
	if (c->blob != NULL)
		return of_blob(c, size);
	*size = c->bytes.len;
	return MHD_create_response_from_buffer(*size, buf_take(&c->bytes), MHD_RESPMEM_MUST_FREE);
}

static struct MHD_Response *of_problem(struct call *c, int code, size_t *size)
{
	/* A handler may have been content, and then the commit failed. */
	int status = c->status >= 400 ? c->status : problem_status(code);
	struct MHD_Response *response;
	json_t *doc;

	if (status == 500)
		log_error("request failed", LOG_S("path", c->route != NULL ? c->route->path : "?"),
			  LOG_S("error", fault_text(&c->fault, code)));
	doc = problem_new(code, status, c->problem, &c->fault, c->problem_extra);
	c->status = status;
	response = of_json(doc, size);
	json_decref(doc);
	return response;
}

static bool has_content(const struct call *c)
{
	return c->json != NULL || c->blob != NULL || c->content_type != NULL;
}

static unsigned pick_status(const struct call *c)
{
	bool reading = c->route != NULL && c->route->method == METHOD_GET;

	if (c->status != 0)
		return (unsigned)c->status;
	if (reading && c->etag != NULL && c->if_none_match != NULL &&
	    answer_etag_matches(c->if_none_match, c->etag))
		return 304;
	return has_content(c) ? 200 : 204;
}

struct MHD_Response *answer_new(struct call *c, int code, const char *allow, unsigned *status,
				size_t *size)
{
	struct MHD_Response *r;
	const char *type = NULL;

	*size = 0;
	if (code != 0) {
		type = PROBLEM_CONTENT_TYPE;
		r = of_problem(c, code, size);
		*status = (unsigned)c->status;
	} else {
		*status = pick_status(c);
		r = *status == 304 || !has_content(c)
			    ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
			    : of_content(c, &type, size);
	}
	if (r == NULL)
		return NULL;
	if (type != NULL)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (c->etag != NULL && code == 0)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ETAG, c->etag);
	if (*status == 226) {
		MHD_add_response_header(r, "IM", "skein-delta");
		MHD_add_response_header(r, "Delta-Base", c->delta_base);
	}
	if (*status == 401)
		MHD_add_response_header(r, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (*status == 503 || *status == 429)
		MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
	if (allow != NULL)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, allow);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (type != NULL)
		MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	return r;
}
