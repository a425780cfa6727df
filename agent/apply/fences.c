/* The two fences: bpf/guard on every mesh device, and the nftables table on all others. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/plan/fence.h"
#include "lib/base/log.h"
#include "lib/net/nft.h"

/* The counts as they are go into the new table, or a reload would lose them. */
static void put_counts(struct buf *script)
{
	struct buf text;
	json_t *root, *objects, *object;
	size_t i;

	buf_init(&text);
	root = nft_list_table(FENCE_FAMILY, FENCE_TABLE, NFT_JSON, &text, NULL) == 0
		       ? json_loads(buf_text(&text), 0, NULL)
		       : NULL;
	objects = json_object_get(root, "nftables");
	for (i = 0; (object = json_array_get(objects, i)) != NULL; i++) {
		json_t *counter = json_object_get(object, "counter");
		const char *name = json_string_value(json_object_get(counter, "name"));

		for (size_t k = 0; name != NULL && k < FENCE_REASON_COUNT; k++)
			if (strcmp(name, fence_counters[k]) == 0)
				buf_printf(script,
					   "table " FENCE_FAMILY " " FENCE_TABLE
					   " {\ncounter %s {\npackets %lld bytes %lld\n}\n}\n",
					   name,
					   (long long)json_integer_value(
						   json_object_get(counter, "packets")),
					   (long long)json_integer_value(
						   json_object_get(counter, "bytes")));
	}
	json_decref(root);
	buf_fini(&text);
}

static int read_back(struct digest *out, struct fault *f)
{
	return nft_table_digest(FENCE_FAMILY, FENCE_TABLE, out, f);
}

int apply_fence(struct agent *a, const struct buf *text, struct fault *f)
{
	struct buf script;
	int code;

	buf_init(&script);
	buf_puts(&script, "table " FENCE_FAMILY " " FENCE_TABLE " {}\n"
			  "delete table " FENCE_FAMILY " " FENCE_TABLE "\n");
	if (text->len > 0) {
		put_counts(&script);
		buf_printf(&script, "table " FENCE_FAMILY " " FENCE_TABLE " {\n%s}\n",
			   buf_text(text));
	}
	code = nft_apply(buf_text(&script), f);
	a->fence_known = false;
	if (code == 0) {
		/* Whatever nft said: what stands is what the kernel lists. */
		code = read_back(&a->fence_read, f);
		if (text->len == 0 && code == ERR_NOT_FOUND)
			code = 0;
		else if (text->len == 0 && code == 0)
			code = fault_set(f, ERR_IO, "the nftables table is still there");
	}
	if (code == 0) {
		digest_of(buf_text(text), text->len, &a->fence_text);
		a->fence_known = true;
		if (text != &a->fence_last) {
			buf_clear(&a->fence_last);
			buf_append(&a->fence_last, buf_text(text), text->len);
		}
	} else {
		fault_prefix(f, "fence");
	}
	buf_fini(&script);
	return code;
}

bool apply_fence_stands(struct agent *a, struct digest *text)
{
	struct digest now;
	int code = read_back(&now, NULL);

	if (code == ERR_NOT_FOUND) {
		digest_of("", 0, text);
		return true;
	}
	*text = a->fence_text;
	return code == 0 && a->fence_known && digest_equal(&now, &a->fence_read);
}

int apply_guard(struct agent *a, const struct desired *d, struct fault *f)
{
	int code = 0;

	if (d->facts.n == 0 && a->guard == NULL)
		return 0;
	if (a->guard == NULL)
		code = guard_open(a->config.guard_dir, &a->guard, f);
	if (code == 0)
		code = guard_apply(a->guard, &d->guard, f);
	for (size_t i = 0; i < d->devices.n && code == 0; i++)
		if (d->devices.at[i].index != 0)
			code = guard_attach(a->guard, (uint32_t)d->devices.at[i].index, f);
	if (code != 0)
		fault_prefix(f, "guard");
	return code;
}
