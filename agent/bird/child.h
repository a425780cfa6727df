/* One BIRD as its supervisor has it: for the files that share that work (bird.h is for others).
 *
 *	bird.c		what a round asks for
 *	start.c		the process: started, watched, started again; its two steps
 *	trial.c		a changed configuration: tried, confirmed or undone
 *	stopped.c	a process that somebody has stopped: ended
 *	hold.c		neighbours that were lost: the last choice until they are stable */
#ifndef SKEIN_AGENT_BIRD_CHILD_H
#define SKEIN_AGENT_BIRD_CHILD_H

#include <uv.h>

#include "agent/agent.h"
#include "agent/bird/files.h"
#include "agent/bird/flaps.h"
#include "agent/bird/kept.h"
#include "agent/child.h"
#include "lib/net/bird_configure.h"

enum bird_phase {
	BIRD_DOWN,
	BIRD_WAITING,  /* for its next start */
	BIRD_STARTING, /* in the first of the two steps */
	BIRD_UP,
	BIRD_TRYING, /* a changed configuration */
};

struct bird_trial {
	struct digest of;
	bird_kept_vec kept; /* of the one before too, while what it lost is missed */
	struct mono begun, steady_since;
	bool answers; /* at the last look */
	bool steady;  /* nothing is lost */
	bool applied; /* told so before it was confirmed: no session was touched */
	uint64_t before_view, before_membership; /* what was applied */
};

struct bird_refusal { /* why: member->bird_error */
	bool there;
	struct digest of;
	struct mono until; /* then it is tried again */
	unsigned times;
};

struct hold { /* hold.h */
	flap_vec flaps;
	uv_timer_t *timer; /* next look */
	bool news;	   /* BIRD has not read who is held */
	struct mono told, looked;
	int64_t took_ms; /* the last look */
};

struct bird_child {
	struct agent *agent;
	struct member *member;
	struct child process;
	enum bird_phase phase;
	uv_poll_t *ended;  /* the pidfd; NULL: none runs */
	uv_timer_t *timer; /* of the phase: next look, or next start */
	uv_timer_t *pulse; /* while one runs: does it go on? */
	unsigned stopped;  /* looks in a row at which it did not */
	struct mono started;
	uint32_t table;	   /* T */
	bool told;	   /* the process runs what is in place, or tries what is next */
	bool placed_known; /* `placed` is of what is in place */
	struct digest placed;
	struct bird_trial trial;
	struct bird_refusal refusal;
	struct hold hold;
	uint64_t heard; /* updates, at the last look at the sessions */
	unsigned quiet; /* looks since anything was new */
	unsigned failures;
	char why[FAULT_TEXT_MAX]; /* it could not be started; "" if it could */
};

/* Has BIRD read the configuration in place, whatever it runs or tries; nothing is undone later. */
int bird_tell(struct bird_child *b, struct fault *f);
/* The texts in place are kept, until the wish is settled. */
void bird_keep(struct bird_child *b);
/* Not again for half a minute, then for a minute, …, an hour: until it is another one. */
void bird_refuse(struct bird_child *b, const struct digest *of, const char *why);
/* The wish is in place, and BIRD runs it. */
void bird_settle(struct bird_child *b, const struct digest *of);

/* From the files in place. */
int bird_start_process(struct bird_child *b, struct fault *f);
/* Looks after b->process; in BIRD_STARTING takes the second step. */
void bird_watch_process(struct bird_child *b);
void bird_unwatch_process(struct bird_child *b);

/* Looks at the process from now on; until it is unwatched. */
void bird_watch_pulse(struct bird_child *b);
void bird_unwatch_pulse(struct bird_child *b);

/* The next files, which are the wish and parse, are tried. ERR_INVALID with BIRD's words. */
int bird_trial_begin(struct bird_child *b, const struct bird_wish *w, const struct digest *of,
		     struct fault *f);
/* Another one is wanted, or what is in place after all, which BIRD is told to run. */
int bird_trial_drop(struct bird_child *b, struct fault *f);
/* BIRD ended meanwhile. */
void bird_trial_break(struct bird_child *b);
/* The agent ends: what does no harm so far is confirmed; else BIRD undoes it by itself. */
void bird_trial_leave(struct bird_child *b);

#endif
