#include "cli/state_json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/mesh/id.h"
#include "lib/net/wg.h"

#define BRIEF	      8 /* records of a section */
#define MEMBERS(rows) (sizeof(rows) / sizeof((rows)[0]))

/* ---- values ---- */

static json_t *id_json(const uint8_t bytes[16])
{
	struct id id;
	char text[ID_TEXT_MAX];

	memcpy(id.bytes, bytes, sizeof(id.bytes));
	return id_is_zero(&id) ? json_null() : json_string(id_format(&id, text));
}

static json_t *key_json(const uint8_t bytes[32])
{
	char text[sodium_base64_ENCODED_LEN(32, sodium_base64_VARIANT_ORIGINAL)];

	if (sodium_is_zero(bytes, 32))
		return json_null();
	return json_string(
		sodium_bin2base64(text, sizeof(text), bytes, 32, sodium_base64_VARIANT_ORIGINAL));
}

static json_t *digest_json(const uint8_t bytes[32])
{
	struct digest d;
	char text[DIGEST_TEXT_MAX];

	memcpy(d.bytes, bytes, sizeof(d.bytes));
	return json_string(digest_format(&d, text));
}

static json_t *prefix_json(const struct state_prefix *p)
{
	struct prefix prefix = state_prefix_get(p);
	char text[PREFIX_TEXT_MAX];

	return p->family == FAMILY_NONE ? json_null() : json_string(prefix_format(&prefix, text));
}

static json_t *revision_json(uint64_t revision)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, revision);
	return json_string(text);
}

static json_t *word_json(const char *const *words, size_t n, unsigned value)
{
	return value < n && words[value] != NULL ? json_string(words[value])
						 : json_integer((json_int_t)value);
}

static json_t *role_json(uint8_t role)
{
	static const char *const words[] = {"member", "router", "gateway"};

	return word_json(words, MEMBERS(words), role);
}

/* ---- a view ---- */

static json_t *mesh_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_mesh *m = record;

	(void)s;
	(void)index;
	return json_pack("{s:s, s:o, s:o, s:I, s:i, s:b, s:i, s:i}", "name", m->name, "cidr",
			 prefix_json(&m->cidr), "cidr6", prefix_json(&m->cidr6), "asn",
			 (json_int_t)m->asn, "bgp_port", m->bgp_port, "route_reflector",
			 m->route_reflector, "bfd_interval_ms", (int)m->bfd_interval_ms,
			 "bfd_multiplier", m->bfd_multiplier);
}

static json_t *endpoints_json(const struct state_peer *p)
{
	static const char *const types[] = {NULL,	"configured", "local",
					    "observed", "stun",	      "peer"};
	json_t *array = json_array();
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < p->nendpoints; i++) {
		const struct state_endpoint *e = &p->endpoints[i];
		struct address a = {.family = e->family};

		memcpy(a.bytes, e->address, sizeof(a.bytes));
		json_array_append_new(array, json_pack("{s:o, s:s, s:i, s:i}", "type",
						       word_json(types, MEMBERS(types), e->type),
						       "address", address_format(&a, text), "port",
						       e->port, "device", e->device));
	}
	return array;
}

/* NULL: there is none at this index. */
static json_t *peer_json(const struct state_image *s, const void *record, uint64_t index)
{
	static const char *const routings[] = {"bgp", "static"};
	const struct state_peer *p = record;
	struct address a = state_peer_address(s, (uint32_t)index);
	char text[ADDRESS_TEXT_MAX];

	if ((p->flags & STATE_PEER_PRESENT) == 0)
		return NULL;
	return json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:i, s:o}", "index",
			 (json_int_t)index, "address", address_format(&a, text), "name",
			 state_name_at(s, (uint32_t)index), "key", key_json(p->key), "next_key",
			 key_json(p->next_key), "role", role_json(p->role), "slot", p->slot,
			 "routing", word_json(routings, MEMBERS(routings), p->routing), "base_port",
			 p->base_port, "endpoints", endpoints_json(p));
}

static json_t *announced_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_announced *a = record;

	(void)s;
	(void)index;
	return json_pack("{s:o, s:I, s:I, s:b, s:b, s:b}", "prefix", prefix_json(&a->prefix),
			 "peer", (json_int_t)a->peer, "priority", (json_int_t)a->priority, "sole",
			 (a->flags & STATE_ANNOUNCED_SOLE) != 0, "limited",
			 (a->flags & STATE_ANNOUNCED_LIMITED) != 0, "direct_when_lost",
			 (a->flags & STATE_ANNOUNCED_DIRECT) != 0);
}

static json_t *allowed_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_allowed *a = record;

	(void)s;
	(void)index;
	return json_pack("{s:I, s:o}", "peer", (json_int_t)a->peer, "prefix",
			 prefix_json(&a->prefix));
}

static json_t *remote_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_remote *r = record;

	(void)s;
	(void)index;
	return json_pack("{s:o, s:o, s:o, s:I}", "peering", id_json(r->peering), "mesh",
			 id_json(r->mesh), "cidr", prefix_json(&r->cidr), "asn",
			 (json_int_t)r->asn);
}

static json_t *let_in_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_let_in *l = record;

	(void)s;
	(void)index;
	return json_pack("{s:o, s:I}", "prefix", prefix_json(&l->prefix), "remote",
			 (json_int_t)l->remote);
}

/* ---- a membership image ---- */

static json_t *self_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_self *x = record;

	(void)s;
	(void)index;
	return json_pack("{s:o, s:I, s:I, s:o, s:o, s:i, s:i, s:o, s:o}", "machine",
			 id_json(x->machine), "peer", (json_int_t)x->peer, "number",
			 (json_int_t)x->number, "view_revision", revision_json(x->view_revision),
			 "role", role_json(x->role), "slot", x->slot, "base_port", x->base_port,
			 "bird_templates", digest_json(x->bird_templates), "bird_text",
			 digest_json(x->bird_text));
}

/* Prefixes that a range of another section names, in place. */
static json_t *range_json(const struct state_image *s, enum state_section_type type,
			  struct state_range r)
{
	uint64_t n;
	const struct state_prefix *at = state_records(s, type, &n);
	json_t *array = json_array();

	for (uint32_t i = 0; i < r.count; i++)
		json_array_append_new(array, prefix_json(&at[r.first + i]));
	return array;
}

static json_t *trunk_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_trunk *t = record;

	(void)index;
	return json_pack("{s:I, s:I, s:o}", "slot", (json_int_t)t->slot, "peer",
			 (json_int_t)t->peer, "allowed",
			 range_json(s, STATE_TRUNK_ALLOWED, t->allowed));
}

static json_t *approval_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_approval *a = record;
	uint64_t n;
	const uint32_t *users = state_records(s, STATE_USERS, &n);
	json_t *array = json_array();

	(void)index;
	for (uint32_t i = 0; i < a->users.count; i++)
		json_array_append_new(array, json_integer(users[a->users.first + i]));
	return json_pack("{s:o, s:I, s:b, s:o}", "prefix", prefix_json(&a->prefix), "priority",
			 (json_int_t)a->priority, "part", (a->flags & STATE_APPROVAL_PART) != 0,
			 "users", array);
}

static json_t *guard_set_json(const struct state_image *s, const void *record, uint64_t index)
{
	(void)index;
	return range_json(s, STATE_GUARD_PREFIXES, *(const struct state_range *)record);
}

static json_t *guard_pair_json(const struct state_image *s, const void *record, uint64_t index)
{
	static const char *const verdicts[] = {NULL, "pass", "icmp_error"};
	const struct state_guard_pair *p = record;

	(void)s;
	(void)index;
	return json_pack("{s:I, s:I, s:o, s:o}", "from", (json_int_t)p->from, "to",
			 (json_int_t)p->to, "verdict",
			 word_json(verdicts, MEMBERS(verdicts), p->verdict), "peering",
			 id_json(p->peering));
}

static json_t *speaker_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_speaker *p = record;

	(void)s;
	(void)index;
	return json_pack("{s:I, s:I}", "peer", (json_int_t)p->peer, "device",
			 (json_int_t)p->device);
}

static json_t *sibling_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_sibling *x = record;

	(void)s;
	(void)index;
	return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:I}", "membership",
			 id_json(x->membership), "mesh", id_json(x->mesh), "peering",
			 id_json(x->peering), "number", (json_int_t)x->number, "cidr",
			 prefix_json(&x->cidr), "address", prefix_json(&x->address), "asn",
			 (json_int_t)x->asn);
}

static json_t *pace_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_pace *p = record;

	(void)s;
	(void)index;
	return json_pack("{s:I}", "stable_ms", (json_int_t)p->stable_ms);
}

static json_t *duty_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_duty *d = record;

	(void)s;
	(void)index;
	return json_pack("{s:b}", "drained", (d->flags & STATE_DUTY_DRAINED) != 0);
}

static json_t *check_json(const struct state_terms *t)
{
	static const char *const types[] = {NULL, "tcp", "http", "exec"};
	struct address a = {.family = t->family};
	char text[ADDRESS_TEXT_MAX];

	if (t->check == STATE_CHECK_NONE)
		return json_null();
	memcpy(a.bytes, t->address, sizeof(a.bytes));
	return json_pack(
		"{s:o, s:o, s:i, s:s, s:I, s:I, s:i, s:i}", "type",
		word_json(types, MEMBERS(types), t->check), "address",
		a.family != FAMILY_NONE ? json_string(address_format(&a, text)) : json_null(),
		"port", t->port, "target", t->target, "interval_ms", (json_int_t)t->interval_ms,
		"timeout_ms", (json_int_t)t->timeout_ms, "rise", t->rise, "fall", t->fall);
}

static json_t *terms_json(const struct state_image *s, const void *record, uint64_t index)
{
	const struct state_terms *t = record;

	(void)s;
	(void)index;
	return json_pack("{s:I, s:b, s:I, s:o}", "approval", (json_int_t)t->approval, "translated",
			 (t->flags & STATE_TERMS_TRANSLATED) != 0, "stable_ms",
			 (json_int_t)t->stable_ms, "check", check_json(t));
}

/* ---- the whole ---- */

static const struct {
	enum state_section_type type;
	bool single; /* an object, not an array of one */
	const char *name;
	size_t record_size;
	json_t *(*make)(const struct state_image *s, const void *record, uint64_t index);
} sections[] = {
	{STATE_MESH, true, "mesh_record", sizeof(struct state_mesh), mesh_json},
	{STATE_PEERS, false, "peers", sizeof(struct state_peer), peer_json},
	{STATE_PREFIXES, false, "prefixes", sizeof(struct state_announced), announced_json},
	{STATE_ALLOWED, false, "allowed", sizeof(struct state_allowed), allowed_json},
	{STATE_REMOTES, false, "remotes", sizeof(struct state_remote), remote_json},
	{STATE_LET_IN, false, "let_in", sizeof(struct state_let_in), let_in_json},
	{STATE_PACE, false, "pace", sizeof(struct state_pace), pace_json},
	{STATE_SELF, true, "self", sizeof(struct state_self), self_json},
	{STATE_TRUNKS, false, "trunks", sizeof(struct state_trunk), trunk_json},
	{STATE_APPROVALS, false, "approvals", sizeof(struct state_approval), approval_json},
	{STATE_GUARD_SETS, false, "guard_sets", sizeof(struct state_range), guard_set_json},
	{STATE_GUARD_PAIRS, false, "guard_pairs", sizeof(struct state_guard_pair), guard_pair_json},
	{STATE_SPEAKERS, false, "speakers", sizeof(struct state_speaker), speaker_json},
	{STATE_SIBLINGS, false, "siblings", sizeof(struct state_sibling), sibling_json},
	{STATE_USABLE, false, "usable", sizeof(struct state_allowed), allowed_json},
	{STATE_TERMS, false, "terms", sizeof(struct state_terms), terms_json},
	{STATE_DUTY, false, "duty", sizeof(struct state_duty), duty_json},
};

static json_t *root_json(const struct state_image *s)
{
	const struct state_root *r = s->root;
	bool view = r->kind == STATE_KIND_VIEW;

	return json_pack("{s:s, s:i, s:o, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:b}", "kind",
			 view ? "view" : "membership", "version", (int)r->version, "revision",
			 revision_json(r->revision), "epoch", (json_int_t)(r->revision >> 48),
			 "counter", (json_int_t)(r->revision & 0xffffffffffff), "mesh",
			 id_json(r->mesh), "membership", id_json(r->membership), "signer",
			 key_json(r->signer), "next_signer", key_json(r->next_signer), "pages",
			 (json_int_t)r->body_pages, "signature_verifies",
			 state_verify(s, r->signer, NULL) == 0);
}

/* Of many records the first, and how many there are. */
static json_t *section_json(const struct state_image *s, size_t i, uint64_t most, json_t *counts)
{
	uint64_t n;
	const uint8_t *record = state_records(s, sections[i].type, &n);
	json_t *array;

	if (sections[i].single)
		return sections[i].make(s, record, 0);
	array = json_array();
	json_object_set_new(counts, sections[i].name, json_integer((json_int_t)n));
	for (uint64_t k = 0; k < n && json_array_size(array) < most;
	     k++, record += sections[i].record_size) {
		json_t *made = sections[i].make(s, record, k);

		if (made != NULL)
			json_array_append_new(array, made);
	}
	return array;
}

static json_t *image_json(const struct state_image *s, uint64_t most, json_t *counts)
{
	json_t *all = root_json(s);

	for (size_t i = 0; i < MEMBERS(sections); i++)
		if (s->by_type[sections[i].type] != NULL)
			json_object_set_new(all, sections[i].name,
					    section_json(s, i, most, counts));
	return all;
}

json_t *state_json(const struct state_image *s)
{
	return image_json(s, UINT64_MAX, NULL);
}

json_t *state_json_brief(const struct state_image *s)
{
	json_t *counts = json_object(), *all = image_json(s, BRIEF, counts);

	json_object_set_new(all, "records", counts);
	return all;
}
