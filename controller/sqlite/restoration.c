/* What a restored database has to know.
 *
 * A revision is an epoch and a counter; both are made later. The counter becomes the milliseconds
 * of now, so that two restorations of one backup differ as well: images do not change a thousand
 * times a second for years. */
#include "controller/sqlite/query.h"

enum { ADD, EPOCH, FORGET_VIEWS, FORGET_IMAGES, WAIT_AGAIN, VOID_GRANTS, BEFORE };

static const struct statement sql[] = {
	[ADD] = {STATEMENT(RESTORATION, ADD),
		 "INSERT INTO restoration (at, backup_at) VALUES (?, ?)"},
	[EPOCH] = {STATEMENT(RESTORATION, EPOCH),
		   "UPDATE installation SET epoch = max(epoch + 1, ?), counter = max(counter, ?)"},
	[FORGET_VIEWS] = {STATEMENT(RESTORATION, FORGET_VIEWS),
			  "UPDATE mesh SET view_revision = 0, view_digest = NULL,"
			  " images_revision = 0, images_digest = NULL"},
	[FORGET_IMAGES] = {STATEMENT(RESTORATION, FORGET_IMAGES),
			   "UPDATE membership SET image_revision = 0, image_digest = NULL"},
	/* What peers know now, nobody here knows. And who was only to begin may have done so since:
	 * he is to say the key that he has, which he does at once where no rotation is under way.
	 */
	[WAIT_AGAIN] = {STATEMENT(RESTORATION, WAIT_AGAIN),
			"UPDATE membership SET rotation = CASE rotation WHEN 1 THEN 0 ELSE 2 END,"
			" rotation_view = 0, rotation_at = ? WHERE rotation > 0"},
	[VOID_GRANTS] = {STATEMENT(RESTORATION, VOID_GRANTS),
			 "UPDATE join_grant SET revoked_at = ?, version = version + 1"
			 " WHERE max_uses > 0 AND revoked_at = 0"},
	[BEFORE] = {STATEMENT(RESTORATION, BEFORE),
		    "SELECT 1 FROM restoration WHERE backup_at < ?1 AND ?1 < at LIMIT 1"},
};

static int run(struct store *s, int which, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[which], f);
	return query_run(&q, NULL);
}

static int run_with(struct store *s, int which, int64_t value, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[which], f);
	query_bind_number(&q, value);
	return query_run(&q, NULL);
}

static int note(struct store *s, struct wall made_at, struct wall now, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[ADD], f);
	query_bind_number(&q, now.ms);
	query_bind_number(&q, made_at.ms);
	return query_run(&q, NULL);
}

static int begin_epoch(struct store *s, uint32_t epoch, struct wall now, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[EPOCH], f);
	query_bind_number(&q, epoch);
	query_bind_number(&q, now.ms);
	return query_run(&q, NULL);
}

int store_restored(struct store *s, struct wall made_at, struct wall now, uint32_t epoch,
		   struct fault *f)
{
	int code = note(s, made_at, now, f);

	if (code == 0)
		code = begin_epoch(s, epoch, now, f);
	if (code == 0)
		code = run(s, FORGET_VIEWS, f);
	if (code == 0)
		code = run(s, FORGET_IMAGES, f);
	if (code == 0)
		code = run_with(s, WAIT_AGAIN, now.ms, f);
	return code != 0 ? code : run_with(s, VOID_GRANTS, now.ms, f);
}

int store_restored_before(struct store *s, struct wall made_at, bool *out, struct fault *f)
{
	struct query q;

	query_start(&q, s, &sql[BEFORE], f);
	query_bind_number(&q, made_at.ms);
	*out = query_next(&q);
	return query_end(&q);
}
