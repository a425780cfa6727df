#include "lab/session.h"

#include <poll.h>
#include <string.h>

#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"

#define BIRD_MS	 2000
#define AGAIN_MS 100

bool session_is_established(const struct session *s)
{
	return strcmp(s->state, "Established") == 0;
}

bool session_is_external(const struct session *s)
{
	return s->local_as != s->neighbour_as;
}

struct open_call {
	const char *path;
	struct bird *bird;
	struct fault *fault;
};

/* In the machine: the socket's path is of its mount namespace. */
static int open_socket(void *context)
{
	struct open_call *call = context;

	return bird_open(call->path, &call->bird, call->fault);
}

static void keep(const struct operator_member *member, const struct bird_protocol *p,
		 session_vec *out)
{
	struct session s = {.machine = member->machine,
			    .mesh = member->mesh,
			    .protocol = p->name,
			    .state = p->bgp_state,
			    .since = p->since,
			    .local_as = p->local_as,
			    .neighbour_as = p->neighbour_as,
			    .neighbour = p->neighbour};

	vec_push(out, s);
}

/* Opens the control socket of a membership's BIRD. */
static int open_bird(struct lab *lab, const struct operator_member *member, struct arena *arena,
		     struct bird **out, struct fault *f)
{
	struct open_call call = {.fault = f};
	struct place p;
	int code;

	lab_place(lab, member->machine, &p);
	call.path = arena_printf(arena, "/run/skein/%s/bird.ctl", member->id);
	code = place_inside(&p, open_socket, &call, f);
	*out = call.bird;
	return code;
}

static int ask_sessions(struct bird *bird, const struct operator_member *member,
			struct arena *arena, session_vec *out, struct fault *f)
{
	struct bird_protocols protocols;
	int code;

	bird_protocols_init(&protocols, arena);
	code = bird_call(bird, "show protocols all", mono_add_ms(mono_now(), BIRD_MS),
			 bird_protocols_line, &protocols, f);
	for (size_t i = 0; i < protocols.list.n && code == 0; i++)
		if (strcmp(protocols.list.at[i].kind, "BGP") == 0)
			keep(member, &protocols.list.at[i], out);
	bird_protocols_fini(&protocols);
	return code;
}

int session_list(struct lab *lab, const struct operator_member *member, struct arena *arena,
		 session_vec *out, struct fault *f)
{
	struct bird *bird = NULL;
	int code = open_bird(lab, member, arena, &bird, f);

	if (code == 0)
		code = ask_sessions(bird, member, arena, out, f);
	bird_close(bird);
	return code == 0 ? 0 : fault_prefix(f, "BIRD of %s in %s", member->machine, member->mesh);
}

void session_list_all(struct lab *lab, const operator_member_vec *members, struct arena *arena,
		      session_vec *out)
{
	for (size_t i = 0; i < members->n; i++)
		session_list(lab, &members->at[i], arena, out, &(struct fault){0});
}

/* A session has two ends, and a machine's siblings are both its own: count pairs. */
unsigned session_count_external(const session_vec *v)
{
	unsigned ends = 0;

	for (size_t i = 0; i < v->n; i++)
		ends += session_is_external(&v->at[i]) && session_is_established(&v->at[i]);
	return ends / 2;
}

unsigned session_wanted_external(const struct lab_file *file)
{
	const struct lab_gateway *g = file->gateways.at;
	const struct lab_peering *p = file->peerings.at;
	unsigned n = 0;

	for (size_t i = 0; i < file->gateways.n; i++)
		for (size_t k = 0; k < file->peerings.n; k++)
			n += names_have(&g[i].meshes, p[k].mesh_a) &&
			     names_have(&g[i].meshes, p[k].mesh_b);
	return n;
}

/* A session of BGP may be established before its BFD is up; who is lost then, is missed when the
 * hold time is over, and not before. A BIRD without BFD refuses the question. */
static int find_unwatched(struct lab *lab, const struct operator_member *member,
			  struct arena *arena, char *out, size_t size, struct fault *f)
{
	char text[ADDRESS_TEXT_MAX];
	struct bird *bird = NULL;
	struct bird_bfd bfd;
	int code = open_bird(lab, member, arena, &bird, f);

	bird_bfd_init(&bfd, arena);
	if (code == 0)
		code = bird_call(bird, "show bfd sessions", mono_add_ms(mono_now(), BIRD_MS),
				 bird_bfd_line, &bfd, f);
	for (size_t i = 0; i < bfd.list.n && code == 0 && out[0] == '\0'; i++)
		if (strcmp(bfd.list.at[i].state, "Up") != 0)
			snprintf(out, size, "%s, %s: BFD with %s is %s", member->machine,
				 member->mesh, address_format(&bfd.list.at[i].address, text),
				 bfd.list.at[i].state);
	bird_bfd_fini(&bfd);
	bird_close(bird);
	return code == ERR_REMOTE ? 0 : code;
}

/* What is not yet as it should be; "" when all is. */
static void find_missing(struct lab *lab, struct arena *arena, char *out, size_t size)
{
	operator_member_vec members = {0};
	session_vec sessions = {0};
	struct fault f = {0};

	out[0] = '\0';
	if (operator_members(lab, arena, &members, &f) != 0)
		snprintf(out, size, "%s", f.text);
	for (size_t i = 0; i < members.n && out[0] == '\0'; i++)
		if (session_list(lab, &members.at[i], arena, &sessions, &f) != 0)
			snprintf(out, size, "%s", f.text);
	for (size_t i = 0; i < sessions.n && out[0] == '\0'; i++)
		if (!session_is_established(&sessions.at[i]))
			snprintf(out, size, "%s, %s: session %s is %s", sessions.at[i].machine,
				 sessions.at[i].mesh, sessions.at[i].protocol,
				 sessions.at[i].state);
	if (out[0] == '\0' &&
	    session_count_external(&sessions) < session_wanted_external(&lab->file))
		snprintf(out, size, "%u of %u sessions between meshes",
			 session_count_external(&sessions), session_wanted_external(&lab->file));
	for (size_t i = 0; i < members.n && out[0] == '\0'; i++)
		if (find_unwatched(lab, &members.at[i], arena, out, size, &f) != 0)
			snprintf(out, size, "%s", f.text);
	vec_free(&sessions);
	vec_free(&members);
}

int session_await_all(struct lab *lab, struct mono deadline, struct fault *f)
{
	char missing[300] = "";

	for (;;) {
		struct arena arena;

		arena_init(&arena);
		find_missing(lab, &arena, missing, sizeof(missing));
		arena_fini(&arena);
		if (missing[0] == '\0')
			return 0;
		if (mono_reached(deadline, mono_now()))
			return fault_set(f, ERR_TIMEOUT, "%s", missing);
		poll(NULL, 0, AGAIN_MS);
	}
}
