/* POST /mesh/report: what a machine has applied, and where it can be reached. */
#include <string.h>
#include <strings.h>

#include "controller/api/format.h"
#include "controller/api/handlers.h"
#include "controller/api/report_complaints.h"
#include "controller/api/report_prefixes.h"
#include "controller/api/report_ties.h"
#include "controller/api/resource.h"
#include "controller/api/shared.h"

#define NETWORKS_MAX	256
#define MEMBERSHIPS_MAX 128
#define PREFIXES_MAX	256
#define ERROR_MAX	4096

struct wire_endpoint {
	const char *type, *address;
	int64_t port, device;
};

struct wire_membership {
	const char *id, *error;
	uint64_t applied_view, applied_membership;
	struct json_rows endpoints, shadowed, unwell, offences;
	struct json_texts announced;
	struct ties_wire ties;
};

struct request {
	const char *boot_id;
	uint64_t run;
	bool idle;
	struct json_texts networks;
	struct json_rows memberships;
};

static const struct json_row endpoint_rows[] = {
	JSON_ROW("type", MEMBER_TEXT, offsetof(struct wire_endpoint, type), .required = true),
	JSON_ROW("address", MEMBER_TEXT, offsetof(struct wire_endpoint, address), .required = true),
	JSON_ROW("port", MEMBER_NUMBER, offsetof(struct wire_endpoint, port), .required = true,
		 .min = 1, .max = 65535),
	JSON_ROW("device", MEMBER_NUMBER, offsetof(struct wire_endpoint, device),
		 .max = STATE_SLOT_MAX),
	{0}};

#define IN(member) offsetof(struct wire_membership, member)

static const struct json_row membership_rows[] = {
	JSON_ROW("id", MEMBER_TEXT, IN(id), .required = true),
	JSON_ROW("applied_view", MEMBER_COUNTER, IN(applied_view)),
	JSON_ROW("applied_membership", MEMBER_COUNTER, IN(applied_membership)),
	JSON_ROW("error", MEMBER_TEXT, IN(error), .max = ERROR_MAX),
	JSON_ROW("endpoints", MEMBER_ROWS, IN(endpoints), .max = STATE_ENDPOINTS_MAX,
		 .rows = endpoint_rows, .row_size = sizeof(struct wire_endpoint)),
	JSON_ROW("announced", MEMBER_TEXTS, IN(announced), .max = PREFIXES_MAX),
	JSON_ROW("shadowed", MEMBER_ROWS, IN(shadowed), .max = PREFIXES_MAX,
		 .rows = report_shadow_rows, .row_size = sizeof(struct report_shadow)),
	JSON_ROW("unwell", MEMBER_ROWS, IN(unwell), .max = PREFIXES_MAX, .rows = report_unwell_rows,
		 .row_size = sizeof(struct report_unwell)),
	JSON_ROW("offences", MEMBER_ROWS, IN(offences), .max = REPORT_COMPLAINTS_MAX,
		 .rows = report_complaint_rows, .row_size = sizeof(struct report_complaint)),
	JSON_ROW("ties", MEMBER_OBJECT, IN(ties), .rows = ties_wire_rows),
	{0}};

static const struct json_row request_rows[] = {
	JSON_ROW("boot_id", MEMBER_TEXT, offsetof(struct request, boot_id), .max = 36),
	JSON_ROW("run", MEMBER_COUNTER, offsetof(struct request, run)),
	JSON_ROW("idle", MEMBER_FLAG, offsetof(struct request, idle)),
	JSON_ROW("networks", MEMBER_TEXTS, offsetof(struct request, networks), .max = NETWORKS_MAX),
	JSON_ROW("memberships", MEMBER_ROWS, offsetof(struct request, memberships),
		 .max = MEMBERSHIPS_MAX, .rows = membership_rows,
		 .row_size = sizeof(struct wire_membership)),
	{0}};

/* ---- the machine ---- */

static int take_machine(struct call *c, const struct request *in, struct machine *m)
{
	int code = store_machine_get(c->store, c->who.token, m, &c->fault);

	if (code != 0)
		return code;
	if (in->boot_id != NULL)
		snprintf(m->boot_id, sizeof(m->boot_id), "%s", in->boot_id);
	m->run = in->run;
	m->seen_at = c->now;
	m->idle = m->drained && in->idle;
	return store_machine_seen(c->store, m, &c->fault);
}

static int take_networks(struct call *c, const struct machine *m, const struct json_texts *texts)
{
	struct prefix *at = arena_array(c->arena, texts->n, sizeof(*at));

	for (size_t i = 0; i < texts->n; i++)
		if (prefix_parse(texts->at[i], &at[i], &c->fault) != 0)
			return fault_prefix(&c->fault, "networks");
	return store_networks_set(c->store, m->row, at, texts->n, &c->fault);
}

/* ---- endpoints ---- */

static const struct {
	const char *text;
	uint8_t type;
} endpoint_types[] = {
	{"configured", STATE_ENDPOINT_CONFIGURED},
	{"local", STATE_ENDPOINT_LOCAL},
	{"observed", STATE_ENDPOINT_OBSERVED},
	{"stun", STATE_ENDPOINT_STUN},
	{"peer", STATE_ENDPOINT_PEER},
};

/* Members send handshakes to it: not to themselves, to a group, nor into the mesh. */
static int check_endpoint(struct call *c, const struct mesh *mesh, const struct address *a)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(a, text);
	if (!address_is_host(a))
		return fault_set(&c->fault, ERR_INVALID, "endpoints: nobody can send to %s", text);
	if (a->family != FAMILY_IPV4)
		return fault_set(&c->fault, ERR_UNSUPPORTED, "endpoints: %s: IPv4 only for now",
				 text);
	if (prefix_has(&mesh->cidr, a))
		return fault_set(&c->fault, ERR_INVALID, "endpoints: %s is inside mesh '%s'", text,
				 mesh->name);
	return 0;
}

static int parse_endpoint(struct call *c, const struct mesh *mesh, const struct wire_endpoint *w,
			  struct endpoint *e)
{
	*e = (struct endpoint){.device = (uint8_t)w->device, .port = (uint16_t)w->port};
	for (size_t i = 0; i < sizeof(endpoint_types) / sizeof(endpoint_types[0]); i++)
		if (strcmp(endpoint_types[i].text, w->type) == 0)
			e->type = endpoint_types[i].type;
	if (e->type == 0)
		return fault_set(&c->fault, ERR_INVALID, "endpoints: unknown type '%.20s'",
				 w->type);
	if (address_parse(w->address, &e->address, &c->fault) != 0)
		return fault_prefix(&c->fault, "endpoints");
	return check_endpoint(c, mesh, &e->address);
}

static bool has_address(const struct membership *m, const struct address *a)
{
	for (size_t i = 0; i < m->nendpoints; i++)
		if (address_equal(&m->endpoints[i].address, a))
			return true;
	return false;
}

/* Where the request came from, with the device's port: behind most NATs that keep ports it is
 * right, and before STUN nothing better is known. */
static void add_observed(const struct call *c, struct membership *m)
{
	bool loopback = c->client.family == FAMILY_IPV4 && c->client.bytes[0] == 127;

	if (c->client.family != FAMILY_IPV4 || loopback || m->nendpoints == STATE_ENDPOINTS_MAX ||
	    has_address(m, &c->client))
		return;
	m->endpoints[m->nendpoints++] = (struct endpoint){
		.type = STATE_ENDPOINT_OBSERVED,
		.port = BASE_PORT(m->number),
		.address = c->client,
	};
}

static bool same_endpoints(const struct membership *a, const struct membership *b)
{
	if (a->nendpoints != b->nendpoints)
		return false;
	for (size_t i = 0; i < a->nendpoints; i++) {
		const struct endpoint *x = &a->endpoints[i], *y = &b->endpoints[i];

		if (x->type != y->type || x->device != y->device || x->port != y->port ||
		    !address_equal(&x->address, &y->address))
			return false;
	}
	return true;
}

/* ---- the memberships ---- */

/* Cut where it is too long, but not within a character of UTF-8. */
static void set_error(struct membership *m, const char *text)
{
	size_t len = strlen(text), room = sizeof(m->report_error) - 1;

	if (len > room)
		for (len = room; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
			len--;
	memcpy(m->report_error, text, len);
	m->report_error[len] = '\0';
}

static int take_membership(struct call *c, const struct wire_membership *w)
{
	const struct wire_endpoint *endpoints = w->endpoints.at;
	struct membership m, old;
	struct mesh mesh;
	int code = resource_find(c, &membership_resource, w->id, &m);

	if (code == 0 && m.machine != c->who.token)
		code = fault_set(&c->fault, ERR_NOT_FOUND, "there is no membership %.40s", w->id);
	/* One that was removed a moment ago: the machine will hear of it. */
	if (code == ERR_NOT_FOUND) {
		c->fault = (struct fault){0};
		return 0;
	}
	old = m;
	m.nendpoints = w->endpoints.n;
	if (code == 0)
		code = store_mesh_get(c->store, m.mesh, &mesh, &c->fault);
	for (size_t i = 0; i < w->endpoints.n && code == 0; i++)
		code = parse_endpoint(c, &mesh, &endpoints[i], &m.endpoints[i]);
	if (code != 0)
		return code;
	add_observed(c, &m);
	m.applied_view = w->applied_view;
	m.applied_image = w->applied_membership;
	set_error(&m, w->error != NULL ? w->error : "");
	if (!same_endpoints(&old, &m)) {
		code = news_check(c);
		call_touch_mesh(c, m.mesh);
	}
	if (code == 0)
		code = store_membership_reported(c->store, &m, &c->fault);
	if (code == 0)
		code = report_announced(c, &m, &w->announced);
	if (code == 0)
		code = report_shadowed(c, &m, &w->shadowed);
	if (code == 0)
		code = report_unwell(c, &m, &w->unwell);
	if (code == 0)
		code = report_complaints(c, &m, &mesh, &w->offences);
	return code != 0 ? code : ties_take(c, &m, &mesh, &w->ties);
}

/* What a report may cost is bounded by what a machine is a member of. */
static int refuse_second(struct call *c, const struct wire_membership *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcasecmp(list[k].id, list[i].id) == 0)
			return fault_set(&c->fault, ERR_INVALID,
					 "memberships: %.40s is reported twice", list[i].id);
	return 0;
}

int report(struct call *c)
{
	const struct wire_membership *memberships;
	struct request in = {0};
	struct machine m;
	int code = call_decode(c, request_rows, &in, NULL);

	if (code == 0)
		code = take_machine(c, &in, &m);
	if (code == 0)
		code = take_networks(c, &m, &in.networks);
	memberships = in.memberships.at;
	for (size_t i = 0; i < in.memberships.n && code == 0; i++)
		code = refuse_second(c, memberships, i);
	for (size_t i = 0; i < in.memberships.n && code == 0; i++)
		code = take_membership(c, &memberships[i]);
	return code;
}
