/* A request for each row of the route table that succeeds for who owns what it names: the tests of
 * roles, of organizations and of the documentation go through them. */
#ifndef SKEIN_TEST_CONTROLLER_CASES_H
#define SKEIN_TEST_CONTROLLER_CASES_H

#include "controller/call.h"
#include "test/unit/controller/stand.h"

/* What a path or body can name: "$mesh". */
#define THINGS_MAX 24

struct things {
	struct {
		const char *name;
		char value[TOKEN_SIZE];
	} at[THINGS_MAX];
	size_t n;
	char operator_token[TOKEN_SIZE], viewer_token[TOKEN_SIZE];
	struct stand_machine machine;
};

struct api_case {
	const char *route; /* "/api/v1/meshes/{id}" */
	enum method method;
	const char *path; /* with the things' names; NULL: the route is it */
	const char *body;
	long status;
};

/* In an order in which all can be run: what removes comes last. Ends with a route that is NULL. */
extern const struct api_case api_cases[];

/* Makes one of each in an organization of that name, by the administrator. False: the test failed.
 */
bool things_make(struct stand *s, struct things *t, const char *organization, const char *cidrs);
void things_set(struct things *t, const char *name, const char *value);
const char *things_get(const struct things *t, const char *name);
/* The path or body with the things' values in place. *named: whether there were any. Caller frees.
 */
char *things_fill(const struct things *t, const char *text, bool *named);
/* A call by the operator, with path and body filled. Returns the status. */
long things_call(struct stand *s, const struct things *t, const char *method, const char *path,
		 const char *body);
/* The last answer refuses, by this problem, and its detail has these words: else the test fails. */
void things_refused(const struct stand *s, long status, const char *problem, const char *says);
/* The token of the least role that may use this route. */
const char *things_token(const struct stand *s, const struct things *t, const struct route *r);
const struct route *case_route(const struct api_case *c);

#endif
