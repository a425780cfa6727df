/* Prefixes and addresses as text: what parses, formats to a text that parses to the same. */
#include "lib/net/prefix.h"

#include "test/fuzz/fuzz.h"

static void run(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), out[PREFIX_TEXT_MAX], address_out[ADDRESS_TEXT_MAX];
	struct prefix p, back;
	struct address a, address_back;
	struct fault f = {0};

	if (prefix_parse(text, &p, &f) == 0) {
		FUZZ_HOLDS(prefix_parse(prefix_format(&p, out), &back, NULL) == 0);
		FUZZ_HOLDS(prefix_equal(&p, &back) && prefix_contains(&p, &back));
	} else {
		FUZZ_HOLDS(f.code != 0);
	}
	if (address_parse(text, &a, NULL) == 0) {
		FUZZ_HOLDS(address_parse(address_format(&a, address_out), &address_back, NULL) ==
			   0);
		FUZZ_HOLDS(address_equal(&a, &address_back));
	}
	free(text);
}

FUZZ_TARGET(prefix, run);
