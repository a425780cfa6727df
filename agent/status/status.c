#include "agent/status/status.h"
#include "agent/health/health.h"
#include "agent/plan/offers.h"

#include <inttypes.h>
#include <string.h>

#include "agent/bird/offenders.h"
#include "agent/plan/lans.h"
#include "agent/plan/move.h"
#include "agent/plan/shadow.h"
#include "lib/base/json.h"

/* docs/json/skein-agent-status.v1.json */
#define STATUS_SCHEMA "skein-agent-status.v1"

static json_t *text_or_null(const char *s)
{
	return s[0] != '\0' ? json_text(s) : json_null();
}

static json_t *counter(uint64_t n)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	return json_string(digits);
}

static json_t *when(struct wall t)
{
	char text[WALL_TEXT_MAX];

	return t.ms != 0 ? json_string(wall_format(t, text)) : json_null();
}

static json_t *machine(const struct agent *a)
{
	char id[ID_TEXT_MAX];

	return json_pack("{s:s, s:s, s:b, s:b}", "id", id_format(&a->machine.id, id), "name",
			 a->machine.name, "revoked", a->contact.revoked, "frozen",
			 a->contact.frozen);
}

static json_t *controller(const struct agent *a)
{
	const struct contact *c = &a->contact;
	json_t *urls = json_array();

	for (size_t i = 0; i < a->machine.where.n; i++)
		json_array_append_new(urls, json_pack("{s:s, s:o}", "url",
						      a->machine.where.at[i].url, "last_address",
						      text_or_null(a->machine.where.at[i].last)));
	return json_pack("{s:o, s:b, s:o, s:o}", "urls", urls, "connected", c->connected,
			 "answered_at", when(c->answered), "error", text_or_null(c->error));
}

/* By which this machine has the prefix, or reaches it. */
static json_t *device_names(const struct own_prefix *own)
{
	json_t *list = json_array();

	for (size_t i = 0; i < own->lans.n; i++)
		json_array_append_new(list, json_text(own->lans.at[i]->name));
	if (own->here != NULL && !lans_has(&own->lans, own->here))
		json_array_append_new(list, json_text(own->here->name));
	return list;
}

static json_t *announced(const struct agent *a, const struct membership_facts *m)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < m->napproved; i++) {
		const struct own_prefix *own = &m->approved[i];

		json_array_append_new(list,
				      json_pack("{s:s, s:b, s:b, s:b, s:b, s:o, s:o}", "prefix",
						prefix_format(&own->prefix, text), "part",
						own->part, "announced", own->announced, "held",
						own->held, "translated", offers_translated(own),
						"check", health_json(a, &m->id, &own->prefix),
						"devices", device_names(own)));
	}
	return list;
}

/* By a network of the machine (`device`), or by another mesh of its own (`mesh`). */
static json_t *shadowed(const struct membership_facts *m)
{
	json_t *list = json_array();
	char text[PREFIX_TEXT_MAX], by[PREFIX_TEXT_MAX], id[ID_TEXT_MAX];

	for (size_t i = 0; i < m->nshadowed; i++) {
		const struct shadow *s = &m->shadowed[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "prefix",
				  prefix_format(&s->prefix, text), "by", prefix_format(&s->by, by),
				  "device", s->device, "membership",
				  s->other != NULL ? id_format(&s->other->id, id) : NULL, "mesh",
				  s->other != NULL ? s->other->mesh->name : NULL));
	}
	return list;
}

/* Peers on their way from one device to another. */
static json_t *moving(const struct membership_facts *m)
{
	static const char *const phases[] = {
		[MOVE_WAIT] = "wait",
		[MOVE_MAKE] = "make",
		[MOVE_GREET] = "greet",
		[MOVE_SETTLE] = "settle",
	};
	json_t *list = json_array();
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < m->nmoves; i++) {
		const struct move_facts *mv = &m->moves[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:s}", "name",
						      state_name_at(m->from->view, mv->peer),
						      "address", address_format(&mv->address, text),
						      "from_slot", mv->from, "to_slot", mv->to,
						      "phase", phases[mv->phase]));
	}
	return list;
}

/* Of others, by BGP: refused here, and by whom. */
static json_t *offences(const struct member *m)
{
	json_t *list = json_array();
	char text[ADDRESS_TEXT_MAX];
	const struct offence *x;
	size_t at = 0;

	while ((x = offenders_next(m, &at)) != NULL) {
		struct address a = state_peer_address(&m->view.target.image, x->peer);

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "machine", offender_name(m, x),
					"address", address_format(&a, text), "kind",
					offence_kinds[x->kind], "text", offence_texts[x->kind],
					"routes", (json_int_t)x->routes));
	}
	return list;
}

static void put_facts(json_t *o, const struct agent *a, const struct picture *p,
		      const struct membership_facts *m)
{
	static const char *const roles[] = {
		[STATE_ROLE_MEMBER] = "member",
		[STATE_ROLE_ROUTER] = "router",
		[STATE_ROLE_GATEWAY] = "gateway",
	};
	char cidr[PREFIX_TEXT_MAX], address[ADDRESS_TEXT_MAX];

	json_object_set_new(o, "mesh", json_string(m->mesh->name));
	json_object_set_new(o, "cidr", json_string(prefix_format(&m->cidr, cidr)));
	json_object_set_new(o, "address", json_string(address_format(&m->own, address)));
	json_object_set_new(o, "asn", json_integer(m->mesh->asn));
	json_object_set_new(o, "number", json_integer(m->number));
	json_object_set_new(o, "role",
			    json_string(m->self->role <= STATE_ROLE_GATEWAY ? roles[m->self->role]
									    : "unknown"));
	json_object_set_new(o, "drained", json_boolean(m->drained));
	json_object_set_new(o, "table", json_integer(m->table));
	json_object_set_new(o, "control_table", json_integer(m->control));
	json_object_set_new(o, "devices", status_devices(a, p, m));
	json_object_set_new(o, "moving", moving(m));
	json_object_set_new(o, "approved", announced(a, m));
	json_object_set_new(o, "shadowed", shadowed(m));
}

static const char *rotation(const struct member *m)
{
	const struct state_peer *own = member_record(m);

	if (!m->has_next || own == NULL)
		return "none";
	return memcmp(own->key, m->next_public_key.bytes, sizeof(own->key)) == 0 ? "switched"
										 : "offered";
}

static json_t *membership(const struct agent *a, const struct picture *p, const struct member *m)
{
	const struct membership_facts *facts = facts_by_id(&p->desired.facts, m->id.bytes);
	char id[ID_TEXT_MAX];
	json_t *o = json_object();

	json_object_set_new(o, "id", json_string(id_format(&m->id, id)));
	json_object_set_new(o, "state",
			    json_string(!member_is_ready(m)    ? "waiting"
					: facts == NULL	       ? "refused"
					: member_trouble(m)[0] ? "degraded"
							       : "up"));
	json_object_set_new(o, "error", text_or_null(member_trouble(m)));
	json_object_set_new(o, "view_revision", counter(member_revision(&m->view)));
	json_object_set_new(o, "membership_revision", counter(member_revision(&m->membership)));
	json_object_set_new(o, "applied_view", counter(m->applied_view));
	json_object_set_new(o, "applied_membership", counter(m->applied_membership));
	json_object_set_new(o, "key_rotation", json_string(rotation(m)));
	if (facts != NULL) {
		put_facts(o, a, p, facts);
		json_object_set_new(o, "bird", status_bird(a, m));
		json_object_set_new(o, "offences", offences(m));
	}
	return o;
}

json_t *status_make(struct agent *a)
{
	struct picture p;
	struct fault f = {0};
	json_t *list = json_array(), *out;

	out = json_pack("{s:s, s:o, s:o, s:o}", "schema", STATUS_SCHEMA, "machine", machine(a),
			"controller", controller(a), "error", text_or_null(a->error));
	json_object_set_new(out, "rounds", counter(a->rounds));
	if (picture_take(a, &p, &f) == 0) {
		for (size_t i = 0; i < a->members.n; i++)
			json_array_append_new(list, membership(a, &p, a->members.at[i]));
		json_object_set_new(out, "filter", status_filter(a, &p));
		picture_fini(&p);
	} else {
		json_object_set_new(out, "error", json_string(f.text));
		json_object_set_new(out, "filter", json_null());
	}
	json_object_set_new(out, "memberships", list);
	json_object_set_new(out, "guard", status_guard(a));
	json_object_set_new(out, "fence", status_fence());
	return out;
}
