/* MeshState: no image crashes the checker; what it lets through can be walked without a check, and
 * held against an image of the other kind. */
#include "test/fuzz/fuzz.h"
#include "test/unit/mesh/state_sample.h"

static struct state_sample sample;

/* Neither has to go with the other; both are whole. */
static void match(const struct state_image *s)
{
	struct state_image other;
	bool view = s->root->kind == STATE_KIND_VIEW;
	const struct buf *bytes = view ? &sample.membership : &sample.view;
	struct fault f = {0};
	int code;

	FUZZ_HOLDS(state_check(&other, bytes->data, bytes->len, NULL) == 0);
	code = view ? state_match(&other, s, &f) : state_match(s, &other, &f);
	FUZZ_HOLDS((code != 0) == (f.code != 0));
}

static void run(const uint8_t *data, size_t size)
{
	const uint8_t nobody[32] = {1};
	const struct state_expect expect = {.signer = nobody};
	struct fault f = {0};
	struct state_image s;
	volatile uint64_t sum = 0;

	if (sample.view.data == NULL)
		state_sample_make(&sample);
	if (state_check(&s, data, size, &f) == 0) {
		sum = state_sample_walk(&s);
		FUZZ_HOLDS(f.code == 0);
		match(&s);
		(void)state_verify(&s, s.root->signer, NULL);
	} else {
		FUZZ_HOLDS(f.code != 0 && s.root == NULL);
	}
	FUZZ_HOLDS(state_open(&s, data, size, &expect, NULL) != 0);
	(void)sum;
}

FUZZ_TARGET(state, run);
