/* A fleet with an attacker in it, for the suites `hostile` and `hostile_full`:
 *
 *	red 10.120.0.0/16                blue 10.121.0.0/16       green 10.122.0.0/16
 *	  .1 r1                            .1 b1 ── yard             .1 c1
 *	  .2 r2 ── vault                   .2 g1
 *	  .3 r3, the attacker's            .3 g2                     .2 g1
 *	  .4 g1 ── porch
 *	  .5 g2
 *
 * One peering shows r1 and b1 to each other, another r2 and c1, over the same gateway; nothing
 * else. The vault (172.20.31.0/24) is for r1 only. All of blue may use the yard (172.20.32.0/24).
 * The porch (172.20.33.0/24) is g1's own LAN and no prefix of any mesh; but red believes its last
 * quarter to be behind r1.
 *
 * The attacker is root on r3 and has its keys; on the underlay he is everybody's neighbour. */
#ifndef SKEIN_TEST_NET_HOSTILE_WORLD_H
#define SKEIN_TEST_NET_HOSTILE_WORLD_H

#include "lab/attack.h"
#include "lab/operator.h"
#include "test/secrets.h"

#define R1 "10.120.0.1"
#define R2 "10.120.0.2"
#define R3 "10.120.0.3"
#define G1 "10.120.0.4"
#define G2 "10.120.0.5"
#define B1 "10.121.0.1"
#define C1 "10.122.0.1"

#define G1_BLUE	 "10.121.0.2"
#define G1_GREEN "10.122.0.2"
#define G1_PORCH "172.20.33.1"
#define VAULT	 "172.20.31.10" /* the host in it */
#define YARD	 "172.20.32.10"
#define PORCH	 "172.20.33.10"

#define R2_UNDERLAY "198.51.100.2"
#define R3_UNDERLAY "198.51.100.3"
#define G1_UNDERLAY "203.0.113.1"

#define HOSTILE_ATTACKER "r3"
#define HOSTILE_INDEX	 "3" /* the attacker's, in its mesh: names its sessions */
#define HOSTILE_SESSION	 "m_" HOSTILE_INDEX
#define HOSTILE_BIRD	 "/run/attack/bird.ctl" /* the control socket of the attacker's own */

struct lab *hostile_lab(void);
const struct operator_member *hostile_member(const char *machine, const char *mesh);

/* The fleet from nothing, all sessions established. */
int hostile_set_up(void);
/* The same with route reflection off in red: its plain members have sessions with one another.
 * Cases take their time there. */
int hostile_set_up_full(void);
bool hostile_is_full(void);
int hostile_tear_down(void);
/* r3 is the attacker's: agent and BIRD are stopped, its devices and their sessions stay. Nothing
 * where it is already. */
int hostile_seize(struct fault *f);
/* It is honest again, and all of its sessions are established. */
int hostile_restore(struct fault *f);

/* A packet: who sends it, to whom he hands it (a member by its mesh device, a host or the underlay
 * by the cable), and what stands in it. */
struct hostile_shot {
	const char *sender, *toward;
	const char *from, *to;
	uint16_t port;	  /* 0: where sinks listen */
	uint8_t protocol; /* as struct forgery */
};

int hostile_fire(const struct hostile_shot *shot, uint32_t mark, unsigned count, struct fault *f);
/* What a machine's WireGuard took from a peer, in packets as hostile_fire() makes them. */
int hostile_taken(const char *machine, const char *peer, uint64_t *packets, struct fault *f);

/* A counter of `skein-agent status --json`: list "guard" or "fence". */
uint64_t hostile_counter(const json_t *status, const char *list, const char *reason);
/* All that both count as dropped, but for what any quiet network gives. */
uint64_t hostile_dropped(const json_t *status);

/* Output of a shell command on a machine; $1 is `argument`. Caller buf_fini()s. */
int hostile_shell(const char *machine, const char *command, const char *argument, struct buf *out,
		  struct fault *f);

/* Appends those of the machine, each with its home, "MACHINE:PATH". */
int hostile_known_secrets(const char *machine, secret_vec *s, struct fault *f);

/* The cases. */
void hostile_packets_are_dropped_and_counted(void);
void hostile_status_shows_what_was_dropped(void);
void hostile_routes_take_no_effect(void);
void hostile_flood_ends_its_own_session_only(void);
void hostile_flood_is_forgiven(void);
void hostile_nonsense_ends_its_own_session_only(void);
void hostile_updates_in_masses_are_borne(void);
void hostile_flapping_is_borne(void);
void hostile_secrets_stay_where_they_are(void);
void hostile_reports_have_no_secret(void);
void hostile_files_are_not_for_others(void);
void hostile_log_stays_short(void);
void hostile_socket_is_not_for_others(void);
void hostile_user_is_no_bird(void);

#endif
