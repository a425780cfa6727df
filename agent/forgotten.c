#include "agent/forgotten.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/mesh/state_excerpt.h"

#define ANSWER_MAX   65536
#define ENCODED_SIZE sodium_base64_ENCODED_LEN(STATE_EXCERPT_MAX, sodium_base64_VARIANT_ORIGINAL)

static void on_shown(void *context, struct http_answer *a)
{
	(void)context;
	if (a->code == 0)
		log_info("the controller lists this machine as one that it does not know");
	else
		log_debug("the controller does not list this machine", LOG_S("why", a->fault.text));
}

/* NULL where the image is too large to be shown so. */
static char *make_body(const struct agent *a, const struct member *m)
{
	const struct delta_target *t = &m->membership.target;
	char *encoded = mem_alloc(ENCODED_SIZE), *body = NULL;
	struct buf excerpt;
	json_t *root;

	buf_init(&excerpt);
	if (state_excerpt_make(&t->image, &t->tree, &excerpt)) {
		sodium_bin2base64(encoded, ENCODED_SIZE, (const uint8_t *)excerpt.data, excerpt.len,
				  sodium_base64_VARIANT_ORIGINAL);
		root = json_pack("{s:s, s:s}", "name", a->machine.name, "image", encoded);
		body = json_dumps(root, JSON_COMPACT);
		json_decref(root);
	}
	buf_fini(&excerpt);
	free(encoded);
	return body;
}

static void show(struct agent *a, const struct member *m)
{
	struct http_request r = {
		.method = "POST", .path = "/unknown-machines", .answer_max = ANSWER_MAX};
	char *body = make_body(a, m);

	if (body == NULL)
		return;
	r.body = body;
	r.body_len = strlen(body);
	http_start(a->contact.http, &r, on_shown, a);
	free(body);
}

void forgotten_show(struct agent *a)
{
	for (size_t i = 0; i < a->members.n; i++)
		if (a->members.at[i]->membership.target.data != NULL)
			show(a, a->members.at[i]);
}
