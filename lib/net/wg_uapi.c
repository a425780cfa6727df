/* wireguard-go by its socket /var/run/wireguard/NAME.sock. A request is a text that ends with an
 * empty line; wireguard-go works it off line by line, in order, so there is no limit to its length;
 * it is cut anyway, so that a large one is sent while the next is written. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/net/wg_backend.h"

#define SOCKET_DIR     "/var/run/wireguard"
#define ANSWER_SECONDS 10
#define REQUEST_MAX    262144

struct uapi {
	struct wg_backend base;
	struct buf request; /* without a private key: that is sent on its own */
	struct wg_key last; /* the peer of what comes next */
};

static struct uapi *uapi_of(struct wg_backend *b)
{
	return (struct uapi *)b;
}

static int connect_to(const char *name, int *out, struct fault *f)
{
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return fault_errno(f, errno, "socket");
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s.sock", SOCKET_DIR, name);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
		*out = fd;
		return 0;
	}
	/* A socket that nobody serves is what a wireguard-go that died leaves. */
	if (errno == ENOENT || errno == ECONNREFUSED)
		code = fault_set(f, ERR_NOT_FOUND, "no WireGuard device %s", name);
	else
		code = fault_errno(f, errno, "%s", address.sun_path);
	close(fd);
	return code;
}

static int send_text(int fd, const char *text, size_t len, struct fault *f)
{
	while (len > 0) {
		ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return fault_errno(f, errno == EAGAIN ? ETIMEDOUT : errno, "request");
		text += sent;
		len -= (size_t)sent;
	}
	return 0;
}

static int ask(struct uapi *u, const char *request, size_t len, struct wg_device *into,
	       struct fault *f)
{
	struct wg_device ignored = {0};
	struct wg_uapi_answer a = {.device = into != NULL ? into : &ignored};
	int fd = -1;
	int code = connect_to(u->base.name, &fd, f);

	if (code == 0)
		code = send_text(fd, request, len, f);
	if (code == 0)
		code = wg_uapi_read_answer(fd, &a, f);
	if (fd >= 0)
		close(fd);
	wg_device_fini(&ignored);
	return code;
}

static void uapi_close(struct wg_backend *b)
{
	buf_fini(&uapi_of(b)->request);
	free(b);
}

static int uapi_read(struct wg_backend *b, struct wg_device *out, struct fault *f)
{
	static const char request[] = "get=1\n\n";

	return ask(uapi_of(b), request, sizeof(request) - 1, out, f);
}

static int uapi_set_device(struct wg_backend *b, unsigned mask, const struct wg_device *desired,
			   const struct secret *key, struct fault *f)
{
	char hex[2 * SECRET_SIZE + 1], text[256];
	size_t used = (size_t)snprintf(text, sizeof(text), "set=1\n");
	int code;

	if ((mask & WG_SET_KEY) != 0) {
		sodium_bin2hex(hex, sizeof(hex), key->bytes, sizeof(key->bytes));
		used += (size_t)snprintf(text + used, sizeof(text) - used, "private_key=%s\n", hex);
	}
	if ((mask & WG_SET_PORT) != 0)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "listen_port=%u\n",
					 desired->listen_port);
	if ((mask & WG_SET_MARK) != 0)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "fwmark=%u\n",
					 desired->fwmark);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
	code = ask(uapi_of(b), text, used, NULL, f);
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(text, sizeof(text));
	return code;
}

static int uapi_flush(struct wg_backend *b, struct fault *f)
{
	struct uapi *u = uapi_of(b);
	int code;

	if (u->request.len == 0)
		return 0;
	buf_puts(&u->request, "\n");
	code = ask(u, buf_text(&u->request), u->request.len, NULL, f);
	buf_clear(&u->request);
	return code;
}

static void put_key(struct uapi *u, const struct wg_key *key)
{
	char hex[2 * WG_KEY_SIZE + 1];

	buf_printf(&u->request, "public_key=%s\n",
		   sodium_bin2hex(hex, sizeof(hex), key->bytes, sizeof(key->bytes)));
	u->last = *key;
}

static int uapi_put_peer(struct wg_backend *b, const struct wg_entry *e, struct fault *f)
{
	struct uapi *u = uapi_of(b);
	char text[ADDRESS_TEXT_MAX];
	int code = u->request.len > REQUEST_MAX ? uapi_flush(b, f) : 0;

	if (code != 0)
		return code;
	if (u->request.len == 0)
		buf_puts(&u->request, "set=1\n");
	put_key(u, e->key);
	if (e->remove)
		buf_puts(&u->request, "remove=true\n");
	else if (e->update_only)
		buf_puts(&u->request, "update_only=true\n");
	if ((e->mask & WG_SET_ENDPOINT) != 0)
		buf_printf(&u->request,
			   e->endpoint->address.family == FAMILY_IPV6 ? "endpoint=[%s]:%u\n"
								      : "endpoint=%s:%u\n",
			   address_format(&e->endpoint->address, text), e->endpoint->port);
	if ((e->mask & WG_SET_KEEPALIVE) != 0)
		buf_printf(&u->request, "persistent_keepalive_interval=%u\n", e->keepalive);
	return 0;
}

static int uapi_put_allowed(struct wg_backend *b, const struct prefix *p, struct fault *f)
{
	struct uapi *u = uapi_of(b);
	char text[PREFIX_TEXT_MAX];
	int code;

	if (u->request.len > REQUEST_MAX) {
		code = uapi_flush(b, f);
		if (code != 0)
			return code;
		buf_puts(&u->request, "set=1\n");
		put_key(u, &u->last);
		buf_puts(&u->request, "update_only=true\n");
	}
	buf_printf(&u->request, "allowed_ip=%s\n", prefix_format(p, text));
	return 0;
}

static int uapi_clear(struct wg_backend *b, struct fault *f)
{
	static const char request[] = "set=1\nreplace_peers=true\n\n";

	return ask(uapi_of(b), request, sizeof(request) - 1, NULL, f);
}

static const struct wg_backend_type uapi_type = {
	.close = uapi_close,
	.read = uapi_read,
	.set_device = uapi_set_device,
	.put_peer = uapi_put_peer,
	.put_allowed = uapi_put_allowed,
	.flush = uapi_flush,
	.clear = uapi_clear,
};

int wg_uapi_open(const char *name, struct wg_backend **out, struct fault *f)
{
	struct uapi *u;
	int fd = -1;
	int code = connect_to(name, &fd, f);

	if (code != 0)
		return code;
	close(fd);
	u = mem_alloc(sizeof(*u));
	u->base.type = &uapi_type;
	snprintf(u->base.name, sizeof(u->base.name), "%s", name);
	buf_init(&u->request);
	*out = &u->base;
	return 0;
}
