/* The schema. Every table is STRICT; times are milliseconds since 1970; ids, keys and digests are
 * blobs; prefixes are blobs of 18 bytes (query.h). `row` is never given twice (AUTOINCREMENT): a
 * cursor, or a credential in memory, must not come to mean something else. What a trigger refuses
 * begins with the field, as everything that a person gets to read. */
#include "controller/sqlite/migration.h"

/* clang-format off */

static const char version_1[] =
"PRAGMA application_id = 0x536b656e;"

"CREATE TABLE installation ("
"	row INTEGER PRIMARY KEY CHECK (row = 1),"
"	id BLOB NOT NULL CHECK (length(id) = 16),"
"	epoch INTEGER NOT NULL,"
"	counter INTEGER NOT NULL,"
"	next_asn INTEGER NOT NULL"
") STRICT;"

"CREATE TABLE organization ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	name TEXT NOT NULL UNIQUE,"
"	created_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL"
") STRICT;"

"CREATE TABLE mesh ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER NOT NULL REFERENCES organization,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	name TEXT NOT NULL,"
"	cidr BLOB NOT NULL CHECK (length(cidr) = 18),"
"	cidr6 BLOB CHECK (length(cidr6) = 18),"
"	is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),"
"	route_reflector INTEGER NOT NULL CHECK (route_reflector IN (0, 1)),"
"	asn INTEGER NOT NULL UNIQUE CHECK (asn BETWEEN 1 AND 4294967295),"
"	bgp_port INTEGER NOT NULL CHECK (bgp_port BETWEEN 0 AND 65535),"
"	bfd_interval_ms INTEGER NOT NULL,"
"	bfd_multiplier INTEGER NOT NULL,"
"	created_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL,"
"	view_revision INTEGER NOT NULL,"
"	view_digest BLOB CHECK (length(view_digest) = 32),"
"	next_index INTEGER NOT NULL DEFAULT 1," /* the lowest that was never given out */
"	nmembers INTEGER NOT NULL DEFAULT 0,"   /* both are kept by triggers */
"	ngateways INTEGER NOT NULL DEFAULT 0,"
"	UNIQUE (organization, name)"
") STRICT;"
"CREATE UNIQUE INDEX mesh_default ON mesh (organization) WHERE is_default;"
"CREATE INDEX mesh_organization ON mesh (organization);"
"CREATE TRIGGER mesh_cidr BEFORE UPDATE OF cidr ON mesh WHEN NEW.cidr <> OLD.cidr BEGIN"
"	SELECT RAISE(ABORT, 'cidr: a mesh keeps the one that it was made with');"
"END;"

"CREATE TABLE machine ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER NOT NULL REFERENCES organization,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	name TEXT NOT NULL,"
"	identity BLOB UNIQUE CHECK (length(identity) = 32),"
"	token BLOB UNIQUE CHECK (length(token) = 32),"
"	boot_id TEXT NOT NULL,"
"	run INTEGER NOT NULL,"
"	created_at INTEGER NOT NULL,"
"	seen_at INTEGER NOT NULL,"
"	revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),"
"	frozen INTEGER NOT NULL CHECK (frozen IN (0, 1)),"
"	version INTEGER NOT NULL,"
"	UNIQUE (organization, name)"
") STRICT;"
"CREATE INDEX machine_organization ON machine (organization);"

"CREATE TABLE membership ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	machine INTEGER NOT NULL REFERENCES machine,"
"	mesh INTEGER NOT NULL REFERENCES mesh,"
"	organization INTEGER NOT NULL REFERENCES organization,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	idx INTEGER NOT NULL CHECK (idx > 0)," /* the address: mesh.cidr + idx */
"	number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 127),"
"	gateway INTEGER NOT NULL CHECK (gateway IN (0, 1)),"
"	slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 63),"
"	public_key BLOB CHECK (length(public_key) = 32),"
"	endpoints BLOB NOT NULL,"
"	created_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL,"
"	image_revision INTEGER NOT NULL,"
"	image_digest BLOB CHECK (length(image_digest) = 32),"
"	applied_view INTEGER NOT NULL,"
"	applied_image INTEGER NOT NULL,"
"	report_error TEXT NOT NULL,"
"	UNIQUE (machine, mesh),"
"	UNIQUE (machine, number),"
"	UNIQUE (mesh, idx)"
") STRICT;"
"CREATE INDEX membership_mesh ON membership (mesh);"
"CREATE INDEX membership_organization ON membership (organization);"
"CREATE INDEX membership_gateway ON membership (organization, machine) WHERE gateway;"
/* WireGuard knows a peer by its key: a second one with it would take the first one's place. */
"CREATE UNIQUE INDEX membership_key ON membership (mesh, public_key) WHERE public_key IS NOT NULL;"
"CREATE TRIGGER membership_organizations BEFORE INSERT ON membership"
" WHEN NEW.organization IS NOT (SELECT organization FROM machine WHERE row = NEW.machine) BEGIN"
"	SELECT RAISE(ABORT, 'mesh: is not of the machine''s organization');"
"END;"
"CREATE TRIGGER membership_came AFTER INSERT ON membership BEGIN"
"	UPDATE mesh SET nmembers = nmembers + 1, ngateways = ngateways + NEW.gateway"
"	 WHERE row = NEW.mesh;"
"END;"
"CREATE TRIGGER membership_went AFTER DELETE ON membership BEGIN"
"	UPDATE mesh SET nmembers = nmembers - 1, ngateways = ngateways - OLD.gateway"
"	 WHERE row = OLD.mesh;"
"END;"
"CREATE TRIGGER membership_gateway AFTER UPDATE OF gateway ON membership"
" WHEN NEW.gateway <> OLD.gateway BEGIN"
"	UPDATE mesh SET ngateways = ngateways + NEW.gateway - OLD.gateway WHERE row = NEW.mesh;"
"END;"

/* Addresses that were given back. `until` 0: rested, to be given out again. */
"CREATE TABLE address_freed ("
"	mesh INTEGER NOT NULL REFERENCES mesh ON DELETE CASCADE,"
"	idx INTEGER NOT NULL,"
"	until INTEGER NOT NULL,"
"	PRIMARY KEY (mesh, idx)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX address_freed_until ON address_freed (mesh, until, idx);"

"CREATE TABLE announcement ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	mesh INTEGER NOT NULL REFERENCES mesh,"                 /* the membership's */
"	organization INTEGER NOT NULL REFERENCES organization," /* the membership's */
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	prefix BLOB NOT NULL CHECK (length(prefix) = 18),"
"	priority INTEGER NOT NULL,"
"	announced INTEGER NOT NULL CHECK (announced IN (0, 1)),"
"	approved INTEGER NOT NULL CHECK (approved IN (0, 1)),"
"	created_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL,"
"	UNIQUE (membership, prefix)"
") STRICT;"
"CREATE INDEX announcement_mesh ON announcement (mesh);"
"CREATE INDEX announcement_organization ON announcement (organization);"

"CREATE TABLE announcement_user ("
"	announcement INTEGER NOT NULL REFERENCES announcement ON DELETE CASCADE,"
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	PRIMARY KEY (announcement, membership)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX announcement_user_membership ON announcement_user (membership);"
/* No user named means everybody. When the last one leaves, that must not come true by itself. */
"CREATE TRIGGER announcement_users_gone AFTER DELETE ON announcement_user"
" WHEN NOT EXISTS (SELECT 1 FROM announcement_user WHERE announcement = OLD.announcement) BEGIN"
"	UPDATE announcement SET approved = 0, version = version + 1"
"	 WHERE row = OLD.announcement AND approved;"
"END;"

"CREATE TABLE peering ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER NOT NULL REFERENCES organization,"
"	mesh_a INTEGER NOT NULL REFERENCES mesh ON DELETE CASCADE,"
"	mesh_b INTEGER NOT NULL REFERENCES mesh ON DELETE CASCADE,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	created_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL"
") STRICT;"
"CREATE UNIQUE INDEX peering_pair ON peering (min(mesh_a, mesh_b), max(mesh_a, mesh_b));"
"CREATE INDEX peering_a ON peering (mesh_a);"
"CREATE INDEX peering_b ON peering (mesh_b);"
"CREATE INDEX peering_organization ON peering (organization);"
"CREATE TRIGGER peering_meshes BEFORE INSERT ON peering WHEN NEW.mesh_a = NEW.mesh_b BEGIN"
"	SELECT RAISE(ABORT, 'mesh_b: a mesh does not peer with itself');"
"END;"
"CREATE TRIGGER peering_organizations BEFORE INSERT ON peering"
" WHEN NEW.organization IS NOT (SELECT organization FROM mesh WHERE row = NEW.mesh_a)"
" OR NEW.organization IS NOT (SELECT organization FROM mesh WHERE row = NEW.mesh_b) BEGIN"
"	SELECT RAISE(ABORT, 'mesh_b: the meshes are not of one organization');"
"END;"

"CREATE TABLE peering_prefix ("
"	peering INTEGER NOT NULL REFERENCES peering ON DELETE CASCADE,"
"	side INTEGER NOT NULL CHECK (side IN (0, 1))," /* 0: of a, 1: of b */
"	prefix BLOB NOT NULL CHECK (length(prefix) = 18),"
"	PRIMARY KEY (peering, side, prefix)"
") STRICT, WITHOUT ROWID;"

"CREATE TABLE join_grant ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER NOT NULL REFERENCES organization ON DELETE CASCADE,"
/* With the mesh goes the grant: it must not come to mean the default mesh. */
"	mesh INTEGER REFERENCES mesh ON DELETE CASCADE,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	secret BLOB NOT NULL UNIQUE CHECK (length(secret) = 32),"
"	note TEXT NOT NULL,"
"	max_uses INTEGER NOT NULL,"
"	uses INTEGER NOT NULL,"
"	gateway INTEGER NOT NULL CHECK (gateway IN (0, 1)),"
"	created_at INTEGER NOT NULL,"
"	expires_at INTEGER NOT NULL,"
"	revoked_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL"
") STRICT;"
"CREATE INDEX join_grant_organization ON join_grant (organization);"
"CREATE INDEX join_grant_mesh ON join_grant (mesh);"

"CREATE TABLE join_grant_use ("
"	join_grant INTEGER NOT NULL REFERENCES join_grant ON DELETE CASCADE,"
"	machine INTEGER NOT NULL REFERENCES machine ON DELETE CASCADE,"
"	PRIMARY KEY (join_grant, machine)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX join_grant_use_machine ON join_grant_use (machine);"

"CREATE TABLE api_token ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER REFERENCES organization ON DELETE CASCADE," /* null: of the installation */
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	secret BLOB NOT NULL UNIQUE CHECK (length(secret) = 32),"
"	note TEXT NOT NULL,"
"	role INTEGER NOT NULL CHECK (role BETWEEN 2 AND 4)," /* viewer, operator, admin */
"	created_at INTEGER NOT NULL,"
"	expires_at INTEGER NOT NULL,"
"	revoked_at INTEGER NOT NULL,"
"	version INTEGER NOT NULL"
") STRICT;"
"CREATE INDEX api_token_organization ON api_token (organization);"

/* No references: an entry outlives what it is about. */
"CREATE TABLE audit ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),"
"	at INTEGER NOT NULL,"
"	actor TEXT NOT NULL,"
"	action TEXT NOT NULL,"
"	resource TEXT,"
"	before TEXT,"
"	after TEXT"
") STRICT;"
"CREATE INDEX audit_organization ON audit (organization);"

"CREATE TABLE network ("
"	machine INTEGER NOT NULL REFERENCES machine ON DELETE CASCADE,"
"	prefix BLOB NOT NULL CHECK (length(prefix) = 18),"
"	PRIMARY KEY (machine, prefix)"
") STRICT, WITHOUT ROWID;";

/* What machines say they do not reach in a mesh, because a network of theirs (device) or another
 * membership (other) comes first. */
static const char version_2[] =
"CREATE TABLE shadowed ("
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	prefix BLOB NOT NULL CHECK (length(prefix) = 18),"
"	cover BLOB NOT NULL CHECK (length(cover) = 18)," /* of what comes first */
"	device TEXT,"
"	other INTEGER REFERENCES membership ON DELETE CASCADE,"
"	CHECK ((device IS NULL) <> (other IS NULL)),"
"	PRIMARY KEY (membership, prefix)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX shadowed_prefix ON shadowed (prefix);"
"CREATE INDEX shadowed_other ON shadowed (other) WHERE other IS NOT NULL;";

/* What was lost when a backup was restored: machines that came after it was made show themselves by
 * an image of before (unknown); where a machine's requests come from, to see one that is two. */
static const char version_3[] =
"CREATE TABLE restoration ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	at INTEGER NOT NULL,"
"	backup_at INTEGER NOT NULL"
") STRICT;"
"CREATE TABLE unknown ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	organization INTEGER NOT NULL REFERENCES organization,"
"	mesh INTEGER NOT NULL REFERENCES mesh ON DELETE CASCADE,"
"	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16)," /* the membership's */
"	machine BLOB NOT NULL CHECK (length(machine) = 16),"
"	name TEXT NOT NULL," /* as it says itself */
"	idx INTEGER NOT NULL CHECK (idx > 0),"
"	created_at INTEGER NOT NULL,"
"	seen_at INTEGER NOT NULL,"
"	seen_from TEXT NOT NULL,"
"	version INTEGER NOT NULL"
") STRICT;"
"CREATE INDEX unknown_organization ON unknown (organization);"
"CREATE INDEX unknown_mesh ON unknown (mesh, idx);"
"ALTER TABLE machine ADD COLUMN seen_from TEXT NOT NULL DEFAULT '';"
"ALTER TABLE machine ADD COLUMN other_boot_id TEXT NOT NULL DEFAULT '';"
"ALTER TABLE machine ADD COLUMN other_run INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE machine ADD COLUMN other_from TEXT NOT NULL DEFAULT '';"
"ALTER TABLE machine ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;";

/* Images are rendered when they are asked for. What changes for all members of a mesh is one row;
 * `view` is the revision of the view that an image goes with. */
static const char version_4[] =
"ALTER TABLE mesh ADD COLUMN images_revision INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE mesh ADD COLUMN images_view INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE mesh ADD COLUMN images_digest BLOB CHECK (length(images_digest) = 32);"
"ALTER TABLE membership ADD COLUMN image_view INTEGER NOT NULL DEFAULT 0;";

/* Which starts of a machine's agent came back is known in memory alone (controller/twins.h). */
static const char version_5[] =
"ALTER TABLE machine DROP COLUMN other_boot_id;"
"ALTER TABLE machine DROP COLUMN other_run;"
"ALTER TABLE machine DROP COLUMN returns;";

/* An exit's users go out themselves when it is lost, and not nowhere. */
static const char version_6[] =
"ALTER TABLE announcement ADD COLUMN direct_when_lost INTEGER NOT NULL DEFAULT 0"
" CHECK (direct_when_lost IN (0, 1));";

/* Out of service for a while: its ways come after all others. */
static const char version_7[] =
"ALTER TABLE machine ADD COLUMN drained INTEGER NOT NULL DEFAULT 0 CHECK (drained IN (0, 1));";

/* Keys are rotated (controller/rotation.h). A peer is known by its key and by its next one: no two of
 * a mesh may share any. How old a key is that was there before, its membership says. */
static const char version_8[] =
"ALTER TABLE mesh ADD COLUMN key_rotation_days INTEGER NOT NULL DEFAULT 90"
" CHECK (key_rotation_days BETWEEN 0 AND 3650);"
"ALTER TABLE mesh ADD COLUMN key_rotation_at INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE membership ADD COLUMN next_key BLOB CHECK (length(next_key) = 32);"
"ALTER TABLE membership ADD COLUMN rotation INTEGER NOT NULL DEFAULT 0"
" CHECK (rotation BETWEEN 0 AND 3);"
"ALTER TABLE membership ADD COLUMN rotation_at INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE membership ADD COLUMN rotation_view INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE membership ADD COLUMN key_changed_at INTEGER NOT NULL DEFAULT 0;"
"UPDATE membership SET key_changed_at = created_at WHERE public_key IS NOT NULL;"
"CREATE UNIQUE INDEX membership_next_key ON membership (mesh, next_key)"
" WHERE next_key IS NOT NULL;"
"CREATE TRIGGER membership_keys AFTER UPDATE OF public_key, next_key ON membership"
" WHEN EXISTS (SELECT 1 FROM membership WHERE mesh = NEW.mesh AND next_key = NEW.public_key)"
" OR EXISTS (SELECT 1 FROM membership WHERE mesh = NEW.mesh AND public_key = NEW.next_key) BEGIN"
"	SELECT RAISE(ABORT, 'public_key: a membership of the mesh has it, or is to have it next');"
"END;"
"CREATE TRIGGER membership_first_keys AFTER INSERT ON membership"
" WHEN EXISTS (SELECT 1 FROM membership WHERE mesh = NEW.mesh AND next_key = NEW.public_key)"
" OR EXISTS (SELECT 1 FROM membership WHERE mesh = NEW.mesh AND public_key = NEW.next_key) BEGIN"
"	SELECT RAISE(ABORT, 'public_key: a membership of the mesh has it, or is to have it next');"
"END;"
/* Who rotates; whose keys are the oldest; who is behind a view: each is asked for without looking
 * at the rest. */
"CREATE INDEX membership_rotation ON membership (rotation, mesh, rotation_at)"
" WHERE rotation > 0;"
"CREATE INDEX membership_key_age ON membership (mesh, key_changed_at)"
" WHERE rotation = 0 AND public_key IS NOT NULL;"
"CREATE INDEX membership_applied ON membership (mesh, applied_view);";

/* On what terms a prefix is announced: a health check, how long it is to be stable before it comes
 * first again, whether what goes there is translated. */
static const char version_9[] =
"ALTER TABLE announcement ADD COLUMN stable_for_s INTEGER NOT NULL DEFAULT 60;"
"ALTER TABLE announcement ADD COLUMN translated INTEGER NOT NULL DEFAULT 0"
" CHECK (translated IN (0, 1));"
"ALTER TABLE announcement ADD COLUMN check_type INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE announcement ADD COLUMN check_host BLOB CHECK (length(check_host) = 18);"
"ALTER TABLE announcement ADD COLUMN check_port INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE announcement ADD COLUMN check_target TEXT NOT NULL DEFAULT '';"
"ALTER TABLE announcement ADD COLUMN check_interval_ms INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE announcement ADD COLUMN check_timeout_ms INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE announcement ADD COLUMN check_rise INTEGER NOT NULL DEFAULT 0;"
"ALTER TABLE announcement ADD COLUMN check_fall INTEGER NOT NULL DEFAULT 0;";

/* What members say that others do by BGP and may not. */
static const char version_10[] =
"CREATE TABLE complaint ("
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE," /* who says it */
"	offender INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3)," /* enum complaint_kind */
"	routes INTEGER NOT NULL,"
"	PRIMARY KEY (membership, offender, kind)"
") STRICT, WITHOUT ROWID;"
"CREATE INDEX complaint_offender ON complaint (offender);";

/* How machines see their neighbours, as they said last (controller/api/report_ties.c). `peer` is the
 * index of the other one in the mesh; 0: the session is with a sibling. */
static const char version_11[] =
"CREATE TABLE tie ("
"	membership INTEGER PRIMARY KEY REFERENCES membership ON DELETE CASCADE,"
"	stream INTEGER NOT NULL,"
"	sequence INTEGER NOT NULL"
") STRICT;"
"CREATE TABLE session ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	name TEXT NOT NULL,"
"	peer INTEGER NOT NULL,"
"	state TEXT NOT NULL,"
"	bfd TEXT NOT NULL,"
"	since INTEGER NOT NULL,"
"	error TEXT NOT NULL,"
"	UNIQUE (membership, name)"
") STRICT;"
"CREATE TABLE path ("
"	row INTEGER PRIMARY KEY AUTOINCREMENT,"
"	membership INTEGER NOT NULL REFERENCES membership ON DELETE CASCADE,"
"	peer INTEGER NOT NULL CHECK (peer > 0),"
"	slot INTEGER NOT NULL,"
"	kind INTEGER NOT NULL,"
"	handshake INTEGER NOT NULL,"
"	endpoint BLOB CHECK (length(endpoint) = 18)," /* null: none is known */
"	port INTEGER NOT NULL,"
"	latency_ms INTEGER NOT NULL,"
"	loss_percent INTEGER NOT NULL,"
"	UNIQUE (membership, peer)"
") STRICT;";

/* How long a neighbour that was lost and is back comes last at the members of a mesh. */
static const char version_12[] =
"ALTER TABLE mesh ADD COLUMN stable_for_s INTEGER NOT NULL DEFAULT 60"
" CHECK (stable_for_s BETWEEN 0 AND 3600);";

/* A drained machine has said that nothing goes by it any more. */
static const char version_13[] =
"ALTER TABLE machine ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;";

/* What a health check says that keeps a prefix back. */
static const char version_14[] =
"ALTER TABLE announcement ADD COLUMN unwell TEXT NOT NULL DEFAULT '';";

/* clang-format on */

const struct migration migrations[] = {
	{1, version_1},	  {2, version_2},   {3, version_3},   {4, version_4},	{5, version_5},
	{6, version_6},	  {7, version_7},   {8, version_8},   {9, version_9},	{10, version_10},
	{11, version_11}, {12, version_12}, {13, version_13}, {14, version_14},
};
const size_t nmigrations = sizeof(migrations) / sizeof(migrations[0]);
