/* Excerpts, which anybody may show the controller: as they come, and the same bytes as the page of
 * an image that was signed, for behind the signature is where the rest is read. */
#include <sodium.h>

#include "lib/mesh/state_excerpt.h"
#include "test/fuzz/fuzz.h"
#include "test/unit/mesh/state_sample.h"

static struct state_sample sample;

static void try(const void *data, size_t size)
{
	struct state_root root;
	struct state_self self;
	struct fault f = {0};

	if (state_excerpt_open(data, size, sample.signer, &root, &self, &f) == 0) {
		FUZZ_HOLDS(root.kind == STATE_KIND_MEMBERSHIP && root.body_pages > 0);
		FUZZ_HOLDS(size == sizeof(root) + root.body_pages * DIGEST_SIZE + STATE_PAGE);
	} else {
		FUZZ_HOLDS(f.code != 0);
	}
}

static void try_signed(const uint8_t *data, size_t size)
{
	const struct state_identity id = {.kind = STATE_KIND_MEMBERSHIP,
					  .revision = STATE_REVISION(1, 1),
					  .mesh = sample.mesh,
					  .membership = sample.own};
	uint8_t page[STATE_PAGE] = {0};
	struct buf image, excerpt;
	struct digest hash;

	memcpy(page, data, size < STATE_PAGE ? size : STATE_PAGE);
	digest_of(page, STATE_PAGE, &hash);
	buf_init(&image);
	buf_init(&excerpt);
	state_sign(&id, page, STATE_PAGE, sample.signing_key, &image);
	buf_append(&excerpt, image.data, sizeof(struct state_root));
	buf_append(&excerpt, &hash, sizeof(hash));
	buf_append(&excerpt, page, STATE_PAGE);
	try(excerpt.data, excerpt.len);
	buf_fini(&image);
	buf_fini(&excerpt);
}

static void run(const uint8_t *data, size_t size)
{
	if (sample.view.data == NULL) {
		FUZZ_HOLDS(sodium_init() >= 0);
		state_sample_make(&sample);
	}
	try(data, size);
	if (size > 0)
		try_signed(data, size);
}

FUZZ_TARGET(excerpt, run);
