#include "agent/ties/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/bird/bird.h"
#include "agent/bird/sessions.h"
#include "agent/latency/latency.h"
#include "agent/neighbour.h"
#include "lib/base/text.h"
#include "lib/net/bird_parse_bfd.h"

#define LOOK_MS	     2000
#define MEASURED_MS  30000
#define MEASURED_MIN 4 /* probes, before anything is told of them */

/* BIRD's words are shown elsewhere: cut, and without what terminals obey. */
static void take_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
	text_disarm(to);
}

/* ---- sessions ---- */

/* By BIRD's clock and zone, which are this machine's. ms 0: it says something else. */
static struct wall parse_since(const char *text)
{
	struct tm t = {.tm_isdst = -1};
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &t);
	time_t s = end != NULL ? mktime(&t) : -1;

	return (struct wall){s > 0 ? (int64_t)s * 1000 : 0};
}

/* A session that is not up tries again every few seconds, and passes through all states of RFC
 * 4271 each time: that is one state here. */
static const char *session_state(const struct bird_protocol *b)
{
	if (bird_protocol_is_up(b))
		return "Established";
	return strcmp(b->state, "down") == 0 ? "Down" : "Active";
}

/* What comes behind the state: "Active        Socket: Connection refused". */
static void copy_error(struct tie_session *s, const struct bird_protocol *b)
{
	const char *at = b->info + strcspn(b->info, " ");

	at += strspn(at, " ");
	if (strcmp(s->state, "Established") != 0)
		take_text(s->error, sizeof(s->error), at);
}

static int by_address(const void *a, const void *b)
{
	const struct bird_bfd_session *x = a, *y = b;

	return memcmp(&x->address, &y->address, sizeof(x->address));
}

/* `bfd` is sorted. */
static const char *bfd_state(const struct bird_bfd *bfd, const struct membership_facts *m,
			     const char *name)
{
	const char *digits = strchr(name, '_');
	struct bird_bfd_session key = {0};
	const struct bird_bfd_session *found;

	if (digits == NULL || strchr("mgf", name[0]) == NULL)
		return "";
	key.address =
		address_ipv4(prefix_to_ipv4(&m->cidr) + (uint32_t)strtoul(digits + 1, NULL, 10));
	found = bfd->list.n > 0 ? bsearch(&key, bfd->list.at, bfd->list.n, sizeof(key), by_address)
				: NULL;
	return found != NULL ? found->state : "";
}

/* BIRD forgets why it was not up when it tries again. */
static void keep_error(const struct ties *before, struct tie *x)
{
	const struct tie *old = ties_find(before, x);

	if (old != NULL && x->session.error[0] == '\0' &&
	    strcmp(old->session.state, x->session.state) == 0)
		memcpy(x->session.error, old->session.error, sizeof(x->session.error));
}

static void put_session(const struct ties *before, const struct membership_facts *m,
			const struct bird_protocol *b, const struct bird_bfd *bfd, tie_vec *out)
{
	struct tie x;

	memset(&x, 0, sizeof(x));
	x.kind = TIE_SESSION;
	if (strcmp(b->kind, "BGP") != 0 || strlen(b->name) >= sizeof(x.session.name))
		return;
	take_text(x.session.name, sizeof(x.session.name), b->name);
	take_text(x.session.state, sizeof(x.session.state), session_state(b));
	take_text(x.session.bfd, sizeof(x.session.bfd), bfd_state(bfd, m, b->name));
	x.session.since = parse_since(b->since);
	copy_error(&x.session, b);
	keep_error(before, &x);
	vec_push(out, x);
}

/* A BIRD that says nothing is asked again soon; until then its sessions are as they were. */
static void keep_sessions(const struct ties *before, tie_vec *out)
{
	for (size_t i = 0; i < before->now.n; i++)
		if (before->now.at[i].kind == TIE_SESSION)
			vec_push(out, before->now.at[i]);
}

static void put_sessions(const struct ties *before, const struct membership_facts *m,
			 const char *socket, const struct bird_protocols *p, tie_vec *out)
{
	struct bird_bfd bfd;
	struct arena arena;

	if (!bird_sessions_ask_bfd(socket, &arena, &bfd))
		bfd.list.n = 0; /* there is none */
	vec_sort(&bfd.list, by_address);
	for (size_t i = 0; i < p->list.n; i++)
		put_session(before, m, &p->list.at[i], &bfd, out);
	bird_bfd_fini(&bfd);
	arena_fini(&arena);
}

static void look_at_sessions(const struct agent *a, const struct member *member,
			     const struct membership_facts *m, tie_vec *out)
{
	char socket[PATH_TEXT_MAX];
	struct bird_protocols p;
	struct arena arena;

	bird_socket_path(&a->config, &member->id, socket);
	if (bird_sessions_ask(socket, "show protocols", &arena, &p))
		put_sessions(&member->ties, m, socket, &p, out);
	else
		keep_sessions(&member->ties, out);
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

/* ---- paths ---- */

static uint8_t handshake_class(struct wall last, struct wall now)
{
	if (last.ms == 0)
		return TIE_NEVER;
	return now.ms - last.ms <= TIE_LIVE_MS ? TIE_LIVE : TIE_OLD;
}

/* Measured values move all the time: they are looked at seldom, and told by their classes. */
static void put_measured(const struct agent *a, const struct member *member, struct tie *x,
			 bool fresh)
{
	const struct latency_peer *e = latency_find(a, &member->id, &x->path.peer);
	const struct tie *before = ties_find(&member->ties, x);

	if (before != NULL && before->path.loss_percent >= 0 && !fresh) {
		x->path.latency_ms = before->path.latency_ms;
		x->path.loss_percent = before->path.loss_percent;
	} else if (e != NULL && e->decided >= MEASURED_MIN) {
		x->path.loss_percent = ties_loss_class(latency_peer_loss(e));
		if (latency_peer_us(e) != 0)
			x->path.latency_ms = ties_latency_class(
				latency_peer_us(e), before != NULL ? before->path.latency_ms : 0);
	}
}

/* Plain members that this one has nothing to do with are left out: a large mesh is mostly these. */
static bool is_met(const struct neighbour *n, uint8_t handshake)
{
	return handshake != TIE_NEVER || n->router;
}

static void look_at_paths(const struct agent *a, const struct picture *p,
			  const struct member *member, const struct membership_facts *m, bool fresh,
			  tie_vec *out)
{
	neighbour_vec all = {0};

	neighbours_gather(p, m, &all);
	for (size_t i = 0; i < all.n; i++) {
		const struct neighbour *n = &all.at[i];
		struct tie x;

		memset(&x, 0, sizeof(x));
		x.kind = TIE_PATH;
		x.path.handshake = handshake_class(n->peer->last_handshake, p->input.now);
		x.path.peer = n->address;
		x.path.slot = n->slot;
		x.path.loss_percent = -1;
		x.path.endpoint.port = n->peer->endpoint.port;
		x.path.endpoint.address = n->peer->endpoint.address;
		put_measured(a, member, &x, fresh);
		if (is_met(n, x.path.handshake))
			vec_push(out, x);
	}
	vec_free(&all);
}

bool ties_look(struct agent *a, const struct picture *p, struct mono now)
{
	bool news = false, fresh;

	if (a->ties_looked.ns != 0 && mono_ms_between(a->ties_looked, now) < LOOK_MS)
		return false;
	a->ties_looked = now;
	fresh = a->ties_measured.ns == 0 || mono_ms_between(a->ties_measured, now) >= MEASURED_MS;
	if (fresh)
		a->ties_measured = now;
	for (size_t i = 0; i < a->members.n; i++) {
		struct member *member = a->members.at[i];
		const struct membership_facts *m = facts_by_id(&p->desired.facts, member->id.bytes);
		tie_vec seen = {0};

		if (m == NULL && !member->ties.looked)
			continue;
		/* One that is not run any more has no neighbours. */
		if (m != NULL)
			look_at_sessions(a, member, m, &seen);
		if (m != NULL)
			look_at_paths(a, p, member, m, fresh, &seen);
		ties_see(&member->ties, &seen);
		news = news || ties_news(&member->ties);
	}
	return news;
}
