#include "test/unit/agent/stub.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <string.h>

#include "test/test.h"

static struct MHD_Daemon *running;

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	static int begun;
	stub_handler *const *handler = context;
	struct stub_answer a;
	struct MHD_Response *r;
	enum MHD_Result result;

	(void)version, (void)data;
	if (*state == NULL || *len > 0) {
		*state = &begun;
		*len = 0;
		return MHD_YES;
	}
	a = (*handler)(method, url,
		       MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match"));
	r = MHD_create_response_from_buffer(strlen(a.body), (void *)(uintptr_t)a.body,
					    MHD_RESPMEM_PERSISTENT);
	if (a.header != NULL)
		MHD_add_response_header(r, a.header, a.value);
	result = MHD_queue_response(c, a.status, r);
	MHD_destroy_response(r);
	return result;
}

void stub_start(stub_handler *handler, struct http_where *where)
{
	static stub_handler *of_case;
	const struct sockaddr_in loopback = {.sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	of_case = handler;
	running = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request,
				   &of_case, MHD_OPTION_SOCK_ADDR, &loopback, MHD_OPTION_END);
	TEST_MUST(running != NULL);
	memset(where, 0, sizeof(*where));
	where->n = 1;
	snprintf(where->at[0].url, sizeof(where->at[0].url), "http://127.0.0.1:%u",
		 MHD_get_daemon_info(running, MHD_DAEMON_INFO_BIND_PORT)->port);
}

void stub_stop(void)
{
	if (running != NULL)
		MHD_stop_daemon(running);
	running = NULL;
}
