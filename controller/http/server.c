#include "controller/http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "controller/http/listen.h"
#include "controller/http/request.h"
#include "lib/base/log.h"

/* Inactivity within a request, and of a connection between two: an agent asks again within its
 * poll. */
#define INACTIVITY_S 75

/* Of a connection: a request's line and headers, and those of its answer. libmicrohttpd clears all
 * of it after each request, and each of 10,000 agents that wait has it. */
#define HEAD_MAX 8192

#define OTHER_DESCRIPTORS 256UL /* the database's, logs, listening sockets */

/* The daemons of one certificate, one a listening socket. After a renewal the shift of before takes
 * no new connection, and goes when its last one has ended. */
struct shift {
	struct shift *before;
	struct buf certificate, key; /* PEM; empty: plain HTTP */
	struct MHD_Daemon *daemons[CONFIG_LISTEN_MAX];
	int sockets[CONFIG_LISTEN_MAX]; /* duplicates of the server's */
};

struct server {
	struct request_context context;
	size_t most; /* connections */
	int sockets[CONFIG_LISTEN_MAX];
	size_t n;
	struct shift *shift;
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **slot)
{
	struct server *s = cls;
	struct request *r = *slot;

	(void)version;
	if (r == NULL) {
		*slot = r = request_begin(&s->context, c, url, method);
		return request_is_hopeless(r) ? request_answer(r) : MHD_YES;
	}
	if (*upload_len > 0)
		return request_receive(r, upload, upload_len);
	return request_proceed(r);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **slot,
			 enum MHD_RequestTerminationCode why)
{
	(void)cls;
	(void)c;
	(void)why;
	request_free(*slot);
	*slot = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **slot,
			  enum MHD_ConnectionNotificationCode what)
{
	struct server *s = cls;
	const union MHD_ConnectionInfo *info;
	int fd;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		*slot = connections_open(s->context.connections, fd);
		info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
		if (info != NULL && info->tls_session != NULL)
			tls_input_attach(connection_input(*slot), info->tls_session, fd);
	} else {
		connections_close(s->context.connections, *slot);
		*slot = NULL;
	}
}

static void on_log(void *cls, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void on_log(void *cls, const char *fmt, va_list ap)
{
	char text[200];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http", LOG_S("says", text));
}

static struct MHD_Daemon *start_daemon(struct server *s, const struct shift *shift, int fd)
{
	bool tls = shift->certificate.len > 0;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
	struct MHD_OptionItem options[16] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL},
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)s->most, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, INACTIVITY_S, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEAD_MAX, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	if (tls) {
		options[8] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0,
						     (void *)buf_text(&shift->key)};
		options[9] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
						     (void *)buf_text(&shift->certificate)};
		options[10] = (struct MHD_OptionItem){
			MHD_OPTION_HTTPS_PRIORITIES, 0,
			(void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
		options[11] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

/* ---- shifts ---- */

/* It takes no new connection. */
static void shift_close(struct shift *x)
{
	for (size_t i = 0; i < CONFIG_LISTEN_MAX; i++)
		if (x->daemons[i] != NULL)
			MHD_quiesce_daemon(x->daemons[i]);
}

/* Its connections are over, or end now. */
static void shift_free(struct shift *x)
{
	for (size_t i = 0; i < CONFIG_LISTEN_MAX; i++) {
		if (x->daemons[i] != NULL)
			MHD_stop_daemon(x->daemons[i]);
		if (x->sockets[i] >= 0)
			close(x->sockets[i]);
	}
	buf_fini(&x->certificate);
	buf_fini(&x->key);
	free(x);
}

static bool shift_is_over(const struct shift *x)
{
	for (size_t i = 0; i < CONFIG_LISTEN_MAX; i++)
		if (x->daemons[i] != NULL &&
		    MHD_get_daemon_info(x->daemons[i], MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
				    ->num_connections > 0)
			return false;
	return true;
}

static struct shift *shift_new(const char *certificate, const char *key)
{
	struct shift *x = mem_alloc(sizeof(*x));

	buf_init(&x->certificate);
	buf_init_secret(&x->key);
	buf_puts(&x->certificate, certificate != NULL ? certificate : "");
	buf_puts(&x->key, key != NULL ? key : "");
	for (size_t i = 0; i < CONFIG_LISTEN_MAX; i++)
		x->sockets[i] = -1;
	return x;
}

/* Begins beside the one that is there. On failure that goes on. */
static int shift_start(struct server *s, const char *certificate, const char *key, struct fault *f)
{
	const struct config *config = s->context.options.config;
	struct shift *x = shift_new(certificate, key);

	for (size_t i = 0; i < s->n; i++) {
		x->sockets[i] = fcntl(s->sockets[i], F_DUPFD_CLOEXEC, 0);
		if (x->sockets[i] >= 0)
			x->daemons[i] = start_daemon(s, x, x->sockets[i]);
		if (x->daemons[i] != NULL)
			continue;
		x->sockets[i] = -1; /* libmicrohttpd has closed it */
		shift_close(x);
		shift_free(x);
		return fault_set(f, ERR_INTERNAL, "the server for %s does not start",
				 config->listen.at[i]);
	}
	if (s->shift != NULL)
		shift_close(s->shift);
	x->before = s->shift;
	s->shift = x;
	return 0;
}

static void drop_those_over(struct shift *newest)
{
	for (struct shift **at = &newest->before; *at != NULL;) {
		struct shift *x = *at;

		if (shift_is_over(x)) {
			*at = x->before;
			shift_free(x);
		} else {
			at = &x->before;
		}
	}
}

/* ---- server.h ---- */

static int open_sockets(struct server *s, const struct config *config, struct fault *f)
{
	for (; s->n < config->listen.n; s->n++) {
		int code = listen_open(&config->addresses[s->n], config->listen.at[s->n],
				       &s->sockets[s->n], f);

		if (code != 0)
			return code;
	}
	return 0;
}

/* How many connections there may be: each is a descriptor, and the usual limit is 1024 of these. */
static size_t most_connections(const struct config *config)
{
	rlim_t want = (rlim_t)config->connections + OTHER_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= want)
		return (size_t)config->connections;
	limit.rlim_cur = limit.rlim_max > want ? want : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == want)
		return (size_t)config->connections;
	log_warn("fewer open files than connections are allowed (ulimit -n, LimitNOFILE=)",
		 LOG_U("allowed", limit.rlim_cur), LOG_U("wanted", want));
	return limit.rlim_cur > 2 * OTHER_DESCRIPTORS ? limit.rlim_cur - OTHER_DESCRIPTORS
						      : limit.rlim_cur / 2;
}

int server_start(struct server **out, const struct server_options *o, struct fault *f)
{
	struct server *s = mem_alloc(sizeof(*s));
	int code;

	s->context.options = *o;
	request_context_init(&s->context);
	s->context.routes = routes_new(o->table);
	s->most = most_connections(o->config);
	code = connections_start(&s->context.connections, o->config->request_ms, s->most, o->poll,
				 o->questions, f);
	if (code == 0)
		code = open_sockets(s, o->config, f);
	if (code == 0)
		code = shift_start(s, o->certificate, o->key, f);
	if (code != 0) {
		server_stop(s);
		s = NULL;
	}
	for (size_t i = 0; s != NULL && i < s->n; i++)
		log_info("listening", LOG_S("address", o->config->listen.at[i]),
			 LOG_D("port", server_port(s, i)));
	*out = s;
	return code;
}

int server_renew(struct server *s, const char *certificate, const char *key, struct fault *f)
{
	int code = shift_start(s, certificate, key, f);

	drop_those_over(s->shift);
	return code;
}

int server_port(const struct server *s, size_t i)
{
	return i < s->n ? listen_port(s->sockets[i]) : -1;
}

void server_stop(struct server *s)
{
	struct request_context *x;

	if (s == NULL)
		return;
	x = &s->context;
	if (s->shift != NULL) {
		shift_close(s->shift);
		request_context_drain(x);
	}
	for (struct shift *shift = s->shift, *before; shift != NULL; shift = before) {
		before = shift->before;
		shift_free(shift);
	}
	for (size_t i = 0; i < s->n; i++)
		close(s->sockets[i]);
	connections_stop(x->connections);
	routes_free(x->routes);
	request_context_fini(x);
	free(s);
}
