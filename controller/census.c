#include "controller/census.h"

#include <inttypes.h>
#include <stdlib.h>

#include "controller/data_dir.h"
#include "controller/store.h"

static int print(struct store *s, FILE *to, struct fault *f)
{
	struct installation installation = {0};
	store_count_vec counts = {0};
	struct arena arena;
	int64_t schema = 0;
	int code;

	arena_init(&arena);
	code = store_schema_version(s, &schema, f);
	if (code == 0)
		code = store_installation_get(s, &installation, f);
	if (code == 0)
		code = store_census(s, &arena, &counts, f);
	if (code == 0)
		fprintf(to, "%-24s %" PRIi64 "\n%-24s %" PRIu32 "\n%-24s %" PRIu64 "\n\nrows of\n",
			"schema", schema, "epoch", installation.epoch, "revisions",
			installation.counter);
	for (size_t i = 0; i < counts.n && code == 0; i++)
		fprintf(to, "%-24s %" PRIi64 "\n", counts.at[i].table, counts.at[i].rows);
	vec_free(&counts);
	arena_fini(&arena);
	return code;
}

int census_print(const struct config *config, FILE *to, struct fault *f)
{
	char *path = config_data_path(config, DATABASE_NAME);
	struct store *store = NULL;
	int code = data_dir_check(config, f);

	if (code == 0)
		code = store_open(&store, path, STORE_READ, f);
	if (code == 0)
		code = store_snapshot_begin(store, f);
	if (code == 0) {
		code = print(store, to, f);
		store_snapshot_end(store);
	}
	store_close(store);
	free(path);
	return code;
}
