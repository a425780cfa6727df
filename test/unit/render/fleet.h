/* Rows of a mesh for the renderer's tests, without a store. */
#ifndef SKEIN_TEST_UNIT_RENDER_FLEET_H
#define SKEIN_TEST_UNIT_RENDER_FLEET_H

#include "controller/render/render.h"

struct fleet {
	struct arena arena;
	struct mesh_rows rows; /* after fleet_rows() */
	VEC(struct membership) members;
	VEC(const char *) names;
	VEC(struct id) machines;
	VEC(struct announcement) announcements;
	VEC(struct remote_rows) remotes;
	struct mesh_plan plan;
	struct render *render;
};

void fleet_init(struct fleet *f, const char *name, const char *cidr, uint32_t asn);
void fleet_fini(struct fleet *f);
/* Adds in order of index; a machine's row is its index unless the test changes it. Returns its
 * position. */
size_t fleet_member(struct fleet *f, const char *name, uint32_t index);
size_t fleet_gateway(struct fleet *f, const char *name, uint32_t index);
/* Returns the announcement's position. */
size_t fleet_approve(struct fleet *f, size_t member, const char *prefix);
void fleet_limit(struct fleet *f, size_t announcement, size_t user);
void fleet_withdraw(struct fleet *f, size_t announcement);
/* A peered mesh; `shown` of this one, `let_in` of the other: a prefix each, more by fleet_show().
 */
size_t fleet_peer(struct fleet *f, const char *name, const char *cidr, uint32_t asn,
		  const char *shown, const char *let_in);
void fleet_show(struct fleet *f, size_t remote, const char *shown, const char *let_in);
/* What the other mesh has: an approved prefix; a membership of the machine of `member`. */
void fleet_remote_approve(struct fleet *f, size_t remote, const char *prefix);
void fleet_remote_member(struct fleet *f, size_t remote, size_t member, uint32_t index,
			 uint32_t number);
/* Points rows at what was collected. */
struct mesh_rows *fleet_rows(struct fleet *f);
/* Slots, plan, render; failures are failures of the test. */
void fleet_plan(struct fleet *f);

#endif
