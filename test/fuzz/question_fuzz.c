/* Words of a question, one a line. */
#include "lib/mesh/question.h"

#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *next = text, *word;
	const char *at[QUESTION_WORDS_MAX + 4];
	struct json_texts words = {at, 0};

	while (words.n < QUESTION_WORDS_MAX + 4 && (word = strsep(&next, "\n")) != NULL)
		at[words.n++] = word;
	if (question_check(&words, NULL, NULL) == 0) {
		FUZZ_HOLDS(words.n <= QUESTION_WORDS_MAX && strcmp(at[0], "bgp") == 0);
		for (size_t i = 0; i < words.n; i++) {
			FUZZ_HOLDS(strlen(at[i]) <= QUESTION_WORD_MAX && at[i][0] != '\0');
			FUZZ_HOLDS(at[i][0] != '-' || (at[i][1] == '-' && at[i][2] != '\0'));
			FUZZ_HOLDS(strpbrk(at[i], "\"'`$;|&<>()[]{}\\\r\t") == NULL);
		}
	}
	free(text);
}

FUZZ_TARGET(question, run);
