#include "test/net/steps.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/run.h"
#include "test/test.h"

#define WORDS_MAX  24
#define TIMEOUT_MS 60000

int steps_run(const char *program, const char *line, struct buf *said)
{
	const char *argv[WORDS_MAX + 2] = {program};
	char *copy = mem_strdup(line), *rest = copy, *word;
	struct fault f = {0};
	int n = 1, status = -1;

	while ((word = strsep(&rest, " ")) != NULL && n <= WORDS_MAX)
		if (*word != '\0')
			argv[n++] = word;
	if (run_program(argv, TIMEOUT_MS, said, &status, &f) != 0)
		TEST_FAIL("%s %s: %s", program, line, f.text);
	free(copy);
	return status;
}

void steps_follow(const char *program, const struct step *steps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct buf said;
		int status;

		buf_init(&said);
		status = steps_run(program, steps[i].line, &said);
		if (status != steps[i].status ||
		    (steps[i].says != NULL && strstr(buf_text(&said), steps[i].says) == NULL))
			TEST_FAIL("%s %s: status %d, want %d; says: %s", program, steps[i].line,
				  status, steps[i].status, buf_text(&said));
		buf_fini(&said);
	}
	CU_PASS("all steps");
}
