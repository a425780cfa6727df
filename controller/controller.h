/* The controller as a whole: what it is made of, started and stopped in order. Handlers reach their
 * surroundings through it. */
#ifndef SKEIN_CONTROLLER_CONTROLLER_H
#define SKEIN_CONTROLLER_CONTROLLER_H

#include "controller/call.h"
#include "controller/config.h"
#include "controller/http/auth.h"
#include "controller/http/poll.h"
#include "controller/http/server.h"
#include "controller/images.h"
#include "controller/jobs.h"
#include "controller/keys.h"
#include "controller/publish.h"
#include "controller/questions.h"
#include "controller/renderer.h"
#include "controller/rotator.h"
#include "controller/twins.h"

struct controller {
	const struct config *config; /* borrowed */
	struct keys keys;
	int lock; /* of the data directory */
	row_t default_organization;
	struct auth *auth;
	struct poll *poll;
	struct questions *questions;
	struct publish *publish;
	struct images *images;
	struct twins *twins;
	struct jobs *jobs;
	struct renderer *renderer;
	struct rotator *rotator;
	struct server *server;
};

/* Everything up to the listening sockets. On failure nothing is left running. `c` is the caller's,
 * filled here. ERR_BUSY: the directory or a port is in use. */
int controller_start(struct controller *c, const struct config *config, struct fault *f);
/* Takes templates and certificate as they are on the disk now, at the places that `fresh` says; of
 * the rest of `fresh` it takes nothing. What cannot be taken stays as it is: the first fault is
 * told, the other one is tried all the same. On the thread that stops it. */
int controller_reload(struct controller *c, const struct config *fresh, struct fault *f);
/* Answers what is in work, then ends all threads. Accepts one whose start failed. */
void controller_stop(struct controller *c);

#endif
