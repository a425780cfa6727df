/* Whose a packet is to WireGuard. */
#include <string.h>

#include "cli/hop/parts.h"
#include "lib/mesh/state_keys.h"
#include "lib/net/wg.h"

/* The allowed IP of the peer that has the address, the longest; NULL: none has. */
static const struct prefix *allowed_with(const struct wg_peer *p, const struct address *address)
{
	const struct prefix *best = NULL;

	for (size_t i = 0; i < p->nallowed; i++)
		if (prefix_has(&p->allowed[i], address) &&
		    (best == NULL || p->allowed[i].length > best->length))
			best = &p->allowed[i];
	return best;
}

static const struct wg_peer *peer_with(const struct wg_device *d, const struct address *address)
{
	const struct wg_peer *best = NULL;
	const struct prefix *by = NULL;

	for (size_t i = 0; i < d->peers.n; i++) {
		const struct prefix *p = allowed_with(&d->peers.at[i], address);

		if (p != NULL && (by == NULL || p->length > by->length)) {
			best = &d->peers.at[i];
			by = p;
		}
	}
	return best;
}

/* "name", or the key of one that the view does not have. */
static const char *name_of(const struct hop_membership *m, const struct wg_peer *p, struct arena *a,
			   const char **address)
{
	char key[WG_KEY_TEXT_MAX], text[ADDRESS_TEXT_MAX];
	struct state_keys keys;
	struct address at;
	uint32_t index;

	state_keys_make(&keys, m->view);
	index = state_keys_find(&keys, p->key.bytes);
	state_keys_fini(&keys);
	if (index == 0)
		return arena_strdup(a, wg_key_format(&p->key, key));
	at = state_peer_address(m->view, index);
	*address = arena_strdup(a, address_format(&at, text));
	return arena_strdup(a, state_name_at(m->view, index));
}

static void keep_peer(const struct hop_context *x, const struct hop_membership *m,
		      const struct wg_peer *p, const struct prefix *allowed, struct hop_peer *out)
{
	const int64_t age = wall_now().ms - p->last_handshake.ms;
	char key[WG_KEY_TEXT_MAX], text[PREFIX_TEXT_MAX];

	out->name = name_of(m, p, x->arena, &out->address);
	out->key = arena_strdup(x->arena, wg_key_format(&p->key, key));
	out->greeted = p->last_handshake.ms != 0;
	out->handshake_age_s = out->greeted && age > 0 ? age / 1000 : 0;
	out->rx_bytes = p->rx_bytes;
	out->tx_bytes = p->tx_bytes;
	if (allowed != NULL)
		out->allowed = arena_strdup(x->arena, prefix_format(allowed, text));
	if (p->endpoint.address.family != FAMILY_NONE)
		out->endpoint = arena_printf(
			x->arena, p->endpoint.address.family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
			address_format(&p->endpoint.address, text), p->endpoint.port);
}

static const struct wg_peer *expected_peer(const struct wg_device *d,
					   const struct hop_membership *m,
					   const struct address *expected)
{
	const uint32_t index = hop_peer_index(m, expected);
	const struct wg_peer *p = NULL, *next = NULL;
	const struct state_peer *s;
	struct wg_key key;

	if (index == 0)
		return NULL;
	s = state_peer_at(m->view, index);
	memcpy(key.bytes, s->key, sizeof(key.bytes));
	p = wg_device_peer(d, &key);
	if ((s->flags & STATE_PEER_HAS_NEXT_KEY) != 0) {
		memcpy(key.bytes, s->next_key, sizeof(key.bytes));
		next = wg_device_peer(d, &key);
	}
	return next != NULL && (p == NULL || next->nallowed > 0) ? next : p;
}

bool hop_peer_read(const struct hop_context *x, const struct hop_membership *m, const char *device,
		   const struct address *address, const struct address *expected,
		   struct hop_peer *out)
{
	const struct wg_peer *has, *wanted;
	struct wg_device d = {0};
	struct wg_backend *b = NULL;
	const char *ignored = NULL;
	int code = wg_open(device, &b, NULL);

	out->device = arena_strdup(x->arena, device);
	if (code == 0)
		code = wg_read(b, &d, NULL);
	wg_close(b);
	if (code != 0)
		return false;
	has = peer_with(&d, address);
	wanted = expected_peer(&d, m, expected);
	if (wanted == NULL)
		wanted = has;
	if (wanted != NULL)
		keep_peer(x, m, wanted, wanted == has ? allowed_with(has, address) : NULL, out);
	if (has != NULL && has != wanted)
		out->other = name_of(m, has, x->arena, &ignored);
	wg_device_fini(&d);
	return wanted != NULL;
}

static bool device_has(const char *name, const struct wg_key *key, const struct wg_key *next)
{
	struct wg_device d = {0};
	struct wg_backend *b = NULL;
	bool has = false;

	if (wg_open(name, &b, NULL) == 0 && wg_read(b, &d, NULL) == 0)
		has = wg_device_peer(&d, key) != NULL || wg_device_peer(&d, next) != NULL;
	wg_close(b);
	wg_device_fini(&d);
	return has;
}

const struct link *hop_peer_device(const struct hop_context *x, const struct hop_membership *m,
				   uint32_t peer)
{
	const struct state_peer *p = state_peer_at(m->view, peer);
	struct wg_key key, next;

	if (p == NULL)
		return NULL;
	memcpy(key.bytes, p->key, sizeof(key.bytes));
	memcpy(next.bytes, (p->flags & STATE_PEER_HAS_NEXT_KEY) != 0 ? p->next_key : p->key,
	       sizeof(next.bytes));
	for (size_t i = 0; i < x->links.n; i++)
		if (hop_membership_by_alias(&x->machine, x->links.at[i].alias) == m &&
		    device_has(x->links.at[i].name, &key, &next))
			return &x->links.at[i];
	return NULL;
}
