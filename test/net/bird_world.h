/* Two meshes of BIRDs without WireGuard: a network namespace per machine, a cable in place of each
 * trunk, the controller's own text and templates in each instance.
 *
 *	prod 10.100.0.0/16                            staging 10.101.0.0/16
 *
 *	  a1 ---- a2    a1 plain                          b1 plain, 172.20.12.0/24
 *	  | \  / |      a2, a3 routers of                 |  \
 *	  |  \/  |      172.20.30.0/24,                   |   \
 *	  |  /\  |      priorities 200 and 100            |    \
 *	  a3 -- gw1 ========== the same machine ======== gw1    |
 *	    \    |                                        |     |
 *	     -- gw2 ========== the same machine ======== gw2 ---
 *
 * Every two machines of a mesh have a cable, but for those that have no session. */
#ifndef SKEIN_TEST_NET_BIRD_BIRDS_H
#define SKEIN_TEST_NET_BIRD_BIRDS_H

#include <stdbool.h>

enum birds_machine { A1, A2, A3, GW1, GW2, B1, BIRDS_MACHINES };
enum birds_mesh { PROD, STAGING };
enum birds_instance { A1_A, A2_A, A3_A, GW1_A, GW2_A, GW1_B, GW2_B, B1_B, BIRDS_INSTANCES };

#define BIRDS_SHARED "172.20.30.0/24" /* of a2 and a3 */
#define BIRDS_BEHIND "172.20.12.0/24" /* behind b1 */
#define BIRDS_FORGED "172.20.99.0/24" /* a2 announces it, and nobody approved it */

/* As a suite's init and fini: all sessions are Established at the end of the first. */
int birds_make(void);
int birds_end(void);

/* Both ends of a cable. */
void birds_cut(enum birds_mesh mesh, enum birds_machine a, enum birds_machine b);
void birds_heal(enum birds_mesh mesh, enum birds_machine a, enum birds_machine b);
/* Reconfigures the instance, with DRAIN or without. */
void birds_drain(enum birds_instance i, bool drain);
/* Polls BIRD until its answer to `command` has `want` (and, if not NULL, not `never`); a failure of
 * the test that shows the last answer, if it takes longer than 5 s. */
void birds_await(enum birds_instance i, const char *command, const char *want, const char *never);
/* The same of `ip route show table T` for one prefix. */
void birds_await_kernel(enum birds_instance i, const char *prefix, const char *want,
			const char *never);
/* A filter that fails while it runs is logged only, and rejects: fails the test if any did. */
void birds_check_logs(void);
/* All of its BGP sessions, and BFD's. */
void birds_await_sessions(void);

#endif
