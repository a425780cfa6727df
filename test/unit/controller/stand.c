#include "test/unit/controller/stand.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/init.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/mesh/token.h"
#include "test/test.h"

/* A set-up is no test: CUnit has none to blame, and the suite fails by its return value. */
void stand_complain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* ---- requests ---- */

static size_t take_body(char *data, size_t size, size_t n, void *to)
{
	struct stand *a = to;

	buf_append(&a->body, data, size * n);
	return a->limit == 0 || a->body.len < a->limit ? size * n : 0;
}

static void take_value(const char *line, size_t len, const char *name, char *to, size_t size)
{
	size_t n = strlen(name);

	if (len > n + 2 && strncasecmp(line, name, n) == 0)
		snprintf(to, size, "%.*s", (int)strcspn(line + n, "\r\n"), line + n);
}

static size_t take_header(char *line, size_t size, size_t n, void *to)
{
	struct stand *a = to;

	if (a->on_header != NULL)
		a->on_header(line, size, n, a->on_header_to);
	take_value(line, size * n, "ETag: ", a->etag, sizeof(a->etag));
	take_value(line, size * n, "Content-Type: ", a->type, sizeof(a->type));
	take_value(line, size * n, "Allow: ", a->allow, sizeof(a->allow));
	take_value(line, size * n, "IM: ", a->im, sizeof(a->im));
	take_value(line, size * n, "Delta-Base: ", a->delta_base, sizeof(a->delta_base));
	return size * n;
}

static struct curl_slist *headers_of(const struct stand_request *r)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char line[TOKEN_SIZE + 32];

	if (r->token != NULL) {
		snprintf(line, sizeof(line), "Authorization: Bearer %s", r->token);
		list = curl_slist_append(list, line);
	}
	for (size_t i = 0; i < 4 && r->headers[i] != NULL; i++)
		list = curl_slist_append(list, r->headers[i]);
	return list;
}

long stand_send(struct stand *a, const struct stand_request *r)
{
	struct curl_slist *headers = headers_of(r);
	char url[512];
	CURLcode code;

	snprintf(url, sizeof(url), "%s%s", a->base, r->path);
	buf_clear(&a->body);
	json_decref(a->json);
	a->json = NULL;
	a->etag[0] = a->type[0] = a->allow[0] = a->im[0] = a->delta_base[0] = '\0';
	a->status = 0;
	curl_easy_reset(a->curl);
	curl_easy_setopt(a->curl, CURLOPT_URL, url);
	curl_easy_setopt(a->curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(a->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(a->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(a->curl, CURLOPT_TIMEOUT_MS, 20000L);
	curl_easy_setopt(a->curl, CURLOPT_CUSTOMREQUEST, r->method);
	curl_easy_setopt(a->curl, CURLOPT_NOBODY, strcmp(r->method, "HEAD") == 0 ? 1L : 0L);
	curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(a->curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(a->curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(a->curl, CURLOPT_HEADERDATA, a);
	if (r->body != NULL)
		curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, r->body);
	code = curl_easy_perform(a->curl);
	curl_slist_free_all(headers);
	if (code != CURLE_OK)
		return -(long)code;
	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->status);
	a->json = json_loadb(buf_text(&a->body), a->body.len, JSON_REJECT_DUPLICATES, NULL);
	return a->status;
}

long stand_call(struct stand *a, const char *token, const char *method, const char *path,
		const char *body)
{
	const struct stand_request r = {
		.method = method, .path = path, .token = token, .body = body};

	return stand_send(a, &r);
}

const char *stand_get(const struct stand *a, const char *path)
{
	static _Thread_local char texts[4][2200];
	static _Thread_local unsigned turn;
	char *out = texts[turn++ % 4];
	const json_t *at = a->json;
	char part[64];

	while (*path != '\0' && at != NULL) {
		size_t len = strcspn(path, ".");

		snprintf(part, sizeof(part), "%.*s", (int)len, path);
		at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part))
				       : json_object_get(at, part);
		path += len + (path[len] == '.');
	}
	out[0] = '\0';
	if (json_is_string(at))
		snprintf(out, sizeof(texts[0]), "%s", json_string_value(at));
	else if (json_is_integer(at))
		snprintf(out, sizeof(texts[0]), "%lld", (long long)json_integer_value(at));
	else if (at != NULL)
		snprintf(out, sizeof(texts[0]), "%s",
			 json_is_true(at)    ? "true"
			 : json_is_false(at) ? "false"
			 : json_is_null(at)  ? "null"
					     : "…");
	return out;
}

const char *stand_problem(const struct stand *a)
{
	const char *slash = strrchr(stand_get(a, "type"), '/');

	return slash != NULL ? slash + 1 : "";
}

/* ---- machines ---- */

void stand_machine_new(struct stand_machine *m, const char *name)
{
	memset(m, 0, sizeof(*m));
	snprintf(m->name, sizeof(m->name), "%s", name);
	crypto_sign_keypair(m->identity, m->key);
}

static void base64(const uint8_t *bytes, size_t n, int variant, char *out, size_t size)
{
	sodium_bin2base64(out, size, bytes, n, variant);
}

long stand_enroll(struct stand *a, struct stand_machine *m, const char *join_token,
		  const char *networks)
{
	char secret[64], identity[64], signature[128], body[1024], header[160];
	struct join_token t;
	uint8_t bytes[64];
	long status;
	struct stand_request r = {
		.method = "POST", .path = "/api/v1/enroll", .body = body, .headers = {header}};
	struct fault f = {0};

	if (join_token_parse(join_token, &t, &f) != 0) {
		stand_complain("join token: %s", f.text);
		return -1;
	}
	base64(t.secret.bytes, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING, secret,
	       sizeof(secret));
	base64(m->identity, 32, sodium_base64_VARIANT_ORIGINAL, identity, sizeof(identity));
	snprintf(body, sizeof(body),
		 "{\"secret\":\"%s\",\"identity\":\"%s\",\"name\":\"%s\",\"boot_id\":\"b\","
		 "\"run\":\"1\",\"networks\":[%s]}",
		 secret, identity, m->name, networks != NULL ? networks : "");
	crypto_sign_detached(bytes, NULL, (const uint8_t *)body, strlen(body), m->key);
	base64(bytes, 64, sodium_base64_VARIANT_ORIGINAL, signature, sizeof(signature));
	snprintf(header, sizeof(header), "Skein-Signature: %s", signature);
	status = stand_send(a, &r);
	if (status == 201) {
		snprintf(m->id, sizeof(m->id), "%s", stand_get(a, "machine.id"));
		snprintf(m->token, sizeof(m->token), "%s", stand_get(a, "machine_token"));
		snprintf(m->membership, sizeof(m->membership), "%s",
			 stand_get(a, "memberships.0.id"));
	}
	return status;
}

const char *stand_join_token(struct stand *a, const char *token, const char *more)
{
	static _Thread_local char text[TOKEN_TEXT_MAX];

	if (stand_call(a, token, "POST", "/api/v1/join-tokens", more != NULL ? more : "{}") != 201)
		stand_complain("join token: %s", buf_text(&a->body));
	snprintf(text, sizeof(text), "%s", stand_get(a, "token"));
	return text;
}

bool stand_wait_rendered(struct stand *a, const struct stand_machine *m)
{
	for (int i = 0; i < 500; i++) {
		bool all = stand_call(a, m->token, "GET", "/api/v1/machine", NULL) == 200;
		json_t *list = json_object_get(a->json, "memberships"), *x;
		size_t k;

		json_array_foreach(list, k, x)
			all = all &&
			      strcmp(json_string_value(json_object_get(x, "membership_revision")),
				     "0") != 0;
		if (all)
			return true;
		usleep(10000);
	}
	return false;
}

long stand_put_key(struct stand *a, const struct stand_machine *m, const uint8_t key[32])
{
	char path[160], body[96], text[64];
	uint8_t random[32];

	randombytes_buf(random, sizeof(random));
	base64(key != NULL ? key : random, 32, sodium_base64_VARIANT_ORIGINAL, text, sizeof(text));
	snprintf(path, sizeof(path), "/api/v1/memberships/%s/public-key", m->membership);
	snprintf(body, sizeof(body), "{\"public_key\":\"%s\"}", text);
	return stand_call(a, m->token, "PUT", path, body);
}
