#include "controller/api/report_ties.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "controller/api/format.h"
#include "controller/api/tie.h"

#define LATENCY_MAX 60000
#define SIBLING_MAX 127 /* the number of a membership on its machine */

struct wire_session {
	const char *name, *state, *bfd, *since, *error;
};

struct wire_path {
	const char *address, *path, *handshake, *endpoint;
	int64_t slot, port, latency_ms, loss_percent;
};

#define SESSION(member) offsetof(struct wire_session, member)

static const struct json_row session_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, SESSION(name), .required = true, .max = SESSION_NAME_MAX - 1),
	JSON_ROW("state", MEMBER_TEXT, SESSION(state), .required = true,
		 .max = SESSION_WORD_MAX - 1),
	JSON_ROW("bfd", MEMBER_TEXT, SESSION(bfd), .max = SESSION_WORD_MAX - 1),
	JSON_ROW("since", MEMBER_TEXT, SESSION(since)),
	JSON_ROW("error", MEMBER_TEXT, SESSION(error), .max = SESSION_ERROR_MAX - 1),
	{0}};

#define PATH(member) offsetof(struct wire_path, member)

static const struct json_row path_rows[] = {
	JSON_ROW("address", MEMBER_TEXT, PATH(address), .required = true),
	JSON_ROW("slot", MEMBER_NUMBER, PATH(slot), .max = STATE_SLOT_MAX),
	JSON_ROW("path", MEMBER_TEXT, PATH(path)),
	JSON_ROW("handshake", MEMBER_TEXT, PATH(handshake), .required = true),
	JSON_ROW("endpoint", MEMBER_TEXT, PATH(endpoint)),
	JSON_ROW("port", MEMBER_NUMBER, PATH(port), .max = 65535),
	JSON_ROW("latency_ms", MEMBER_NUMBER, PATH(latency_ms), .max = LATENCY_MAX),
	JSON_ROW("loss_percent", MEMBER_NUMBER, PATH(loss_percent), .min = -1, .max = 100),
	{0}};

#define IN(member) offsetof(struct ties_wire, member)

const struct json_row ties_wire_rows[] = {
	JSON_ROW("stream", MEMBER_COUNTER, IN(stream), .required = true),
	JSON_ROW("sequence", MEMBER_COUNTER, IN(sequence), .required = true),
	JSON_ROW("first", MEMBER_FLAG, IN(first)),
	JSON_ROW("sessions", MEMBER_ROWS, IN(sessions), .max = TIES_MAX, .rows = session_rows,
		 .row_size = sizeof(struct wire_session)),
	JSON_ROW("paths", MEMBER_ROWS, IN(paths), .max = TIES_MAX, .rows = path_rows,
		 .row_size = sizeof(struct wire_path)),
	JSON_ROW("lost_sessions", MEMBER_TEXTS, IN(lost_sessions), .max = TIES_MAX),
	JSON_ROW("lost_paths", MEMBER_TEXTS, IN(lost_paths), .max = TIES_MAX),
	{0}};

/* ---- one of each ---- */

/* What BIRD calls a state; it is shown. */
static bool is_word(const char *text)
{
	if (text[0] == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!isalpha((unsigned char)*text))
			return false;
	return true;
}

/* "m_5", "g_1", "f_2": with the peer of this index; "e_1": with a sibling (render/bird.c). So
 * sessions are no more than a mesh can have. */
static int parse_name(struct call *c, const struct mesh *mesh, const char *name, uint32_t *peer)
{
	const struct prefix *cidr = &mesh->cidr;
	unsigned long n;
	char *end = NULL;

	*peer = 0;
	n = strchr("mgfe", name[0]) != NULL && name[1] == '_' && isdigit((unsigned char)name[2])
		    ? strtoul(name + 2, &end, 10)
		    : 0;
	if (end == NULL || *end != '\0' || (name[2] == '0' && name[3] != '\0') ||
	    (name[0] == 'e' ? n > SIBLING_MAX : n == 0 || n >> (32 - cidr->length) != 0))
		return fault_set(&c->fault, ERR_INVALID, "sessions: no session is called '%.40s'",
				 name);
	if (name[0] != 'e')
		*peer = (uint32_t)n;
	return 0;
}

static int take_session(struct call *c, const struct membership *m, const struct mesh *mesh,
			const struct wire_session *w)
{
	struct bgp_session x = {.membership = m->row};
	int code = parse_name(c, mesh, w->name, &x.peer);

	if (code == 0 && w->since != NULL && wall_parse(w->since, &x.since, &c->fault) != 0)
		code = fault_prefix(&c->fault, "sessions: since");
	if (code == 0 && (!is_word(w->state) || (w->bfd != NULL && !is_word(w->bfd))))
		code = fault_set(&c->fault, ERR_INVALID, "sessions: a state is a word");
	if (code != 0)
		return code;
	snprintf(x.name, sizeof(x.name), "%s", w->name);
	snprintf(x.state, sizeof(x.state), "%s", w->state);
	snprintf(x.bfd, sizeof(x.bfd), "%s", w->bfd != NULL ? w->bfd : "");
	snprintf(x.error, sizeof(x.error), "%s", w->error != NULL ? w->error : "");
	return store_session_put(c->store, &x, &c->fault);
}

static int parse_peer(struct call *c, const struct mesh *mesh, const char *text, uint32_t *peer)
{
	struct address a;
	int code = address_parse(text, &a, &c->fault);

	if (code != 0)
		return fault_prefix(&c->fault, "paths");
	if (!prefix_has(&mesh->cidr, &a))
		return fault_set(&c->fault, ERR_INVALID, "paths: %.40s is not in mesh '%s'", text,
				 mesh->name);
	*peer = address_to_ipv4(&a) - prefix_to_ipv4(&mesh->cidr);
	return 0;
}

static int parse_choice(struct call *c, const char *what, const char *const *words,
			const char *text, uint8_t *out)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0) {
			*out = (uint8_t)i;
			return 0;
		}
	}
	return fault_set(&c->fault, ERR_INVALID, "paths: %s: unknown '%.20s'", what, text);
}

static int take_path(struct call *c, const struct membership *m, const struct mesh *mesh,
		     const struct wire_path *w)
{
	struct peer_path x = {.membership = m->row,
			      .slot = (uint8_t)w->slot,
			      .port = (uint16_t)w->port,
			      .latency_ms = (uint32_t)w->latency_ms,
			      .loss_percent = w->loss_percent >= 0 ? (uint8_t)w->loss_percent
								   : PEER_LOSS_UNKNOWN};
	struct address endpoint;
	int code = parse_peer(c, mesh, w->address, &x.peer);

	if (code == 0)
		code = parse_choice(c, "handshake", peer_handshake_words, w->handshake,
				    &x.handshake);
	if (code == 0 && w->path != NULL)
		code = parse_choice(c, "path", peer_path_words, w->path, &x.kind);
	if (code == 0 && w->endpoint != NULL) {
		code = address_parse(w->endpoint, &endpoint, &c->fault);
		if (code != 0)
			return fault_prefix(&c->fault, "paths: endpoint");
		x.endpoint = prefix_of_address(&endpoint);
	}
	if (code != 0 || x.peer == 0)
		return code;
	return store_path_put(c->store, &x, &c->fault);
}

/* ---- all ---- */

static int take_changes(struct call *c, const struct membership *m, const struct mesh *mesh,
			const struct ties_wire *in)
{
	const struct wire_session *sessions = in->sessions.at;
	const struct wire_path *paths = in->paths.at;
	uint32_t peer = 0;
	int code = 0;

	for (size_t i = 0; i < in->lost_sessions.n && code == 0; i++)
		code = store_session_drop(c->store, m->row, in->lost_sessions.at[i], &c->fault);
	for (size_t i = 0; i < in->lost_paths.n && code == 0; i++) {
		code = parse_peer(c, mesh, in->lost_paths.at[i], &peer);
		if (code == 0)
			code = store_path_drop(c->store, m->row, peer, &c->fault);
	}
	for (size_t i = 0; i < in->sessions.n && code == 0; i++)
		code = take_session(c, m, mesh, &sessions[i]);
	for (size_t i = 0; i < in->paths.n && code == 0; i++)
		code = take_path(c, m, mesh, &paths[i]);
	return code;
}

static int ask_again(struct call *c, const struct membership *m)
{
	if (c->json == NULL)
		c->json = json_pack("{s:[]}", "again");
	json_array_append_new(json_object_get(c->json, "again"),
			      json_string(format_id(c->arena, &m->id)));
	return 0;
}

/* One without changes has the sequence of the last one that had some: else a controller that lost
 * that one would take this one for it. */
static bool goes_on(const struct tie_mark *known, const struct tie_mark *now,
		    const struct ties_wire *in)
{
	size_t changes = in->sessions.n + in->paths.n + in->lost_sessions.n + in->lost_paths.n;

	return known->stream == now->stream && known->sequence + 1 == now->sequence && changes > 0;
}

int ties_take(struct call *c, const struct membership *m, const struct mesh *mesh,
	      const struct ties_wire *in)
{
	const struct tie_mark now = {in->stream & INT64_MAX, in->sequence & INT64_MAX};
	struct tie_mark known;
	int code;

	if (now.stream == 0)
		return 0;
	code = store_tie_get(c->store, m->row, &known, &c->fault);
	if (code != 0 && code != ERR_NOT_FOUND)
		return code;
	if (known.stream == now.stream && known.sequence == now.sequence)
		return 0; /* nothing is new, or it came twice */
	if (!in->first && !goes_on(&known, &now, in))
		return ask_again(c, m);
	code = in->first ? store_session_clear(c->store, m->row, &c->fault) : 0;
	if (code == 0 && in->first)
		code = store_path_clear(c->store, m->row, &c->fault);
	if (code == 0)
		code = take_changes(c, m, mesh, in);
	return code != 0 ? code : store_tie_set(c->store, m->row, &now, &c->fault);
}
