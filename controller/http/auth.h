/* Who asks: the credentials of everybody, in memory, from the digest of a token to a principal. The
 * HTTP thread asks it; the writer thread changes it after a commit. */
#ifndef SKEIN_CONTROLLER_HTTP_AUTH_H
#define SKEIN_CONTROLLER_HTTP_AUTH_H

#include "controller/model.h"
#include "lib/base/clock.h"
#include "lib/mesh/token.h"

struct auth;

struct credential {
	enum token_kind kind; /* TOKEN_API or TOKEN_MACHINE */
	struct digest secret;
	struct principal who;	/* who.token is its row */
	struct wall expires_at; /* ms 0: never */
	bool revoked, frozen;	/* known, and told so */
};

struct auth *auth_new(void);
void auth_free(struct auth *a); /* accepts NULL */

/* Adds it, or takes the place of the one of the same kind and row. */
void auth_set(struct auth *a, const struct credential *c);
void auth_remove(struct auth *a, enum token_kind kind, row_t row);
/* All of an organization. */
void auth_remove_organization(struct auth *a, row_t organization);

/* News are what every machine of a mesh has to hear of, and the audit keeps: another key, another
 * endpoint. A machine may have one each AUTH_NEWS_MS in the long run, and so many at once: all of
 * its memberships' when it joins or moves. */
#define AUTH_NEWS_MS	5000
#define AUTH_NEWS_BURST 128
/* One more of this machine: false when it is too much. From any thread. */
bool auth_pace(struct auth *a, const struct principal *who, struct mono now);

/* The value of an Authorization header (RFC 6750), or NULL. ERR_AUTH, ERR_EXPIRED, ERR_REVOKED,
 * ERR_FROZEN. */
int auth_check(struct auth *a, const char *header, struct wall now, struct principal *out,
	       struct fault *f);
/* May this principal use a route of `least`? */
bool auth_permits(enum role who, enum role least);

#endif
