#include "controller/http/auth.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "controller/uthash.h"
#include "lib/base/arena.h"

/* The table is searched by a keyed hash of the digest, under a key of this process: how long the
 * search takes says nothing about a digest that is stored. The digest itself is then compared in
 * constant time. */
struct slot {
	uint8_t hash[crypto_shorthash_BYTES];
	struct credential credential;
};

struct holder {
	struct {
		int64_t kind;
		row_t row;
	} key;
	struct slot slot;
	struct mono due; /* of a machine: its next piece of news, at its pace */
	UT_hash_handle by_hash, by_row;
};

struct auth {
	pthread_mutex_t lock;
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct holder *by_hash, *by_row;
};

struct auth *auth_new(void)
{
	struct auth *a = mem_alloc(sizeof(*a));

	pthread_mutex_init(&a->lock, NULL);
	randombytes_buf(a->key, sizeof(a->key));
	return a;
}

static void drop(struct auth *a, struct holder *h)
{
	HASH_REMOVE(by_hash, a->by_hash, h);
	HASH_REMOVE(by_row, a->by_row, h);
	free(h);
}

void auth_free(struct auth *a)
{
	struct holder *h, *next;

	if (a == NULL)
		return;
	HASH_ITER(by_row, a->by_row, h, next)
		drop(a, h);
	pthread_mutex_destroy(&a->lock);
	sodium_memzero(a->key, sizeof(a->key));
	free(a);
}

static void hash_of(const struct auth *a, const struct digest *d,
		    uint8_t out[crypto_shorthash_BYTES])
{
	crypto_shorthash(out, d->bytes, sizeof(d->bytes), a->key);
}

static struct holder *find_row(struct auth *a, enum token_kind kind, row_t row)
{
	struct holder *h, probe = {.key = {.kind = kind, .row = row}};

	HASH_GET(by_row, a->by_row, &probe.key, sizeof(probe.key), h);
	return h;
}

void auth_remove(struct auth *a, enum token_kind kind, row_t row)
{
	struct holder *h;

	pthread_mutex_lock(&a->lock);
	h = find_row(a, kind, row);
	if (h != NULL)
		drop(a, h);
	pthread_mutex_unlock(&a->lock);
}

void auth_remove_organization(struct auth *a, row_t organization)
{
	struct holder *h, *next;

	pthread_mutex_lock(&a->lock);
	HASH_ITER(by_row, a->by_row, h, next) {
		if (h->slot.credential.who.organization == organization)
			drop(a, h);
	}
	pthread_mutex_unlock(&a->lock);
}

void auth_set(struct auth *a, const struct credential *c)
{
	struct holder *h = mem_alloc(sizeof(*h)), *old;

	h->key.kind = c->kind;
	h->key.row = c->who.token;
	h->slot.credential = *c;
	hash_of(a, &c->secret, h->slot.hash);
	pthread_mutex_lock(&a->lock);
	old = find_row(a, c->kind, c->who.token);
	if (old != NULL) {
		h->due = old->due; /* a new token is no new machine */
		drop(a, old);
	}
	HASH_ADD(by_hash, a->by_hash, slot.hash, sizeof(h->slot.hash), h);
	HASH_ADD(by_row, a->by_row, key, sizeof(h->key), h);
	pthread_mutex_unlock(&a->lock);
}

static bool lookup(struct auth *a, enum token_kind kind, const struct digest *d,
		   struct credential *out)
{
	uint8_t hash[crypto_shorthash_BYTES];
	struct holder *h;
	bool found;

	hash_of(a, d, hash);
	pthread_mutex_lock(&a->lock);
	HASH_GET(by_hash, a->by_hash, hash, sizeof(hash), h);
	found = h != NULL && h->slot.credential.kind == kind &&
		sodium_memcmp(h->slot.credential.secret.bytes, d->bytes, DIGEST_SIZE) == 0;
	if (found)
		*out = h->slot.credential;
	pthread_mutex_unlock(&a->lock);
	return found;
}

bool auth_pace(struct auth *a, const struct principal *who, struct mono now)
{
	struct mono due;
	struct holder *h;
	bool granted;

	pthread_mutex_lock(&a->lock);
	h = find_row(a, TOKEN_MACHINE, who->token);
	due = mono_add_ms(h == NULL || mono_reached(h->due, now) ? now : h->due, AUTH_NEWS_MS);
	granted = mono_ms_between(now, due) <= (int64_t)AUTH_NEWS_BURST * AUTH_NEWS_MS;
	if (h != NULL && granted)
		h->due = due;
	pthread_mutex_unlock(&a->lock);
	return granted;
}

static const char *bearer(const char *header)
{
	if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	header += 7;
	return header + strspn(header, " ");
}

int auth_check(struct auth *a, const char *header, struct wall now, struct principal *out,
	       struct fault *f)
{
	const char *text = bearer(header);
	struct credential c = {0};
	enum token_kind kind;
	struct digest digest;
	struct secret secret;
	bool found;

	if (text == NULL)
		return fault_set(f, ERR_AUTH, "want the header 'Authorization: Bearer TOKEN'");
	kind = strncmp(text, "skein-machine.", 14) == 0 ? TOKEN_MACHINE : TOKEN_API;
	if (token_parse(kind, text, &secret, NULL) != 0)
		return fault_set(f, ERR_AUTH, "this is no API token and no machine token");
	token_digest(&secret, &digest);
	secret_wipe(&secret);
	found = lookup(a, kind, &digest, &c);
	if (!found)
		return fault_set(f, ERR_AUTH, "this controller does not know the token");
	if (c.revoked)
		return fault_set(f, ERR_REVOKED, "the token was revoked");
	if (c.frozen)
		return fault_set(f, ERR_FROZEN,
				 "this machine is frozen: its identity was used in two places at a "
				 "time; an operator decides");
	if (c.expires_at.ms != 0 && c.expires_at.ms <= now.ms)
		return fault_set(f, ERR_EXPIRED, "the token has expired");
	*out = c.who;
	return 0;
}

bool auth_permits(enum role who, enum role least)
{
	if (least == ROLE_NONE || least == ROLE_MACHINE || who == ROLE_MACHINE)
		return least == ROLE_NONE || who == least;
	return who >= least;
}
