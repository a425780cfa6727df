/* MeshState: no image crashes the checker; what it lets through can be walked without a check. */
#include "test/fuzz/fuzz.h"
#include "test/unit/mesh/state_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t nobody[32] = {1};
	const struct state_expect expect = {.signer = nobody};
	struct fault f = {0};
	struct state_image s;
	volatile uint64_t sum = 0;

	if (state_check(&s, data, size, &f) == 0) {
		sum = state_sample_walk(&s);
		FUZZ_HOLDS(f.code == 0);
	} else {
		FUZZ_HOLDS(f.code != 0 && s.root == NULL);
	}
	FUZZ_HOLDS(state_open(&s, data, size, &expect, NULL) != 0);
	(void)sum;
	return 0;
}
