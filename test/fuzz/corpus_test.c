/* Every input of the corpus, to its fuzzer: what was found once is not found again. A target
 * without inputs, and inputs without a target, are mistakes. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "test/fuzz/fuzz.h"
#include "test/test.h"

#define CORPUS	  "test/fuzz/corpus"
#define INPUT_MAX (1 << 20)

extern const struct fuzz_target *const __start_fuzz_targets[];
extern const struct fuzz_target *const __stop_fuzz_targets[];

static void give(const struct fuzz_target *t, const char *path)
{
	struct fault f = {0};
	struct buf input;
	uint8_t *exact;

	buf_init(&input);
	if (getenv("VERBOSE") != NULL)
		fprintf(stderr, "%s\n", path);
	if (file_read(path, INPUT_MAX, &input, &f) != 0)
		TEST_FAIL("%s", f.text);
	/* No byte more, so that a sanitizer sees who reads beyond. */
	exact = malloc(input.len > 0 ? input.len : 1);
	TEST_MUST(exact != NULL);
	if (input.len > 0)
		memcpy(exact, input.data, input.len);
	t->run(exact, input.len);
	free(exact);
	buf_fini(&input);
}

static size_t give_all(const struct fuzz_target *t)
{
	char folder[128], path[400];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), CORPUS "/%s", t->name);
	dir = opendir(folder);
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		give(t, path);
		n++;
	}
	if (dir != NULL)
		closedir(dir);
	return n;
}

static void every_input_passes(void)
{
	/* A target of its own complains of what it is given, as it should. */
	test_hush(getenv("VERBOSE") == NULL);
	for (size_t i = 0; &__start_fuzz_targets[i] != __stop_fuzz_targets; i++)
		if (give_all(__start_fuzz_targets[i]) == 0)
			TEST_FAIL(CORPUS "/%s has no input", __start_fuzz_targets[i]->name);
	test_hush(false);
}

static bool is_target(const char *name)
{
	for (size_t i = 0; &__start_fuzz_targets[i] != __stop_fuzz_targets; i++)
		if (strcmp(__start_fuzz_targets[i]->name, name) == 0)
			return true;
	return false;
}

static void every_folder_has_its_target(void)
{
	struct dirent *entry;
	DIR *dir = opendir(CORPUS);

	TEST_MUST(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && !is_target(entry->d_name))
			TEST_FAIL(CORPUS "/%s: no such fuzzer", entry->d_name);
	closedir(dir);
}

TEST_SUITE(corpus, {"every input passes", every_input_passes},
	   {"every folder has its target", every_folder_has_its_target});
