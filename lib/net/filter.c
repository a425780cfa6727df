#include "lib/net/filter.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/net/filter_chain.h"
#include "lib/net/nft.h"

#define NAMES_MAX 4096

struct filter *filter_new(void)
{
	return mem_alloc(sizeof(struct filter));
}

void filter_free(struct filter *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->chains.n; i++)
		vec_free(&p->chains.at[i].rules);
	for (size_t i = 0; i < p->documents.n; i++)
		json_decref(p->documents.at[i]);
	vec_free(&p->chains);
	vec_free(&p->documents);
	free(p);
}

/* ---- reading ---- */

static const char *text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s != NULL ? s : "";
}

struct filter_chain *filter_find(const struct filter *p, const char *family, const char *table,
				 const char *name)
{
	for (size_t i = 0; i < p->chains.n; i++) {
		struct filter_chain *c = &p->chains.at[i];

		if (strcmp(c->name, name) == 0 && strcmp(c->table, table) == 0 &&
		    strcmp(c->family, family) == 0)
			return c;
	}
	return NULL;
}

static void take(struct filter *p, const json_t *object)
{
	const json_t *chain = json_object_get(object, "chain");
	const json_t *rule = json_object_get(object, "rule");
	struct filter_chain *c;

	if (chain != NULL)
		vec_push(&p->chains,
			 (struct filter_chain){
				 .family = text(chain, "family"),
				 .table = text(chain, "table"),
				 .name = text(chain, "name"),
				 .hook = json_string_value(json_object_get(chain, "hook")),
				 .drops = strcmp(text(chain, "policy"), "drop") == 0,
			 });
	if (rule == NULL)
		return;
	c = filter_find(p, text(rule, "family"), text(rule, "table"), text(rule, "chain"));
	if (c != NULL)
		vec_push(&c->rules, rule);
}

int filter_add(struct filter *p, const char *json, size_t len, struct fault *f)
{
	json_error_t error;
	json_t *root = json_loadb(json, len, 0, &error), *object;
	size_t i;

	if (root == NULL)
		return fault_set(f, ERR_INVALID, "nftables: %s", error.text);
	vec_push(&p->documents, root);
	json_array_foreach(json_object_get(root, "nftables"), i, object) {
		take(p, object);
	}
	return 0;
}

static bool is_wanted(const json_t *chain, const char *but_family, const char *but_table)
{
	const char *hook = text(chain, "hook"), *family = text(chain, "family");

	if (strcmp(text(chain, "type"), "filter") != 0 ||
	    (strcmp(hook, "input") != 0 && strcmp(hook, "forward") != 0 &&
	     strcmp(hook, "prerouting") != 0))
		return false;
	if (strcmp(family, "ip") != 0 && strcmp(family, "inet") != 0)
		return false;
	return strcmp(family, but_family) != 0 || strcmp(text(chain, "table"), but_table) != 0;
}

static int read_table(struct filter *p, const char *family, const char *table, struct fault *f)
{
	struct buf said;
	int code;

	buf_init(&said);
	code = nft_list_table(family, table, NFT_JSON_TERSE, &said, f);
	if (code == 0)
		code = filter_add(p, buf_text(&said), said.len, f);
	buf_fini(&said);
	return code == ERR_NOT_FOUND ? 0 : code; /* gone meanwhile */
}

/* The names of the tables that iptables-legacy has in this network namespace. */
static bool has_legacy_filter(void)
{
	struct buf names;
	bool found = false;

	buf_init(&names);
	if (file_read("/proc/thread-self/net/ip_tables_names", NAMES_MAX, &names, NULL) == 0)
		found = strstr(buf_text(&names), "filter\n") != NULL;
	buf_fini(&names);
	return found;
}

int filter_read(struct filter *p, const char *but_family, const char *but_table, struct fault *f)
{
	struct buf said;
	json_t *root = NULL, *object;
	int code;
	size_t i;

	p->legacy = has_legacy_filter();
	buf_init(&said);
	code = nft_list_chains(&said, f);
	if (code == 0)
		root = json_loads(buf_text(&said), 0, NULL);
	json_array_foreach(json_object_get(root, "nftables"), i, object) {
		const json_t *chain = json_object_get(object, "chain");
		bool known = false;

		for (size_t k = 0; chain != NULL && k < p->chains.n; k++)
			known = known ||
				(strcmp(p->chains.at[k].table, text(chain, "table")) == 0 &&
				 strcmp(p->chains.at[k].family, text(chain, "family")) == 0);
		if (code == 0 && chain != NULL && !known && is_wanted(chain, but_family, but_table))
			code = read_table(p, text(chain, "family"), text(chain, "table"), f);
	}
	json_decref(root);
	buf_fini(&said);
	return code;
}

bool filter_has_chain(const struct filter *p, const char *family, const char *table,
		      const char *chain)
{
	return filter_find(p, family, table, chain) != NULL;
}

/* ---- rules with a comment ---- */

static void take_device(const json_t *match, struct filter_accept *out)
{
	const char *key = text(json_object_get(json_object_get(match, "left"), "meta"), "key");
	const char *name = text(match, "right");

	if (strcmp(key, "iifname") == 0)
		snprintf(out->in, sizeof(out->in), "%s", name);
	if (strcmp(key, "oifname") == 0)
		snprintf(out->out, sizeof(out->out), "%s", name);
}

static bool ends_chain(const json_t *rule)
{
	const json_t *s;
	size_t i;

	json_array_foreach(json_object_get(rule, "expr"), i, s) {
		if (json_object_get(s, "counter") == NULL)
			return json_object_get(s, "return") != NULL;
	}
	return false;
}

void filter_accepts(const struct filter *p, const char *family, const char *table,
		    const char *chain, const char *comment, filter_accept_vec *out, uint64_t *end)
{
	const struct filter_chain *c = filter_find(p, family, table, chain);

	*end = 0;
	for (size_t i = 0; c != NULL && i < c->rules.n; i++) {
		const json_t *rule = c->rules.at[i], *s;
		struct filter_accept a = {.dead = *end != 0};
		size_t k;

		a.handle = (uint64_t)json_integer_value(json_object_get(rule, "handle"));
		if (*end == 0 && ends_chain(rule))
			*end = a.handle;
		if (strcmp(text(rule, "comment"), comment) != 0)
			continue;
		json_array_foreach(json_object_get(rule, "expr"), k, s) {
			if (json_object_get(s, "match") != NULL)
				take_device(json_object_get(s, "match"), &a);
		}
		vec_push(out, a);
	}
}
