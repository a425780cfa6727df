/* What a WireGuard backend does. wg.c turns operations into these calls; the backends collect them
 * into as few requests as fit, and send what is left when told to flush. */
#ifndef SKEIN_NET_WG_BACKEND_H
#define SKEIN_NET_WG_BACKEND_H

#include "lib/net/wg_device.h"

/* One entry of a request. What is not named in `mask` stays as it is. */
struct wg_entry {
	const struct wg_key *key;
	bool remove;
	bool update_only;		    /* not made if it is not there */
	unsigned mask;			    /* WG_SET_ENDPOINT, WG_SET_KEEPALIVE */
	const struct wg_endpoint *endpoint; /* family not 0 */
	uint16_t keepalive;
};

struct wg_backend;

struct wg_backend_type {
	void (*close)(struct wg_backend *b);
	int (*read)(struct wg_backend *b, struct wg_device *out, struct fault *f);
	/* At once. `mask`: WG_SET_KEY, WG_SET_PORT, WG_SET_MARK. */
	int (*set_device)(struct wg_backend *b, unsigned mask, const struct wg_device *desired,
			  const struct secret *key, struct fault *f);
	int (*put_peer)(struct wg_backend *b, const struct wg_entry *e, struct fault *f);
	/* To the peer put last, which is not one to be removed. */
	int (*put_allowed)(struct wg_backend *b, const struct prefix *p, struct fault *f);
	int (*flush)(struct wg_backend *b, struct fault *f);
	int (*clear)(struct wg_backend *b, struct fault *f); /* at once: no peers any more */
};

struct wg_backend {
	const struct wg_backend_type *type;
	char name[16];
};

/* ERR_NOT_FOUND where there is no such interface of theirs. */
int wg_genl_open(const char *name, struct wg_backend **out, struct fault *f);
int wg_uapi_open(const char *name, struct wg_backend **out, struct fault *f);

/* One answer to `get=1`, line by line: see wg_uapi_parse.c. */
struct wg_uapi_answer {
	struct wg_device *device;
	bool complete; /* its errno line was read */
	long errnum;
};
/* `line` without its newline, which may be changed; ERR_INVALID, ERR_TOO_LARGE. */
int wg_uapi_parse_line(struct wg_uapi_answer *a, char *line, struct fault *f);
/* All of it, from a connected socket, to its errno line; ERR_TRUNCATED, ERR_TIMEOUT, and what errno
 * says where that is not 0. */
int wg_uapi_read_answer(int fd, struct wg_uapi_answer *a, struct fault *f);

#endif
