#include "controller/sqlite/query.h"

#include <assert.h>
#include <string.h>

static void note(struct query *q, int rc)
{
	if (rc != SQLITE_OK && q->code == 0)
		q->code = store_fault(q->store, rc, q->fault);
}

void query_start(struct query *q, struct store *s, const struct statement *st, struct fault *f)
{
	sqlite3_stmt **slot = &s->prepared[st->id];

	*q = (struct query){.store = s, .fault = f};
	if (store_transaction_lost(s)) {
		q->code = fault_set(f, ERR_IO, "%s: an error undid the transaction", s->path);
		return;
	}
	if (*slot == NULL)
		note(q,
		     sqlite3_prepare_v3(s->db, st->sql, -1, SQLITE_PREPARE_PERSISTENT, slot, NULL));
	q->stmt = *slot;
	assert(q->stmt == NULL || strcmp(sqlite3_sql(q->stmt), st->sql) == 0);
}

void query_bind_null(struct query *q)
{
	if (q->code == 0)
		note(q, sqlite3_bind_null(q->stmt, ++q->next));
}

void query_bind_number(struct query *q, int64_t value)
{
	if (q->code == 0)
		note(q, sqlite3_bind_int64(q->stmt, ++q->next, value));
}

void query_bind_text(struct query *q, const char *value)
{
	if (q->code == 0)
		note(q, sqlite3_bind_text64(q->stmt, ++q->next, value,
					    value != NULL ? strlen(value) : 0, SQLITE_STATIC,
					    SQLITE_UTF8));
}

void query_bind_bytes(struct query *q, const void *value, size_t size)
{
	if (q->code == 0)
		note(q, sqlite3_bind_blob64(q->stmt, ++q->next, value, size, SQLITE_STATIC));
}

void query_bind_copy(struct query *q, const void *value, size_t size)
{
	if (q->code == 0)
		note(q, sqlite3_bind_blob64(q->stmt, ++q->next, value, size, SQLITE_TRANSIENT));
}

void query_bind_prefix(struct query *q, const struct prefix *p)
{
	uint8_t bytes[QUERY_PREFIX_SIZE];

	if (p->family == FAMILY_NONE) {
		query_bind_null(q);
		return;
	}
	bytes[0] = p->family;
	memcpy(bytes + 1, p->bytes, sizeof(p->bytes));
	bytes[QUERY_PREFIX_SIZE - 1] = p->length;
	query_bind_copy(q, bytes, sizeof(bytes));
}

void query_bind_page(struct query *q, const struct page *p)
{
	query_bind_number(q, p != NULL ? p->after : 0);
	query_bind_number(q, p != NULL && p->limit > 0 ? p->limit : -1);
}

bool query_next(struct query *q)
{
	int rc;

	if (q->code != 0)
		return false;
	rc = sqlite3_step(q->stmt);
	q->next = 0;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		note(q, rc);
	return rc == SQLITE_ROW;
}

bool query_is_null(const struct query *q)
{
	return q->code != 0 || sqlite3_column_type(q->stmt, q->next) == SQLITE_NULL;
}

int64_t query_read_number(struct query *q)
{
	return q->code == 0 ? sqlite3_column_int64(q->stmt, q->next++) : 0;
}

bool query_read_flag(struct query *q)
{
	return query_read_number(q) != 0;
}

const void *query_read_any(struct query *q, size_t max, size_t *size)
{
	const void *value = NULL;

	*size = 0;
	if (q->code != 0)
		return NULL;
	value = sqlite3_column_blob(q->stmt, q->next);
	*size = (size_t)sqlite3_column_bytes(q->stmt, q->next++);
	if (*size > max) {
		query_damaged(q);
		*size = 0;
	}
	return *size > 0 ? value : NULL;
}

void query_read_text(struct query *q, char *to, size_t size)
{
	size_t len;
	const void *value = query_read_any(q, size - 1, &len);

	memset(to, 0, size);
	if (value != NULL)
		memcpy(to, value, len);
}

const char *query_read_arena_text(struct query *q)
{
	bool null = query_is_null(q);
	size_t len;
	const void *value = query_read_any(q, INT32_MAX, &len);
	char *text;

	if (null || q->code != 0)
		return NULL;
	text = arena_alloc(q->arena, len + 1);
	if (value != NULL)
		memcpy(text, value, len);
	return text;
}

void query_read_bytes(struct query *q, void *to, size_t size)
{
	size_t len;
	const void *value = query_read_any(q, size, &len);

	memset(to, 0, size);
	if (len != 0 && len != size)
		query_damaged(q);
	else if (value != NULL)
		memcpy(to, value, size);
}

void query_read_prefix(struct query *q, struct prefix *to)
{
	uint8_t bytes[QUERY_PREFIX_SIZE];

	*to = (struct prefix){0};
	query_read_bytes(q, bytes, sizeof(bytes));
	if (bytes[0] == FAMILY_NONE)
		return;
	to->family = bytes[0];
	to->length = bytes[QUERY_PREFIX_SIZE - 1];
	memcpy(to->bytes, bytes + 1, sizeof(to->bytes));
	if ((to->family != FAMILY_IPV4 || to->length > 32) &&
	    (to->family != FAMILY_IPV6 || to->length > 128))
		query_damaged(q);
}

void query_fail(struct query *q, int code)
{
	if (q->code == 0)
		q->code = code;
}

void query_damaged(struct query *q)
{
	if (q->code == 0)
		note(q, SQLITE_CORRUPT);
}

int query_end(struct query *q)
{
	if (q->stmt == NULL)
		return q->code;
	q->store->steps += (uint64_t)sqlite3_stmt_status(q->stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
	note(q, sqlite3_reset(q->stmt)); /* repeats what the last step said, noted already */
	note(q, sqlite3_clear_bindings(q->stmt));
	q->stmt = NULL;
	return q->code;
}

int query_run(struct query *q, int64_t *changed)
{
	while (query_next(q))
		;
	if (changed != NULL)
		*changed = q->code == 0 ? sqlite3_changes64(q->store->db) : 0;
	return query_end(q);
}

int query_change(struct query *q)
{
	int64_t changed;
	int code = query_run(q, &changed);

	return code == 0 && changed == 0 ? ERR_NOT_FOUND : code;
}
