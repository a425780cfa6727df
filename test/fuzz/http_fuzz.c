/* Requests as they come over a connection: libmicrohttpd's parser, and behind it the route, the
 * credential, the parameters, the headers, and the head of the answer. */
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/api/table.h"
#include "controller/http/answer.h"
#include "controller/http/request_head.h"
#include "test/fuzz/desk.h"
#include "test/fuzz/fuzz.h"

#define HEAD_MAX 8192 /* as server.c has it */

struct request {
	struct request_head head;
	struct call call;
	struct arena arena;
	int code;
};

static struct request *begin(struct request_context *x, struct MHD_Connection *c, const char *url,
			     const char *method)
{
	struct request *r = mem_alloc(sizeof(*r));
	struct call *call = &r->call;

	arena_init(&r->arena);
	call->arena = &r->arena;
	call->now = wall_now();
	r->code = request_head_read(x, c, url, method, &r->head, call);
	FUZZ_HOLDS(r->code == call->fault.code);
	FUZZ_HOLDS(call->route != NULL || r->code != 0);
	FUZZ_HOLDS(call->nquery <= CALL_QUERY_MAX && call->wait_ms >= 0 && call->wait_ms <= 60000);
	if (r->code == 0)
		FUZZ_HOLDS(auth_permits(call->who.role, call->route->role));
	for (size_t i = 0; i < call->nquery; i++)
		FUZZ_HOLDS(call_query(call, call->query[i].name) == call->query[i].value);
	return r;
}

static enum MHD_Result answer(struct request *r, struct MHD_Connection *c)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned status;
	size_t size;

	if (r->code == 0)
		r->call.etag = "\"v1\"";
	response = answer_new(&r->call, r->code, r->head.allow[0] != '\0' ? r->head.allow : NULL,
			      &status, &size);
	FUZZ_HOLDS(response != NULL && status >= 200 && status < 500);
	result = MHD_queue_response(c, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **slot)
{
	(void)version;
	(void)upload;
	if (*slot == NULL) {
		*slot = begin(cls, c, url, method);
		return MHD_YES;
	}
	if (*upload_len > 0) {
		*upload_len = 0;
		return MHD_YES;
	}
	return answer(*slot, c);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	struct request *r = *slot;

	(void)cls;
	(void)c;
	(void)why;
	if (r == NULL)
		return;
	json_decref(r->call.problem_extra);
	buf_fini(&r->call.bytes);
	arena_fini(&r->arena);
	free(r);
	*slot = NULL;
}

static void on_log(void *cls, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *fmt, va_list ap)
{
	(void)cls;
	(void)fmt;
	(void)ap;
}

static struct MHD_Daemon *start(void)
{
	static struct request_context context;
	struct desk *desk = desk_get();

	context.options.config = &desk->config;
	context.options.auth = desk->controller.auth;
	context.routes = routes_new(api_routes);
	return MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ERROR_LOG, 0, NULL, NULL,
				on_request, &context, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
				NULL, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				(size_t)HEAD_MAX, MHD_OPTION_END);
}

static unsigned connections(struct MHD_Daemon *d)
{
	return MHD_get_daemon_info(d, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

static void run(const uint8_t *data, size_t size)
{
	static struct MHD_Daemon *daemon;
	struct sockaddr_in client = {.sin_family = AF_INET,
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char sink[4096];
	int fds[2];

	if (daemon == NULL)
		daemon = start();
	FUZZ_HOLDS(daemon != NULL);
	FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	FUZZ_HOLDS(MHD_add_connection(daemon, fds[0], (struct sockaddr *)&client, sizeof(client)) ==
		   MHD_YES);
	(void)!send(fds[1], data, size, 0); /* what does not fit is lost */
	shutdown(fds[1], SHUT_WR);
	/* A request that is not whole ends with the connection; each turn takes it on a step. */
	for (int turn = 0; turn < 10000 && connections(daemon) > 0; turn++) {
		FUZZ_HOLDS(MHD_run(daemon) == MHD_YES);
		while (recv(fds[1], sink, sizeof(sink), 0) > 0)
			;
	}
	FUZZ_HOLDS(connections(daemon) == 0);
	close(fds[1]);
}

FUZZ_TARGET(http, run);
