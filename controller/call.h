/* One API call, as a handler sees it: who asks, what for, and where the answer goes. Handlers know
 * neither threads nor libmicrohttpd nor SQL; they take a call and return 0 or a negative code,
 * which http/problem.c turns into a problem document (RFC 9457) with the fault's words. */
#ifndef SKEIN_CONTROLLER_CALL_H
#define SKEIN_CONTROLLER_CALL_H

#include "controller/store.h"
#include "lib/base/json.h"
#include "lib/base/vec.h"

struct controller;
struct blob;
struct resource;
struct relay;

/* What a mutation means for those who answer from memory; acted upon after the commit and before
 * the answer (controller/follow.h). */
struct effects {
	VEC(row_t) meshes;	      /* render these anew */
	VEC(row_t) machines;	      /* came, changed or went: token, name, memberships */
	VEC(struct api_token) tokens; /* came, or were revoked */
	row_t organization;	      /* went, with its tokens; 0: none */
	bool offers;		      /* a next key that peers are to know (controller/rotator.h) */
};

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE };

enum route_where {
	ROUTE_MEMORY, /* answered on the HTTP thread, without SQL */
	ROUTE_READ,   /* on a reader thread */
	ROUTE_WRITE,  /* on the writer thread, in a savepoint, with an audit row */
	ROUTE_RELAY   /* as ROUTE_MEMORY, when the headers are in: says where the body goes */
};

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
	const char *start; /* Skein-Start: which start of an agent asks; NULL: not sent, or seen */
	bool deltas;	   /* A-IM: skein-delta (RFC 3229): steps will do */
	const struct address *twin; /* another start asks from there (controller/twins.h) */
	int64_t wait_ms;	    /* Prefer: wait=N (RFC 7240), bounded; 0: not asked for */
	bool waited; /* that time is over, or the controller stops: answer what there is */
	struct address client;
	struct wall now;
	/* context */
	struct controller *controller;
	struct store *store; /* the writer's in a mutation, a reader's else */
	struct arena *arena;
	struct fault fault;
	/* answer; bytes, json or blob */
	int status;	  /* HTTP; 0: 200, or 204 without content */
	json_t *json;	  /* owned by the call */
	struct buf bytes; /* else these, as content_type */
	const char *content_type;
	const char *etag;      /* in the arena, with its quotes */
	const char *problem;   /* a problem type of its own, else by the code */
	json_t *problem_extra; /* further members of the problem document */
	struct blob *blob;     /* else this, shared; one reference is the call's */
	/* Else what comes by it, as content_type; of a ROUTE_RELAY, where the body goes. One
	 * reference is the call's. */
	struct relay *relay;
	const char *delta_base; /* the blob is steps from this ETag on (226); in the arena */
	/* Not ROUTE_MEMORY: it takes more than what is in memory, run me again there, with a
	 * store. */
	enum route_where elsewhere;
	bool park; /* nothing to say yet: run me again when the machine changes, or with `waited` */
	struct effects effects;
};

/* ROLE_NONE: anybody. ROLE_MACHINE: machines only. ROLE_VIEWER and up: operators of at least that
 * role. `?organization=` is taken by all of the latter. */

/* A route is a row; docs/openapi.yaml is held against them by a test. */
struct route {
	enum method method;
	const char *path; /* "/api/v1/meshes/{id}" */
	enum role role;	  /* the least that may; ROLE_NONE: nobody is asked */
	enum route_where where;
	const char *action; /* of the audit: "mesh.create"; NULL for reading */
	const char *query;  /* the parameters that it takes: "limit cursor mesh"; NULL: none */
	int (*handle)(struct call *c);
	const struct resource *resource; /* that it is about, for the handlers of api/resource.h */
};

/* Helpers for handlers (api/call.c). */
const char *call_query(const struct call *c, const char *name); /* NULL: not given */
/* Decodes the body by a table, strictly. */
int call_decode(struct call *c, const struct json_row *rows, void *out, uint64_t *present);
/* limit and cursor of a list; ERR_INVALID with a fault. The limit is one more than what the answer
 * shows: whether that one came says whether there is more. */
int call_page(struct call *c, struct page *out);
/* {"items": [...], "next": cursor or null}; takes the array. */
void call_answer_list(struct call *c, json_t *items, row_t last_row, bool more);
/* ETag "v<version>"; 412 when If-Match is there and differs. */
int call_check_version(struct call *c, uint64_t version);
void call_set_version(struct call *c, uint64_t version);
/* Says that a mesh is to be rendered anew after the commit. */
void call_touch_mesh(struct call *c, row_t mesh);
/* Says that a machine, its token or its memberships changed. */
void call_touch_machine(struct call *c, row_t machine);
/* 409 problem with the id of what has the name already. */
int call_exists(struct call *c, const struct id *existing, const char *what, const char *name);
/* Writes the audit row of a mutation in its transaction; before and after may be NULL, borrowed. */
int call_audit(struct call *c, const struct id *resource, const json_t *before,
	       const json_t *after);

#endif
