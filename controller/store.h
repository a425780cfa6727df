/* The store: everything persistent, behind an interface that names no database.
 *
 * A store is one connection. There is one writing store, used by the writer thread only, and a
 * reading store for each reader thread. All functions return 0 or a negative code; get functions
 * return ERR_NOT_FOUND (without a fault: who asks may only want to know whether it is there).
 * Functions that take `organization` find nothing of another one (0: any). Lists are in order of
 * `row`; they fill an array in the arena. Constraint violations come back as ERR_EXISTS or
 * ERR_CONFLICT with a fault that names the field ("name: …"). A damaged file, a full disk or one
 * that cannot be written: one fault that names the file. */
#ifndef SKEIN_CONTROLLER_STORE_H
#define SKEIN_CONTROLLER_STORE_H

#include "controller/model.h"
#include "lib/base/arena.h"
#include "lib/base/vec.h"

struct store;

enum store_mode { STORE_CREATE, STORE_WRITE, STORE_READ };

/* STORE_CREATE makes the file (ERR_EXISTS when it is there); STORE_WRITE migrates it first, each
 * migration in a transaction; a database of a newer Skein is ERR_UNSUPPORTED. */
int store_open(struct store **out, const char *path, enum store_mode mode, struct fault *f);
void store_close(struct store *s);

/* Writing. A transaction holds the jobs of a group commit; each job is a savepoint of its own, so a
 * job that fails leaves nothing. */
int store_begin(struct store *s, struct fault *f);
int store_commit(struct store *s, struct fault *f);
void store_rollback(struct store *s);
int store_savepoint(struct store *s, struct fault *f);
int store_release(struct store *s, struct fault *f);
/* Back to the savepoint. Where the database has itself undone the transaction (a full disk), the
 * next savepoint and the commit fail: nothing is written outside a transaction. */
void store_undo(struct store *s);
/* A read transaction, so that one answer sees one moment. */
int store_snapshot_begin(struct store *s, struct fault *f);
void store_snapshot_end(struct store *s);

struct page {
	row_t after; /* exclusive; 0: from the start */
	int limit;   /* 0: no limit */
};
/* A list's page may be NULL: all of it. */

/* Installation: one row. */
struct installation {
	struct id id;
	uint32_t epoch;	  /* of revisions; a restore makes it later */
	uint64_t counter; /* of revisions: the last one given */
	uint32_t next_asn;
};
int store_installation_get(struct store *s, struct installation *out, struct fault *f);
int store_installation_set(struct store *s, const struct installation *in, struct fault *f);
/* The next revision: (epoch, counter + 1); stored with the transaction. */
int store_revision_next(struct store *s, uint64_t *out, struct fault *f);

/* How many rows each table has, by its name; of one moment within a snapshot. Caller vec_free()s;
 * names are in the arena. */
struct store_count {
	const char *table;
	int64_t rows;
};
typedef VEC(struct store_count) store_count_vec;
int store_census(struct store *s, struct arena *a, store_count_vec *out, struct fault *f);
int store_schema_version(struct store *s, int64_t *out, struct fault *f);

/* For every noun: insert fills row, version (and id and created_at, if zero); update is by row and
 * compares nothing: the caller has compared `version`, update increments it. What belongs to a
 * thing for good (organization, id, mesh, machine, cidr, asn, index, number, prefix, created_at) is
 * not updated; a changed cidr is ERR_CONFLICT. */
int store_organization_insert(struct store *s, struct organization *o, struct fault *f);
int store_organization_update(struct store *s, struct organization *o, struct fault *f);
int store_organization_get(struct store *s, row_t row, struct organization *out, struct fault *f);
int store_organization_find(struct store *s, const struct id *id, struct organization *out,
			    struct fault *f);
int store_organization_find_name(struct store *s, const char *name, struct organization *out,
				 struct fault *f);
int store_organization_list(struct store *s, struct arena *a, const struct page *p,
			    struct organization **out, size_t *n, struct fault *f);
/* How many meshes and machines it has. O(n). */
int store_organization_owns(struct store *s, row_t row, uint64_t *nmeshes, uint64_t *nmachines,
			    struct fault *f);
/* With its tokens; ERR_CONFLICT while it has meshes or machines. */
int store_organization_delete(struct store *s, row_t row, struct fault *f);

int store_mesh_insert(struct store *s, struct mesh *m, struct fault *f);
int store_mesh_update(struct store *s, struct mesh *m, struct fault *f);
int store_mesh_get(struct store *s, row_t row, struct mesh *out, struct fault *f);
int store_mesh_find(struct store *s, row_t organization, const struct id *id, struct mesh *out,
		    struct fault *f);
int store_mesh_find_name(struct store *s, row_t organization, const char *name, struct mesh *out,
			 struct fault *f);
int store_mesh_default(struct store *s, row_t organization, struct mesh *out, struct fault *f);
int store_mesh_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		    struct mesh **out, size_t *n, struct fault *f);
/* With its peerings and join grants; ERR_CONFLICT while it has members. */
int store_mesh_delete(struct store *s, row_t row, struct fault *f);
/* With its members, too, and what they announce. */
int store_mesh_delete_cascade(struct store *s, row_t row, struct fault *f);
/* What rendering remembers, without a new version of the resource. */
int store_mesh_rendered(struct store *s, const struct mesh *m, struct fault *f);
/* How many memberships, and how many of these are gateways; either may be NULL. O(log n). */
int store_mesh_count(struct store *s, row_t row, uint64_t *nmembers, uint64_t *ngateways,
		     struct fault *f);

int store_machine_insert(struct store *s, struct machine *m, struct fault *f);
int store_machine_update(struct store *s, struct machine *m, struct fault *f);
int store_machine_get(struct store *s, row_t row, struct machine *out, struct fault *f);
int store_machine_find(struct store *s, row_t organization, const struct id *id,
		       struct machine *out, struct fault *f);
int store_machine_find_name(struct store *s, row_t organization, const char *name,
			    struct machine *out, struct fault *f);
int store_machine_find_identity(struct store *s, const uint8_t identity[32], struct machine *out,
				struct fault *f);
int store_machine_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct machine **out, size_t *n, struct fault *f);
/* ERR_CONFLICT while it has memberships: see alloc_remove_machine(). */
int store_machine_delete(struct store *s, row_t row, struct fault *f);
/* What a request of the machine brings (seen_at, boot_id, run, idle), without a new version. */
int store_machine_seen(struct store *s, const struct machine *m, struct fault *f);

int store_membership_insert(struct store *s, struct membership *m, struct fault *f);
int store_membership_update(struct store *s, struct membership *m, struct fault *f);
int store_membership_get(struct store *s, row_t row, struct membership *out, struct fault *f);
int store_membership_find(struct store *s, row_t organization, const struct id *id,
			  struct membership *out, struct fault *f);
int store_membership_of(struct store *s, row_t machine, row_t mesh, struct membership *out,
			struct fault *f);
/* machine or mesh may be 0: of any, of any organization. */
int store_membership_list(struct store *s, struct arena *a, row_t machine, row_t mesh,
			  const struct page *p, struct membership **out, size_t *n,
			  struct fault *f);
/* All of an organization. */
int store_membership_list_organization(struct store *s, struct arena *a, row_t organization,
				       const struct page *p, struct membership **out, size_t *n,
				       struct fault *f);
/* Those that are gateways, by machine, then number; the page counts machines, and `after` is a
 * machine's row. */
int store_gateway_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct membership **out, size_t *n, struct fault *f);
/* With what it announces. An approval whose only users leave so is taken back, or it would hold for
 * all of the mesh. The address stays taken: see alloc_leave(). */
int store_membership_delete(struct store *s, row_t row, struct fault *f);
/* Without a new version: what rendering remembers; slot; what the machine reported
 * (endpoints, applied_view, applied_image, report_error). */
int store_membership_rendered(struct store *s, const struct membership *m, struct fault *f);
int store_membership_slot(struct store *s, const struct membership *m, struct fault *f);
int store_membership_reported(struct store *s, const struct membership *m, struct fault *f);

/* Without a new version: how far the rotation of its key is (next_key, rotation, rotation_at,
 * rotation_view). A next key that somebody has, or is to have, is ERR_CONFLICT. */
int store_rotation_set(struct store *s, const struct membership *m, struct fault *f);
/* The meshes in which a next key is offered. O(such keys). */
int store_rotation_meshes(struct store *s, struct arena *a, row_t **out, size_t *n,
			  struct fault *f);
/* Those of a mesh whose next key is offered: `limit` of them, those that wait longest. */
int store_rotation_offered(struct store *s, struct arena *a, row_t mesh, int limit,
			   struct membership **out, size_t *n, struct fault *f);
/* How many of a mesh have a rotation that got as far as it is after `since`; counted up to max. */
int store_rotation_count(struct store *s, row_t mesh, struct wall since, uint32_t max,
			 uint32_t *out, struct fault *f);
/* Whether a machine is heard of; seen_at is what the database knows. */
struct store_hearing {
	bool (*heard)(const void *context, row_t machine, struct wall seen_at);
	const void *context;
};
/* The lowest view that a member who is heard of has applied; `view` where nobody's is lower.
 * O(those with a lower one who are not heard of): it ends at the first one who is. */
int store_rotation_level(struct store *s, row_t mesh, uint64_t view, const struct store_hearing *h,
			 uint64_t *out, struct fault *f);
/* Those of a mesh whose keys are of before `before`, and who are heard of: `limit` of them, the
 * oldest keys first. Frozen ones and such as rotate are none. O(those passed over). */
int store_rotation_old(struct store *s, struct arena *a, row_t mesh, struct wall before, int limit,
		       const struct store_hearing *h, row_t **out, size_t *n, struct fault *f);
/* The mesh's schedule has begun some, without a new version. */
int store_rotation_begun(struct store *s, row_t mesh, struct wall now, struct fault *f);

/* A mesh's memberships in order of index, with what rendering wants to know of their machines. */
struct member_machine {
	struct id id;
	const char *name; /* in the arena */
	bool revoked, frozen, drained;
};
int store_member_list(struct store *s, struct arena *a, row_t mesh, struct membership **out,
		      struct member_machine **machines, size_t *n, struct fault *f);
/* The memberships in `other` of the machines that are in `mesh` too, in order of machine. */
int store_member_shared(struct store *s, struct arena *a, row_t mesh, row_t other,
			struct membership **out, struct member_machine **machines, size_t *n,
			struct fault *f);

int store_announcement_insert(struct store *s, struct announcement *x, struct fault *f);
int store_announcement_update(struct store *s, struct announcement *x, struct fault *f);
int store_announcement_find(struct store *s, struct arena *a, row_t organization,
			    const struct id *id, struct announcement *out, struct fault *f);
int store_announcement_of(struct store *s, struct arena *a, row_t membership,
			  const struct prefix *prefix, struct announcement *out, struct fault *f);
/* Of a membership, else of a mesh, else (both 0) of the organization. */
int store_announcement_list(struct store *s, struct arena *a, row_t organization, row_t mesh,
			    row_t membership, const struct page *p, struct announcement **out,
			    size_t *n, struct fault *f);
int store_announcement_delete(struct store *s, row_t row, struct fault *f);
/* What is approved in a mesh, each prefix once. */
int store_announcement_approved(struct store *s, struct arena *a, row_t mesh,
				struct approved_prefix **out, size_t *n, struct fault *f);
/* What the health check of one says, without a new version; "": it is well. */
int store_announcement_set_unwell(struct store *s, row_t row, const char *error, struct fault *f);
int store_announcement_list_unwell(struct store *s, struct arena *a, row_t membership,
				   struct unwell_prefix **out, size_t *n, struct fault *f);

/* How machines see their neighbours: without a version, and nothing of it is rendered. What is put
 * replaces what was of the same name or peer. A peer that the mesh has not is passed over, so that
 * no report has the database grow beyond what there is. */
int store_tie_get(struct store *s, row_t membership, struct tie_mark *out, struct fault *f);
int store_tie_set(struct store *s, row_t membership, const struct tie_mark *in, struct fault *f);
int store_session_put(struct store *s, const struct bgp_session *x, struct fault *f);
int store_session_drop(struct store *s, row_t membership, const char *name, struct fault *f);
int store_session_clear(struct store *s, row_t membership, struct fault *f);
/* Of a machine. */
int store_session_list(struct store *s, struct arena *a, row_t machine, const struct page *p,
		       struct bgp_session **out, size_t *n, struct fault *f);
int store_path_put(struct store *s, const struct peer_path *x, struct fault *f);
int store_path_drop(struct store *s, row_t membership, uint32_t peer, struct fault *f);
int store_path_clear(struct store *s, row_t membership, struct fault *f);
int store_path_list(struct store *s, struct arena *a, row_t machine, const struct page *p,
		    struct peer_path **out, size_t *n, struct fault *f);
/* The name of the machine with this index, in the arena; NULL: it has gone. */
int store_peer_name(struct store *s, struct arena *a, row_t mesh, uint32_t index, const char **out,
		    struct fault *f);

int store_peering_insert(struct store *s, struct peering *x, struct fault *f);
int store_peering_update(struct store *s, struct peering *x, struct fault *f);
int store_peering_find(struct store *s, struct arena *a, row_t organization, const struct id *id,
		       struct peering *out, struct fault *f);
/* Of two meshes, whichever of them is `a`. */
int store_peering_between(struct store *s, struct arena *a, row_t mesh, row_t other,
			  struct peering *out, struct fault *f);
/* Those that a mesh takes part in; 0: all of the organization. */
int store_peering_list(struct store *s, struct arena *a, row_t organization, row_t mesh,
		       const struct page *p, struct peering **out, size_t *n, struct fault *f);
int store_peering_delete(struct store *s, row_t row, struct fault *f);

int store_join_grant_insert(struct store *s, struct join_grant *x, struct fault *f);
int store_join_grant_update(struct store *s, struct join_grant *x, struct fault *f);
int store_join_grant_find(struct store *s, row_t organization, const struct id *id,
			  struct join_grant *out, struct fault *f);
int store_join_grant_find_secret(struct store *s, const struct digest *secret,
				 struct join_grant *out, struct fault *f);
/* True when this machine has used the grant before: its enrolment may be repeated. */
int store_join_grant_used_by(struct store *s, row_t grant, row_t machine, bool *out,
			     struct fault *f);
/* Counts a use; a repeated one of the same machine is free. ERR_USED_UP beyond max_uses. */
int store_join_grant_use(struct store *s, row_t grant, row_t machine, struct fault *f);
int store_join_grant_list(struct store *s, struct arena *a, row_t organization,
			  const struct page *p, struct join_grant **out, size_t *n,
			  struct fault *f);

int store_api_token_insert(struct store *s, struct api_token *x, struct fault *f);
int store_api_token_update(struct store *s, struct api_token *x, struct fault *f);
int store_api_token_find(struct store *s, row_t organization, const struct id *id,
			 struct api_token *out, struct fault *f);
int store_api_token_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
			 struct api_token **out, size_t *n, struct fault *f);

/* Everybody who can ask, for the table in memory: API tokens and machines, the revoked ones and the
 * expired ones too, so that they are told so. In no order. */
struct principal_row {
	struct digest secret;
	struct principal who;
	struct wall expires_at; /* ms 0: never */
	bool revoked, frozen;
};
int store_principal_list(struct store *s, struct arena *a, struct principal_row **out, size_t *n,
			 struct fault *f);

/* The id is made here when it is zero. */
int store_audit_insert(struct store *s, const struct audit_entry *x, struct fault *f);
/* Newest first: `after` is the row to continue below. */
int store_audit_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		     struct audit_entry **out, size_t *n, struct fault *f);

/* Addresses (controller/alloc.h decides; this is its memory). A freed index rests until `until`,
 * then comes before never-used ones, lowest first. Cost: O(log n) of the freed ones. */
int store_address_take(struct store *s, row_t mesh, struct wall now, uint32_t last_index,
		       uint32_t *index, struct fault *f); /* ERR_EXHAUSTED */
int store_address_free(struct store *s, row_t mesh, uint32_t index, struct wall until,
		       struct fault *f);
/* All that were freed, and the next `n` of those that were never given, rest until then, or half of
 * what there is, if that is less. */
int store_address_rest(struct store *s, row_t mesh, uint32_t last_index, uint32_t n,
		       struct wall until, struct fault *f);
/* This one is not given out any more, until it is freed; those below it that never were rest until
 * `until`. Nothing changes where a membership has it. */
int store_address_reserve(struct store *s, row_t mesh, uint32_t index, struct wall until,
			  struct fault *f);
/* The lowest membership number (i) that the machine does not use, 0 to 127; ERR_EXHAUSTED. */
int store_number_take(struct store *s, row_t machine, uint32_t *number, struct fault *f);

/* Networks that a machine last said it is connected to; replaced as a whole. */
int store_networks_set(struct store *s, row_t machine, const struct prefix *at, size_t n,
		       struct fault *f);
int store_networks_get(struct store *s, struct arena *a, row_t machine, struct prefix **out,
		       size_t *n, struct fault *f);

/* What a machine last said it does not reach in a mesh; replaced as a whole. Of a prefix twice, the
 * last counts. */
int store_shadowed_set(struct store *s, row_t membership, const struct shadowed *at, size_t n,
		       struct fault *f);
int store_shadowed_get(struct store *s, struct arena *a, row_t membership, struct shadowed **out,
		       size_t *n, struct fault *f);
/* How many memberships of a mesh do not reach the prefix; counted up to max. */
int store_shadowed_count(struct store *s, row_t mesh, const struct prefix *prefix, uint32_t max,
			 uint32_t *out, struct fault *f);

/* What a membership last said that others of its mesh do; replaced as a whole. Of whom is no member
 * any more, nothing is kept. */
int store_complaints_set(struct store *s, row_t membership, const struct complaint *at, size_t n,
			 struct fault *f);
/* In a mesh: each machine and kind once, with one that says so and the most routes that one counts;
 * `max` at most, in order of index. Names are in the arena. */
struct complaint_row {
	const char *of, *by;
	enum complaint_kind kind;
	uint32_t routes;
};
int store_complaints_list(struct store *s, struct arena *a, row_t mesh, uint32_t max,
			  struct complaint_row **out, size_t *n, struct fault *f);

/* Machines that are not known (struct unknown_machine). Put adds it, or sees it again, by its id;
 * *fresh says which, and row, created_at and version are filled. */
int store_unknown_put(struct store *s, struct unknown_machine *x, bool *fresh, struct fault *f);
int store_unknown_find(struct store *s, row_t organization, const struct id *id,
		       struct unknown_machine *out, struct fault *f);
int store_unknown_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct unknown_machine **out, size_t *n, struct fault *f);
int store_unknown_delete(struct store *s, row_t row, struct fault *f);

/* ---- backups: sqlite/backup.c ---- */

/* A backup is one file: a database with the same rows, and the files that belong to it. */
struct store_file {
	const char *name;
	const void *data;
	size_t len;
};

/* Makes `to`, mode 0600, from the database as it is now, while others write it. The database may be
 * open elsewhere. ERR_EXISTS; on any error there is no file. */
int store_backup_make(const char *database, const char *to, const struct store_file *files,
		      size_t n, struct wall now, struct fault *f);
/* Checks a backup as a whole and makes the database `to` (mode 0600) of it, of the newest schema.
 * Its files are in the arena. ERR_INVALID: it is none; ERR_IO: it is damaged; ERR_UNSUPPORTED: of a
 * newer Skein; ERR_EXISTS. On any error there is no file. */
int store_backup_read(const char *backup, const char *to, struct arena *a,
		      struct store_file **files, size_t *n, struct wall *made_at, struct fault *f);

/* What a restored database has to know before anybody asks it, in the caller's transaction:
 * revisions are later than all that were ever given, of the epoch `epoch` at least, and everything
 * is rendered anew; next keys are waited for again; tokens to join with that are for some uses are
 * void, for nobody knows what was used since. See alloc_rest_all(), too. */
int store_restored(struct store *s, struct wall made_at, struct wall now, uint32_t epoch,
		   struct fault *f);
/* Whether something that was made at this time can have been lost: a backup of before was restored.
 */
int store_restored_before(struct store *s, struct wall made_at, bool *out, struct fault *f);

#endif
