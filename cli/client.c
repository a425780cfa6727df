#include "cli/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/problem.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/mesh/question.h"

#define CONNECT_TIMEOUT_MS 10000L
#define STREAM_SILENCE_S   90L /* the controller gives up before */
#define TIMEOUT_MS	   60000L
#define ANSWER_MAX	   (16u << 20)
#define BODY_FLAGS	   JSON_COMPACT

struct client {
	struct transport transport; /* first */
	CURL *curl;
	char *url;
	char *authorization; /* the header, with the token */
	/* of the request under way */
	struct buf body;
	struct answer *answer;
	struct stream *stream; /* NULL: the answer is taken whole */
	bool too_large, not_wanted;
	char error[CURL_ERROR_SIZE];
};

static const struct {
	CURLcode curl;
	int code;
	const char *text;
} failures[] = {
	{CURLE_COULDNT_RESOLVE_HOST, ERR_UNREACHABLE, "its name is not known"},
	{CURLE_COULDNT_CONNECT, ERR_UNREACHABLE, "it does not accept connections"},
	{CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, "no answer in time"},
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERR_SIGNATURE,
	 "its key is not the pinned one; if the "
	 "controller was made anew, log in with its new --pin, if not, somebody is in between"},
	{CURLE_PEER_FAILED_VERIFICATION, ERR_SIGNATURE,
	 "its certificate does not verify; a controller with a certificate of its own needs --pin, "
	 "which `skein-controller init` printed"},
	{CURLE_SSL_CACERT_BADFILE, ERR_INVALID, "the file of authorities cannot be used"},
	{CURLE_SSL_CONNECT_ERROR, ERR_UNREACHABLE, "it does not speak TLS"},
	{CURLE_GOT_NOTHING, ERR_UNREACHABLE, "it closed the connection"},
};

static long status_of(const struct client *c)
{
	long status = 0;

	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t take_body(char *data, size_t size, size_t n, void *context)
{
	struct client *c = context;

	if (c->stream != NULL && status_of(c) == 200) {
		c->not_wanted = !c->stream->take(c->stream->context, data, size * n);
		return c->not_wanted ? 0 : size * n;
	}
	if (c->body.len + size * n > ANSWER_MAX) {
		c->too_large = true;
		return 0;
	}
	buf_append(&c->body, data, size * n);
	return size * n;
}

/* The value of a header line, if it is of this name. */
static void take_value(const char *line, size_t len, const char *name, char *to, size_t size)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return;
	skip++;
	while (skip < len && line[skip] == ' ')
		skip++;
	snprintf(to, size, "%.*s", (int)(len - skip), line + skip);
	to[strcspn(to, "\r\n")] = '\0';
}

static size_t take_header(char *data, size_t size, size_t n, void *context)
{
	struct client *c = context;
	size_t len = size * n;

	take_value(data, len, "etag", c->answer->etag, sizeof(c->answer->etag));
	if (c->stream != NULL) {
		take_value(data, len, QUESTION_TRAILER_EXIT, c->stream->exit,
			   sizeof(c->stream->exit));
		take_value(data, len, QUESTION_TRAILER_ERROR, c->stream->error,
			   sizeof(c->stream->error));
	}
	return len;
}

static int connection_fault(const struct client *c, CURLcode rc, struct fault *f)
{
	if (c->not_wanted)
		return fault_set(f, ERR_IO, "the answer could not be written");
	if (c->too_large)
		return fault_set(f, ERR_TOO_LARGE, "%s: an answer of more than %u bytes", c->url,
				 ANSWER_MAX);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].curl == rc)
			return fault_set(f, failures[i].code,
					 "the controller %s cannot be reached: %s", c->url,
					 failures[i].text);
	return fault_set(f, ERR_UNREACHABLE, "the controller %s cannot be reached: %s", c->url,
			 c->error[0] != '\0' ? c->error : curl_easy_strerror(rc));
}

static int read_stream(struct client *c, struct fault *f)
{
	text_disarm(c->stream->exit);
	text_disarm(c->stream->error);
	if (c->stream->exit[0] != '\0')
		return 0;
	return fault_set(f, ERR_TRUNCATED,
			 "the answer broke off: the controller went away, or something in between "
			 "takes the end of answers away (HTTP trailers)");
}

static int read_answer(struct client *c, struct fault *f)
{
	struct fault ignored = {0};
	long status = status_of(c);

	if (c->stream != NULL && status == 200)
		return read_stream(c, f);
	if (c->body.len > 0)
		c->answer->json = json_parse(c->body.data, c->body.len, &ignored);
	if (status < 200 || status > 299)
		return problem_read(status, c->answer->json, f);
	if (c->body.len > 0 && c->answer->json == NULL)
		return fault_set(f, ERR_REMOTE, "%s is no Skein controller: its answer is %s",
				 c->url, ignored.text);
	return 0;
}

static struct curl_slist *headers_of(const struct client *c, const struct request *q)
{
	struct curl_slist *list = curl_slist_append(NULL, c->authorization);
	char line[ETAG_MAX + 16];

	list = curl_slist_append(list, "Accept: application/json");
	if (q->body != NULL)
		list = curl_slist_append(list, "Content-Type: application/json");
	if (q->if_match != NULL) {
		snprintf(line, sizeof(line), "If-Match: %s", q->if_match);
		list = curl_slist_append(list, line);
	}
	return curl_slist_append(list, "Expect:");
}

/* The answer goes to `a` or to `s`. */
static int perform(struct client *c, const struct request *q, struct answer *a, struct stream *s,
		   struct fault *f)
{
	struct curl_slist *headers = headers_of(c, q);
	char *body = q->body != NULL ? json_dumps(q->body, BODY_FLAGS) : NULL;
	struct buf url;
	CURLcode rc;
	int code;

	*a = (struct answer){0};
	c->stream = s;
	c->not_wanted = false;
	buf_init(&url);
	buf_printf(&url, "%s%s", c->url, q->path);
	buf_clear(&c->body);
	c->answer = a;
	c->too_large = false;
	c->error[0] = '\0';
	curl_easy_setopt(c->curl, CURLOPT_URL, url.data);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
	if (body == NULL)
		curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, s != NULL ? 0 : TIMEOUT_MS);
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, s != NULL ? 1L : 0L);
	rc = curl_easy_perform(c->curl);
	code = rc == CURLE_OK ? read_answer(c, f) : connection_fault(c, rc, f);
	if (code != 0) {
		json_decref(a->json);
		a->json = NULL;
	}
	for (struct curl_slist *h = headers; h != NULL; h = h->next)
		explicit_bzero(h->data, strlen(h->data)); /* one of them is the token */
	curl_slist_free_all(headers);
	free(body);
	buf_fini(&url);
	return code;
}

static int call(struct transport *t, const struct request *q, struct answer *a, struct fault *f)
{
	return perform((struct client *)t, q, a, NULL, f);
}

static int stream(struct transport *t, const struct request *q, struct stream *s, struct fault *f)
{
	struct answer a;
	int code;

	s->exit[0] = s->error[0] = '\0';
	code = perform((struct client *)t, q, &a, s, f);
	json_decref(a.json);
	return code;
}

static void client_free(struct transport *t)
{
	struct client *c = (struct client *)t;

	curl_easy_cleanup(c->curl);
	explicit_bzero(c->authorization, strlen(c->authorization));
	free(c->authorization);
	free(c->url);
	buf_fini(&c->body);
	free(c);
	curl_global_cleanup();
}

static void set_trust(CURL *curl, const struct session *s)
{
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	if (s->pin != NULL) {
		curl_easy_setopt(curl, CURLOPT_PINNEDPUBLICKEY, s->pin);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
		/* The pin is the authority: to read all others takes longer than to ask. */
		curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	} else if (s->ca != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, s->ca);
	}
}

int client_new(const struct session *s, struct transport **out, struct fault *f)
{
	struct client *c = mem_alloc(sizeof(*c));
	struct buf header;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	c->transport = (struct transport){call, stream, client_free};
	c->curl = curl_easy_init();
	c->url = mem_strdup(s->url);
	buf_init_secret(&c->body); /* a new token comes in one */
	buf_init_secret(&header);
	buf_printf(&header, "Authorization: Bearer %s", s->token);
	c->authorization = buf_take(&header);
	if (c->curl == NULL) {
		client_free(&c->transport);
		return fault_set(f, ERR_INTERNAL, "libcurl does not start");
	}
	set_trust(c->curl, s);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME, STREAM_SILENCE_S);
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->curl, CURLOPT_USERAGENT, "skein/" SKEIN_VERSION);
	*out = &c->transport;
	return 0;
}
