#include <stdlib.h>
#include <string.h>

#include "agent/bird/offenders.h"
#include "agent/health/health.h"
#include "agent/plan/endpoint.h"
#include "agent/plan/shadow.h"
#include "agent/report.h"
#include "agent/report_ties.h"
#include "lib/base/json.h"

struct endpoint_json {
	const char *type, *address;
	int64_t port, device;
};

struct shadow_json {
	const char *prefix, *by, *device, *membership;
};

struct unwell_json {
	const char *prefix, *error;
};

struct offence_json {
	const char *address, *kind;
	int64_t routes;
};

struct membership_json {
	const char *id, *error;
	uint64_t applied_view, applied_membership;
	struct json_rows endpoints, shadowed, unwell, offences;
	struct json_texts announced;
	struct ties_json ties;
};

struct report_json {
	const char *boot_id;
	uint64_t run;
	bool idle;
	struct json_texts networks;
	struct json_rows memberships;
};

#define E(m) offsetof(struct endpoint_json, m)
#define S(m) offsetof(struct shadow_json, m)
#define U(m) offsetof(struct unwell_json, m)
#define O(m) offsetof(struct offence_json, m)
#define M(m) offsetof(struct membership_json, m)
#define R(m) offsetof(struct report_json, m)

static const struct json_row endpoint_rows[] = {
	{"type", MEMBER_TEXT, E(type), .required = true},
	{"address", MEMBER_TEXT, E(address), .required = true},
	{"port", MEMBER_NUMBER, E(port), .required = true},
	{"device", MEMBER_NUMBER, E(device), .required = true},
	{0},
};

static const struct json_row shadow_rows[] = {
	{"prefix", MEMBER_TEXT, S(prefix), .required = true},
	{"by", MEMBER_TEXT, S(by), .required = true},
	JSON_ROW("device", MEMBER_TEXT, S(device)),
	JSON_ROW("membership", MEMBER_TEXT, S(membership)),
	{0},
};

static const struct json_row unwell_rows[] = {
	{"prefix", MEMBER_TEXT, U(prefix), .required = true},
	{"error", MEMBER_TEXT, U(error), .required = true},
	{0},
};

static const struct json_row offence_rows[] = {
	{"address", MEMBER_TEXT, O(address), .required = true},
	{"kind", MEMBER_TEXT, O(kind), .required = true},
	{"routes", MEMBER_NUMBER, O(routes), .required = true},
	{0},
};

static const struct json_row membership_rows[] = {
	{"id", MEMBER_TEXT, M(id), .required = true},
	{"applied_view", MEMBER_COUNTER, M(applied_view), .required = true},
	{"applied_membership", MEMBER_COUNTER, M(applied_membership), .required = true},
	{"error", MEMBER_TEXT, M(error), .required = true},
	{"endpoints", MEMBER_ROWS, M(endpoints), .required = true, .rows = endpoint_rows,
	 .row_size = sizeof(struct endpoint_json)},
	{"announced", MEMBER_TEXTS, M(announced), .required = true},
	{"shadowed", MEMBER_ROWS, M(shadowed), .required = true, .rows = shadow_rows,
	 .row_size = sizeof(struct shadow_json)},
	{"unwell", MEMBER_ROWS, M(unwell), .required = true, .rows = unwell_rows,
	 .row_size = sizeof(struct unwell_json)},
	{"offences", MEMBER_ROWS, M(offences), .required = true, .rows = offence_rows,
	 .row_size = sizeof(struct offence_json)},
	JSON_ROW("ties", MEMBER_OBJECT, M(ties), .rows = report_ties_rows),
	{0},
};

static const struct json_row report_rows[] = {
	{"boot_id", MEMBER_TEXT, R(boot_id), .required = true},
	{"run", MEMBER_COUNTER, R(run), .required = true},
	{"idle", MEMBER_FLAG, R(idle), .required = true},
	{"networks", MEMBER_TEXTS, R(networks), .required = true},
	{"memberships", MEMBER_ROWS, R(memberships), .required = true, .rows = membership_rows,
	 .row_size = sizeof(struct membership_json)},
	{0},
};

/* What the controller takes at most: beyond, the rest is left out. */
#define ENDPOINTS_MAX STATE_ENDPOINTS_MAX
#define TEXTS_MAX     256
#define ROUTES_MAX    INT32_MAX
#define ERROR_MAX     255
#define UNWELL_MAX    127

static const char *prefix_text(struct arena *a, const struct prefix *p)
{
	char text[PREFIX_TEXT_MAX];

	return arena_strdup(a, prefix_format(p, text));
}

static void push_text(struct json_texts *t, const char *text)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->at[i], text) == 0)
			return;
	if (t->n < TEXTS_MAX)
		t->at[t->n++] = text;
}

void report_networks(const struct facts *f, struct arena *arena, struct json_texts *out)
{
	out->at = arena_array(arena, TEXTS_MAX, sizeof(*out->at));
	out->n = 0;
	for (size_t i = 0; i < f->nconnected; i++)
		push_text(out, prefix_text(arena, &f->connected[i].prefix));
}

/* ---- endpoints ---- */

struct endpoints {
	const struct picture *picture;
	const struct membership_facts *membership;
	struct arena *arena;
	struct endpoint_json *at;
	size_t n;
};

/* One address, with each device's port. A router's trunks are reckoned from its main device's port;
 * a plain member's are its own. `port` 0: the device's. */
static void push_address(struct endpoints *e, const char *type, const char *address, unsigned port)
{
	for (size_t i = 0; i < e->picture->desired.devices.n && e->n < ENDPOINTS_MAX; i++) {
		const struct desired_device *dev = &e->picture->desired.devices.at[i];
		const struct wg_device *now = observation_wg(&e->picture->seen, dev->name);

		if (dev->membership != e->membership || dev->leaving || now == NULL ||
		    now->listen_port == 0 ||
		    (dev->slot != 0 && (e->membership->router || port != 0)))
			continue;
		e->at[e->n++] = (struct endpoint_json){
			.type = type,
			.address = arena_strdup(e->arena, address),
			.port = port != 0 ? port : now->listen_port,
			.device = dev->slot,
		};
	}
}

/* Containers and virtual machines are not what reaches this one by the bridge's address. */
static bool is_underlay(const struct picture *p, const struct ifaddr *a)
{
	const struct link *l = link_by_index(&p->seen.links, a->device);

	return a->local.family == FAMILY_IPV4 && a->scope == RT_SCOPE_UNIVERSE && l != NULL &&
	       link_is_up(l) && address_is_host(&a->local) && !facts_ours(&p->input, l) &&
	       !link_is_inner_bridge(&p->seen.links, l);
}

/* What the operator says first; then the addresses of the default route's device; then the others.
 */
static void gather_endpoints(const struct agent *a, const struct picture *p,
			     const struct membership_facts *m, struct arena *arena,
			     struct json_rows *out)
{
	struct endpoints e = {.picture = p, .membership = m, .arena = arena};
	int first = facts_default_device(&p->input);
	char text[ADDRESS_TEXT_MAX];

	e.at = arena_array(arena, ENDPOINTS_MAX, sizeof(*e.at));
	for (size_t i = 0; i < a->config.endpoints.n; i++) {
		unsigned port;

		if (config_endpoint(a->config.endpoints.at[i], text, &port, NULL) == 0)
			push_address(&e, "configured", text, port);
	}
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < p->seen.addresses.n; i++) {
			const struct ifaddr *at = &p->seen.addresses.at[i];

			if (is_underlay(p, at) && !prefix_has(&m->cidr, &at->local) &&
			    (at->device == first) == (round == 0))
				push_address(&e, "local", address_format(&at->local, text), 0);
		}
	out->at = e.at;
	out->n = e.n;
}

/* ---- the rest ---- */

static void gather_announced(const struct agent *a, const struct membership_facts *m,
			     struct arena *arena, struct json_texts *out)
{
	out->at = arena_array(arena, TEXTS_MAX, sizeof(*out->at));
	for (size_t i = 0; i < a->config.announce.n; i++)
		push_text(out, a->config.announce.at[i]);
	for (size_t i = 0; m != NULL && i < m->napproved; i++)
		if (own_prefix_reached(&m->approved[i]) && !m->approved[i].part)
			push_text(out, prefix_text(arena, &m->approved[i].prefix));
	if (m != NULL && m->exit != NULL)
		push_text(out, "0.0.0.0/0");
}

static void gather_shadowed(const struct membership_facts *m, struct arena *arena,
			    struct json_rows *out)
{
	size_t n = m->nshadowed < TEXTS_MAX ? m->nshadowed : TEXTS_MAX;
	struct shadow_json *at = arena_array(arena, n, sizeof(*at));
	char id[ID_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		const struct shadow *s = &m->shadowed[i];

		at[i] = (struct shadow_json){
			.prefix = prefix_text(arena, &s->prefix),
			.by = prefix_text(arena, &s->by),
			.device = s->device,
			.membership = s->other != NULL
					      ? arena_strdup(arena, id_format(&s->other->id, id))
					      : NULL,
		};
	}
	*out = (struct json_rows){at, n};
}

/* Announced, were it not for their health checks. */
static void gather_unwell(const struct agent *a, const struct membership_facts *m,
			  struct arena *arena, struct json_rows *out)
{
	struct unwell_json *at = arena_array(arena, m->napproved + 1, sizeof(*at));
	size_t n = 0;

	for (size_t i = 0; i < m->napproved && n < TEXTS_MAX; i++) {
		const struct own_prefix *own = &m->approved[i];
		const char *why = health_unwell(a, &m->id, &own->prefix);

		if (why != NULL && !own->part)
			at[n++] = (struct unwell_json){
				.prefix = prefix_text(arena, &own->prefix),
				.error = arena_printf(arena, "%.*s", UNWELL_MAX,
						      why[0] != '\0' ? why : "not asked yet"),
			};
	}
	*out = (struct json_rows){at, n};
}

static void gather_offences(const struct member *m, struct arena *arena, struct json_rows *out)
{
	struct offence_json *list = arena_array(arena, OFFENCES_MAX, sizeof(*list));
	char text[ADDRESS_TEXT_MAX];
	const struct offence *x;
	size_t at = 0, n = 0;

	while ((x = offenders_next(m, &at)) != NULL && member_is_ready(m)) {
		struct address a = state_peer_address(&m->view.target.image, x->peer);

		list[n++] = (struct offence_json){
			.address = arena_strdup(arena, address_format(&a, text)),
			.kind = offence_kinds[x->kind],
			.routes = x->routes < ROUTES_MAX ? (int64_t)x->routes : ROUTES_MAX,
		};
	}
	*out = (struct json_rows){list, n};
}

void report_body(const struct agent *a, const struct picture *p, struct buf *out)
{
	struct report_json r = {.boot_id = a->machine.boot_id,
				.run = (uint64_t)a->machine.run,
				.idle = idle_is(&a->idle)};
	struct membership_json *list;
	struct arena arena;
	json_t *root;
	char *text;

	arena_init(&arena);
	list = arena_array(&arena, a->members.n + 1, sizeof(*list));
	r.memberships = (struct json_rows){list, a->members.n};
	report_networks(&p->desired.facts, &arena, &r.networks);
	for (size_t i = 0; i < a->members.n; i++) {
		const struct member *m = a->members.at[i];
		const struct membership_facts *facts = facts_by_id(&p->desired.facts, m->id.bytes);
		char id[ID_TEXT_MAX];

		list[i].id = arena_strdup(&arena, id_format(&m->id, id));
		if (member_trouble(m)[0] != '\0')
			list[i].error = arena_printf(&arena, "%.*s", ERROR_MAX, member_trouble(m));
		list[i].applied_view = m->applied_view;
		list[i].applied_membership = m->applied_membership;
		report_ties(&m->ties, &arena, &list[i].ties);
		gather_announced(a, facts, &arena, &list[i].announced);
		gather_offences(m, &arena, &list[i].offences);
		if (facts == NULL)
			continue;
		gather_endpoints(a, p, facts, &arena, &list[i].endpoints);
		gather_shadowed(facts, &arena, &list[i].shadowed);
		gather_unwell(a, facts, &arena, &list[i].unwell);
	}
	root = json_encode(report_rows, &r);
	text = json_dumps(root, JSON_COMPACT);
	buf_puts(out, text);
	free(text);
	json_decref(root);
	arena_fini(&arena);
}
