/* From method and path to a row of the route table. A segment of a path that is a UUID stands for
 * {id}; what is left is looked up as a whole, so that no table is walked. */
#ifndef SKEIN_CONTROLLER_HTTP_ROUTES_H
#define SKEIN_CONTROLLER_HTTP_ROUTES_H

#include "controller/call.h"

struct routes;

/* Borrows the table, which ends with a row whose path is NULL. */
struct routes *routes_new(const struct route *table);
void routes_free(struct routes *r); /* accepts NULL */

#define ROUTES_ALLOW_MAX 64

/* ERR_NOT_FOUND, or ERR_UNSUPPORTED: the path is there, the method is not, and `allow` lists those
 * that are. *id is that of the path, zero without one. HEAD is GET. */
int routes_match(const struct routes *r, const char *method, const char *path,
		 const struct route **out, struct id *id, char allow[ROUTES_ALLOW_MAX]);
const char *method_text(enum method m);

#endif
