/* Looking into a MeshState image: always JSON, for it has no other form for people. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/state_json.h"
#include "lib/base/hash.h"
#include "lib/mesh/state_file.h"

struct options {
	const char *signer;
	bool brief;
};

static void print_json(struct cli *c, const struct options *o, const struct state_image *s)
{
	json_t *json = o->brief ? state_json_brief(s) : state_json(s);

	output_json(&c->out, json);
	json_decref(json);
}

static const struct option_row show_options[] = {
	{"signer", 's', OPTION_TEXT, offsetof(struct options, signer), "KEY",
	 "verify by this key (base64 or hex), not by the one that the image names", 0, 0},
	{"brief", 'b', OPTION_FLAG, offsetof(struct options, brief), NULL,
	 "of each section how many records it has, and the first few", 0, 0},
	{0}};

/* As images show it, or as a machine's machine.json has it. */
static int parse_signer(const char *text, uint8_t signer[32], struct fault *f)
{
	struct digest hex;
	size_t len = 0;

	if (digest_parse(text, &hex)) {
		memcpy(signer, hex.bytes, sizeof(hex.bytes));
		return 0;
	}
	if (sodium_base642bin(signer, 32, text, strlen(text), NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) == 0 &&
	    len == 32)
		return 0;
	return fault_set(f, ERR_INVALID, "--signer: want the 32 bytes of a key in base64 or hex");
}

/* The image as it is with the steps in FILE.delta; one that does not verify has none. */
static void print_newest(struct cli *c, const struct options *o, const char *path,
			 const struct state_image *s, const uint8_t signer[32])
{
	const struct state_expect expect = {.signer = signer};
	struct state_file newest;

	if (state_file_open(&newest, path, &expect, NULL) != 0) {
		print_json(c, o, s);
		return;
	}
	print_json(c, o, &newest.target.image);
	state_file_close(&newest);
}

/* By the signer that it names, an image is whole; by one that somebody pinned, it is his. */
static int verify(const struct state_image *s, const uint8_t signer[32], struct fault *f)
{
	if (memcmp(s->root->signer, signer, sizeof(s->root->signer)) != 0)
		return fault_set(f, ERR_SIGNATURE, "it is signed by another key than --signer");
	return state_verify(s, signer, f);
}

static int print_image(struct cli *c, const struct options *o, const char *path, const void *data,
		       uint64_t size)
{
	uint8_t signer[32];
	struct state_image s;
	int code = state_check(&s, data, size, &c->fault);

	if (code == 0) {
		memcpy(signer, s.root->signer, sizeof(signer));
		if (o->signer != NULL)
			code = parse_signer(o->signer, signer, &c->fault);
	}
	if (code == 0) {
		print_newest(c, o, path, &s, signer);
		code = verify(&s, signer, &c->fault);
	}
	if (code != 0)
		fault_prefix(&c->fault, "%s", path);
	return code;
}

static int show(struct cli *c, const struct invocation *in)
{
	const char *path = in->args[0];
	int fd = open(path, O_RDONLY | O_CLOEXEC), code;
	struct stat st;
	void *data;

	if (fd < 0)
		return fault_errno(&c->fault, errno, "%s", path);
	if (fstat(fd, &st) != 0) {
		code = fault_errno(&c->fault, errno, "%s", path);
	} else if (!S_ISREG(st.st_mode) || st.st_size <= 0) {
		code = fault_set(&c->fault, ERR_TRUNCATED, "%s: no file, or an empty one", path);
	} else {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED) {
			code = fault_errno(&c->fault, errno, "%s", path);
		} else {
			code = print_image(c, in->options, path, data, (uint64_t)st.st_size);
			munmap(data, (size_t)st.st_size);
		}
	}
	close(fd);
	return code;
}

const struct verb state_verbs[] = {
	VERB_OFFLINE("state show", "FILE", 1, 1,
		     "print a MeshState image, with the steps beside it, as JSON", show_options,
		     struct options, show),
	VERB_END,
};
