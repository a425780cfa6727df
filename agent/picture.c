#include "agent/picture.h"

#include <stdlib.h>
#include <string.h>

#include "agent/bird/bird.h"
#include "agent/bird/check.h"
#include "agent/bird/sessions.h"
#include "agent/observe/observe.h"

static int by_number(const void *a, const void *b)
{
	const struct plan_membership *x = a, *y = b;
	uint64_t n;
	const struct state_self *p = state_records(x->image, STATE_SELF, &n);
	const struct state_self *q = state_records(y->image, STATE_SELF, &n);

	return p->number < q->number ? -1 : p->number > q->number;
}

/* Only asked where it matters. */
static bool is_settled(const struct agent *a, const struct member *m)
{
	char path[PATH_TEXT_MAX];
	uint64_t heard;

	return facts_holds(m->seat.moved, mono_now()) &&
	       bird_sessions_established(bird_socket_path(&a->config, &m->id, path), &heard);
}

static size_t plan_members(struct agent *a, struct plan_membership *out)
{
	size_t n = 0;

	for (size_t i = 0; i < a->members.n; i++) {
		struct member *m = a->members.at[i];
		struct plan_membership *p = &out[n];

		if (!member_is_ready(m))
			continue;
		p->id = m->id;
		memcpy(p->mesh.bytes, m->view.target.image.root->mesh, sizeof(p->mesh.bytes));
		p->view = &m->view.target.image;
		p->image = &m->membership.target.image;
		p->public_key = m->public_key;
		p->ports_taken = m->ports_taken;
		p->moved = m->seat.moved;
		p->grown = m->seat.grown;
		p->settled = is_settled(a, m);
		p->offers = m->offers.at;
		p->noffers = m->offers.n;
		n++;
	}
	if (n > 1)
		qsort(out, n, sizeof(*out), by_number);
	return n;
}

/* Where answers of the controller come from, as far as it has ever been reached. */
static size_t plan_controllers(const struct http_where *where, struct plan_controller *out)
{
	size_t n = 0;

	for (size_t i = 0; i < where->n; i++) {
		const char *host = strstr(where->at[i].url, "://");
		const char *colon = host != NULL ? strrchr(host + 3, ':') : NULL;
		unsigned long port = colon != NULL ? strtoul(colon + 1, NULL, 10) : 443;

		if (address_parse(where->at[i].last, &out[n].address, NULL) != 0 || port == 0 ||
		    port > 65535)
			continue;
		out[n++].port = (uint16_t)port;
	}
	return n;
}

static void mark_started(struct agent *a, struct observation *seen)
{
	for (size_t i = 0; i < a->wireguard_go.n; i++) {
		struct seen_started s = {.membership = a->wireguard_go.at[i].membership};

		memcpy(s.name, a->wireguard_go.at[i].name, sizeof(s.name));
		vec_push(&seen->started, s);
	}
}

/* BIRD's routes matter where something moves, or is held; after a start nobody knows. */
static bool wants_learned(const struct agent *a)
{
	bool wants = a->moves.n > 0 || a->rounds == 0;

	for (size_t i = 0; i < a->members.n && !wants; i++)
		wants = facts_holds(a->members.at[i]->seat.moved, mono_now());
	return wants;
}

int picture_take(struct agent *a, struct picture *out, struct fault *f)
{
	int code;

	memset(out, 0, sizeof(*out));
	observation_init(&out->seen);
	mark_started(a, &out->seen);
	code = observe_machine(a->rtnl, &a->config, wants_learned(a), &out->seen, f);
	if (code != 0) {
		observation_fini(&out->seen);
		return code;
	}
	out->seen.fence_stands = fence_stands(&a->fence, &out->seen.fence);
	out->memberships = mem_alloc((a->members.n + 1) * sizeof(*out->memberships));
	out->input = (struct plan_input){
		.config = &a->config,
		.memberships = out->memberships,
		.n = plan_members(a, out->memberships),
		.seen = &out->seen,
		.controllers = out->controllers,
		.ncontrollers = plan_controllers(&a->machine.where, out->controllers),
		.opened = (const char(*)[LINK_NAME_MAX])out->opened,
		.nopened = saved_opened(&a->saved, out->opened, PICTURE_OPENED_MAX),
		.bird = bird_uid(&a->config),
		.moves = a->moves.at,
		.nmoves = a->moves.n,
		.now = wall_now(),
		.clock = mono_now(),
	};
	desired_make(&out->input, &out->desired);
	return 0;
}

void picture_fini(struct picture *p)
{
	desired_fini(&p->desired);
	observation_fini(&p->seen);
	free(p->memberships);
}
