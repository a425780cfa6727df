/* GET /mesh/config, GET /mesh/bird: the newest signed images and BIRD texts, from memory. */
#include <stdlib.h>
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/controller.h"

/* The membership that the query names, or the only one. Those of other machines are not looked for.
 */
static int find_membership(struct call *c, row_t *membership)
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
		*membership = m.memberships[i].row;
		return 0;
	}
	return fault_set(&c->fault, ERR_NOT_FOUND, "this machine has no membership %s", text);
}

static int find_files(struct call *c, row_t membership, struct published_files *files)
{
	if (publish_files(c->controller->publish, membership, files) == 0)
		return 0;
	return fault_set(&c->fault, ERR_BUSY, "the membership's images are being rendered");
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

/* True when it is answered by the steps that lead from there to the newest (RFC 3229). */
static bool answer_steps(struct call *c, row_t membership, bool view)
{
	uint64_t had = revision_had(c), revision;

	if (!c->deltas || had == 0)
		return false;
	c->blob = publish_steps(c->controller->publish, membership, view, had, &revision);
	if (c->blob == NULL)
		return false;
	c->status = 226;
	c->delta_base = revision_etag(c, had);
	c->etag = revision_etag(c, revision);
	return true;
}

int image_config(struct call *c)
{
	static const char *const images[] = {"view", "membership"};
	struct published_files files;
	row_t row = 0;
	int membership, code = choose(c, "image", images, &membership);

	if (code == 0)
		code = find_membership(c, &row);
	c->content_type = "application/octet-stream";
	if (code == 0 && answer_steps(c, row, !membership))
		return 0;
	if (code == 0)
		code = find_files(c, row, &files);
	if (code != 0)
		return code;
	c->blob = blob_ref(membership ? files.image : files.view);
	c->etag = revision_etag(c, membership ? files.image_revision : files.view_revision);
	published_files_fini(&files);
	return 0;
}

int image_bird(struct call *c)
{
	static const char *const parts[] = {"text", "templates"};
	struct published_files files = {0};
	char hex[DIGEST_TEXT_MAX];
	struct digest digest;
	row_t row = 0;
	int templates, code = choose(c, "part", parts, &templates);

	if (code == 0)
		code = find_membership(c, &row);
	if (code == 0)
		code = find_files(c, row, &files);
	if (code != 0)
		return code;
	digest = files.text_digest;
	c->blob = templates ? publish_templates_get(c->controller->publish, &digest)
			    : blob_ref(files.text);
	c->etag = arena_printf(c->arena, "\"%s\"", digest_format(&digest, hex));
	c->content_type = "text/plain; charset=utf-8";
	published_files_fini(&files);
	return 0;
}
