#include "agent/fence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/nft.h"

static int read_back(struct digest *out, struct fault *f)
{
	return nft_table_digest(FENCE_FAMILY, FENCE_TABLE, out, f);
}

/* The table as it is; NULL: there is none. Caller json_decref()s. */
static json_t *list(void)
{
	json_t *root = NULL;
	struct buf text;

	buf_init(&text);
	if (nft_list_table(FENCE_FAMILY, FENCE_TABLE, NFT_JSON, &text, NULL) == 0)
		root = json_loads(buf_text(&text), 0, NULL);
	buf_fini(&text);
	return root;
}

static void take_count(const json_t *counter, struct fence_count out[FENCE_REASON_COUNT])
{
	const char *name = json_string_value(json_object_get(counter, "name"));

	for (size_t i = 0; name != NULL && i < FENCE_REASON_COUNT; i++)
		if (strcmp(name, fence_counters[i]) == 0)
			out[i] = (struct fence_count){
				.known = true,
				.packets = (uint64_t)json_integer_value(
					json_object_get(counter, "packets")),
				.bytes = (uint64_t)json_integer_value(
					json_object_get(counter, "bytes")),
			};
}

static void take_counts(const json_t *objects, struct fence_count out[FENCE_REASON_COUNT])
{
	const json_t *object;
	size_t i;

	memset(out, 0, FENCE_REASON_COUNT * sizeof(*out));
	json_array_foreach(objects, i, object) {
		take_count(json_object_get(object, "counter"), out);
	}
}

/* The counts as they are go into the new table, or a reload would lose them. */
static void put_counts(struct buf *script, const json_t *objects)
{
	struct fence_count counts[FENCE_REASON_COUNT];

	take_counts(objects, counts);
	for (size_t i = 0; i < FENCE_REASON_COUNT; i++)
		if (counts[i].known)
			buf_printf(script,
				   "table " FENCE_FAMILY " " FENCE_TABLE
				   " {\ncounter %s {\npackets %" PRIu64 " bytes %" PRIu64
				   "\n}\n}\n",
				   fence_counters[i], counts[i].packets, counts[i].bytes);
}

/* In a set of ports; of no other kind is any that packets fill. */
static void put_elements(struct buf *script, const char *set, const json_t *elements)
{
	for (size_t i = 0; i < json_array_size(elements); i++) {
		const json_t *port = json_array_get(elements, i);

		if (json_is_integer(port))
			buf_printf(script,
				   "add element " FENCE_FAMILY " " FENCE_TABLE " %s { %" PRIu64
				   " }\n",
				   set, (uint64_t)json_integer_value(port));
	}
}

void fence_keep_greeted(const json_t *objects, const char *text, struct buf *script)
{
	const json_t *object;
	size_t i;

	json_array_foreach(objects, i, object) {
		const json_t *set = json_object_get(object, "set");
		const char *name = json_string_value(json_object_get(set, "name"));
		char begin[80];

		if (name == NULL || strncmp(name, FENCE_GREETED, strlen(FENCE_GREETED)) != 0)
			continue;
		snprintf(begin, sizeof(begin), "set %s {", name);
		if (strstr(text, begin) != NULL)
			put_elements(script, name, json_object_get(set, "elem"));
	}
}

/* Whatever nft said: what stands is what the kernel lists. */
static int check_loaded(struct fence *t, bool wanted, struct fault *f)
{
	struct fault why = {0};
	int code = read_back(&t->read_back, &why);

	if (!wanted && code == ERR_NOT_FOUND)
		return 0;
	if (!wanted && code == 0)
		return fault_set(f, ERR_IO, "the nftables table is still there");
	return code == 0 ? 0 : fault_set(f, code, "%s", why.text);
}

int fence_load(struct fence *t, const struct buf *text, struct fault *f)
{
	struct buf script;
	json_t *now = list();
	const json_t *objects = json_object_get(now, "nftables");
	int code;

	buf_init(&script);
	buf_puts(&script, "table " FENCE_FAMILY " " FENCE_TABLE " {}\n"
			  "delete table " FENCE_FAMILY " " FENCE_TABLE "\n");
	if (text->len > 0) {
		put_counts(&script, objects);
		buf_printf(&script, "table " FENCE_FAMILY " " FENCE_TABLE " {\n%s}\n",
			   buf_text(text));
		fence_keep_greeted(objects, buf_text(text), &script);
	}
	json_decref(now);
	t->known = false;
	code = nft_apply(buf_text(&script), f);
	buf_fini(&script);
	if (code == 0)
		code = check_loaded(t, text->len > 0, f);
	if (code != 0) {
		fault_prefix(f, "fence");
		return code;
	}
	digest_of(buf_text(text), text->len, &t->loaded);
	t->known = true;
	if (text != &t->text) {
		buf_clear(&t->text);
		buf_append(&t->text, buf_text(text), text->len);
	}
	return 0;
}

int fence_restore(struct fence *t, struct fault *f)
{
	return fence_load(t, &t->text, f);
}

bool fence_stands(const struct fence *t, struct digest *text)
{
	struct digest now;
	int code = read_back(&now, NULL);

	if (code == ERR_NOT_FOUND) {
		digest_of("", 0, text);
		return true;
	}
	*text = t->loaded;
	return code == 0 && t->known && digest_equal(&now, &t->read_back);
}

bool fence_is_damaged(const struct fence *t)
{
	struct digest text;

	return t->text.len > 0 && !(fence_stands(t, &text) && digest_equal(&text, &t->loaded));
}

void fence_fini(struct fence *t)
{
	buf_fini(&t->text);
}

void fence_read_counts(struct fence_count out[FENCE_REASON_COUNT])
{
	json_t *now = list();

	take_counts(json_object_get(now, "nftables"), out);
	json_decref(now);
}

static bool take_carried(const json_t *counter, uint64_t *packets)
{
	const char *name = json_string_value(json_object_get(counter, "name"));

	if (name == NULL || strcmp(name, FENCE_CARRIED) != 0)
		return false;
	*packets = (uint64_t)json_integer_value(json_object_get(counter, "packets"));
	return true;
}

bool fence_read_carried(uint64_t *packets)
{
	json_t *now = list();
	const json_t *object;
	bool found = false;
	size_t i;

	json_array_foreach(json_object_get(now, "nftables"), i, object) {
		found = found || take_carried(json_object_get(object, "counter"), packets);
	}
	json_decref(now);
	return found;
}
