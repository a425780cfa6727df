#include "agent/http_request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/json.h"
#include "lib/mesh/pin.h"

#define CONNECT_TIMEOUT_MS 10000L
#define ANSWER_TIMEOUT_S   60L

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct transfer *t = context;

	if (t->answer.body.len + size * n > t->answer_max)
		return 0; /* curl ends it: CURLE_WRITE_ERROR */
	buf_append(&t->answer.body, data, size * n);
	return size * n;
}

static size_t on_header(char *data, size_t size, size_t n, void *context)
{
	struct transfer *t = context;
	size_t len = size * n, at = 5;

	if (len < at || strncasecmp(data, "etag:", at) != 0)
		return len;
	while (at < len && isspace((unsigned char)data[at]))
		at++;
	while (len > at && isspace((unsigned char)data[len - 1]))
		len--;
	if (len - at < sizeof(t->answer.etag)) {
		memcpy(t->answer.etag, data + at, len - at);
		t->answer.etag[len - at] = '\0';
	}
	return size * n;
}

/* The controller must stay reachable whatever prefix a mesh has: rule 400 sends what is marked by
 * the machine's own routes. Without the capability (a test) the socket goes unmarked. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	struct transfer *t = context;

	(void)purpose;
	if (t->where->mark != 0)
		setsockopt(fd, SOL_SOCKET, SO_MARK, &t->where->mark, sizeof(t->where->mark));
	return CURL_SOCKOPT_OK;
}

static void add_header(struct transfer *t, const char *name, const char *value)
{
	struct buf line;

	buf_init_secret(&line);
	buf_printf(&line, "%s: %s", name, value);
	t->headers = curl_slist_append(t->headers, buf_text(&line));
	buf_fini(&line);
}

/* ---- uploads ---- */

static void add_upload_headers(struct transfer *t, const struct http_upload *u)
{
	struct buf names;

	buf_init(&names);
	for (size_t i = 0; u->names[i] != NULL; i++)
		buf_printf(&names, "%s%s", i > 0 ? ", " : "", u->names[i]);
	add_header(t, "Content-Type", "application/octet-stream");
	add_header(t, "Transfer-Encoding", "chunked");
	add_header(t, "Trailer", buf_text(&names));
	buf_fini(&names);
}

static size_t on_upload(char *to, size_t size, size_t n, void *context)
{
	struct transfer *t = context;
	size_t got = t->upload->read(t->upload->context, to, size * n);

	t->uploading = t->uploading || got != HTTP_UPLOAD_WAIT;
	return got == HTTP_UPLOAD_WAIT	  ? CURL_READFUNC_PAUSE
	       : got == HTTP_UPLOAD_BREAK ? CURL_READFUNC_ABORT
					  : got;
}

static int on_trailer(struct curl_slist **list, void *context)
{
	const struct http_upload *u = ((struct transfer *)context)->upload;

	for (size_t i = 0; u->names[i] != NULL; i++) {
		const char *value = u->trailer(u->context, u->names[i]);
		struct buf line;

		if (value == NULL)
			continue;
		buf_init(&line);
		buf_printf(&line, "%s: %s", u->names[i], value);
		*list = curl_slist_append(*list, buf_text(&line));
		buf_fini(&line);
	}
	return CURL_TRAILERFUNC_OK;
}

static void set_upload(struct transfer *t, const struct http_upload *u)
{
	t->upload = u;
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_upload);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_TRAILERFUNCTION, on_trailer);
	curl_easy_setopt(t->easy, CURLOPT_TRAILERDATA, t);
}

static void set_headers(struct transfer *t, const struct http_request *r)
{
	char text[64];

	add_header(t, "Accept", "application/json, application/octet-stream, text/plain");
	if (r->bearer != NULL) {
		struct buf value;

		buf_init_secret(&value);
		buf_printf(&value, "Bearer %s", r->bearer);
		add_header(t, "Authorization", buf_text(&value));
		buf_fini(&value);
	}
	if (r->if_none_match != NULL && r->if_none_match[0] != '\0')
		add_header(t, "If-None-Match", r->if_none_match);
	if (r->deltas)
		add_header(t, "A-IM", "skein-delta");
	if (r->signature != NULL)
		add_header(t, "Skein-Signature", r->signature);
	if (r->start != NULL)
		add_header(t, "Skein-Start", r->start);
	if (r->wait_s > 0) {
		snprintf(text, sizeof(text), "wait=%u", r->wait_s);
		add_header(t, "Prefer", text);
	}
	if (r->body != NULL)
		add_header(t, "Content-Type", "application/json");
	if (r->upload != NULL)
		add_upload_headers(t, r->upload);
	t->headers = curl_slist_append(t->headers, "Expect:");
}

/* What CURLOPT_RESOLVE wants, when the URL's host is a name: "+host:port:address", or "-host:port"
 * to forget it (`address` NULL). */
static bool resolve_entry(const char *url, const char *address, struct buf *out)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL;
	struct in6_addr number;
	bool ok = u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		  curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
		  host[0] != '[' && inet_pton(AF_INET, host, &number) != 1;

	if (ok && address != NULL)
		buf_printf(out, "+%s:%s:%s", host, port, address);
	else if (ok)
		buf_printf(out, "-%s:%s", host, port);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return ok;
}

/* By name first: the controller may have moved. Its last address is for the day that the name does
 * not resolve, or leads nowhere. */
static void aim(struct transfer *t, size_t url, bool by_last)
{
	const struct controller_address *at = &t->where->at[url];
	struct buf text;

	t->url = url;
	t->by_last = by_last;
	buf_clear(&t->answer.body);
	t->answer.etag[0] = '\0';
	t->curl_error[0] = '\0';
	buf_init(&text);
	buf_printf(&text, "%s/api/v1%s", at->url, t->path);
	curl_easy_setopt(t->easy, CURLOPT_URL, buf_text(&text));
	buf_clear(&text);
	/* Without its entry the name is looked up again. */
	if (resolve_entry(at->url, by_last ? at->last : NULL, &text)) {
		curl_slist_free_all(t->resolve);
		t->resolve = curl_slist_append(NULL, buf_text(&text));
		curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
	}
	buf_fini(&text);
}

/* Where a request that reached nobody goes next. */
static bool aim_again(struct transfer *t)
{
	const struct controller_address *at = &t->where->at[t->url];
	struct buf text;
	bool named;

	buf_init(&text);
	named = resolve_entry(at->url, NULL, &text);
	buf_fini(&text);
	if (t->answer.code == ERR_UNREACHABLE && !t->by_last && named && at->last[0] != '\0')
		aim(t, t->url, true);
	else if (t->url + 1 < t->where->n)
		aim(t, t->url + 1, false);
	else
		return false;
	return true;
}

struct transfer *transfer_new(struct http_where *where, const struct http_request *r)
{
	struct transfer *t = mem_alloc(sizeof(*t));
	char pin[PIN_TEXT_MAX];

	t->where = where;
	t->easy = curl_easy_init();
	if (t->easy == NULL)
		abort(); /* memory, by the policy of arena.h */
	t->method = mem_strdup(r->method);
	t->path = mem_strdup(r->path);
	t->answer_max = r->answer_max;
	buf_init_secret(&t->answer.body); /* enrolling is answered with a token */
	set_headers(t, r);
	if (r->upload != NULL)
		set_upload(t, r->upload);
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, t->method);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	if (r->body != NULL) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)r->body_len);
		curl_easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, r->body);
	}
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->curl_error);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(t->easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT,
			 r->limit_s != 0 ? (long)r->limit_s : ANSWER_TIMEOUT_S + (long)r->wait_s);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "https,http");
	if (!pin_is_zero(where->pin)) {
		/* The pin is the authority: names and issuers add nothing to it, and are not read.
		 */
		curl_easy_setopt(t->easy, CURLOPT_PINNEDPUBLICKEY, pin_format(where->pin, pin));
		curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, 0L);
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "https");
	}
	aim(t, 0, false);
	return t;
}

/* "https://skein.invalid/problems/used-up" back to ERR_USED_UP. */
static int problem_code(const char *type)
{
	static const struct {
		const char *name;
		int code;
	} names[] = {
#define X(name, code, status, text) {#name, code},
		ERROR_TABLE(X)
#undef X
	};
	const char *last = type != NULL ? strrchr(type, '/') : NULL;

	if (last == NULL)
		return ERR_REMOTE;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *a = names[i].name + strlen("ERR_"), *b = last + 1;

		while (*a != '\0' && (tolower((unsigned char)*a) == *b || (*a == '_' && *b == '-')))
			a++, b++;
		if (*a == '\0' && *b == '\0')
			return names[i].code;
	}
	return ERR_REMOTE;
}

static void read_problem(struct http_answer *a)
{
	json_t *root = json_parse(buf_text(&a->body), a->body.len, NULL);
	const char *detail = json_string_value(json_object_get(root, "detail"));
	const char *title = json_string_value(json_object_get(root, "title"));

	a->code = problem_code(json_string_value(json_object_get(root, "type")));
	if (detail == NULL && title == NULL)
		fault_set(&a->fault, a->code, "the controller answered with status %ld", a->status);
	else
		fault_set(&a->fault, a->code, "%s", detail != NULL ? detail : title);
	json_decref(root);
}

static void keep_address(struct transfer *t)
{
	struct controller_address *at = &t->where->at[t->url];
	char *address = NULL;

	if (curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address) != CURLE_OK ||
	    address == NULL || address[0] == '\0' || strlen(address) >= sizeof(at->last) ||
	    strcmp(address, at->last) == 0)
		return;
	snprintf(at->last, sizeof(at->last), "%s", address);
	t->where->changed = true;
}

bool transfer_finish(struct transfer *t, CURLcode result)
{
	struct http_answer *a = &t->answer;
	const char *url = t->where->at[t->url].url;
	curl_off_t connected = 0; /* the time at which the request could be sent */

	memset(&a->fault, 0, sizeof(a->fault));
	a->code = 0;
	if (result == CURLE_OK) {
		curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &a->status);
		keep_address(t);
		if (a->status >= 400)
			read_problem(a);
		else if (a->status >= 300 && a->status != 304)
			a->code = fault_set(&a->fault, ERR_REMOTE,
					    "%s: answered with status %ld, as a controller does "
					    "not: is something in between?",
					    url, a->status);
		return false;
	}
	a->status = 0;
	curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	a->code = result == CURLE_SSL_PINNEDPUBKEYNOTMATCH ? ERR_AUTH
		  : result == CURLE_WRITE_ERROR		   ? ERR_TOO_LARGE
		  : connected == 0			   ? ERR_UNREACHABLE
		  : result == CURLE_OPERATION_TIMEDOUT	   ? ERR_TIMEOUT
							   : ERR_IO;
	if (a->code == ERR_AUTH)
		fault_set(&a->fault, a->code,
			  "%s: its key is not the one that the token names: not the controller",
			  url);
	else
		fault_set(&a->fault, a->code, "%s: %s", url,
			  t->curl_error[0] != '\0' ? t->curl_error : curl_easy_strerror(result));
	return !t->uploading && aim_again(t);
}

void transfer_free(struct transfer *t)
{
	if (t == NULL)
		return;
	curl_easy_cleanup(t->easy);
	for (struct curl_slist *h = t->headers; h != NULL; h = h->next)
		explicit_bzero(h->data, strlen(h->data)); /* one of them is the token */
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->resolve);
	http_answer_fini(&t->answer);
	free(t->method);
	free(t->path);
	free(t);
}

void http_answer_fini(struct http_answer *a)
{
	buf_fini(&a->body);
}

int http_perform(struct http_where *where, const struct http_request *r, struct http_answer *out)
{
	struct transfer *t = transfer_new(where, r);

	memset(out, 0, sizeof(*out));
	while (transfer_finish(t, curl_easy_perform(t->easy)))
		;
	*out = t->answer;
	buf_init(&t->answer.body); /* the answer took the memory */
	transfer_free(t);
	return out->code;
}
