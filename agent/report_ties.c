#include "agent/report_ties.h"

#include <sodium.h>

#define AGAIN_MAX 128 /* memberships of a machine */

struct session_json {
	const char *name, *state, *bfd, *since, *error;
};

struct path_json {
	const char *address, *path, *handshake, *endpoint;
	int64_t slot, port, latency_ms, loss_percent;
};

#define S(m) offsetof(struct session_json, m)
#define P(m) offsetof(struct path_json, m)
#define T(m) offsetof(struct ties_json, m)

static const struct json_row session_rows[] = {
	JSON_ROW("name", MEMBER_TEXT, S(name)),	  JSON_ROW("state", MEMBER_TEXT, S(state)),
	JSON_ROW("bfd", MEMBER_TEXT, S(bfd)),	  JSON_ROW("since", MEMBER_TEXT, S(since)),
	JSON_ROW("error", MEMBER_TEXT, S(error)), {0}};

static const struct json_row path_rows[] = {
	JSON_ROW("address", MEMBER_TEXT, P(address)),
	JSON_ROW("slot", MEMBER_NUMBER, P(slot)),
	JSON_ROW("path", MEMBER_TEXT, P(path)),
	JSON_ROW("handshake", MEMBER_TEXT, P(handshake)),
	JSON_ROW("endpoint", MEMBER_TEXT, P(endpoint)),
	JSON_ROW("port", MEMBER_NUMBER, P(port)),
	JSON_ROW("latency_ms", MEMBER_NUMBER, P(latency_ms)),
	JSON_ROW("loss_percent", MEMBER_NUMBER, P(loss_percent)),
	{0}};

const struct json_row report_ties_rows[] = {
	JSON_ROW("stream", MEMBER_COUNTER, T(stream)),
	JSON_ROW("sequence", MEMBER_COUNTER, T(sequence)),
	JSON_ROW("first", MEMBER_FLAG, T(first)),
	JSON_ROW("sessions", MEMBER_ROWS, T(sessions), .rows = session_rows,
		 .row_size = sizeof(struct session_json)),
	JSON_ROW("paths", MEMBER_ROWS, T(paths), .rows = path_rows,
		 .row_size = sizeof(struct path_json)),
	JSON_ROW("lost_sessions", MEMBER_TEXTS, T(lost_sessions)),
	JSON_ROW("lost_paths", MEMBER_TEXTS, T(lost_paths)),
	{0}};

static const char *address_text(struct arena *a, const struct address *x)
{
	char text[ADDRESS_TEXT_MAX];

	return x->family != FAMILY_NONE ? arena_strdup(a, address_format(x, text)) : NULL;
}

static struct session_json session(struct arena *a, const struct tie_session *s)
{
	char since[WALL_TEXT_MAX];

	return (struct session_json){
		.name = s->name,
		.state = s->state,
		.bfd = s->bfd[0] != '\0' ? s->bfd : NULL,
		.since = s->since.ms != 0 ? arena_strdup(a, wall_format(s->since, since)) : NULL,
		.error = s->error[0] != '\0' ? s->error : NULL,
	};
}

static struct path_json path(struct arena *a, const struct tie_path *p)
{
	static const char *const handshakes[] = {
		[TIE_NEVER] = "never", [TIE_OLD] = "old", [TIE_LIVE] = "live"};

	return (struct path_json){
		.address = address_text(a, &p->peer),
		.slot = p->slot,
		.path = p->endpoint.address.family != FAMILY_NONE ? "direct" : "none",
		.handshake = handshakes[p->handshake],
		.endpoint = address_text(a, &p->endpoint.address),
		.port = p->endpoint.port,
		.latency_ms = p->latency_ms,
		.loss_percent = p->loss_percent,
	};
}

void report_ties_begin(const member_vec *members)
{
	size_t room = TIES_TOLD_MAX;
	uint64_t fresh;

	for (size_t i = 0; i < members->n && room > 0; i++) {
		struct ties *t = &members->at[i]->ties;

		if (!t->looked)
			continue;
		randombytes_buf(&fresh, sizeof(fresh));
		ties_tell(t, (fresh & INT64_MAX) | 1, room);
		room -= t->changes.n;
	}
}

void report_ties(const struct ties *t, struct arena *arena, struct ties_json *out)
{
	size_t n = t->changes.n;
	struct session_json *sessions = arena_array(arena, n, sizeof(*sessions));
	struct path_json *paths = arena_array(arena, n, sizeof(*paths));

	*out = (struct ties_json){.sessions = {sessions, 0}, .paths = {paths, 0}};
	if (!t->telling)
		return;
	out->stream = t->sent_stream;
	out->sequence = t->sent_sequence;
	out->first = t->first;
	out->lost_sessions.at = arena_array(arena, n, sizeof(*out->lost_sessions.at));
	out->lost_paths.at = arena_array(arena, n, sizeof(*out->lost_paths.at));
	for (size_t i = 0; i < n; i++) {
		const struct tie *x = &t->changes.at[i].tie;

		if (x->kind == TIE_SESSION && t->changes.at[i].lost)
			out->lost_sessions.at[out->lost_sessions.n++] = x->session.name;
		else if (x->kind == TIE_SESSION)
			sessions[out->sessions.n++] = session(arena, &x->session);
		else if (t->changes.at[i].lost)
			out->lost_paths.at[out->lost_paths.n++] =
				address_text(arena, &x->path.peer);
		else
			paths[out->paths.n++] = path(arena, &x->path);
	}
}

/* {"again": [memberships]}: what they were told does not go on where it ended. */
struct answer_json {
	struct json_texts again;
};

static const struct json_row answer_rows[] = {
	JSON_ROW("again", MEMBER_TEXTS, offsetof(struct answer_json, again), .max = AGAIN_MAX),
	{0}};

static bool read_answer(const struct http_answer *answer, struct arena *arena,
			struct answer_json *out)
{
	if (answer->code != 0)
		return false;
	return answer->body.len == 0 ||
	       json_decode_text(buf_text(&answer->body), answer->body.len, answer_rows,
				MEMBERS_LENIENT, arena, out, NULL) == 0;
}

static bool is_asked(const struct answer_json *a, const struct id *membership)
{
	struct id id;

	for (size_t i = 0; i < a->again.n; i++)
		if (id_parse(a->again.at[i], &id) && id_equal(&id, membership))
			return true;
	return false;
}

bool report_ties_answered(const member_vec *members, const struct http_answer *answer)
{
	struct answer_json in = {0};
	struct arena arena;
	bool taken, more = false;

	arena_init(&arena);
	taken = read_answer(answer, &arena, &in);
	for (size_t i = 0; i < members->n; i++) {
		struct ties *t = &members->at[i]->ties;

		if (!t->telling)
			continue;
		if (taken && !is_asked(&in, &members->at[i]->id))
			ties_taken(t);
		else
			ties_lost(t);
		more = more || (taken && ties_news(t));
	}
	arena_fini(&arena);
	return more;
}
