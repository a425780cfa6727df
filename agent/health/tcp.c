/* TCP, and HTTP over it. The socket is marked: what it asks is found by the machine's own routes.
 * Else, as soon as the prefix is not announced here, the question would go to whoever announces it
 * instead, over the mesh, and be answered. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/health/check.h"

static int mark(const struct check *c)
{
	uint32_t value = (uint32_t)c->config->mark;
	uv_os_fd_t fd;

	if (value == 0)
		return 0;
	return uv_fileno((const uv_handle_t *)&c->tcp, &fd) == 0 &&
			       setsockopt(fd, SOL_SOCKET, SO_MARK, &value, sizeof(value)) == 0
		       ? 0
		       : -1;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct check *c = handle->data;

	(void)suggested;
	*out = uv_buf_init(c->answer + c->nanswer, (unsigned)(sizeof(c->answer) - 1 - c->nanswer));
}

/* "HTTP/1.1 204 No Content": its status; 0: not all there yet; -1: no HTTP. */
static int read_status(const char *line)
{
	unsigned status;
	int end = 0;

	if (strlen(line) < sizeof("HTTP/1.1 200") - 1)
		return strncmp(line, "HTTP/1.", strnlen(line, 7)) == 0 ? 0 : -1;
	if (sscanf(line, "HTTP/1.%*1[01] %3u%n", &status, &end) != 1 ||
	    end != sizeof("HTTP/1.1 200") - 1)
		return -1;
	return (int)status;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct check *c = stream->data;
	char why[CHECK_WHY_MAX];
	int status;

	(void)buf;
	if (n > 0)
		c->nanswer += (size_t)n;
	c->answer[c->nanswer] = '\0';
	status = read_status(c->answer);
	if (status >= 200 && status <= 399)
		check_end(c, "");
	else if (status > 0) {
		snprintf(why, sizeof(why), "HTTP status %d", status);
		check_end(c, why);
	} else if (status < 0)
		check_end(c, "the answer is not HTTP");
	else if (n < 0)
		check_end(c, "the connection ended without an answer");
}

static void on_written(uv_write_t *write, int status)
{
	struct check *c = write->handle->data;

	if (status < 0 && status != UV_ECANCELED)
		check_end(c, uv_strerror(status));
}

static void on_connected(uv_connect_t *connect, int status)
{
	struct check *c = connect->handle->data;
	uv_buf_t request;

	if (status == UV_ECANCELED)
		return;
	if (status < 0 || c->terms.check == STATE_CHECK_TCP) {
		check_end(c, status < 0 ? uv_strerror(status) : "");
		return;
	}
	request = uv_buf_init(c->request, (unsigned)strlen(c->request));
	status = uv_write(&c->write, (uv_stream_t *)&c->tcp, &request, 1, on_written);
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
	if (status != 0)
		check_end(c, uv_strerror(status));
}

static int start(struct check *c, char why[CHECK_WHY_MAX])
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(c->terms.port)};
	struct address a = {.family = FAMILY_IPV4};
	char text[ADDRESS_TEXT_MAX];
	int code = uv_tcp_init_ex(c->loop, &c->tcp, AF_INET);

	if (code == 0) {
		c->tcp.data = c;
		c->open++;
		memcpy(&to.sin_addr, c->terms.address, sizeof(to.sin_addr));
		memcpy(a.bytes, c->terms.address, sizeof(a.bytes));
		snprintf(c->request, sizeof(c->request),
			 "GET %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: skein\r\n"
			 "Connection: close\r\n\r\n",
			 c->terms.target, address_format(&a, text), c->terms.port);
		code = mark(c) == 0 ? uv_tcp_connect(&c->connect, &c->tcp,
						     (const struct sockaddr *)&to, on_connected)
				    : UV_EPERM;
	}
	if (code != 0)
		snprintf(why, CHECK_WHY_MAX, "%s", uv_strerror(code));
	return code;
}

static void stop(struct check *c)
{
	uv_handle_t *handle = (uv_handle_t *)&c->tcp;

	if (c->tcp.data != NULL && !uv_is_closing(handle))
		uv_close(handle, check_closed);
}

const struct check_kind check_tcp = {start, stop};
