#include "controller/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "controller/blob.h"
#include "controller/http/answer.h"
#include "controller/http/problem.h"

/* What is refused is still read up to this many times the limit, so that the client, busy sending,
 * gets to see why. */
#define DRAIN_FACTOR 4
#define WAIT_MAX_MS  60000

struct request {
	struct job job; /* first */
	struct waiter waiter;
	struct request_context *context;
	struct MHD_Connection *connection;
	struct connection *timing;
	struct arena arena;
	struct call call;
	struct buf body;
	size_t received, announced;
	char allow[ROUTES_ALLOW_MAX];
	int code;      /* of the answer */
	bool finished; /* it can be answered */
	bool parked;
};

static struct request *of_waiter(struct waiter *w)
{
	return (struct request *)((char *)w - offsetof(struct request, waiter));
}

/* ---- receiving ---- */

static const char *header(struct request *r, const char *name)
{
	const char *value = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);

	return value != NULL ? arena_strdup(&r->arena, value) : NULL;
}

static void refuse(struct request *r, int code, int status)
{
	if (r->code != 0)
		return;
	r->code = code;
	r->call.status = status;
}

/* RFC 7240: preferences in any order, with parameters that are none of ours. */
static int64_t parse_wait(const char *prefer)
{
	const char *at = prefer != NULL ? strstr(prefer, "wait=") : NULL;
	unsigned long long s;

	if (at == NULL || (at != prefer && strchr(" ,;\t", at[-1]) == NULL))
		return 0;
	at += strlen("wait=");
	if (*at < '0' || *at > '9')
		return 0;
	s = strtoull(at, NULL, 10);
	return s > WAIT_MAX_MS / 1000 ? WAIT_MAX_MS : (int64_t)s * 1000;
}

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (; words != NULL && *words != '\0'; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		if (n == len && strncmp(words, word, n) == 0)
			return true;
		words += n;
	}
	return false;
}

static enum MHD_Result add_query(void *cls, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct request *r = cls;
	struct call *c = &r->call;

	(void)kind;
	if (!has_word(c->route->query, name) &&
	    !(c->route->role >= ROLE_VIEWER && strcmp(name, "organization") == 0))
		refuse(r,
		       fault_set(&c->fault, ERR_INVALID, "unknown parameter '%.40s'%s%s", name,
				 c->route->query != NULL ? ", there are: " : "",
				 c->route->query != NULL ? c->route->query : ""),
		       0);
	else if (call_query(c, name) != NULL || c->nquery == CALL_QUERY_MAX)
		refuse(r,
		       fault_set(&c->fault, ERR_INVALID, "parameter '%.40s' is given twice", name),
		       0);
	if (r->code != 0)
		return MHD_NO;
	c->query[c->nquery].name = arena_strdup(&r->arena, name);
	c->query[c->nquery++].value = arena_strdup(&r->arena, value != NULL ? value : "");
	return MHD_YES;
}

static void find_client(struct request *r)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *at = info != NULL ? info->client_addr : NULL;

	if (at == NULL)
		return;
	if (at->sa_family == AF_INET) {
		r->call.client =
			address_ipv4(ntohl(((const struct sockaddr_in *)at)->sin_addr.s_addr));
	} else if (at->sa_family == AF_INET6) {
		r->call.client.family = FAMILY_IPV6;
		memcpy(r->call.client.bytes, &((const struct sockaddr_in6 *)at)->sin6_addr, 16);
	}
}

static void find_route(struct request *r, const char *url, const char *method)
{
	struct call *c = &r->call;
	int code = routes_match(r->context->routes, method, url, &c->route, &c->id, r->allow);

	if (code == ERR_NOT_FOUND) {
		fault_set(&c->fault, code, "there is nothing at '%.100s'", url);
		refuse(r, code, 404);
	} else if (code != 0) {
		c->problem = "method-not-allowed";
		fault_set(&c->fault, code, "'%.100s' takes %s", url, r->allow);
		refuse(r, code, 405);
	}
}

static void find_principal(struct request *r)
{
	struct call *c = &r->call;
	int code;

	if (r->code != 0 || c->route->role == ROLE_NONE)
		return;
	code = auth_check(r->context->options.auth,
			  MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
						      MHD_HTTP_HEADER_AUTHORIZATION),
			  c->now, &c->who, &c->fault);
	if (code != 0)
		refuse(r, code, 401);
	else if (!auth_permits(c->who.role, c->route->role))
		refuse(r,
		       fault_set(&c->fault, ERR_FORBIDDEN, "this token's role does not permit it"),
		       0);
	c->organization = c->who.organization;
}

static void read_headers(struct request *r)
{
	struct call *c = &r->call;
	const char *length = header(r, MHD_HTTP_HEADER_CONTENT_LENGTH);

	c->if_match = header(r, MHD_HTTP_HEADER_IF_MATCH);
	c->if_none_match = header(r, MHD_HTTP_HEADER_IF_NONE_MATCH);
	c->signature = header(r, "Skein-Signature");
	c->wait_ms = parse_wait(header(r, "Prefer"));
	if (length != NULL)
		r->announced = (size_t)strtoull(length, NULL, 10);
	if (r->announced > (size_t)r->context->options.config->body_max)
		refuse(r,
		       fault_set(&c->fault, ERR_TOO_LARGE, "the body is larger than %lld bytes",
				 (long long)r->context->options.config->body_max),
		       0);
}

static void run_away(struct job *job);
static int run_job(struct job *job, struct store *s);
static void run_committed(struct job *job, struct store *s);

struct request *request_begin(struct request_context *x, struct MHD_Connection *c, const char *url,
			      const char *method)
{
	struct request *r = mem_alloc(sizeof(*r));
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	r->context = x;
	r->connection = c;
	r->timing = info->socket_context;
	r->job.run = run_job;
	r->job.committed = run_committed;
	r->job.done = run_away;
	arena_init(&r->arena);
	buf_init(&r->body);
	r->call.arena = &r->arena;
	r->call.controller = x->options.controller;
	r->call.now = wall_now();
	request_context_open(x);
	connection_receiving(r->timing);
	find_client(r);
	find_route(r, url, method);
	find_principal(r);
	if (r->code == 0)
		MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, add_query, r);
	read_headers(r);
	return r;
}

bool request_is_hopeless(const struct request *r)
{
	const char *expect =
		MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);

	return r->code != 0 &&
	       (expect != NULL ||
		r->announced > (size_t)r->context->options.config->body_max * DRAIN_FACTOR);
}

enum MHD_Result request_receive(struct request *r, const char *data, size_t len)
{
	size_t max = (size_t)r->context->options.config->body_max;

	r->received += len;
	if (r->received > max * DRAIN_FACTOR)
		return MHD_NO;
	if (r->received > max) {
		refuse(r,
		       fault_set(&r->call.fault, ERR_TOO_LARGE, "the body is larger than %zu bytes",
				 max),
		       0);
		buf_clear(&r->body);
	} else if (r->code == 0) {
		buf_append(&r->body, data, len);
	}
	return MHD_YES;
}

/* ---- on another thread ---- */

/* False when the server stops: nothing is sent away any more. */
static bool send_away(struct request *r)
{
	bool ok = request_context_send(r->context);

	if (ok)
		MHD_suspend_connection(r->connection);
	return ok;
}

/* The request is the HTTP thread's again, and nobody else's: not touched after the resume. */
static void come_back(struct request *r)
{
	struct request_context *x = r->context;

	MHD_resume_connection(r->connection);
	request_context_return(x);
}

static void run_away(struct job *job)
{
	struct request *r = (struct request *)job;

	r->code = job->code;
	if (r->call.fault.code == 0)
		r->call.fault = job->fault;
	r->finished = true;
	come_back(r);
}

/* Whose things: of the credential, or, for an administrator of the installation, of the one that he
 * names, else of the first. To everybody else another organization does not exist. */
static int find_organization(struct request *r, struct store *s)
{
	struct call *c = &r->call;
	const char *text = call_query(c, "organization");
	struct organization o = {0};
	struct id id;
	int code = 0;

	if (c->who.organization == 0)
		c->organization = r->context->options.default_organization;
	if (text == NULL)
		return 0;
	if (!id_parse(text, &id))
		code = fault_set(&c->fault, ERR_INVALID, "organization: '%.40s' is no id", text);
	else
		code = store_organization_find(s, &id, &o, NULL);
	if (code == 0 && c->who.organization != 0 && o.row != c->who.organization)
		code = ERR_NOT_FOUND;
	if (code == ERR_NOT_FOUND)
		fault_set(&c->fault, code, "there is no organization %s", text);
	if (code == 0)
		c->organization = o.row;
	return code;
}

static int run_job(struct job *job, struct store *s)
{
	struct request *r = (struct request *)job;
	int code = 0;

	r->call.store = s;
	if (r->call.route->role >= ROLE_VIEWER)
		code = find_organization(r, s);
	return code != 0 ? code : r->call.route->handle(&r->call);
}

static void run_committed(struct job *job, struct store *s)
{
	struct request *r = (struct request *)job;

	r->context->options.committed(r->call.controller, s, &r->call.effects);
}

static void on_wake(struct waiter *w, bool expired)
{
	struct request *r = of_waiter(w);

	r->call.waited = expired;
	come_back(r);
}

/* ---- answering ---- */

static void forget_answer(struct call *c)
{
	json_decref(c->json);
	c->json = NULL;
	blob_unref(c->blob);
	c->blob = NULL;
	c->etag = NULL;
	c->park = false;
}

/* A handler that answers from memory, again each time something may be new. True when the request
 * was sent away to wait. */
static bool run_memory(struct request *r)
{
	struct poll *poll = r->context->options.poll;
	struct call *c = &r->call;
	uint64_t sequence;

	if (r->waiter.wake == NULL) {
		r->waiter.wake = on_wake;
		r->waiter.machine = c->who.token;
		r->waiter.deadline = mono_add_ms(mono_now(), c->wait_ms);
	}
	for (;;) {
		sequence = poll_sequence(poll);
		forget_answer(c);
		r->code = c->route->handle(c);
		if (r->code != 0 || !c->park)
			return false;
		if (!send_away(r)) {
			c->waited = true;
			continue;
		}
		if (!poll_add(poll, &r->waiter, sequence))
			come_back(r); /* something came in between: be called again at once */
		return true;
	}
}

static bool dispatch(struct request *r)
{
	const struct route *route = r->call.route;

	if (route->where == ROUTE_MEMORY)
		return run_memory(r);
	if (!send_away(r)) {
		r->code = fault_set(&r->call.fault, ERR_BUSY, "the controller is stopping");
		return false;
	}
	if (route->where == ROUTE_READ)
		jobs_read(r->context->options.jobs, &r->job);
	else
		jobs_write(r->context->options.jobs, &r->job);
	return true;
}

enum MHD_Result request_proceed(struct request *r)
{
	connection_working(r->timing);
	if (r->code == 0 && !r->finished) {
		r->call.body = buf_text(&r->body);
		r->call.body_len = r->body.len;
		if (dispatch(r))
			return MHD_YES;
	}
	return request_answer(r);
}

enum MHD_Result request_answer(struct request *r)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned status;
	size_t size;

	response = answer_new(&r->call, r->code, r->allow[0] != '\0' ? r->allow : NULL, &status,
			      &size);
	if (response == NULL)
		return MHD_NO;
	connection_sending(r->timing, size);
	result = MHD_queue_response(r->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

void request_free(struct request *r)
{
	struct call *c = &r->call;

	if (r == NULL)
		return;
	connection_idle(r->timing);
	request_context_close(r->context);
	forget_answer(c);
	json_decref(c->problem_extra);
	buf_fini(&c->bytes);
	vec_free(&c->effects.meshes);
	vec_free(&c->effects.machines);
	vec_free(&c->effects.tokens);
	if (r->body.len > 0) /* a body may hold a token */
		explicit_bzero(r->body.data, r->body.len);
	buf_fini(&r->body);
	arena_fini(&r->arena);
	free(r);
}
