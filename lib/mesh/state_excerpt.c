#include "lib/mesh/state_excerpt.h"

#include <string.h>

#include "lib/base/cursor.h"
#include "lib/mesh/state_format.h"

bool state_excerpt_make(const struct state_image *s, const struct state_tree *tree, struct buf *out)
{
	const digest_vec *pages = &tree->levels[0];

	if (pages->n > STATE_EXCERPT_PAGES_MAX)
		return false;
	buf_append(out, s->root, sizeof(*s->root));
	buf_append(out, pages->at, pages->n * sizeof(pages->at[0]));
	buf_append(out, s->data + STATE_PAGE, STATE_PAGE);
	return true;
}

/* The hashes are those of the root, and the page is the first of them. */
static int check_hashes(const struct state_root *root, const struct digest *pages,
			const uint8_t *first, struct fault *f)
{
	struct state_tree tree;
	struct digest page;
	bool same;

	state_tree_raise(&tree, pages, root->body_pages);
	same = memcmp(state_tree_top(&tree), root->pages_hash, DIGEST_SIZE) == 0;
	state_tree_fini(&tree);
	digest_of(first, STATE_PAGE, &page);
	return same && digest_equal(&page, &pages[0])
		       ? 0
		       : fault_set(f, ERR_SIGNATURE,
				   "the excerpt is not of the image that was signed");
}

/* The self record, by the directory. All of it is in this page, or it is no image of ours. */
static int find_self(const uint8_t *page, struct state_self *out, struct fault *f)
{
	struct state_header header;

	memcpy(&header, page, sizeof(header));
	if (header.nsections > STATE_SECTIONS_MAX)
		return fault_set(f, ERR_INVALID, "%u sections", header.nsections);
	for (uint32_t i = 0; i < header.nsections; i++) {
		struct state_section x;

		memcpy(&x, page + sizeof(header) + i * sizeof(x), sizeof(x));
		if (x.type != STATE_SELF)
			continue;
		if (x.count != 1 || x.record_size != sizeof(*out) ||
		    x.offset > STATE_PAGE - sizeof(*out))
			break;
		memcpy(out, page + x.offset, sizeof(*out));
		return 0;
	}
	return fault_set(f, ERR_INVALID, "the excerpt does not say whose it is");
}

int state_excerpt_open(const void *data, size_t len, const uint8_t signer[32],
		       struct state_root *root, struct state_self *self, struct fault *f)
{
	struct digest pages[STATE_EXCERPT_PAGES_MAX];
	const uint8_t *page;
	struct cursor c;
	int code;

	cursor_init(&c, data, len);
	cursor_bytes(&c, root, sizeof(*root));
	code = cursor_error(&c) != 0 ? fault_set(f, ERR_TRUNCATED, "the excerpt is not all there")
				     : state_check_root(root, f);
	if (code == 0)
		code = state_check_signature(root, signer, f);
	if (code != 0)
		return code;
	if (root->kind != STATE_KIND_MEMBERSHIP)
		return fault_set(f, ERR_MISMATCH, "the excerpt is not of a membership image");
	if (root->body_pages == 0 || root->body_pages > STATE_EXCERPT_PAGES_MAX)
		return fault_set(f, ERR_INVALID, "the excerpt is of too many pages");
	cursor_bytes(&c, pages, root->body_pages * sizeof(pages[0]));
	page = cursor_take(&c, STATE_PAGE);
	if (cursor_error(&c) != 0 || cursor_left(&c) != 0)
		return fault_set(f, ERR_TRUNCATED, "the excerpt is not all there, or too much is");
	code = check_hashes(root, pages, page, f);
	return code != 0 ? code : find_self(page, self, f);
}
