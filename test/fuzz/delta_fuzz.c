/* Deltas: none crashes; one that is refused leaves the image as it was; one that is taken gives
 * what the plain way gives.
 *
 * No fuzzer makes a signature, so each input is tried as it is, and again with the root that its
 * operations lead to, signed: behind the signature is where the code is. */
#include <sodium.h>

#include "lib/mesh/delta.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/mesh/state_sample.h"

#define PAGES_MAX 64
#define CAPACITY  ((uint64_t)(PAGES_MAX + 1) * STATE_PAGE)

static struct state_sample sample;

/* The body that a step leads to, in the plainest way; false where that cannot be said. */
static bool model(const uint8_t *step, size_t size, uint8_t *body, uint64_t *pages)
{
	const uint8_t *old = (const uint8_t *)sample.view.data + STATE_PAGE, *data;
	uint64_t old_len = sample.view.len - STATE_PAGE, len, used = 0;
	struct delta_head h;

	if (size < sizeof(h))
		return false;
	memcpy(&h, step, sizeof(h));
	*pages = h.root.body_pages;
	len = *pages * STATE_PAGE;
	if (*pages == 0 || *pages > PAGES_MAX ||
	    h.nops > (size - sizeof(h)) / sizeof(struct delta_op))
		return false;
	data = step + sizeof(h) + h.nops * sizeof(struct delta_op);
	memset(body, 0, len);
	memcpy(body, old, len < old_len ? len : old_len);
	for (uint32_t i = 0; i < h.nops; i++) {
		struct delta_op op;

		memcpy(&op, step + sizeof(h) + i * sizeof(op), sizeof(op));
		if (op.to > len || op.length > len - op.to)
			return false;
		if (op.kind == DELTA_COPY && op.from <= old_len && op.length <= old_len - op.from)
			memcpy(body + op.to, old + op.from, op.length);
		else if (op.kind == DELTA_DATA &&
			 op.length <= (size_t)(step + size - data) - used) {
			memcpy(body + op.to, data + used, op.length);
			used += op.length;
		} else if (op.kind == DELTA_ZERO)
			memset(body + op.to, 0, op.length);
		else
			return false;
	}
	return true;
}

/* True when it was taken. */
static bool try(const uint8_t *delta, size_t size, uint8_t *data)
{
	const struct state_expect expect = {.signer = sample.signer};
	struct delta_undo *undo = NULL;
	struct delta_target t;
	struct fault f = {0};
	bool taken;

	memcpy(data, sample.view.data, sample.view.len);
	FUZZ_HOLDS(delta_target_open(&t, data, sample.view.len, CAPACITY, &expect, NULL) == 0);
	taken = delta_apply(&t, delta, size, sample.signer, &undo, &f) == 0;
	FUZZ_HOLDS(taken == (f.code == 0));
	if (taken) {
		volatile uint64_t sum = state_sample_walk(&t.image);
		uint8_t *after = mem_alloc(t.image.size);

		(void)sum;
		memcpy(after, data, t.image.size);
		FUZZ_HOLDS(state_verify(&t.image, sample.signer, NULL) == 0);
		delta_undo(&t, undo);
		FUZZ_HOLDS(memcmp(data, sample.view.data, sample.view.len) == 0);
		FUZZ_HOLDS(delta_apply(&t, delta, size, sample.signer, NULL, NULL) == 0);
		FUZZ_HOLDS(memcmp(data, after, t.image.size) == 0);
		free(after);
	} else {
		FUZZ_HOLDS(memcmp(data, sample.view.data, sample.view.len) == 0);
	}
	delta_target_fini(&t);
	return taken;
}

static void run(const uint8_t *bytes, size_t size)
{
	struct state_identity id = {.kind = STATE_KIND_VIEW, .revision = STATE_REVISION(9, 9)};
	uint8_t *data = mem_alloc(CAPACITY), *body = mem_alloc(CAPACITY), *delta;
	const struct state_root *base;
	struct delta_head h;
	struct buf image;
	uint64_t pages;

	if (sample.view.data == NULL)
		state_sample_make(&sample);
	base = (const struct state_root *)(const void *)sample.view.data;
	try(bytes, size, data);
	if (model(bytes, size, body, &pages)) {
		buf_init(&image);
		id.mesh = sample.mesh;
		state_sign(&id, body, pages * STATE_PAGE, sample.signing_key, &image);
		delta = mem_alloc(size);
		memcpy(delta, bytes, size);
		memcpy(&h, bytes, sizeof(h));
		memcpy(h.magic, DELTA_MAGIC, sizeof(h.magic));
		h.version = DELTA_VERSION;
		h.base = base->revision;
		memcpy(h.base_top, base->pages_hash, sizeof(h.base_top));
		memcpy(&h.root, image.data, sizeof(h.root));
		memcpy(delta, &h, sizeof(h));
		if (try(delta, size, data))
			FUZZ_HOLDS(memcmp(data, image.data, image.len) == 0);
		free(delta);
		buf_fini(&image);
	}
	free(data);
	free(body);
}

FUZZ_TARGET(delta, run);
