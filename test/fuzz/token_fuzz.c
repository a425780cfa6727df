/* Tokens: what parses, formats to a text that parses to the same. */
#include "lib/mesh/token.h"

#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct join_token join, back;
	struct secret secret;
	struct fault f = {0};
	struct buf again;

	buf_init(&again);
	if (join_token_parse(text, &join, &f) == 0) {
		join_token_format(&join, &again);
		FUZZ_HOLDS(join_token_parse(buf_text(&again), &back, NULL) == 0);
		FUZZ_HOLDS(memcmp(&join, &back, sizeof(join)) == 0);
	} else {
		FUZZ_HOLDS(f.code != 0);
	}
	for (enum token_kind k = TOKEN_API; k <= TOKEN_MACHINE; k++)
		token_parse(k, text, &secret, NULL);
	buf_fini(&again);
	free(text);
}

FUZZ_TARGET(token, run);
