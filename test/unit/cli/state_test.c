/* skein state: images that lie in files. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/mesh/state.h"
#include "test/test.h"
#include "test/unit/cli/script.h"

static const struct exchange nothing[] = {{NULL, NULL, NULL, NULL, NULL, 0}};

/* By the key that a machine pinned, in either of the forms in which one meets it. */
static void an_image_is_verified_by_a_given_key(void)
{
	static const char line[] = "state show test/golden/state-view.bin";
	char base64[64], hex[DIGEST_TEXT_MAX], command[200];
	struct digest signer;
	struct buf image;

	buf_init(&image);
	TEST_NUMBER(file_read("test/golden/state-view.bin", 1 << 20, &image, NULL), 0);
	memcpy(signer.bytes, image.data + offsetof(struct state_root, signer), 32);
	sodium_bin2base64(base64, sizeof(base64), signer.bytes, 32, sodium_base64_VARIANT_ORIGINAL);
	digest_format(&signer, hex);
	snprintf(command, sizeof(command), "%s --signer %s", line, base64);
	TEST_NUMBER(script_run(command, nothing, NULL, NULL), 0);
	snprintf(command, sizeof(command), "%s --signer %s", line, hex);
	TEST_NUMBER(script_run(command, nothing, NULL, NULL), 0);
	hex[5] = hex[5] == '0' ? '1' : '0';
	snprintf(command, sizeof(command), "%s --signer %s", line, hex);
	TEST_NUMBER(script_run(command, nothing, NULL,
			       "test/golden/state-view.bin: it is signed by another key than "
			       "--signer"),
		    ERR_SIGNATURE);
	snprintf(command, sizeof(command), "%s --signer AAAA", line);
	TEST_NUMBER(script_run(command, nothing, "", NULL), ERR_INVALID);
	buf_fini(&image);
}

static void an_image_is_shown(void)
{
	TEST_NUMBER(script_run("state show test/golden/state-view.bin", nothing, NULL, NULL), 0);
	TEST_NUMBER(script_run("state show test/golden/state-membership.bin", nothing, NULL, NULL),
		    0);
	TEST_NUMBER(script_run("state show test/skips", nothing, "", NULL), ERR_TRUNCATED);
	TEST_NUMBER(script_run("state show /nowhere", nothing, "", NULL), ERR_NOT_FOUND);
}

TEST_SUITE(cli_state, {"an image is shown", an_image_is_shown},
	   {"an image is verified by a given key", an_image_is_verified_by_a_given_key});
