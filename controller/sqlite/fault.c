/* SQLite's answers as codes and words. A broken constraint is somebody's input, so it gets the
 * field and what is wrong with it; everything else is trouble with the file, which is named. */
#include <errno.h>
#include <string.h>

#include "controller/sqlite/connection.h"

/* What SQLite names after "UNIQUE constraint failed: ". */
static const struct {
	const char *columns;
	int code;
	const char *words;
} unique_rows[] = {
	{"organization.name", ERR_EXISTS, "name: an organization of that name exists"},
	{"mesh.organization, mesh.name", ERR_EXISTS, "name: a mesh of that name exists"},
	{"mesh.organization", ERR_CONFLICT, "default: another mesh is the default"},
	{"mesh.asn", ERR_EXISTS, "asn: another mesh has it"},
	{"machine.organization, machine.name", ERR_EXISTS, "name: a machine of that name exists"},
	{"machine.identity", ERR_EXISTS, "identity: a machine with it exists"},
	{"machine.token", ERR_CONFLICT, "token: another machine has it"},
	{"membership.machine, membership.mesh", ERR_EXISTS, "mesh: the machine is a member"},
	{"membership.mesh, membership.idx", ERR_CONFLICT, "address: another membership has it"},
	{"membership.machine, membership.number", ERR_CONFLICT,
	 "number: another membership of the machine has it"},
	{"membership.mesh, membership.public_key", ERR_CONFLICT,
	 "public_key: another membership of the mesh has it"},
	{"membership.mesh, membership.next_key", ERR_CONFLICT,
	 "public_key: another membership of the mesh is to have it next"},
	{"announcement.membership, announcement.prefix", ERR_EXISTS,
	 "prefix: the membership has it already"},
	{"announcement_user.announcement, announcement_user.membership", ERR_CONFLICT,
	 "users: one is named twice"},
	{"index 'peering_pair'", ERR_EXISTS, "mesh_b: a peering of the two meshes exists"},
	{"peering_prefix.peering, peering_prefix.side, peering_prefix.prefix", ERR_CONFLICT,
	 "prefixes: one is named twice"},
	{"join_grant.secret", ERR_CONFLICT, "secret: another token has it"},
	{"api_token.secret", ERR_CONFLICT, "secret: another token has it"},
	{"network.machine, network.prefix", ERR_CONFLICT, "networks: one is named twice"},
};

static const struct {
	int primary; /* SQLite's primary result code */
	int code;
	const char *words;
} file_rows[] = {
	{SQLITE_BUSY, ERR_BUSY, "is in use by another program"},
	{SQLITE_LOCKED, ERR_BUSY, "is in use by another connection"},
	{SQLITE_READONLY, ERR_PRIVILEGE, "cannot be written"},
	{SQLITE_PERM, ERR_PRIVILEGE, "access is denied"},
	/* Not ERR_EXHAUSTED: that is for what the asking one can do something about. */
	{SQLITE_FULL, ERR_IO, "the disk is full"},
	{SQLITE_CORRUPT, ERR_IO, "is damaged; restore a backup"},
	{SQLITE_NOTADB, ERR_INVALID, "is not a database; restore a backup"},
	{SQLITE_TOOBIG, ERR_TOO_LARGE, "a value is too large"},
};

#define N(array) (sizeof(array) / sizeof(array)[0])

static int unique_fault(const char *message, struct fault *f)
{
	static const char start[] = "UNIQUE constraint failed: ";
	const char *columns = message;

	if (strncmp(message, start, sizeof(start) - 1) == 0)
		columns += sizeof(start) - 1;
	for (size_t i = 0; i < N(unique_rows); i++)
		if (strcmp(unique_rows[i].columns, columns) == 0)
			return fault_set(f, unique_rows[i].code, "%s", unique_rows[i].words);
	return fault_set(f, ERR_EXISTS, "%s: exists already", columns);
}

static int constraint_fault(int rc, const char *message, struct fault *f)
{
	switch (rc) {
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
	case SQLITE_CONSTRAINT_ROWID:
		return unique_fault(message, f);
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return fault_set(f, ERR_CONFLICT, "is in use, or refers to what is not there");
	case SQLITE_CONSTRAINT_TRIGGER: /* schema.c has the words */
		return fault_set(f, ERR_CONFLICT, "%s", message);
	default:
		return fault_set(f, ERR_INVALID, "%s", message);
	}
}

int store_fault(struct store *s, int rc, struct fault *f)
{
	int primary = rc & 0xff;
	int errnum = sqlite3_system_errno(s->db);

	if (primary == SQLITE_CONSTRAINT)
		return constraint_fault(rc, sqlite3_errmsg(s->db), f);
	for (size_t i = 0; i < N(file_rows); i++)
		if (file_rows[i].primary == primary)
			return fault_set(f, file_rows[i].code, "%s: %s", s->path,
					 file_rows[i].words);
	if (primary == SQLITE_CANTOPEN && errnum != 0)
		return fault_errno(f, errnum, "%s", s->path);
	if (primary == SQLITE_IOERR && errnum != 0)
		return fault_set(f, ERR_IO, "%s: %s", s->path, strerror(errnum));
	return fault_set(f, primary == SQLITE_IOERR ? ERR_IO : ERR_INTERNAL, "%s: %s", s->path,
			 sqlite3_errmsg(s->db));
}
