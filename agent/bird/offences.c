#include "agent/bird/offences.h"

#include <stdlib.h>
#include <string.h>

#define MEMBER "m_"

const char *const offence_kinds[OFFENCE_KINDS] = {"routes", "flood", "malformed", "unwatched"};
const char *const offence_texts[OFFENCE_KINDS] = {
	"announces what it may not",
	"announced more than it may: its session is off for a while",
	"sends what is no BGP",
	"is not watched by BFD, which stays down while BGP is up: its loss would be noticed late",
};

void offences_fini(struct offences *o)
{
	vec_free(&o->list);
}

bool offences_due(struct offences *o, struct mono now)
{
	if (o->looked.ns != 0 && mono_ms_between(o->looked, now) < OFFENCES_LOOK_MS)
		return false;
	o->looked = now;
	return true;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* The index in "<kind>_<index>"; 0: it is none of this kind. *end: behind it. */
static uint32_t read_peer(const char *name, const char *kind, const char **end)
{
	char *after;
	unsigned long index;

	if (!begins(name, kind))
		return 0;
	index = strtoul(name + strlen(kind), &after, 10);
	*end = after;
	return index <= UINT32_MAX ? (uint32_t)index : 0;
}

/* Of a session; 0: it is none of this kind. */
static uint32_t peer_of(const struct bird_protocol *s, const char *kind)
{
	const char *end = "";
	uint32_t index = strcmp(s->kind, "BGP") == 0 ? read_peer(s->name, kind, &end) : 0;

	return *end == '\0' ? index : 0;
}

/* Who has a session within the mesh. */
static uint32_t neighbour_of(const struct bird_protocol *s)
{
	static const char *const kinds[] = {MEMBER, "g_", "f_"};
	uint32_t peer = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && peer == 0; i++)
		peer = peer_of(s, kinds[i]);
	return peer;
}

static bool is_unwatched(const struct bird_protocol *s, const struct bird_bfd *bfd)
{
	if (!bird_protocol_is_up(s))
		return false;
	for (size_t i = 0; i < bfd->list.n; i++)
		if (address_equal(&bfd->list.at[i].address, &s->neighbour))
			return strcmp(bfd->list.at[i].state, "Up") != 0;
	return false; /* between plain members there is none */
}

/* BIRD keeps the last error of a session that is up again. */
static bool is_flood(const struct bird_protocol *s)
{
	return !bird_protocol_is_up(s) && strstr(s->last_error, "Route limit exceeded") != NULL;
}

static uint64_t refused(const struct bird_protocol *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->channels.n && bird_protocol_is_up(s); i++)
		if (s->channels.at[i].filtered != UINT64_MAX)
			n += s->channels.at[i].filtered;
	return n;
}

static struct offence *find(struct offences *o, enum offence_kind kind, uint32_t peer)
{
	for (size_t i = 0; i < o->list.n; i++)
		if (o->list.at[i].kind == kind && o->list.at[i].peer == peer)
			return &o->list.at[i];
	return NULL;
}

static void see(struct offences *o, enum offence_kind kind, uint32_t peer, uint64_t routes,
		struct mono now)
{
	struct offence *x = find(o, kind, peer);
	bool sure = (kind != OFFENCE_ROUTES && kind != OFFENCE_UNWATCHED) || x != NULL;

	if (x == NULL) {
		if (o->list.n == OFFENCES_MAX)
			return;
		vec_push(&o->list, ((struct offence){.kind = kind, .peer = peer, .since = now}));
		x = &o->list.at[o->list.n - 1];
	}
	o->changes += sure && !x->sure;
	x->sure = sure;
	x->seen = now;
	x->routes = routes;
}

/* What BIRD sends a NOTIFICATION for ("Error: "), or takes as a withdrawal (RFC 7606), by its first
 * words. A neighbour that is silent, or that begins anew while BIRD still has the last session,
 * makes no such mistake. */
static bool is_mistake(const char *what)
{
	static const char error[] = "Error: ";
	static const char *const mistakes[] = {"Bad ",
					       "Invalid ",
					       "Malformed ",
					       "Missing ",
					       "Unsupported ",
					       "Unrecognized ",
					       "Unknown ",
					       "Unacceptable ",
					       "Required ",
					       "No supported ",
					       "Optional ",
					       "Connection not synchronized",
					       "AS routing loop",
					       "Discarding dup",
					       "Discarding received attribute #0"};

	if (begins(what, error))
		what += strlen(error);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		if (begins(what, mistakes[i]))
			return true;
	return false;
}

/* "<time> <RMT> m_3: Error: Bad message length: 0012" */
static void take_log(struct offences *o, const char *log, struct mono now)
{
	static const char remote[] = "<RMT> ";

	for (; (log = strstr(log, remote)) != NULL; log += strcspn(log, "\n")) {
		const char *end = "";
		uint32_t peer = read_peer(log + strlen(remote), MEMBER, &end);

		if (peer != 0 && begins(end, ": ") && is_mistake(end + 2))
			see(o, OFFENCE_MALFORMED, peer, 0, now);
	}
}

/* What was not sure is over when a look does not see it. */
static bool is_over(const struct offence *x, struct mono now)
{
	bool keep = x->sure && x->kind != OFFENCE_UNWATCHED;

	return mono_ms_between(x->seen, now) >= (keep ? OFFENCES_KEEP_MS : 1);
}

void offences_take(struct offences *o, const struct bird_protocols *seen,
		   const struct bird_bfd *bfd, const char *log, struct mono now)
{
	size_t kept = 0;

	take_log(o, log, now);
	for (size_t i = 0; i < seen->list.n; i++) {
		const struct bird_protocol *s = &seen->list.at[i];
		uint32_t peer = neighbour_of(s);

		if (peer != 0 && bfd != NULL && is_unwatched(s, bfd))
			see(o, OFFENCE_UNWATCHED, peer, 0, now);
		peer = peer_of(s, MEMBER);
		if (peer == 0)
			continue;
		if (refused(s) > 0)
			see(o, OFFENCE_ROUTES, peer, refused(s), now);
		if (is_flood(s))
			see(o, OFFENCE_FLOOD, peer, 0, now);
	}
	for (size_t i = 0; i < o->list.n; i++) {
		if (!is_over(&o->list.at[i], now))
			o->list.at[kept++] = o->list.at[i];
		else
			o->changes += o->list.at[i].sure;
	}
	o->list.n = kept;
}
