/* A BGP speaker that says what it is told, be it BGP or not: one connection, from a place of the
 * lab. It has no routes and no opinion, and answers nothing by itself. */
#ifndef SKEIN_TEST_NET_SPEAKER_H
#define SKEIN_TEST_NET_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/netns.h"
#include "lib/net/prefix.h"

#define SPEAKER_MESSAGE_MAX 4096
#define SPEAKER_HEADER	    19

enum speaker_type {
	SPEAKER_OPEN = 1,
	SPEAKER_UPDATE = 2,
	SPEAKER_NOTIFICATION = 3,
	SPEAKER_KEEPALIVE = 4,
};

struct speaker {
	int fd; /* -1: closed */
	size_t have;
	uint8_t in[2 * SPEAKER_MESSAGE_MAX];
};

/* What was heard: a message; or the end, type 0. */
struct speaker_heard {
	uint8_t type, code, subcode; /* code, subcode: of a NOTIFICATION */
};

struct speaker_way {
	const struct place *at; /* where it speaks from */
	struct address from, to;
	uint16_t port;
};

/* Connects; ERR_UNREACHABLE, ERR_TIMEOUT. Whatever comes out, caller speaker_close()s. */
int speaker_connect(struct speaker *s, const struct speaker_way *way, int64_t ms, struct fault *f);
/* The hard way (RST) when `abort`. */
void speaker_close(struct speaker *s, bool abort);

/* A message: header, type and body. Returns its length. */
size_t speaker_put(uint8_t out[SPEAKER_MESSAGE_MAX], uint8_t type, const uint8_t *body, size_t len);
/* False when the other end is gone, or takes nothing for a second. */
bool speaker_send(struct speaker *s, const uint8_t *data, size_t len);
/* The next message, or the end of the connection. False: nothing within `ms`. */
bool speaker_hear(struct speaker *s, int64_t ms, struct speaker_heard *out);

/* OPEN and KEEPALIVE both ways. False when it came to no session; *heard says why. */
bool speaker_establish(struct speaker *s, const uint8_t *open, size_t len, int64_t ms,
		       struct speaker_heard *heard);

#endif
