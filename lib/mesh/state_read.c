/* Opening an image: identity and signature first, then the hashes, and only then is anything of the
 * body looked at. */
#include <assert.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include "lib/mesh/state.h"
#include "lib/mesh/state_format.h"
#include "lib/mesh/state_tree.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "MeshState is used in place: a big-endian machine needs a reader that swaps");

/* ---- root ---- */

int state_check_root(const struct state_root *r, struct fault *f)
{
	if (memcmp(r->magic, STATE_MAGIC, sizeof(r->magic)) != 0)
		return fault_set(f, ERR_INVALID, "not a MeshState image: its first bytes differ");
	if (r->version != STATE_VERSION)
		return fault_set(f, ERR_UNSUPPORTED,
				 "MeshState version %" PRIu32 "; this program knows %u", r->version,
				 STATE_VERSION);
	if (r->kind != STATE_KIND_VIEW && r->kind != STATE_KIND_MEMBERSHIP)
		return fault_set(f, ERR_INVALID, "root: kind %" PRIu32 " is none", r->kind);
	if (state_zero(r->mesh, sizeof(r->mesh)))
		return fault_set(f, ERR_INVALID, "root: no mesh is named");
	if (state_zero(r->membership, sizeof(r->membership)) != (r->kind == STATE_KIND_VIEW))
		return fault_set(f, ERR_INVALID,
				 "root: a membership is named in a view, or none "
				 "in a membership image");
	if (!state_zero(r->reserved, sizeof(r->reserved)))
		return fault_set(f, ERR_INVALID, "root: reserved bytes are not zero");
	return 0;
}

static int map_root(struct state_image *out, const void *data, uint64_t size, struct fault *f)
{
	uint64_t whole;
	int code;

	*out = (struct state_image){.data = data, .size = size, .root = data};
	if (size < (uint64_t)2 * STATE_PAGE)
		return fault_set(f, ERR_TRUNCATED,
				 "MeshState image of %" PRIu64 " bytes: two pages are the least",
				 size);
	if (size > STATE_IMAGE_MAX)
		return fault_set(f, ERR_TOO_LARGE, "MeshState image of %" PRIu64 " bytes", size);
	if ((uintptr_t)data % alignof(struct state_section) != 0)
		return fault_set(f, ERR_INTERNAL,
				 "MeshState image at an address that is not "
				 "aligned");
	code = state_check_root(out->root, f);
	if (code != 0)
		return code;
	if (!state_zero(out->data + sizeof(*out->root), STATE_PAGE - sizeof(*out->root)))
		return fault_set(f, ERR_INVALID, "root: its page is not zero behind it");
	if (out->root->body_pages == 0 || out->root->body_pages > STATE_IMAGE_MAX / STATE_PAGE)
		return fault_set(f, ERR_INVALID, "root: a body of %" PRIu64 " pages",
				 out->root->body_pages);
	whole = (out->root->body_pages + 1) * STATE_PAGE;
	if (size < whole)
		return fault_set(f, ERR_TRUNCATED,
				 "MeshState image: %" PRIu64 " of %" PRIu64 " bytes are there",
				 size, whole);
	if (size > whole)
		return fault_set(f, ERR_INVALID,
				 "MeshState image: %" PRIu64 " bytes too many behind its end",
				 size - whole);
	out->header = (const struct state_header *)(const void *)(out->data + STATE_PAGE);
	return 0;
}

/* ---- directory ---- */

static const uint8_t *body_of(const struct state_image *s)
{
	return s->data + STATE_PAGE;
}

/* `end` is where the section before ended; becomes this one's end. No product or sum here can
 * overflow: count is bounded by a division first, offset by body_size. */
static int check_section(const struct state_image *s, const struct state_section *x, uint64_t *end,
			 struct fault *f)
{
	const struct state_rule *rule = state_rule_find(x->type);
	uint64_t body_size = s->header->body_size;

	if (x->type == 0 || x->reserved != 0 || (x->flags & ~STATE_SECTION_MANDATORY) != 0)
		return fault_set(f, ERR_INVALID, "type, flags or reserved bytes are wrong");
	if (rule == NULL && (x->flags & STATE_SECTION_MANDATORY) != 0)
		return fault_set(f, ERR_UNSUPPORTED,
				 "mandatory, and unknown to this version of Skein");
	if (rule != NULL && rule->kind != s->root->kind)
		return fault_set(f, ERR_INVALID, "'%s' belongs into another kind of image",
				 rule->name);
	if (x->record_size == 0 || (rule != NULL && x->record_size != rule->record_size))
		return fault_set(f, ERR_INVALID, "records of %" PRIu32 " bytes", x->record_size);
	if (x->offset % (rule != NULL ? rule->alignment : STATE_ALIGNMENT) != 0 ||
	    x->offset < *end || x->offset > body_size)
		return fault_set(f, ERR_INVALID,
				 "offset %" PRIu64 " is not aligned, or inside the "
				 "section before, or outside of the body",
				 x->offset);
	if (x->count > (body_size - x->offset) / x->record_size)
		return fault_set(f, ERR_INVALID, "%" PRIu64 " records do not fit into the body",
				 x->count);
	if (rule != NULL && rule->single && x->count != 1)
		return fault_set(f, ERR_INVALID, "'%s' has %" PRIu64 " records instead of one",
				 rule->name, x->count);
	if (!state_zero(body_of(s) + *end, x->offset - *end))
		return fault_set(f, ERR_INVALID, "the gap before it is not zero");
	*end = x->offset + x->count * x->record_size;
	return 0;
}

static int check_sections(struct state_image *s, uint64_t *end, struct fault *f)
{
	uint32_t last_type = 0;

	for (uint32_t i = 0; i < s->header->nsections; i++) {
		const struct state_section *x = &s->header->sections[i];
		int code = check_section(s, x, end, f);

		if (code == 0 && x->type <= last_type)
			code = fault_set(f, ERR_INVALID, "twice, or out of order");
		if (code != 0) {
			fault_prefix(f, "section %" PRIu32, x->type);
			return code;
		}
		if (x->type < STATE_TYPES_MAX)
			s->by_type[x->type] = x;
		last_type = x->type;
	}
	return 0;
}

static int check_required(const struct state_image *s, struct fault *f)
{
	for (uint32_t type = 0; type < STATE_TYPES_MAX; type++) {
		const struct state_rule *rule = state_rule_find(type);

		if (rule != NULL && rule->single && rule->kind == s->root->kind &&
		    s->by_type[type] == NULL)
			return fault_set(f, ERR_INVALID, "section '%s' is missing", rule->name);
	}
	return 0;
}

int state_check_body(struct state_image *s, struct fault *f)
{
	const struct state_header *h = s->header;
	uint64_t room = s->size - STATE_PAGE, end;
	int code;

	memset(s->by_type, 0, sizeof(s->by_type));
	if (h->nsections > STATE_SECTIONS_MAX || h->reserved != 0)
		return fault_set(f, ERR_INVALID,
				 "header: %" PRIu32 " sections, or reserved bytes "
				 "that are not zero",
				 h->nsections);
	end = sizeof(*h) + h->nsections * sizeof(h->sections[0]);
	if (h->body_size > room || h->body_size + STATE_PAGE <= room || h->body_size < end)
		return fault_set(f, ERR_INVALID,
				 "header: a body of %" PRIu64 " bytes in %" PRIu64 " pages",
				 h->body_size, s->root->body_pages);
	code = check_sections(s, &end, f);
	if (code != 0)
		return code;
	if (end != h->body_size || !state_zero(body_of(s) + end, room - end))
		return fault_set(f, ERR_INVALID, "there is something behind the last section");
	code = check_required(s, f);
	return code != 0 ? code : state_check_records(s, f);
}

/* ---- entry points ---- */

int state_check(struct state_image *out, const void *data, uint64_t size, struct fault *f)
{
	struct fault own = {0};
	int code = map_root(out, data, size, &own);

	if (code == 0)
		code = state_check_body(out, &own);
	if (code != 0) {
		*out = (struct state_image){0};
		fault_set(f, code, "%s", fault_text(&own, code));
	}
	return code;
}

static int check_identity(const struct state_root *r, const struct state_expect *e, struct fault *f)
{
	if (e->kind != 0 && r->kind != e->kind)
		return fault_set(f, ERR_MISMATCH, "MeshState image of the other kind");
	if (e->mesh != NULL && memcmp(r->mesh, e->mesh, sizeof(r->mesh)) != 0)
		return fault_set(f, ERR_MISMATCH, "MeshState image of another mesh");
	if (e->membership != NULL &&
	    memcmp(r->membership, e->membership, sizeof(r->membership)) != 0)
		return fault_set(f, ERR_MISMATCH, "MeshState image of another membership");
	if (r->revision < e->revision_min)
		return fault_set(f, ERR_STALE,
				 "MeshState revision %" PRIu64 " is older than %" PRIu64
				 ", which is known",
				 r->revision, e->revision_min);
	return 0;
}

static int verify(const struct state_image *s, const uint8_t signer[32], struct state_tree *tree,
		  struct fault *f)
{
	int code = state_check_signature(s->root, signer, f);

	if (code != 0)
		return code;
	state_tree_make(tree, body_of(s), s->root->body_pages);
	if (memcmp(state_tree_top(tree), s->root->pages_hash, sizeof(s->root->pages_hash)) != 0)
		return fault_set(f, ERR_SIGNATURE,
				 "MeshState image: a page differs from what was "
				 "signed");
	return 0;
}

int state_verify(const struct state_image *s, const uint8_t signer[32], struct fault *f)
{
	struct state_tree tree = {0};
	int code = verify(s, signer, &tree, f);

	state_tree_fini(&tree);
	return code;
}

int state_open_tree(struct state_image *out, struct state_tree *tree, const void *data,
		    uint64_t size, const struct state_expect *expect, struct fault *f)
{
	struct fault own = {0};
	int code = map_root(out, data, size, &own);

	*tree = (struct state_tree){0};
	if (code == 0)
		code = verify(out, expect->signer, tree, &own);
	if (code == 0)
		code = check_identity(out->root, expect, &own);
	if (code == 0)
		code = state_check_body(out, &own);
	if (code != 0) {
		*out = (struct state_image){0};
		state_tree_fini(tree);
		fault_set(f, code, "%s", fault_text(&own, code));
	}
	return code;
}

int state_open(struct state_image *out, const void *data, uint64_t size,
	       const struct state_expect *expect, struct fault *f)
{
	struct state_tree tree;
	int code = state_open_tree(out, &tree, data, size, expect, f);

	state_tree_fini(&tree);
	return code;
}
