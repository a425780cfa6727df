/* A controller, and three members of one mesh whose keys rotate over real HTTP. */
#ifndef SKEIN_TEST_CONTROLLER_ROTATION_WORLD_H
#define SKEIN_TEST_CONTROLLER_ROTATION_WORLD_H

#include "controller/rotator.h"
#include "test/unit/controller/stand.h"

#define ROT_MACHINES 3

struct rot_world {
	struct stand s;
	struct stand_machine m[ROT_MACHINES]; /* a, b and c, at 1, 2 and 3 */
	char operator_token[TOKEN_SIZE], viewer_token[TOKEN_SIZE], mesh[64];
	int keys; /* given so far: no two are the same */
};

extern struct rot_world rot;

/* Of a suite. */
int rot_start(void);
int rot_stop(void);

struct rot_key {
	uint8_t bytes[32];
	char text[64];
};

struct rot_key rot_new_key(void);
/* PUT /memberships/{id}/WHAT by the machine: "next-key", "public-key". Returns the status. */
long rot_put(const struct stand_machine *x, const char *what, const struct rot_key *k);
/* POST /machines/{id}/rotate-key. Returns the status. */
long rot_begin(const struct stand_machine *x, const char *token, const char *body);
/* The rotation, as the machine is told. Borrowed as of stand_get(). */
const char *rot_told(const struct stand_machine *x);
/* These fail the case after 5 s: until the machine is told this; until a view has this key of
 * machine i, and this next one (NULL: none). */
bool rot_wait_told(const struct stand_machine *x, const char *want);
bool rot_wait_view(size_t i, const struct rot_key *key, const struct rot_key *next);
/* A member of GET /memberships/{id}, as operators see it. */
const char *rot_shown(const struct stand_machine *x, const char *member);
/* The machine has applied what there is; all have. */
void rot_report(const struct stand_machine *x);
void rot_report_all(void);
/* Begins, and says a next key: peers are to know it. */
struct rot_key rot_offer(size_t i);
/* Ends whatever is under way; the key that it has then. */
struct rot_key rot_settle(size_t i);

/* In the database, while the controller runs. */
void rot_sql(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct wall rot_later(int64_t ms);
/* The machine is heard of at that time. */
void rot_heard_at(size_t i, struct wall now);
/* What the rotator does each time, at that time. NULL: has what waits go on. */
void rot_look(int (*schedule)(struct controller *, struct store *, const struct rotator_moment *,
			      struct fault *),
	      struct wall now, bool settled);

#endif
