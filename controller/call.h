/* One API call, as a handler sees it: who asks, what for, and where the answer goes. Handlers know
 * neither threads nor libmicrohttpd nor SQL; they take a call and return 0 or a negative code, which
 * http/problem.c turns into a problem document (RFC 9457) with the fault's words. */
#ifndef SKEIN_CONTROLLER_CALL_H
#define SKEIN_CONTROLLER_CALL_H

#include "controller/store.h"
#include "lib/base/json.h"

struct controller;

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

#define CALL_QUERY_MAX 8

struct call {
	/* request */
	const struct route *route;
	struct principal who;
	row_t organization; /* whose things: the principal's, or the one an administrator named */
	struct id id;	    /* of {id} in the path */
	struct {
		const char *name, *value;
	} query[CALL_QUERY_MAX];
	size_t nquery;
	const char *body;
	size_t body_len;
	const char *if_match, *if_none_match, *signature; /* NULL: not sent */
	struct address client;
	struct wall now;
	/* context */
	struct controller *controller;
	struct store *store; /* the writer's in a mutation, a reader's else */
	struct arena *arena;
	struct fault fault;
	/* answer */
	int status;	  /* HTTP; 0: 200, or 204 without content */
	json_t *json;	  /* owned by the call */
	struct buf bytes; /* else these, as content_type */
	const char *content_type;
	const char *etag;      /* in the arena, with its quotes */
	const char *problem;   /* a problem type of its own, else by the code */
	json_t *problem_extra; /* further members of the problem document */
	/* after the commit: what the writer thread tells the others */
	struct {
		row_t *meshes; /* render these anew */
		size_t nmeshes;
		bool principals; /* tokens or machines changed: reload these */
	} effects;
};

enum route_where {
	ROUTE_MEMORY, /* answered on the HTTP thread, without SQL */
	ROUTE_READ,   /* on a reader thread */
	ROUTE_WRITE   /* on the writer thread, in a savepoint, with an audit row */
};

/* A route is a row; docs/openapi.yaml is held against them by a test. */
struct route {
	enum method method;
	const char *path; /* "/api/v1/meshes/{id}" */
	enum role role;	  /* the least that may; ROLE_NONE: nobody is asked */
	enum route_where where;
	const char *action; /* of the audit: "mesh.create"; NULL for reading */
	int (*handle)(struct call *c);
};

/* Helpers for handlers (api/call.c). */
const char *call_query(const struct call *c, const char *name); /* NULL: not given */
/* Decodes the body by a table, strictly. */
int call_decode(struct call *c, const struct json_row *rows, void *out, uint64_t *present);
/* limit and cursor of a list; ERR_INVALID with a fault. */
int call_page(struct call *c, struct page *out);
/* {"items": [...], "next": cursor or null}; takes the array. */
void call_answer_list(struct call *c, json_t *items, row_t last_row, bool more);
/* ETag "v<version>"; 412 when If-Match is there and differs. */
int call_check_version(struct call *c, uint64_t version);
void call_set_version(struct call *c, uint64_t version);
/* Says that a mesh is to be rendered anew after the commit. */
void call_touch_mesh(struct call *c, row_t mesh);
/* Writes the audit row of a mutation in its transaction; before and after may be NULL, borrowed. */
int call_audit(struct call *c, const struct id *resource, const json_t *before,
	       const json_t *after);

#endif
