/* Looking into a MeshState image: always JSON, for it has no other form for people. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/api.h"
#include "cli/state_json.h"
#include "lib/mesh/state_file.h"

static void print_json(struct cli *c, const struct state_image *s)
{
	json_t *json = state_json(s);

	output_json(&c->out, json);
	json_decref(json);
}

/* The image as it is with the steps in FILE.delta; one that does not verify has none. */
static void print_newest(struct cli *c, const char *path, const struct state_image *s)
{
	const struct state_expect expect = {.signer = s->root->signer};
	struct state_file newest;

	if (state_file_open(&newest, path, &expect, NULL) != 0) {
		print_json(c, s);
		return;
	}
	print_json(c, &newest.target.image);
	state_file_close(&newest);
}

static int print_image(struct cli *c, const char *path, const void *data, uint64_t size)
{
	struct state_image s;
	int code = state_check(&s, data, size, &c->fault);

	if (code != 0) {
		fault_prefix(&c->fault, "%s", path);
		return code;
	}
	print_newest(c, path, &s);
	/* Whose the key is, only who pinned it can tell; that the image is whole, anybody can. */
	return state_verify(&s, s.root->signer, &c->fault);
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
			code = print_image(c, path, data, (uint64_t)st.st_size);
			munmap(data, (size_t)st.st_size);
		}
	}
	close(fd);
	return code;
}

const struct verb state_verbs[] = {
	VERB_OFFLINE("state show", "FILE", 1, 1,
		     "print a MeshState image, with the steps beside it, as JSON", NULL,
		     struct no_options, show),
	VERB_END,
};
