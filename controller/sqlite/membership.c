#include "controller/sqlite/membership.h"

#include <string.h>

#define COLUMNS                                                                                    \
	"machine, mesh, id, idx, number, gateway, slot, public_key, endpoints, created_at,"        \
	" version, image_revision, image_view, image_digest, applied_view, applied_image,"         \
	" report_error, next_key, rotation, rotation_at, rotation_view, key_changed_at"
#define SELECT "SELECT " MEMBERSHIP_SELECT " FROM membership m "
#define PAGE   " AND m.row > ? ORDER BY m.row LIMIT ?"

enum {
	INSERT,
	UPDATE,
	RENDERED,
	SLOT,
	REPORTED,
	DELETE,
	GET,
	FIND,
	OF,
	LIST,
	LIST_MACHINE,
	LIST_MESH,
	LIST_BOTH,
	LIST_ORGANIZATION,
	GATEWAYS,
	GATEWAYS_ALL,
	NUMBERS
};

static const struct statement sql[] = {
	[INSERT] = {STATEMENT(MEMBERSHIP, INSERT),
		    "INSERT INTO membership (" COLUMNS ", organization)"
		    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		    " (SELECT organization FROM mesh WHERE row = ?2))"},
	[UPDATE] = {STATEMENT(MEMBERSHIP, UPDATE),
		    "UPDATE membership SET gateway = ?, slot = ?, public_key = ?, endpoints = ?,"
		    " image_revision = ?, image_view = ?, image_digest = ?, applied_view = ?,"
		    " applied_image = ?, report_error = ?, next_key = ?, rotation = ?,"
		    " rotation_at = ?, rotation_view = ?, key_changed_at = ?,"
		    " version = version + 1 WHERE row = ?"},
	[RENDERED] = {STATEMENT(MEMBERSHIP, RENDERED),
		      "UPDATE membership SET image_revision = ?, image_view = ?, image_digest = ?"
		      " WHERE row = ?"},
	[SLOT] = {STATEMENT(MEMBERSHIP, SLOT), "UPDATE membership SET slot = ? WHERE row = ?"},
	[REPORTED] = {STATEMENT(MEMBERSHIP, REPORTED),
		      "UPDATE membership SET endpoints = ?, applied_view = ?, applied_image = ?,"
		      " report_error = ? WHERE row = ?"},
	[DELETE] = {STATEMENT(MEMBERSHIP, DELETE), "DELETE FROM membership WHERE row = ?"},
	[GET] = {STATEMENT(MEMBERSHIP, GET), SELECT "WHERE m.row = ?"},
	[FIND] = {STATEMENT(MEMBERSHIP, FIND),
		  SELECT "WHERE m.id = ?1 AND (?2 = 0 OR m.organization = ?2)"},
	[OF] = {STATEMENT(MEMBERSHIP, OF), SELECT "WHERE m.machine = ? AND m.mesh = ?"},
	[LIST] = {STATEMENT(MEMBERSHIP, LIST), SELECT "WHERE m.row > ? ORDER BY m.row LIMIT ?"},
	[LIST_MACHINE] = {STATEMENT(MEMBERSHIP, LIST_MACHINE), SELECT "WHERE m.machine = ?" PAGE},
	[LIST_MESH] = {STATEMENT(MEMBERSHIP, LIST_MESH), SELECT "WHERE m.mesh = ?" PAGE},
	[LIST_BOTH] = {STATEMENT(MEMBERSHIP, LIST_BOTH),
		       SELECT "WHERE m.machine = ? AND m.mesh = ?" PAGE},
	[LIST_ORGANIZATION] = {STATEMENT(MEMBERSHIP, LIST_ORGANIZATION),
			       SELECT "WHERE m.organization = ?" PAGE},
	[GATEWAYS] = {STATEMENT(MEMBERSHIP, GATEWAYS),
		      SELECT "WHERE m.gateway AND m.organization = ?1 AND m.machine IN"
			     " (SELECT DISTINCT machine FROM membership WHERE gateway"
			     " AND organization = ?1 AND machine > ?2 ORDER BY machine LIMIT ?3)"
			     " ORDER BY m.machine, m.number"},
	[GATEWAYS_ALL] = {STATEMENT(MEMBERSHIP, GATEWAYS_ALL),
			  SELECT "WHERE m.gateway AND m.machine IN"
				 " (SELECT DISTINCT machine FROM membership WHERE gateway"
				 " AND machine > ?1 ORDER BY machine LIMIT ?2)"
				 " ORDER BY m.machine, m.number"},
	[NUMBERS] = {STATEMENT(MEMBERSHIP, NUMBERS),
		     "SELECT number FROM membership WHERE machine = ? ORDER BY number"},
};

/* ---- columns of their own: the keys, which may not be there; the endpoints, packed ---- */

#define ENDPOINT_SIZE ((size_t)21) /* type, device, family, 16 of address, port (little-endian) */

static void bind_if(struct query *q, bool has, const struct wg_key *key)
{
	if (has)
		query_bind_bytes(q, key, sizeof(*key));
	else
		query_bind_null(q);
}

static void bind_key(struct query *q, const void *at, size_t size)
{
	const struct membership *m = at;

	(void)size;
	bind_if(q, m->has_key, &m->key);
}

static void read_key(struct query *q, void *at, size_t size)
{
	struct membership *m = at;

	(void)size;
	m->has_key = !query_is_null(q);
	query_read_bytes(q, &m->key, sizeof(m->key));
}

static void bind_next_key(struct query *q, const void *at, size_t size)
{
	const struct membership *m = at;

	(void)size;
	bind_if(q, m->has_next_key, &m->next_key);
}

static void read_next_key(struct query *q, void *at, size_t size)
{
	struct membership *m = at;

	(void)size;
	m->has_next_key = !query_is_null(q);
	query_read_bytes(q, &m->next_key, sizeof(m->next_key));
}

static void bind_endpoints(struct query *q, const void *at, size_t size)
{
	const struct membership *m = at;
	uint8_t bytes[STATE_ENDPOINTS_MAX * ENDPOINT_SIZE];
	size_t n = m->nendpoints < STATE_ENDPOINTS_MAX ? m->nendpoints : STATE_ENDPOINTS_MAX;

	(void)size;
	for (size_t i = 0; i < n; i++) {
		const struct endpoint *e = &m->endpoints[i];
		uint8_t *to = bytes + i * ENDPOINT_SIZE;

		to[0] = e->type;
		to[1] = e->device;
		to[2] = e->address.family;
		memcpy(to + 3, e->address.bytes, sizeof(e->address.bytes));
		to[19] = (uint8_t)(e->port & 0xff);
		to[20] = (uint8_t)(e->port >> 8);
	}
	query_bind_copy(q, bytes, n * ENDPOINT_SIZE);
}

static void read_endpoints(struct query *q, void *at, size_t size)
{
	struct membership *m = at;
	const uint8_t *from = query_read_any(q, STATE_ENDPOINTS_MAX * ENDPOINT_SIZE, &size);

	if (size % ENDPOINT_SIZE != 0)
		query_damaged(q);
	m->nendpoints = size / ENDPOINT_SIZE;
	for (size_t i = 0; i < m->nendpoints; i++, from += ENDPOINT_SIZE) {
		struct endpoint *e = &m->endpoints[i];

		e->type = from[0];
		e->device = from[1];
		e->address.family = from[2];
		memcpy(e->address.bytes, from + 3, sizeof(e->address.bytes));
		e->port = (uint16_t)(from[19] | from[20] << 8);
	}
}

static const struct codec codec_key = {bind_key, read_key};
static const struct codec codec_next_key = {bind_next_key, read_next_key};
static const struct codec codec_endpoints = {bind_endpoints, read_endpoints};

static const struct field fields[] = {
	FIELD(struct membership, number, machine, FIXED),
	FIELD(struct membership, number, mesh, FIXED),
	FIELD(struct membership, bytes, id, FIXED),
	FIELD(struct membership, number, index, FIXED),
	FIELD(struct membership, number, number, FIXED),
	FIELD(struct membership, flag, gateway, CHANGES),
	FIELD(struct membership, number, slot, CHANGES),
	FIELD_OWN(struct membership, codec_key, CHANGES),
	FIELD_OWN(struct membership, codec_endpoints, CHANGES),
	FIELD(struct membership, number, created_at, FIXED),
	FIELD(struct membership, number, version, FIXED),
	FIELD(struct membership, number, image_revision, CHANGES),
	FIELD(struct membership, number, image_view, CHANGES),
	FIELD(struct membership, optional, image_digest, CHANGES),
	FIELD(struct membership, number, applied_view, CHANGES),
	FIELD(struct membership, number, applied_image, CHANGES),
	FIELD(struct membership, text, report_error, CHANGES),
	FIELD_OWN(struct membership, codec_next_key, CHANGES),
	FIELD(struct membership, number, rotation, CHANGES),
	FIELD(struct membership, number, rotation_at, CHANGES),
	FIELD(struct membership, number, rotation_view, CHANGES),
	FIELD(struct membership, number, key_changed_at, CHANGES),
};

const struct record membership_record = RECORD(struct membership, fields);

/* ---- store.h ---- */

int store_membership_insert(struct store *s, struct membership *m, struct fault *f)
{
	return record_insert(s, &membership_record, &sql[INSERT], m, f);
}

int store_membership_update(struct store *s, struct membership *m, struct fault *f)
{
	return record_update(s, &membership_record, &sql[UPDATE], m, f);
}

int store_membership_rendered(struct store *s, const struct membership *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[RENDERED], f);
	query_bind_number(&q, (int64_t)m->image_revision);
	query_bind_number(&q, (int64_t)m->image_view);
	query_bind_bytes(&q, &m->image_digest, sizeof(m->image_digest));
	query_bind_number(&q, m->row);
	return query_change(&q);
}

int store_membership_slot(struct store *s, const struct membership *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[SLOT], f);
	query_bind_number(&q, m->slot);
	query_bind_number(&q, m->row);
	return query_change(&q);
}

int store_membership_reported(struct store *s, const struct membership *m, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[REPORTED], f);
	bind_endpoints(&q, m, sizeof(*m));
	query_bind_number(&q, (int64_t)m->applied_view);
	query_bind_number(&q, (int64_t)m->applied_image);
	query_bind_text(&q, m->report_error);
	query_bind_number(&q, m->row);
	return query_change(&q);
}

int store_membership_get(struct store *s, row_t row, struct membership *out, struct fault *f)
{
	return record_find_row(s, &membership_record, &sql[GET], row, out, f);
}

int store_membership_find(struct store *s, row_t organization, const struct id *id,
			  struct membership *out, struct fault *f)
{
	return record_find_id(s, &membership_record, &sql[FIND], organization, id, out, f);
}

int store_membership_of(struct store *s, row_t machine, row_t mesh, struct membership *out,
			struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[OF], f);
	query_bind_number(&q, machine);
	query_bind_number(&q, mesh);
	return record_one(&q, &membership_record, out);
}

int store_membership_list(struct store *s, struct arena *a, row_t machine, row_t mesh,
			  const struct page *p, struct membership **out, size_t *n, struct fault *f)
{
	static const int which[2][2] = {{LIST, LIST_MESH}, {LIST_MACHINE, LIST_BOTH}};
	struct query q;

	query_start(&q, s, &sql[which[machine != 0][mesh != 0]], f);
	if (machine != 0)
		query_bind_number(&q, machine);
	if (mesh != 0)
		query_bind_number(&q, mesh);
	query_bind_page(&q, p);
	return record_list(&q, &membership_record, a, out, n);
}

int store_membership_list_organization(struct store *s, struct arena *a, row_t organization,
				       const struct page *p, struct membership **out, size_t *n,
				       struct fault *f)
{
	return record_list_of(s, &membership_record,
			      &sql[organization != 0 ? LIST_ORGANIZATION : LIST], organization, p,
			      a, out, n, f);
}

int store_gateway_list(struct store *s, struct arena *a, row_t organization, const struct page *p,
		       struct membership **out, size_t *n, struct fault *f)
{
	return record_list_of(s, &membership_record,
			      &sql[organization != 0 ? GATEWAYS : GATEWAYS_ALL], organization, p, a,
			      out, n, f);
}

int store_membership_delete(struct store *s, row_t row, struct fault *f)
{
	return record_delete(s, &sql[DELETE], row, f);
}

int store_number_take(struct store *s, row_t machine, uint32_t *number, struct fault *f)
{
	uint32_t lowest = 0;
	struct query q;
	int code;

	query_start(&q, s, &sql[NUMBERS], f);
	query_bind_number(&q, machine);
	while (query_next(&q) && query_read_number(&q) == lowest)
		lowest++;
	code = query_end(&q);
	*number = lowest;
	if (code == 0 && lowest > NUMBER_MAX)
		code = fault_set(f, ERR_EXHAUSTED,
				 "machine: is in %u meshes, the most there can be", lowest);
	return code;
}
