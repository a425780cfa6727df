/* The fleet in which an agent's life is tested: one lab for all cases of the suite.
 *
 *	home 10.120.0.0/16            away 10.121.0.0/16
 *	la   lb ── barn 172.20.31.10        lc
 *	 └───┴──────── lg in both ──────────┘
 *
 * SKEIN_LAB_KEEP=1 leaves it standing. */
#ifndef SKEIN_TEST_NET_AGENT_WORLD_H
#define SKEIN_TEST_NET_AGENT_WORLD_H

#include "lab/operator.h"
#include "lab/process.h"
#include "lib/base/buf.h"

#define AGENT_SETTLE_MS 30000

int agents_make(void);
int agents_end(void);
struct lab *agents_lab(void);

/* A shell script on a machine; $AGENT is skein-agent, $ROOT the
 * sources' directory. Its exit status 0 or a negative code. `out`
 * may be NULL. */
int agents_sh(const char *machine, const char *script, struct buf *out);
/* The same, and what it prints, without the last newline: a static buffer until the next call. */
const char *agents_text(const char *machine, const char *script);
/* Runs it until it succeeds; a failure of the test, with its name, after `ms`. */
void agents_await(const char *machine, const char *script, int64_t ms);
/* All machines have applied the newest state, all sessions are established. */
void agents_settle(void);
/* The address of a machine in a mesh (NULL: its first); family 0 when it has none. */
struct address agents_address(const char *machine, const char *mesh);
/* Whether `from` reaches a mesh address of `to` within `ms`. */
bool agents_reach(const char *from, const char *to, int64_t ms);

/* Processes of a name on a machine. */
void agents_pids(const char *machine, const char *program, process_vec *out);
void agents_kill(const char *machine, const char *program);

/* After agents_kill("controller", …): returns when it answers. */
void agents_start_controller(void);

/* A token for `home`, made with this option too (NULL: none); a static buffer. */
const char *agents_token(const char *option);

/* Packets every 5 ms both ways between the first machine and each of the others (to a NULL), while
 * `event` happens, and until `ms` after it: any that is lost is a failure of the test. A control
 * probe runs beside, over the plain underlay: where that loses one, or stalls for more than 50 ms,
 * a loss proves nothing, nor does its absence if packets were too far between, and all is done
 * again, three times at most. Never to be conclusive is a failure too. */
bool agents_lose_nothing(const char *const *machines, void (*event)(void), int64_t ms);

#endif
