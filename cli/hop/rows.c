/* Evidence as JSON: a row per field. */
#include "cli/hop/hop.h"

#define TEXT_MAX     512
#define OWNERS_MAX   4096
#define SESSIONS_MAX 4096

#define TEXT(type, member)                                                                         \
	JSON_ROW(#member, MEMBER_TEXT, offsetof(struct type, member), .max = TEXT_MAX)
#define FLAG(type, member) JSON_ROW(#member, MEMBER_FLAG, offsetof(struct type, member))
#define NUMBER(type, member)                                                                       \
	JSON_ROW(#member, MEMBER_NUMBER, offsetof(struct type, member), .max = INT64_MAX)
#define PART(type, member, rows_)                                                                  \
	JSON_ROW(#member, MEMBER_OBJECT, offsetof(struct type, member), .rows = (rows_))
#define LIST(type, member, rows_, row, most)                                                       \
	JSON_ROW(#member, MEMBER_ROWS, offsetof(struct type, member), .max = (most),               \
		 .rows = (rows_), .row_size = sizeof(row))

static const struct json_row owner_rows[] = {
	TEXT(hop_owner, name), TEXT(hop_owner, address), TEXT(hop_owner, role), {0}};

static const struct json_row intent_rows[] = {
	TEXT(hop_intent, kind),
	TEXT(hop_intent, mesh),
	TEXT(hop_intent, address),
	TEXT(hop_intent, membership),
	TEXT(hop_intent, prefix),
	TEXT(hop_intent, peering),
	FLAG(hop_intent, permitted),
	FLAG(hop_intent, learned),
	LIST(hop_intent, owners, owner_rows, struct hop_owner, OWNERS_MAX),
	{0}};

static const struct json_row agent_rows[] = {
	TEXT(hop_agent, answer), TEXT(hop_agent, state), TEXT(hop_agent, error), {0}};

static const struct json_row session_rows_of_hop[] = {TEXT(hop_session, name),
						      TEXT(hop_session, neighbor),
						      TEXT(hop_session, address),
						      TEXT(hop_session, state),
						      TEXT(hop_session, error),
						      FLAG(hop_session, up),
						      {0}};

static const struct json_row rib_rows[] = {
	TEXT(hop_rib, mesh),
	TEXT(hop_rib, error),
	TEXT(hop_rib, prefix),
	TEXT(hop_rib, protocol),
	TEXT(hop_rib, from),
	TEXT(hop_rib, type),
	TEXT(hop_rib, gateway),
	TEXT(hop_rib, device),
	FLAG(hop_rib, not_in_kernel),
	LIST(hop_rib, sessions, session_rows_of_hop, struct hop_session, SESSIONS_MAX),
	{0}};

static const struct json_row rule_rows[] = {NUMBER(hop_rule, priority), TEXT(hop_rule, text), {0}};

static const struct json_row fib_rows[] = {TEXT(hop_fib, error),
					   TEXT(hop_fib, prefix),
					   TEXT(hop_fib, type),
					   TEXT(hop_fib, device),
					   TEXT(hop_fib, gateway),
					   TEXT(hop_fib, protocol),
					   NUMBER(hop_fib, table),
					   NUMBER(hop_fib, metric),
					   PART(hop_fib, rule, rule_rows),
					   NUMBER(hop_fib, mesh_table),
					   PART(hop_fib, mesh_rule, rule_rows),
					   TEXT(hop_fib, mesh_route),
					   {0}};

static const struct json_row peer_rows[] = {
	TEXT(hop_peer, device),
	TEXT(hop_peer, name),
	TEXT(hop_peer, address),
	TEXT(hop_peer, key),
	TEXT(hop_peer, endpoint),
	TEXT(hop_peer, allowed),
	TEXT(hop_peer, other),
	FLAG(hop_peer, greeted),
	NUMBER(hop_peer, handshake_age_s),
	JSON_ROW("rx_bytes", MEMBER_COUNTER, offsetof(struct hop_peer, rx_bytes)),
	JSON_ROW("tx_bytes", MEMBER_COUNTER, offsetof(struct hop_peer, tx_bytes)),
	{0}};

static const struct json_row arrival_rows[] = {
	TEXT(hop_arrival, mesh),  TEXT(hop_arrival, from),    PART(hop_arrival, peer, peer_rows),
	TEXT(hop_arrival, guard), TEXT(hop_arrival, peering), {0}};

static const struct json_row next_rows[] = {TEXT(hop_next, machine),
					    TEXT(hop_next, address),
					    TEXT(hop_next, mesh),
					    TEXT(hop_next, own),
					    {0}};

static const struct json_row probe_rows[] = {FLAG(hop_probe, asked),
					     FLAG(hop_probe, answered),
					     NUMBER(hop_probe, rtt_us),
					     FLAG(hop_probe, heard),
					     {0}};

const struct json_row hop_rows[] = {TEXT(hop, machine),
				    TEXT(hop, to),
				    TEXT(hop, from),
				    TEXT(hop, delivered),
				    PART(hop, agent, agent_rows),
				    PART(hop, intent, intent_rows),
				    PART(hop, rib, rib_rows),
				    PART(hop, fib, fib_rows),
				    PART(hop, peer, peer_rows),
				    PART(hop, arrival, arrival_rows),
				    PART(hop, next, next_rows),
				    PART(hop, probe, probe_rows),
				    PART(hop, end, probe_rows),
				    TEXT(hop, firewall),
				    {0}};

static void drop(json_t *o, const char *name, const void *there)
{
	if (there == NULL)
		json_object_set_new(o, name, json_null());
}

json_t *hop_json(const struct hop *h)
{
	json_t *o = json_object(), *rest = json_encode(hop_rows, h);

	json_object_set_new(o, "schema", json_string(HOP_SCHEMA));
	json_object_update(o, rest);
	json_decref(rest);
	drop(o, "rib", h->rib.mesh);
	drop(o, "peer", h->peer.device);
	drop(o, "arrival", h->arrival.mesh);
	drop(o, "next", h->next.machine);
	drop(o, "probe", h->probe.asked ? h : NULL);
	drop(o, "end", h->end.asked ? h : NULL);
	return o;
}
