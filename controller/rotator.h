/* The thread that has rotations go on: from offered to switch, when the peers know the next key;
 * and by the schedules of the meshes, from none to wanted. Both are looked at with a reading store,
 * and written by jobs only where there is something to change. */
#ifndef SKEIN_CONTROLLER_ROTATOR_H
#define SKEIN_CONTROLLER_ROTATOR_H

#include "controller/publish.h"
#include "controller/store.h"

struct controller;
struct rotator;

/* Borrows the controller, whose jobs, memory and renderer are there. */
int rotator_start(struct rotator **out, struct controller *c, const char *database,
		  struct fault *f);
/* A next key was offered: look now, and often, until all of them have gone on. From any thread. */
void rotator_wake(struct rotator *r);
void rotator_stop(struct rotator *r); /* accepts NULL */

/* ---- what it does each time; with another time, for tests ---- */

struct rotator_moment {
	struct wall now;
	bool settled; /* the controller runs so long that it knows who is away */
};

/* Who is heard of then, as the store asks (struct store_hearing). */
struct rotator_ear {
	struct publish *publish;
	const struct rotator_moment *at;
};
bool rotator_hears(const void *ear, row_t machine, struct wall seen_at);

/* rotation_wait.c. *waiting: whether some still wait for their peers. */
int rotator_advance(struct controller *c, struct store *s, const struct rotator_moment *at,
		    bool *waiting, struct fault *f);
/* rotation_schedule.c */
int rotator_schedule(struct controller *c, struct store *s, const struct rotator_moment *at,
		     struct fault *f);

#endif
