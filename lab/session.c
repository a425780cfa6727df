#include "lab/session.h"

#include <poll.h>
#include <string.h>

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

int session_list(struct lab *lab, const struct operator_member *member, struct arena *arena,
		 session_vec *out, struct fault *f)
{
	struct open_call call = {.fault = f};
	struct bird_protocols protocols;
	struct place p;
	int code;

	lab_place(lab, member->machine, &p);
	call.path = arena_printf(arena, "/run/skein/%s/bird.ctl", member->id);
	code = place_inside(&p, open_socket, &call, f);
	if (code != 0)
		return fault_prefix(f, "BIRD of %s in %s", member->machine, member->mesh);
	bird_protocols_init(&protocols, arena);
	code = bird_call(call.bird, "show protocols all", mono_add_ms(mono_now(), BIRD_MS),
			 bird_protocols_line, &protocols, f);
	for (size_t i = 0; i < protocols.list.n && code == 0; i++)
		if (strcmp(protocols.list.at[i].kind, "BGP") == 0)
			keep(member, &protocols.list.at[i], out);
	bird_protocols_fini(&protocols);
	bird_close(call.bird);
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
