/* One question whether something is well, in the loop, answered once; nothing blocks. It ends with
 * an answer, or with its timeout, whichever comes first, and holds one descriptor or one process.
 */
#ifndef SKEIN_AGENT_HEALTH_CHECK_H
#define SKEIN_AGENT_HEALTH_CHECK_H

#include <uv.h>

#include "agent/config.h"
#include "lib/mesh/state.h"

#define CHECK_WHY_MAX 96

/* Called once, never from within check_start(): `why` is "" when all is well. */
typedef void (*check_done)(void *context, const char *why);

struct check;

/* Never NULL; what cannot be begun is an answer too. Copies what it needs. */
struct check *check_start(uv_loop_t *loop, const struct config *config,
			  const struct state_terms *terms, const struct prefix *prefix,
			  check_done done, void *context);
/* Nobody asks any more: `done` is not called. Valid until it was. */
void check_cancel(struct check *c);

/* ---- the kinds (tcp.c, exec.c): what a check begins, and how it is stopped ---- */

struct check_kind {
	/* 0, or a code with the words in `why`. */
	int (*start)(struct check *c, char why[CHECK_WHY_MAX]);
	/* Closes what it has open, if that is not closed yet. */
	void (*stop)(struct check *c);
};

extern const struct check_kind check_tcp, check_exec;

struct check {
	const struct check_kind *kind;
	uv_loop_t *loop;
	const struct config *config;
	struct state_terms terms;
	struct prefix prefix;
	check_done done;
	void *context;
	unsigned open; /* handles that are not closed yet */
	uv_timer_t timer;
	char why[CHECK_WHY_MAX];
	/* tcp.c */
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_write_t write;
	char request[STATE_TARGET_SIZE + 128];
	char answer[32]; /* the beginning of HTTP's first line */
	size_t nanswer;
	/* exec.c */
	uv_process_t process;
	bool running;
};

/* A kind has its answer. */
void check_end(struct check *c, const char *why);
/* Of its handles. */
void check_closed(uv_handle_t *handle);

#endif
