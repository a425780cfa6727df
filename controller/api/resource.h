/* What all resources do alike. A resource is a row of what is its own: how one is found, listed,
 * written, changed; the handlers below do the rest, and a route names both (table.c). */
#ifndef SKEIN_CONTROLLER_API_RESOURCE_H
#define SKEIN_CONTROLLER_API_RESOURCE_H

#include "controller/call.h"

struct resource_rows {
	const void *at;
	size_t n;
};

/* `x` is a record of the model, as struct mesh. All return 0 or a code with c->fault set; find
 * functions return ERR_NOT_FOUND without one, as the store does. What a resource has not is NULL.
 */
struct resource {
	const char *noun;	       /* "join token", for errors */
	size_t size, row, id, version; /* of the record, and where these lie in it */
	json_t *(*encode)(struct call *c, const void *x); /* a new reference; NULL: c->fault */
	int (*list)(struct call *c, const struct page *p, struct resource_rows *out);
	int (*find)(struct call *c, const struct id *id, void *x);
	int (*find_name)(struct call *c, const char *name, void *x);
	/* Read the body, check, store, and touch what depends on it. */
	int (*update)(struct call *c, void *x);
	int (*revoke)(struct call *c, void *x);
	int (*unfreeze)(struct call *c, void *x);
	int (*drain)(struct call *c, void *x);
	int (*undrain)(struct call *c, void *x);
	int (*remove)(struct call *c, void *x);
};

#define RESOURCE_RECORD(type)                                                                      \
	.size = sizeof(type), .row = offsetof(type, row), .id = offsetof(type, id),                \
	.version = offsetof(type, version)

extern const struct resource organization_resource, mesh_resource, machine_resource,
	membership_resource, join_token_resource, api_token_resource, prefix_resource,
	peering_resource, audit_resource, unknown_resource;

/* ---- handlers: of the route's resource, and of {id} ---- */

int resource_list(struct call *c);
int resource_get(struct call *c);
/* Of the version that If-Match names; with an audit row of before and after. */
int resource_update(struct call *c);
int resource_revoke(struct call *c);
int resource_unfreeze(struct call *c);
int resource_drain(struct call *c);
int resource_undrain(struct call *c);
int resource_delete(struct call *c);

/* ---- parts of handlers ---- */

/* The answer to a POST that made `x`, 201, and its audit row. */
int resource_created(struct call *c, const struct resource *r, const void *x);
/* Removes `x`, which is found; with its audit row. */
int resource_remove(struct call *c, const struct resource *r, void *x);
/* By an id that a body or a query gave; 404 names what was looked for. */
int resource_find(struct call *c, const struct resource *r, const char *text, void *x);
/* The row of what a parameter of the query names; 0 where it is not given. */
int resource_query(struct call *c, const struct resource *r, const char *parameter, row_t *row);
/* A name for one that is new (own: 0) or has another; 409 when another one has it. */
int resource_check_name(struct call *c, const struct resource *r, const char *name, row_t own);

#endif
