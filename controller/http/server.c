#include "controller/http/server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/http/listen.h"
#include "controller/http/request.h"
#include "lib/base/log.h"

/* Inactivity within a request, and of a connection between two: an agent asks again within its
 * poll. */
#define INACTIVITY_S 75

struct server {
	struct request_context context;
	struct MHD_Daemon *daemons[CONFIG_LISTEN_MAX];
	int ports[CONFIG_LISTEN_MAX];
	size_t n;
};

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **slot)
{
	struct server *s = cls;
	struct request *r = *slot;
	size_t len = *upload_len;

	(void)version;
	if (r == NULL) {
		*slot = r = request_begin(&s->context, c, url, method);
		return request_is_hopeless(r) ? request_answer(r) : MHD_YES;
	}
	if (len > 0) {
		*upload_len = 0;
		return request_receive(r, upload, len);
	}
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

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		*slot = connections_open(s->context.connections, info->connect_fd);
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

static struct MHD_Daemon *start_daemon(struct server *s, int fd)
{
	const struct server_options *o = &s->context.options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | (o->certificate != NULL ? MHD_USE_TLS : 0);
	struct MHD_OptionItem options[16] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_log, NULL},
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)o->config->connections, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, INACTIVITY_S, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_END, 0, NULL},
	};

	if (o->certificate != NULL) {
		options[7] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->key};
		options[8] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0,
						     (void *)o->certificate};
		options[9] = (struct MHD_OptionItem){
			MHD_OPTION_HTTPS_PRIORITIES, 0,
			(void *)"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"};
		options[10] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	}
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

static int start_listening(struct server *s, size_t i, struct fault *f)
{
	const struct config *config = s->context.options.config;
	const char *where = config->listen.at[i];
	int fd = -1, code = listen_open(&config->addresses[i], where, &fd, f);

	if (code != 0)
		return code;
	s->ports[i] = listen_port(fd);
	s->daemons[i] = start_daemon(s, fd);
	if (s->daemons[i] == NULL) {
		close(fd);
		return fault_set(f, ERR_INTERNAL,
				 "the server for %s does not start: certificate and key must be "
				 "PEM and belong together",
				 where);
	}
	s->n++;
	log_info("listening", LOG_S("address", where), LOG_D("port", s->ports[i]));
	return 0;
}

int server_start(struct server **out, const struct server_options *o, struct fault *f)
{
	struct server *s = mem_alloc(sizeof(*s));
	int code;

	s->context.options = *o;
	request_context_init(&s->context);
	s->context.routes = routes_new(o->table);
	code = connections_start(&s->context.connections, o->config->request_ms, o->poll, f);
	for (size_t i = 0; i < o->config->listen.n && code == 0; i++)
		code = start_listening(s, i, f);
	if (code != 0) {
		server_stop(s);
		s = NULL;
	}
	*out = s;
	return code;
}

int server_port(const struct server *s, size_t i)
{
	return i < s->n ? s->ports[i] : -1;
}

void server_stop(struct server *s)
{
	struct request_context *x;

	if (s == NULL)
		return;
	x = &s->context;
	for (size_t i = 0; i < s->n; i++)
		close(MHD_quiesce_daemon(s->daemons[i]));
	if (s->n > 0)
		request_context_drain(x);
	for (size_t i = 0; i < s->n; i++)
		MHD_stop_daemon(s->daemons[i]);
	connections_stop(x->connections);
	routes_free(x->routes);
	request_context_fini(x);
	free(s);
}
