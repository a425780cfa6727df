#include "controller/api/check.h"

#include <string.h>

#include "controller/api/format.h"
#include "controller/api/shared.h"

#define INTERVAL_MS 2000
#define TIMEOUT_MS  1000
#define RISE	    2
#define FALL	    3

#define AT(member) offsetof(struct check_wire, member)

const struct json_row check_rows[] = {
	JSON_ROW("type", MEMBER_TEXT, AT(type), .required = true),
	JSON_ROW("address", MEMBER_TEXT, AT(address)),
	JSON_ROW("port", MEMBER_NUMBER, AT(port), .min = 1, .max = 65535),
	JSON_ROW("path", MEMBER_TEXT, AT(path), .max = STATE_TARGET_SIZE - 1),
	JSON_ROW("name", MEMBER_TEXT, AT(name), .max = STATE_TARGET_SIZE - 1),
	JSON_ROW("interval_ms", MEMBER_NUMBER, AT(interval_ms), .min = STATE_CHECK_MIN_MS,
		 .max = STATE_CHECK_MAX_MS),
	JSON_ROW("timeout_ms", MEMBER_NUMBER, AT(timeout_ms), .min = 1, .max = STATE_CHECK_MAX_MS),
	JSON_ROW("rise", MEMBER_NUMBER, AT(rise), .min = 1, .max = STATE_CHECK_RESULTS_MAX),
	JSON_ROW("fall", MEMBER_NUMBER, AT(fall), .min = 1, .max = STATE_CHECK_RESULTS_MAX),
	{0}};

static const char *const types[] = {
	[STATE_CHECK_NONE] = "none",
	[STATE_CHECK_TCP] = "tcp",
	[STATE_CHECK_HTTP] = "http",
	[STATE_CHECK_EXEC] = "exec",
};

json_t *check_encode(struct call *c, const struct health_check *x)
{
	struct check_wire w = {
		.type = types[x->type],
		.port = x->port,
		.path = x->type == STATE_CHECK_HTTP ? x->target : NULL,
		.name = x->type == STATE_CHECK_EXEC ? x->target : NULL,
		.interval_ms = x->interval_ms,
		.timeout_ms = x->timeout_ms,
		.rise = x->rise,
		.fall = x->fall,
	};
	struct address a = {.family = x->host.family};
	char text[ADDRESS_TEXT_MAX];

	if (x->type == STATE_CHECK_NONE)
		return json_null();
	memcpy(a.bytes, x->host.bytes, sizeof(a.bytes));
	if (a.family != FAMILY_NONE)
		w.address = arena_strdup(c->arena, address_format(&a, text));
	return json_encode(check_rows, &w);
}

static int read_type(struct call *c, const char *text, struct health_check *out)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], text) == 0) {
			out->type = (uint8_t)i;
			return 0;
		}
	return fault_set(&c->fault, ERR_INVALID,
			 "check: type '%.20s': want tcp, http, exec or none", text);
}

static int read_place(struct call *c, const struct check_wire *w, const struct prefix *prefix,
		      struct health_check *out)
{
	const struct prefix loopback = prefix_ipv4(0x7f000000, 8);
	char text[PREFIX_TEXT_MAX];
	struct address a;
	int code;

	if (w->address == NULL || w->port == 0)
		return fault_set(&c->fault, ERR_INVALID,
				 "check: of type %s it wants address and "
				 "port",
				 w->type);
	code = address_parse(w->address, &a, &c->fault);
	if (code == 0 && a.family != FAMILY_IPV4)
		code = fault_set(&c->fault, ERR_UNSUPPORTED, "check: IPv4 only for now");
	if (code != 0)
		return code;
	out->host = prefix_of_address(&a);
	if (!address_is_host(&a) && !prefix_contains(&loopback, &out->host))
		return fault_set(&c->fault, ERR_INVALID, "check: nobody answers at %.40s",
				 w->address);
	if (!prefix_contains(prefix, &out->host) && !prefix_contains(&loopback, &out->host))
		return fault_set(&c->fault, ERR_INVALID,
				 "check: %.40s is neither in %s nor the machine's loopback",
				 w->address, prefix_format(prefix, text));
	out->port = (uint16_t)w->port;
	return 0;
}

/* It becomes a line of a request. */
static int read_path(struct call *c, const char *path, struct health_check *out)
{
	const char *p = path != NULL ? path : "/";

	for (const char *at = p; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~')
			return fault_set(&c->fault, ERR_INVALID,
					 "check: a path is of ASCII, "
					 "without spaces");
	if (p[0] != '/')
		return fault_set(&c->fault, ERR_INVALID, "check: a path begins with /");
	snprintf(out->target, sizeof(out->target), "%s", p);
	return 0;
}

static int read_name(struct call *c, const char *name, struct health_check *out)
{
	if (name == NULL)
		return fault_set(&c->fault, ERR_INVALID,
				 "check: of type exec it wants name: what the machine's agent.conf "
				 "calls its program");
	snprintf(out->target, sizeof(out->target), "%s", name);
	return name_check(name, "check name", &c->fault);
}

static int read_target(struct call *c, const struct check_wire *w, const struct prefix *prefix,
		       struct health_check *out)
{
	bool exec = out->type == STATE_CHECK_EXEC, http = out->type == STATE_CHECK_HTTP;

	if ((exec && (w->address != NULL || w->port != 0)) || (!exec && w->name != NULL) ||
	    (!http && w->path != NULL))
		return fault_set(&c->fault, ERR_INVALID,
				 "check: address and port are of tcp and http, path of http, name "
				 "of exec");
	if (exec)
		return read_name(c, w->name, out);
	if (http && read_path(c, w->path, out) != 0)
		return ERR_INVALID;
	return read_place(c, w, prefix, out);
}

int check_read(struct call *c, const struct check_wire *w, const struct prefix *prefix,
	       struct health_check *out)
{
	struct health_check x = {
		.interval_ms = w->interval_ms != 0 ? (uint32_t)w->interval_ms : INTERVAL_MS,
		.rise = w->rise != 0 ? (uint8_t)w->rise : RISE,
		.fall = w->fall != 0 ? (uint8_t)w->fall : FALL,
	};
	int code = read_type(c, w->type, &x);

	if (code != 0)
		return code;
	if (x.type == STATE_CHECK_NONE) {
		*out = (struct health_check){0};
		return 0;
	}
	x.timeout_ms = x.interval_ms < TIMEOUT_MS ? x.interval_ms : TIMEOUT_MS;
	if (w->timeout_ms != 0)
		x.timeout_ms = (uint32_t)w->timeout_ms;
	if (x.timeout_ms > x.interval_ms)
		return fault_set(&c->fault, ERR_INVALID,
				 "check: timeout_ms is longer than interval_ms");
	code = read_target(c, w, prefix, &x);
	if (code == 0)
		*out = x;
	return code;
}
