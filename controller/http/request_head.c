#include "controller/http/request_head.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WAIT_MAX_MS 60000
/* An enrolment with all that it may have is a third of this. More than that nobody may make us keep
 * who has shown no credential. */
#define STRANGERS_BODY_MAX 16384

static const char *header(struct call *c, struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	return value != NULL ? arena_strdup(c->arena, value) : NULL;
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

/* In a list of tokens with parameters, none of which is ours (RFC 3229, 10.5.3). */
static bool has_token(const char *list, const char *token)
{
	while (list != NULL && *list != '\0') {
		size_t n;

		list += strspn(list, " \t,");
		n = strcspn(list, " \t,;");
		if (n == strlen(token) && strncasecmp(list, token, n) == 0)
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

static void read_headers(struct MHD_Connection *connection, struct request_head *out,
			 struct call *c)
{
	const char *length = header(c, connection, MHD_HTTP_HEADER_CONTENT_LENGTH);

	c->if_match = header(c, connection, MHD_HTTP_HEADER_IF_MATCH);
	c->if_none_match = header(c, connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
	c->signature = header(c, connection, "Skein-Signature");
	c->start = header(c, connection, "Skein-Start");
	c->wait_ms = parse_wait(header(c, connection, "Prefer"));
	c->deltas = has_token(header(c, connection, "A-IM"), "skein-delta");
	if (length != NULL)
		out->announced = (size_t)strtoull(length, NULL, 10);
}

static void find_client(struct MHD_Connection *connection, struct call *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *at = info != NULL ? info->client_addr : NULL;

	if (at == NULL)
		return;
	if (at->sa_family == AF_INET) {
		c->client = address_ipv4(ntohl(((const struct sockaddr_in *)at)->sin_addr.s_addr));
	} else if (at->sa_family == AF_INET6) {
		c->client.family = FAMILY_IPV6;
		memcpy(c->client.bytes, &((const struct sockaddr_in6 *)at)->sin6_addr, 16);
	}
}

static int find_route(const struct routes *routes, const char *url, const char *method,
		      struct request_head *out, struct call *c)
{
	int code = routes_match(routes, method, url, &c->route, &c->id, out->allow);

	if (code == ERR_NOT_FOUND) {
		c->status = 404;
		fault_set(&c->fault, code, "there is nothing at '%.100s'", url);
	} else if (code != 0) {
		c->status = 405;
		c->problem = "method-not-allowed";
		fault_set(&c->fault, code, "'%.100s' takes %s", url, out->allow);
	}
	return code;
}

static int find_principal(struct auth *auth, struct MHD_Connection *connection, struct call *c)
{
	int code;

	if (c->route->role == ROLE_NONE)
		return 0;
	code = auth_check(auth,
			  MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
						      MHD_HTTP_HEADER_AUTHORIZATION),
			  c->now, &c->who, &c->fault);
	c->organization = c->who.organization;
	if (code != 0)
		c->status = 401;
	else if (!auth_permits(c->who.role, c->route->role))
		code = fault_set(&c->fault, ERR_FORBIDDEN, "this token's role does not permit it");
	return code;
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

static int add_parameter(struct call *c, const char *name, const char *value)
{
	const char *known = c->route->query;

	if (!has_word(known, name) &&
	    !(c->route->role >= ROLE_VIEWER && strcmp(name, "organization") == 0))
		return fault_set(&c->fault, ERR_INVALID, "unknown parameter '%.40s'%s%s", name,
				 known != NULL ? ", there are: " : "", known != NULL ? known : "");
	if (call_query(c, name) != NULL || c->nquery == CALL_QUERY_MAX)
		return fault_set(&c->fault, ERR_INVALID, "parameter '%.40s' is given twice", name);
	c->query[c->nquery].name = arena_strdup(c->arena, name);
	c->query[c->nquery++].value = arena_strdup(c->arena, value != NULL ? value : "");
	return 0;
}

static enum MHD_Result on_parameter(void *cls, enum MHD_ValueKind kind, const char *name,
				    const char *value)
{
	(void)kind;
	return add_parameter(cls, name, value) == 0 ? MHD_YES : MHD_NO;
}

static int read_query(struct MHD_Connection *connection, struct call *c)
{
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, on_parameter, c);
	return c->fault.code;
}

int request_head_read(const struct request_context *x, struct MHD_Connection *connection,
		      const char *url, const char *method, struct request_head *out, struct call *c)
{
	int code;

	out->body_max = (size_t)x->options.config->body_max;
	read_headers(connection, out, c);
	find_client(connection, c);
	code = find_route(x->routes, url, method, out, c);
	if (code == 0)
		code = find_principal(x->options.auth, connection, c);
	if (code == 0)
		code = read_query(connection, c);
	if (c->who.role == ROLE_NONE && out->body_max > STRANGERS_BODY_MAX)
		out->body_max = STRANGERS_BODY_MAX;
	if (code == 0 && out->announced > out->body_max)
		code = fault_set(&c->fault, ERR_TOO_LARGE, "the body is larger than %zu bytes",
				 out->body_max);
	return code;
}
