#include "controller/http/request.h"

#include <stdlib.h>
#include <string.h>

#include "controller/blob.h"
#include "controller/http/answer.h"
#include "controller/http/request_head.h"
#include "controller/http/request_relay.h"

/* What is refused is still read up to this many times the limit, so that the client, busy sending,
 * gets to see why. */
#define DRAIN_FACTOR 4

struct request {
	struct job job; /* first */
	struct waiter waiter;
	struct request_context *context;
	struct MHD_Connection *connection;
	struct connection *timing;
	struct arena arena;
	struct call call;
	struct buf body;
	size_t received;
	struct request_head head;
	struct request_relay relay;
	/* A copy: enrolment makes somebody of who was nobody. */
	struct principal asked_by;
	int code;      /* of the answer */
	bool finished; /* it can be answered */
};

static struct request *of_waiter(struct waiter *w)
{
	return (struct request *)((char *)w - offsetof(struct request, waiter));
}

/* ---- receiving ---- */

static void run_away(struct job *job);
static int run_job(struct job *job, struct store *s);
static void run_committed(struct job *job, struct store *s);

/* Its body has no end in sight: whether it goes on is the relay's business. */
static void begin_relay(struct request *r)
{
	r->code = r->call.route->handle(&r->call);
	if (r->code != 0)
		return;
	connection_working(r->timing);
	request_relay_open(&r->relay, r->context, r->connection, RELAY_WRITER,
			   relay_ref(r->call.relay));
}

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
	buf_init_secret(&r->body); /* a body may hold a token */
	r->call.arena = &r->arena;
	r->call.controller = x->options.controller;
	r->call.now = wall_now();
	request_context_open(x);
	connection_receiving(r->timing);
	r->code = request_head_read(x, c, url, method, &r->head, &r->call);
	if (r->call.who.role != ROLE_NONE && !connection_known(r->timing, &r->call.who) &&
	    r->code == 0) {
		r->call.status = 429;
		r->code = fault_set(&r->call.fault, ERR_BUSY,
				    "this token has %d connections: close one of them",
				    CONNECTIONS_OF_TOKEN);
	}
	if (r->code == 0 && r->call.route->where == ROUTE_RELAY)
		begin_relay(r);
	return r;
}

bool request_is_hopeless(const struct request *r)
{
	const char *expect =
		MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT);

	return r->code != 0 &&
	       (expect != NULL || r->head.announced > r->head.body_max * DRAIN_FACTOR);
}

static enum MHD_Result pass_on(struct request *r, const char *data, size_t *len)
{
	size_t taken;
	bool going = relay_write(r->relay.relay, data, *len, &taken);

	*len -= taken;
	return going ? MHD_YES : MHD_NO;
}

enum MHD_Result request_receive(struct request *r, const char *data, size_t *left)
{
	size_t max = r->head.body_max, len = *left;

	if (r->relay.relay != NULL)
		return pass_on(r, data, left);
	*left = 0;
	r->received += len;
	if (r->received > max * DRAIN_FACTOR)
		return MHD_NO;
	if (r->received > max) {
		if (r->code == 0)
			r->code = fault_set(&r->call.fault, ERR_TOO_LARGE,
					    "the body is larger than %zu bytes", max);
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
	share_return(r->context->share, &r->asked_by);
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
	if (code == 0)
		code = r->call.route->handle(&r->call);
	if (code != 0)
		job->fault = r->call.fault;
	return code;
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
	relay_unref(c->relay);
	c->relay = NULL;
	c->etag = c->delta_base = NULL;
	c->park = false;
	c->elsewhere = ROUTE_MEMORY;
}

/* A handler that answers from memory, again each time something may be new. True when the request
 * was sent away to wait; false when there is an answer, or what is to be made `elsewhere`. */
static bool run_memory(struct request *r)
{
	struct poll *poll = r->context->options.poll;
	struct call *c = &r->call;
	uint64_t sequence;

	if (r->waiter.wake == NULL) {
		r->waiter.wake = on_wake;
		r->waiter.machine = c->who.token;
		r->waiter.deadline.at = mono_add_ms(mono_now(), c->wait_ms);
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
	enum route_where where = r->call.route->where;

	if (where == ROUTE_MEMORY) {
		if (run_memory(r))
			return true;
		where = r->call.elsewhere;
		if (r->code != 0 || where == ROUTE_MEMORY)
			return false;
	}
	r->asked_by = r->call.who;
	if (!share_take(r->context->share, &r->asked_by)) {
		r->call.status = 429;
		r->code = fault_set(&r->call.fault, ERR_BUSY,
				    "%d requests of this token are under way: wait for one of them",
				    REQUESTS_OF_TOKEN);
		return false;
	}
	if (!send_away(r)) {
		share_return(r->context->share, &r->asked_by);
		r->code = fault_set(&r->call.fault, ERR_BUSY, "the controller is stopping");
		return false;
	}
	if (where == ROUTE_WRITE)
		jobs_write(r->context->options.jobs, &r->job);
	else
		jobs_read(r->context->options.jobs, &r->job);
	return true;
}

/* False: nothing has come yet; it sleeps. What ends before its first byte is a plain answer. */
static bool answer_begins(struct request *r)
{
	struct relay_end end;

	if (r->relay.relay == NULL)
		request_relay_open(&r->relay, r->context, r->connection, RELAY_READER,
				   relay_ref(r->call.relay));
	if (!relay_await(r->relay.relay))
		return false;
	if (relay_has_ended(r->relay.relay, &end) && end.code != 0) {
		r->call.status = end.code == ERR_BUSY ? 503 : 504;
		r->code = fault_set(&r->call.fault, end.code, "%s", end.words);
	}
	return true;
}

enum MHD_Result request_proceed(struct request *r)
{
	connection_working(r->timing);
	if (r->relay.side == RELAY_WRITER && r->relay.relay != NULL) {
		request_relay_finish(&r->relay);
		return request_answer(r);
	}
	if (r->code == 0 && r->call.relay != NULL)
		return answer_begins(r) ? request_answer(r) : MHD_YES;
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

	if (r->code == 0 && r->relay.relay != NULL && r->relay.side == RELAY_READER) {
		response = request_relay_answer(&r->relay, r->call.content_type);
		status = MHD_HTTP_OK;
	} else {
		response =
			answer_new(&r->call, r->code,
				   r->head.allow[0] != '\0' ? r->head.allow : NULL, &status, &size);
		connection_sending(r->timing, size);
	}
	if (response == NULL)
		return MHD_NO;
	result = MHD_queue_response(r->connection, status, response);
	MHD_destroy_response(response);
	return result;
}

void request_free(struct request *r)
{
	struct call *c = &r->call;

	if (r == NULL)
		return;
	request_relay_close(&r->relay);
	connection_idle(r->timing);
	request_context_close(r->context);
	forget_answer(c);
	json_decref(c->problem_extra);
	buf_fini(&c->bytes);
	vec_free(&c->effects.meshes);
	vec_free(&c->effects.machines);
	vec_free(&c->effects.tokens);
	buf_fini(&r->body);
	arena_wipe(&r->arena); /* so may what was read of it, and the answer */
	free(r);
}
