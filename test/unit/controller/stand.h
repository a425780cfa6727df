/* A client of a controller (stand.c), and a controller of its own on loopback in this process
 * (stand_controller.c). */
#ifndef SKEIN_TEST_CONTROLLER_STAND_H
#define SKEIN_TEST_CONTROLLER_STAND_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"

struct config;
struct controller;

#define TOKEN_SIZE 128

struct stand {
	struct config *config; /* NULL for a client alone */
	struct controller *controller;
	char directory[256], base[64]; /* base: "https://127.0.0.1:8443" */
	char admin[TOKEN_SIZE];
	CURL *curl; /* of a client alone the caller's, as base is */
	/* the last answer */
	long status;
	json_t *json;	 /* NULL: the body is no JSON */
	struct buf body; /* as it came */
	char etag[96], type[96], allow[96], im[32], delta_base[96];
	/* Each header and trailer goes there, too; NULL: nowhere. */
	size_t (*on_header)(char *line, size_t size, size_t n, void *to);
	void *on_header_to;
	size_t limit; /* of the body: then the client goes away; 0: none */
};

void stand_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Says why, and returns false, when it does not come up. `settings` are lines of a
 * configuration beside the usual ones; NULL: none. */
bool stand_start(struct stand *a, const char *settings);
/* The same, and makes a mesh of it: the body of the request. */
bool stand_start_with_mesh(struct stand *a, const char *settings, const char *mesh);
void stand_stop(struct stand *a);
/* Ends the controller; starts it again on the same directory; both. */
void stand_pause(struct stand *a);
bool stand_resume(struct stand *a);
bool stand_restart(struct stand *a);

/* In its database, beside it. */
bool stand_run_sql(const struct stand *a, const char *sql);

struct stand_request {
	const char *method, *path, *token, *body; /* token and body may be NULL */
	const char *headers[4];
};
/* Returns the status, as the others do; negative when there is no answer. */
long stand_send(struct stand *a, const struct stand_request *r);
/* The usual. */
long stand_call(struct stand *a, const char *token, const char *method, const char *path,
		const char *body);
/* A member of the last answer: "id", "machine.name", "items.0.id"; "" when it is not there. The
 * text of a number or flag is as in JSON. Borrowed until the next call of it, four at a time. */
const char *stand_get(const struct stand *a, const char *path);
/* The name of the last problem: "not-found". */
const char *stand_problem(const struct stand *a);

struct stand_machine {
	uint8_t key[64], identity[32];
	char id[64], token[TOKEN_SIZE], membership[64], name[64];
};

/* Makes an identity, and enrols it with a join token's text. Returns the status. */
void stand_machine_new(struct stand_machine *m, const char *name);
long stand_enroll(struct stand *a, struct stand_machine *m, const char *join_token,
		  const char *networks);
/* Says the machine's public key for its membership; NULL: a random one. Returns the status. */
long stand_put_key(struct stand *a, const struct stand_machine *m, const uint8_t key[32]);
/* Waits until the view of the machine has a peer at this index; the view is the last answer then.
 * False after 5 s. */
bool stand_wait_peer(struct stand *a, const struct stand_machine *m, uint32_t index);
/* Shows a machine that this controller would have signed and forgotten; notes a restoration first.
 * Returns the status; `id` becomes its membership's. */
long stand_show_unknown(struct stand *a, const char *mesh, uint32_t index, const char *name,
			char id[64]);
/* A join token for a mesh id (NULL: the default one), by `token`. Borrowed until the next call. */
const char *stand_join_token(struct stand *a, const char *token, const char *more);
/* Waits until GET /machine says that all memberships are rendered; false after 5 s. */
bool stand_wait_rendered(struct stand *a, const struct stand_machine *m);

#endif
