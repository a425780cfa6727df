/* The fleet that test/net/fleet_test.c goes through: one lab for all its cases, on which each
 *builds what the ones after it need.
 *
 *	prod 10.110.0.0/16                      staging 10.111.0.0/16
 *	a1  a2  a3    g1 and g2 in both         b1   b2 ── yard 172.20.21.10
 *	                                              └─── shed 172.20.22.10
 *
 * The peering shows prod and staging to each other, and the yard; never the shed.
 * SKEIN_LAB_KEEP=1 leaves the lab standing. */
#ifndef SKEIN_TEST_NET_FLEET_WORLD_H
#define SKEIN_TEST_NET_FLEET_WORLD_H

#include "lab/measure.h"
#include "lab/operator.h"

/* What the computer can keep up with. */
struct fleets_pace {
	int64_t settle_ms, reach_ms; /* deadlines */
	int64_t bar_ms;		     /* a gateway is lost */
	unsigned bfd_interval_ms;
	unsigned flows; /* each way */
	struct measure_pace measure;
};

const struct fleets_pace *fleets_pace(void);

/* A suite's init and fini: the underlay, the controller, the meshes. */
int fleets_make(void);
int fleets_end(void);
struct lab *fleets_lab(void);
/* The memberships, as fleets_refresh() saw them. */
const operator_member_vec *fleets_members(void);
void fleets_refresh(void);
/* A deadline for what comes about by itself. */
struct mono fleets_settle(void);

/* Text in a static buffer; "none" where the machine is no member. */
const char *fleets_address_text(const char *machine, const char *mesh);
/* Its address, or none: a case fails then, the runner does not. */
struct address fleets_address(const char *machine, const char *mesh);
/* Of the yard or the shed. */
const struct address *fleets_host(const char *name);

/* Whether `from` reaches an address, speaking from its own in `mesh` (NULL: as it chooses). */
bool fleets_reach_address(const char *from, const char *mesh, const struct address *to, int64_t ms);
bool fleets_reach(const char *from, const char *from_mesh, const char *to, const char *to_mesh,
		  int64_t ms);

/* A case: fleet_question.c */
void fleets_machine_is_asked(void);

/* Flows between a1 and b1, across the meshes. */
struct measure_plan fleets_crossing(unsigned flows);

#endif
