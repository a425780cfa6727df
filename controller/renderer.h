/* The render thread: brings meshes that a commit touched up to date, and publishes the result. */
#ifndef SKEIN_CONTROLLER_RENDERER_H
#define SKEIN_CONTROLLER_RENDERER_H

#include "controller/jobs.h"
#include "controller/publish.h"

struct renderer;

struct renderer_options {
	const char *database;
	struct jobs *jobs;	    /* borrowed: revisions are persisted through it */
	struct publish *publish;    /* borrowed */
	const uint8_t *signing_key; /* 64 bytes, borrowed */
	struct digest templates;    /* of those that are published */
};

/* Renders all meshes first, then says publish_set_ready(). */
int renderer_start(struct renderer **out, const struct renderer_options *o, struct fault *f);
/* These meshes, and those that a peering joins to them, are to be rendered anew. */
void renderer_touch(struct renderer *r, const row_t *meshes, size_t n);
/* Publishes these, and renders all meshes anew. Takes a reference of its own. */
void renderer_set_templates(struct renderer *r, struct blob *templates);
void renderer_stop(struct renderer *r); /* accepts NULL */

#endif
