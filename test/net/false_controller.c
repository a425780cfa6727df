#include "test/net/false_controller.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "test/test.h"

#define PORT	   8099
#define ERROR_MAX  400
#define REPORT_MAX (1u << 20)

/* One at a time: a suite has one machine that is lied to. */
static struct {
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	const struct false_offer *offer;
	unsigned generation; /* the ETag of the list */
	char error[ERROR_MAX];
} of_suite = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int make_listener(void *context)
{
	const struct sockaddr_in at = {.sin_family = AF_INET,
				       .sin_port = htons(PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 16) != 0)
		return ERR_IO;
	*(int *)context = fd;
	return 0;
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const void *body,
			      size_t len, const char *etag)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)body,
								 MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (etag != NULL)
		MHD_add_response_header(r, "ETag", etag);
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result answer_list(struct MHD_Connection *c)
{
	const char *known = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "If-None-Match");
	const struct false_offer *o = of_suite.offer;
	char etag[32], body[300];

	snprintf(etag, sizeof(etag), "\"%u\"", of_suite.generation);
	if (o == NULL || (known != NULL && strcmp(known, etag) == 0))
		return answer(c, o == NULL ? 503 : 304, "", 0, etag);
	snprintf(body, sizeof(body),
		 "{\"memberships\": [{\"id\": \"%s\", \"view_revision\": \"%" PRIu64 "\", "
		 "\"membership_revision\": \"%" PRIu64 "\"}]}",
		 o->membership, o->revision, o->revision);
	return answer(c, 200, body, strlen(body), etag);
}

/* `image` or `part` says which. */
static enum MHD_Result answer_part(struct MHD_Connection *c)
{
	static const char *const names[FALSE_PARTS] = {"view", "membership", "templates", "text"};
	const char *image = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "image");
	const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "part");
	const char *wanted = image != NULL ? image : text != NULL ? text : "";
	bool steps = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "A-IM") != NULL;
	const struct false_offer *o = of_suite.offer;

	for (size_t i = 0; i < FALSE_PARTS && o != NULL; i++) {
		if (strcmp(names[i], wanted) != 0)
			continue;
		if (steps && i < 2 && o->steps[i] != NULL)
			return answer(c, 226, o->steps[i]->data, o->steps[i]->len, NULL);
		return answer(c, 200, buf_text(o->parts[i]), o->parts[i]->len, NULL);
	}
	return answer(c, 404, "", 0, NULL);
}

static void note_report(const struct buf *body)
{
	json_t *report = json_loads(buf_text(body), 0, NULL), *m;
	json_t *list = json_object_get(report, "memberships");
	size_t i;

	json_array_foreach(list, i, m) {
		const char *error = json_string_value(json_object_get(m, "error"));

		if (error != NULL)
			snprintf(of_suite.error, sizeof(of_suite.error), "%s", error);
	}
	json_decref(report);
}

static enum MHD_Result answer_any(struct MHD_Connection *c, const char *url, const struct buf *body)
{
	enum MHD_Result result;

	pthread_mutex_lock(&of_suite.lock);
	if (strcmp(url, "/api/v1/machine") == 0) {
		result = answer_list(c);
	} else if (strncmp(url, "/api/v1/mesh/", 13) == 0 && strstr(url, "report") == NULL) {
		result = answer_part(c);
	} else {
		note_report(body);
		result = answer(c, 200, "{}", 2, NULL);
	}
	pthread_mutex_unlock(&of_suite.lock);
	return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *data,
				  size_t *len, void **state)
{
	struct buf *body = *state;

	(void)context, (void)method, (void)version;
	if (body == NULL) {
		body = mem_alloc(sizeof(*body));
		buf_init(body);
		*state = body;
		return MHD_YES;
	}
	if (*len > 0) {
		if (body->len + *len < REPORT_MAX)
			buf_append(body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return answer_any(c, url, body);
}

static void on_completed(void *context, struct MHD_Connection *c, void **state,
			 enum MHD_RequestTerminationCode why)
{
	struct buf *body = *state;

	(void)context, (void)c, (void)why;
	if (body == NULL)
		return;
	buf_fini(body);
	free(body);
}

/* ---- for cases ---- */

int false_controller_start(const struct place *machine)
{
	struct fault f = {0};
	int fd = -1;

	if (netns_inside(machine->net, make_listener, &fd, &f) != 0)
		return -1;
	of_suite.daemon =
		MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
				 MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED,
				 on_completed, NULL, MHD_OPTION_END);
	if (of_suite.daemon == NULL)
		close(fd);
	return of_suite.daemon != NULL ? 0 : -1;
}

void false_controller_stop(void)
{
	if (of_suite.daemon != NULL)
		MHD_stop_daemon(of_suite.daemon);
	of_suite.daemon = NULL;
	of_suite.offer = NULL;
}

void false_controller_offer(const struct false_offer *offer)
{
	pthread_mutex_lock(&of_suite.lock);
	of_suite.offer = offer;
	of_suite.generation++;
	of_suite.error[0] = '\0';
	pthread_mutex_unlock(&of_suite.lock);
}

void false_controller_reported(char *out, size_t size)
{
	pthread_mutex_lock(&of_suite.lock);
	snprintf(out, size, "%s", of_suite.error);
	pthread_mutex_unlock(&of_suite.lock);
}
