#include "controller/http/request_relay.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/base/text.h"
#include "lib/mesh/question.h"

#define PIECE 4096 /* of an answer; it is sent in chunks of what fits the connection's memory */

static struct request_relay *of_party(struct relay_party *p)
{
	return (struct request_relay *)p;
}

static int descriptor(const struct request_relay *p)
{
	return MHD_get_connection_info(p->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
		->connect_fd;
}

static bool fall_asleep(struct relay_party *party)
{
	struct request_relay *p = of_party(party);
	bool may = request_context_send(p->context);

	if (may)
		MHD_suspend_connection(p->connection);
	return may;
}

static void wake(struct relay_party *party)
{
	struct request_relay *p = of_party(party);
	struct request_context *x = p->context;

	MHD_resume_connection(p->connection);
	request_context_return(x);
}

/* libmicrohttpd does not look at a connection that is suspended. */
static bool is_gone(struct relay_party *party)
{
	struct pollfd fd = {.fd = descriptor(of_party(party)), .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0;
}

static void cut(struct relay_party *party)
{
	shutdown(descriptor(of_party(party)), SHUT_RDWR);
}

static const struct relay_calls calls = {fall_asleep, wake, is_gone, cut};

void request_relay_open(struct request_relay *p, struct request_context *x,
			struct MHD_Connection *c, enum relay_side side, struct relay *relay)
{
	*p = (struct request_relay){.party = {.calls = &calls},
				    .context = x,
				    .connection = c,
				    .side = side,
				    .relay = relay};
	relay_attach(relay, side, &p->party);
}

void request_relay_close(struct request_relay *p)
{
	if (p->relay == NULL)
		return;
	relay_detach(p->relay, p->side, &p->party);
	relay_unref(p->relay);
	p->relay = NULL;
}

/* ---- the reader ---- */

static void add_trailer(struct request_relay *p)
{
	struct relay_end end;
	char text[16];

	if (!relay_has_ended(p->relay, &end))
		return;
	snprintf(text, sizeof(text), "%d",
		 end.code != 0 ? error_exit_status(end.code) : end.status);
	MHD_add_response_footer(p->response, QUESTION_TRAILER_EXIT, text);
	if (end.words[0] != '\0')
		MHD_add_response_footer(p->response, QUESTION_TRAILER_ERROR, end.words);
}

static ssize_t read_piece(void *cls, uint64_t at, char *to, size_t size)
{
	struct request_relay *p = cls;
	bool over;
	size_t n = relay_read(p->relay, to, size, &over);

	(void)at;
	if (!over)
		return (ssize_t)n; /* 0: the connection is suspended */
	add_trailer(p);
	return MHD_CONTENT_READER_END_OF_STREAM;
}

struct MHD_Response *request_relay_answer(struct request_relay *p, const char *type)
{
	struct MHD_Response *r =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_piece, p, NULL);

	p->response = r;
	if (r == NULL)
		return NULL;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_TRAILER,
				QUESTION_TRAILER_EXIT ", " QUESTION_TRAILER_ERROR);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
	return r;
}

/* ---- the writer ---- */

/* -1: it is no exit status. */
static int parse_status(const char *text)
{
	char *rest = NULL;
	long n = text != NULL && text[0] >= '0' && text[0] <= '9' ? strtol(text, &rest, 10) : -1;

	return n >= 0 && n <= 255 && *rest == '\0' ? (int)n : -1;
}

void request_relay_finish(struct request_relay *p)
{
	const char *words =
		MHD_lookup_connection_value(p->connection, MHD_FOOTER_KIND, QUESTION_TRAILER_ERROR);
	struct relay_end end = {.status = parse_status(MHD_lookup_connection_value(
					p->connection, MHD_FOOTER_KIND, QUESTION_TRAILER_EXIT))};

	if (end.status < 0) {
		relay_break(p->relay, ERR_TRUNCATED,
			    "the machine does not say how its answer ends");
		return;
	}
	snprintf(end.words, sizeof(end.words), "%.*s", QUESTION_ERROR_MAX,
		 words != NULL ? words : "");
	text_disarm(end.words);
	relay_finish(p->relay, &end);
}
