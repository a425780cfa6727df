/* The answer to `get=1` of WireGuard's cross-platform protocol: lines `name=value`, those of the
 * device first, then each peer's, which begin with its public key; at last `errno=N` and an empty
 * line. */
#include <errno.h>
#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/wg_backend.h"

#define READ_SIZE     16384
#define LINE_MAX_SIZE 512

static bool parse_hex_key(const char *text, uint8_t out[WG_KEY_SIZE])
{
	size_t len;

	return strlen(text) == 2 * (size_t)WG_KEY_SIZE &&
	       sodium_hex2bin(out, WG_KEY_SIZE, text, 2 * (size_t)WG_KEY_SIZE, NULL, &len, NULL) ==
		       0 &&
	       len == WG_KEY_SIZE;
}

/* Decimal digits up to max. */
static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (const char *p = text; *p != '\0'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (*p < '0' || *p > '9' || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

static bool parse_endpoint(char *text, struct wg_endpoint *out)
{
	char *colon = strrchr(text, ':'), *host = text;
	uint64_t port;

	if (colon == NULL || !parse_number(colon + 1, UINT16_MAX, &port))
		return false;
	*colon = '\0';
	if (host[0] == '[') {
		if (colon[-1] != ']')
			return false;
		colon[-1] = '\0';
		host++;
		host[strcspn(host, "%")] = '\0'; /* the scope of a link-local address */
	}
	out->port = (uint16_t)port;
	return address_parse(host, &out->address, NULL) == 0;
}

static bool read_private_key(struct wg_device *d, char *value)
{
	struct secret key;
	bool good = parse_hex_key(value, key.bytes);

	d->has_private_key = good && !sodium_is_zero(key.bytes, sizeof(key.bytes));
	if (d->has_private_key)
		wg_public_key(&key, &d->public_key);
	secret_wipe(&key);
	return good;
}

static bool read_listen_port(struct wg_device *d, char *value)
{
	uint64_t n = 0;
	bool good = parse_number(value, UINT16_MAX, &n);

	d->listen_port = (uint16_t)n;
	return good;
}

static bool read_fwmark(struct wg_device *d, char *value)
{
	uint64_t n = 0;
	bool good = parse_number(value, UINT32_MAX, &n);

	d->fwmark = (uint32_t)n;
	return good;
}

static bool read_endpoint(struct wg_peer *p, char *value)
{
	return parse_endpoint(value, &p->endpoint);
}

static bool read_keepalive(struct wg_peer *p, char *value)
{
	uint64_t n = 0;
	bool good = parse_number(value, UINT16_MAX, &n);

	p->keepalive = (uint16_t)n;
	return good;
}

static bool read_seconds(struct wg_peer *p, char *value)
{
	uint64_t n = 0;
	bool good = parse_number(value, INT64_MAX / 2000, &n);

	p->last_handshake.ms = (int64_t)n * 1000;
	return good;
}

static bool read_nanoseconds(struct wg_peer *p, char *value)
{
	uint64_t n = 0;
	bool good = parse_number(value, 999999999, &n);

	p->last_handshake.ms += (int64_t)(n / 1000000);
	return good;
}

static bool read_rx(struct wg_peer *p, char *value)
{
	return parse_number(value, UINT64_MAX, &p->rx_bytes);
}

static bool read_tx(struct wg_peer *p, char *value)
{
	return parse_number(value, UINT64_MAX, &p->tx_bytes);
}

static const struct {
	const char *name;
	bool (*read)(struct wg_device *d, char *value);
} device_rows[] = {
	{"private_key", read_private_key},
	{"listen_port", read_listen_port},
	{"fwmark", read_fwmark},
};

static const struct {
	const char *name;
	bool (*read)(struct wg_peer *p, char *value);
} peer_rows[] = {
	{"endpoint", read_endpoint},
	{"persistent_keepalive_interval", read_keepalive},
	{"last_handshake_time_sec", read_seconds},
	{"last_handshake_time_nsec", read_nanoseconds},
	{"rx_bytes", read_rx},
	{"tx_bytes", read_tx},
};

#define N(array) (sizeof(array) / sizeof(array)[0])

/* 0, ERR_TOO_LARGE, or ERR_INVALID for a value that is none. An unknown name is passed over. */
static int read_pair(struct wg_uapi_answer *a, const char *name, char *value)
{
	struct wg_device *d = a->device;
	struct wg_peer *peer = d->peers.n > 0 ? &d->peers.at[d->peers.n - 1] : NULL;
	struct wg_key key;
	struct prefix p;
	uint64_t n;

	if (strcmp(name, "errno") == 0) {
		/* wireguard-go writes it with a minus, others without. */
		a->complete = parse_number(value + (value[0] == '-'), 4096, &n);
		a->errnum = a->complete ? (long)n : 0;
		return a->complete ? 0 : ERR_INVALID;
	}
	if (strcmp(name, "public_key") == 0)
		return parse_hex_key(value, key.bytes) ? wg_device_add_peer(d, &key) : ERR_INVALID;
	if (strcmp(name, "allowed_ip") == 0)
		return peer != NULL && prefix_parse(value, &p, NULL) == 0
			       ? wg_device_add_allowed(d, &p)
			       : ERR_INVALID;
	for (size_t i = 0; i < N(device_rows); i++)
		if (strcmp(name, device_rows[i].name) == 0)
			return device_rows[i].read(d, value) ? 0 : ERR_INVALID;
	for (size_t i = 0; i < N(peer_rows); i++)
		if (strcmp(name, peer_rows[i].name) == 0)
			return peer != NULL && peer_rows[i].read(peer, value) ? 0 : ERR_INVALID;
	return 0;
}

int wg_uapi_parse_line(struct wg_uapi_answer *a, char *line, struct fault *f)
{
	char *equals = strchr(line, '=');
	int code;

	/* A value may be a key: none is ever quoted. */
	if (equals == NULL)
		return fault_set(f, ERR_INVALID, "its answer has a line without '='");
	*equals = '\0';
	code = read_pair(a, line, equals + 1);
	return code == 0 ? 0 : fault_set(f, code, "its answer has a wrong value of %.40s", line);
}

/* ---- from the socket ---- */

/* Hands every line that is complete to the parser, keeps the rest: *used bytes at the front. */
static int parse_lines(struct wg_uapi_answer *a, char *text, size_t *used, struct fault *f)
{
	char *start = text, *end;
	int code = 0;

	while (code == 0 && !a->complete && (end = memchr(start, '\n', *used)) != NULL) {
		*end = '\0';
		*used -= (size_t)(end - start) + 1;
		code = end == start ? 0 : wg_uapi_parse_line(a, start, f);
		start = end + 1;
	}
	memmove(text, start, *used);
	if (code == 0 && !a->complete && *used >= LINE_MAX_SIZE)
		code = fault_set(f, ERR_TOO_LARGE, "its answer has a line beyond %d bytes",
				 LINE_MAX_SIZE);
	return code;
}

int wg_uapi_read_answer(int fd, struct wg_uapi_answer *a, struct fault *f)
{
	char text[READ_SIZE];
	size_t used = 0;
	int code = 0;

	while (code == 0 && !a->complete) {
		ssize_t got = recv(fd, text + used, sizeof(text) - used, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			code = fault_errno(f, errno == EAGAIN ? ETIMEDOUT : errno, "answer");
		else if (got == 0)
			code = fault_set(f, ERR_TRUNCATED, "its answer ends too early");
		else
			used += (size_t)got;
		if (code == 0)
			code = parse_lines(a, text, &used, f);
	}
	sodium_memzero(text, sizeof(text)); /* `get` answers with the private key */
	if (code == 0 && a->errnum != 0)
		code = fault_errno(f, (int)a->errnum, "refused");
	return code;
}
