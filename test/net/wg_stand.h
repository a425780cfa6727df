/* WireGuard devices for tests of lib/net/wg.h, in a namespace that the caller has entered: each
 * served by a wireguard-go of its own, or by the kernel (settings.h). The cases are the same. */
#ifndef SKEIN_TEST_NET_WG_STAND_H
#define SKEIN_TEST_NET_WG_STAND_H

#include <sys/types.h>

#include "lib/net/link.h"
#include "lib/net/wg.h"

struct wg_stand {
	char name[LINK_NAME_MAX]; /* no other process's: sockets have names of the whole machine */
	char log[200];		  /* what wireguard-go said */
	pid_t server;		  /* wireguard-go; -1: none */
	struct wg_backend *backend;
	struct secret key;
	uint16_t port;
};

/* A device without a key and peers. Those of one process differ in `letter`. Caller
 * wg_stand_down()s, whatever comes out. */
int wg_stand_up(struct wg_stand *s, char letter, uint16_t port);
/* Until here it is down, and greets no peer: thousands would be greeted all the time. */
int wg_stand_enable(struct wg_stand *s);
void wg_stand_down(struct wg_stand *s);
/* Takes the device away from under the backend: every call fails from here on. */
void wg_stand_break(struct wg_stand *s);

/* As it is to be, with no peers yet. Caller wg_device_fini()s. */
struct wg_device wg_stand_device(const struct wg_stand *s);
/* Keys in ascending order. */
struct wg_key wg_stand_peer_key(uint32_t i);
/* Adds a peer, in the order of keys; its prefixes may be in any. The pointer is good until the
 * next. */
struct wg_peer *wg_stand_add(struct wg_device *d, const struct wg_key *key,
			     const struct prefix *allowed, size_t n);
/* The same with texts, NULL at the end. */
struct wg_peer *wg_stand_want(struct wg_device *d, uint32_t i, const char *const *allowed);

/* Plans and applies; reads back what must be equal (an endpoint only where set_endpoint says so),
 * and leaves nothing to plan. Returns how many operations it took. */
size_t wg_stand_become(struct wg_stand *s, const struct wg_device *want);

#endif
