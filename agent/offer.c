#include "agent/offer.h"

#include <string.h>

#include "lib/base/json.h"

struct membership_json {
	const char *id, *rotation;
	bool needs_key;
	uint64_t view_revision, membership_revision;
};

struct machine_json {
	struct json_rows memberships, questions;
};

#define AT(m) offsetof(struct membership_json, m)

static const struct json_row membership_rows[] = {
	{"id", MEMBER_TEXT, AT(id), .required = true, .max = ID_TEXT_MAX},
	{"needs_key", MEMBER_FLAG, AT(needs_key), .required = false},
	{"rotation", MEMBER_TEXT, AT(rotation), .required = false},
	{"view_revision", MEMBER_COUNTER, AT(view_revision), .required = false},
	{"membership_revision", MEMBER_COUNTER, AT(membership_revision), .required = false},
	{0},
};

static const struct json_row machine_rows[] = {
	{"memberships", MEMBER_ROWS, offsetof(struct machine_json, memberships), .required = true,
	 .max = OFFER_MEMBERSHIPS_MAX, .rows = membership_rows,
	 .row_size = sizeof(struct membership_json)},
	{"questions", MEMBER_ROWS, offsetof(struct machine_json, questions), .required = false,
	 .max = QUESTIONS_OF_MACHINE, .rows = question_rows, .row_size = sizeof(struct question)},
	{0},
};

/* A word that is not known asks for nothing: it is of a controller that knows more. */
static enum offer_rotation rotation_of(const char *word)
{
	static const char *const words[] = {
		[OFFER_ROTATION_NONE] = "none",
		[OFFER_ROTATION_OFFER] = "offer",
		[OFFER_ROTATION_WAIT] = "wait",
		[OFFER_ROTATION_SWITCH] = "switch",
	};

	for (size_t i = 0; word != NULL && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return (enum offer_rotation)i;
	return word == NULL ? OFFER_ROTATION_NONE : OFFER_ROTATION_WAIT;
}

int offer_parse(const struct buf *body, struct arena *arena, struct offer *out, struct fault *f)
{
	struct machine_json j = {0};
	const struct membership_json *from;
	int code = json_decode_text(buf_text(body), body->len, machine_rows, MEMBERS_LENIENT, arena,
				    &j, f);

	if (code != 0)
		return code;
	from = j.memberships.at;
	out->n = j.memberships.n;
	out->questions = j.questions.at;
	out->nquestions = j.questions.n;
	out->at = arena_array(arena, out->n + 1, sizeof(*out->at));
	for (size_t i = 0; i < out->n; i++) {
		out->at[i].needs_key = from[i].needs_key;
		out->at[i].rotation = rotation_of(from[i].rotation);
		out->at[i].view = from[i].view_revision;
		out->at[i].membership = from[i].membership_revision;
		if (!id_parse(from[i].id, &out->at[i].id))
			return fault_set(f, ERR_INVALID, "memberships: a bad id");
	}
	return 0;
}
