#include "test/unit/render/images.h"

#include <string.h>

#include "test/test.h"

/* A body as an unsigned image, for state_check(). */
static void open_body(const struct buf *body, enum state_kind kind, struct state_image *out,
		      struct buf *image)
{
	struct state_root root = {.version = STATE_VERSION, .kind = (uint32_t)kind, .revision = 1};
	static const uint8_t page[STATE_PAGE];
	struct fault f = {0};

	memcpy(root.magic, STATE_MAGIC, sizeof(root.magic));
	memset(root.mesh, 1, sizeof(root.mesh));
	memset(root.signer, 1, sizeof(root.signer));
	if (kind == STATE_KIND_MEMBERSHIP)
		memset(root.membership, 1, sizeof(root.membership));
	root.body_pages = body->len / STATE_PAGE;
	buf_init(image);
	buf_append(image, &root, sizeof(root));
	buf_append(image, page, STATE_PAGE - sizeof(root));
	buf_append(image, body->data, body->len);
	if (state_check(out, image->data, image->len, &f) != 0)
		TEST_FAIL("%s", f.text);
}

void images_make(struct images *x, const struct fleet *f, size_t member)
{
	struct render_image in = {.view_revision = 1};

	buf_init(&x->view_body);
	buf_init(&x->image_body);
	render_view(f->render, &x->view_body);
	render_membership(f->render, member, &in, &x->image_body);
	open_body(&x->view_body, STATE_KIND_VIEW, &x->view, &x->view_bytes);
	open_body(&x->image_body, STATE_KIND_MEMBERSHIP, &x->image, &x->image_bytes);
}

void images_fini(struct images *x)
{
	buf_fini(&x->view_body);
	buf_fini(&x->image_body);
	buf_fini(&x->view_bytes);
	buf_fini(&x->image_bytes);
}
