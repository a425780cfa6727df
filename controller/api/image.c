/* GET /mesh/config, GET /mesh/bird: the newest signed images and BIRD texts. The view, and images
 * that somebody has asked for, are in memory; others are rendered on a reader thread. */
#include <stdlib.h>
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/controller.h"
#include "controller/http/answer.h"

/* The membership that the query names, or the only one. Those of other machines are not looked for.
 */
static int find_membership(struct call *c, struct published_membership *out)
{
	const char *text = call_query(c, "membership");
	struct published_machine m = {0};
	struct id id;

	if (!publish_is_ready(c->controller->publish))
		return fault_set(&c->fault, ERR_BUSY, "the images are being rendered");
	if (publish_machine_get(c->controller->publish, c->who.token, c->arena, &m) != 0)
		return fault_set(&c->fault, ERR_NOT_FOUND, "this machine was removed");
	if (text == NULL && m.n != 1)
		return fault_set(&c->fault, ERR_INVALID,
				 "this machine has %zu memberships: say which, ?membership=ID",
				 m.n);
	if (text != NULL && !id_parse(text, &id))
		return fault_set(&c->fault, ERR_INVALID, "membership: '%.40s' is no id", text);
	for (size_t i = 0; i < m.n; i++) {
		if (text != NULL && !id_equal(&m.memberships[i].id, &id))
			continue;
		*out = m.memberships[i];
		return 0;
	}
	return fault_set(&c->fault, ERR_NOT_FOUND, "this machine has no membership %s", text);
}

/* A membership among what is published of its mesh. */
struct place {
	struct published_mesh mesh;
	row_t row;
	size_t member;
};

static int find_place(struct call *c, struct place *out)
{
	struct published_membership m = {0};
	int code = find_membership(c, &m);

	if (code != 0)
		return code;
	out->row = m.row;
	publish_mesh_get(c->controller->publish, m.mesh, &out->mesh);
	if (out->mesh.edition != NULL && edition_find(out->mesh.edition, m.row, &out->member))
		return 0;
	return fault_set(&c->fault, ERR_BUSY, "the membership's images are being rendered");
}

/* False: not in memory, and this is the HTTP thread. */
static bool find_files(struct call *c, const struct place *at, struct image_files *files)
{
	struct images *images = c->controller->images;
	uint64_t revision = edition_revision(at->mesh.edition, at->member);

	if (images_get(images, at->row, revision, files))
		return true;
	if (c->store == NULL) {
		c->elsewhere = ROUTE_READ;
		return false;
	}
	images_render(images, at->mesh.edition, at->member, files);
	return true;
}

/* The first choice is the default. */
static int choose(struct call *c, const char *name, const char *const choices[2], int *choice)
{
	const char *text = call_query(c, name);

	*choice = text != NULL && strcmp(text, choices[1]) == 0;
	if (text == NULL || *choice || strcmp(text, choices[0]) == 0)
		return 0;
	return fault_set(&c->fault, ERR_INVALID, "%s: want %s or %s", name, choices[0], choices[1]);
}

static const char *revision_etag(struct call *c, uint64_t revision)
{
	return arena_printf(c->arena, "\"%llu\"", (unsigned long long)revision);
}

/* The revision that a client has by its If-None-Match; 0: it says none. */
static uint64_t revision_had(const struct call *c)
{
	const char *at = c->if_none_match;

	return at != NULL && *at == '"' ? strtoull(at + 1, NULL, 10) : 0;
}

/* Says the revision; true when the client has it already. */
static bool set_revision(struct call *c, uint64_t revision)
{
	c->etag = revision_etag(c, revision);
	return c->if_none_match != NULL && answer_etag_matches(c->if_none_match, c->etag);
}

/* Steps that lead to the newest from what the client has (RFC 3229). */
static void answer_steps(struct call *c, struct blob *steps)
{
	c->blob = steps;
	c->status = 226;
	c->delta_base = revision_etag(c, revision_had(c));
}

static bool wants_steps(const struct call *c)
{
	return c->deltas && revision_had(c) != 0;
}

static void answer_view(struct call *c, const struct place *at)
{
	const struct mesh *mesh = edition_mesh(at->mesh.edition);
	struct blob *steps = NULL;
	uint64_t revision;

	if (set_revision(c, mesh->view_revision))
		return;
	if (wants_steps(c))
		steps = publish_view_steps(c->controller->publish, mesh->row, revision_had(c),
					   &revision);
	if (steps == NULL) {
		c->blob = blob_ref(at->mesh.view);
		return;
	}
	answer_steps(c, steps);
	c->etag = revision_etag(c, revision);
}

static void answer_image(struct call *c, const struct place *at)
{
	struct blob *steps = NULL;
	struct image_files files;

	if (set_revision(c, edition_revision(at->mesh.edition, at->member)) ||
	    !find_files(c, at, &files))
		return;
	if (wants_steps(c))
		steps = images_steps(c->controller->images, at->row, revision_had(c),
				     files.revision);
	if (steps != NULL)
		answer_steps(c, steps);
	else
		c->blob = blob_ref(files.image);
	image_files_fini(&files);
}

int image_config(struct call *c)
{
	static const char *const images[] = {"view", "membership"};
	struct place at = {0};
	int membership, code = choose(c, "image", images, &membership);

	c->content_type = "application/octet-stream";
	if (code == 0)
		code = find_place(c, &at);
	if (code == 0 && membership)
		answer_image(c, &at);
	else if (code == 0)
		answer_view(c, &at);
	published_mesh_fini(&at.mesh);
	return code;
}

static void answer_text(struct call *c, struct blob *text, const struct digest *digest)
{
	char hex[DIGEST_TEXT_MAX];

	c->blob = text;
	c->etag = arena_printf(c->arena, "\"%s\"", digest_format(digest, hex));
}

int image_bird(struct call *c)
{
	static const char *const parts[] = {"text", "templates"};
	struct place at = {0};
	struct image_files files;
	struct digest digest;
	struct blob *blob;
	int templates, code = choose(c, "part", parts, &templates);

	c->content_type = "text/plain; charset=utf-8";
	if (code == 0)
		code = find_place(c, &at);
	if (code == 0 && templates) {
		blob = publish_templates_get(c->controller->publish, &digest);
		answer_text(c, blob, &digest);
	} else if (code == 0 && find_files(c, &at, &files)) {
		answer_text(c, blob_ref(files.text), &files.text_digest);
		image_files_fini(&files);
	}
	published_mesh_fini(&at.mesh);
	return code;
}
