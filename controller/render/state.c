/* The image of one membership (lib/mesh/state.h). */
#include <stdlib.h>
#include <string.h>

#include "controller/render/guard.h"

#define ADD(w, type, v) state_writer_section(w, type, (v)->at, (v)->n, sizeof((v)->at[0]))

static void add_self(const struct render *r, size_t member, const struct render_image *in,
		     struct state_writer *w)
{
	const struct membership *m = &r->rows->memberships[member];
	struct state_self self = {
		.peer = m->index,
		.number = m->number,
		.view_revision = in->view_revision,
		.role = r->plan->role[member],
		.slot = m->slot,
		.base_port = BASE_PORT(m->number),
	};

	memcpy(self.machine, r->rows->machines[member].bytes, sizeof(self.machine));
	memcpy(self.bird_templates, in->templates.bytes, sizeof(self.bird_templates));
	memcpy(self.bird_text, in->text.bytes, sizeof(self.bird_text));
	state_writer_section(w, STATE_SELF, &self, 1, sizeof(self));
}

typedef VEC(struct state_prefix) state_prefix_vec;

static struct state_range add_allowed(const struct prefix_list *list, state_prefix_vec *to)
{
	struct state_range range = {(uint32_t)to->n, (uint32_t)list->n};

	for (size_t i = 0; i < list->n; i++)
		vec_push(to, state_prefix_of(&list->at[i]));
	return range;
}

/* To every router but itself. What all gateways have alike is there once. */
static void add_trunks(const struct render *r, size_t member, struct state_writer *w)
{
	VEC(struct state_trunk) trunks = {0};
	state_prefix_vec allowed = {0};
	struct state_range shared = {0};

	for (size_t i = 0; i < r->plan->nrouters; i++) {
		const struct router_plan *x = &r->plan->routers[i];
		const struct prefix_list *list = &r->plan->allowed[x->member];
		struct state_trunk trunk = {.peer = r->rows->memberships[x->member].index,
					    .slot = x->slot};

		if (x->member == member || !r->rows->memberships[x->member].has_key)
			continue;
		if (list->at != r->plan->gateway.at)
			trunk.allowed = add_allowed(list, &allowed);
		else if (shared.count > 0)
			trunk.allowed = shared;
		else
			trunk.allowed = shared = add_allowed(list, &allowed);
		vec_push(&trunks, trunk);
	}
	ADD(w, STATE_TRUNKS, &trunks);
	ADD(w, STATE_TRUNK_ALLOWED, &allowed);
	vec_free(&trunks);
	vec_free(&allowed);
}

/* Users of other meshes, or of none any more, are left out; where nobody remains it is limited to
 * the member itself, for no user means all. Behind them come the parts of approved prefixes. */
static void add_approvals(const struct render *r, size_t member, struct state_writer *w)
{
	const struct span *own = &r->holdings->own[member];
	VEC(struct state_approval) approvals = {0};
	VEC(uint32_t) users = {0};

	for (size_t i = 0; i < own->n; i++) {
		const struct holding *h = &r->holdings->at[r->holdings->by_member[own->first + i]];
		const struct announcement *x = render_announcement(r, h);
		struct state_approval approval = {.prefix = state_prefix_of(&h->prefix),
						  .priority = x->priority,
						  .users.first = (uint32_t)users.n};

		for (size_t k = 0; k < x->nusers; k++) {
			size_t user = row_index_find(r->index, x->users[k]);

			if (user != SIZE_MAX)
				vec_push(&users, r->rows->memberships[user].index);
		}
		if (x->nusers > 0 && users.n == approval.users.first)
			vec_push(&users, r->rows->memberships[member].index);
		approval.users.count = (uint32_t)users.n - approval.users.first;
		vec_push(&approvals, approval);
	}
	for (size_t i = 0; i < r->nparts; i++) {
		const struct announcement *whole = render_part(r, &r->parts[i], member);

		if (whole != NULL)
			vec_push(&approvals, (struct state_approval){
						     .prefix = state_prefix_of(&r->parts[i].prefix),
						     .priority = whole->priority,
						     .users.first = (uint32_t)users.n,
						     .flags = STATE_APPROVAL_PART});
	}
	ADD(w, STATE_APPROVALS, &approvals);
	ADD(w, STATE_USERS, &users);
	vec_free(&approvals);
	vec_free(&users);
}

static void add_guard(const struct render *r, size_t member, struct state_writer *w)
{
	struct guard_sections g = {0};

	render_guard(r, member, &g);
	ADD(w, STATE_GUARD_SETS, &g.sets);
	ADD(w, STATE_GUARD_PREFIXES, &g.prefixes);
	ADD(w, STATE_GUARD_PAIRS, &g.pairs);
	guard_sections_free(&g);
}

/* Exactly those that render_bird_text() has a session with. */
static void add_speakers(const struct render *r, size_t member, struct state_writer *w)
{
	VEC(struct state_speaker) speakers = {0};
	size_t n;
	const size_t *others = render_neighbours(r, member, &n);

	for (size_t i = 0; i < n; i++)
		if (others[i] != member)
			vec_push(&speakers,
				 (struct state_speaker){r->rows->memberships[others[i]].index,
							r->rows->memberships[others[i]].slot});
	ADD(w, STATE_SPEAKERS, &speakers);
	vec_free(&speakers);
}

static void add_siblings(const struct render *r, size_t member, struct state_writer *w)
{
	VEC(struct state_sibling) siblings = {0};

	for (size_t i = 0; i < r->rows->nremotes; i++) {
		const struct remote_rows *x = &r->rows->remotes[i];
		const struct membership *other = render_sibling(r, member, i);
		struct state_sibling s = {.asn = x->mesh.asn,
					  .cidr = state_prefix_of(&x->mesh.cidr)};
		struct prefix there;

		if (other == NULL)
			continue;
		there = prefix_ipv4(prefix_to_ipv4(&x->mesh.cidr) + other->index, 32);
		memcpy(s.membership, other->id.bytes, sizeof(s.membership));
		memcpy(s.mesh, x->mesh.id.bytes, sizeof(s.mesh));
		memcpy(s.peering, x->peering.bytes, sizeof(s.peering));
		s.number = other->number;
		s.address = state_prefix_of(&there);
		vec_push(&siblings, s);
	}
	ADD(w, STATE_SIBLINGS, &siblings);
	vec_free(&siblings);
}

static void add_usable(const struct render *r, size_t member, struct state_writer *w)
{
	const struct span *s = &r->usable_of[member];
	VEC(struct state_allowed) usable = {0};

	for (size_t i = 0; i < s->n; i++) {
		const struct holding *x = &r->holdings->at[r->usable[s->first + i].holding];

		vec_push(&usable, (struct state_allowed){state_prefix_of(&x->prefix),
							 r->rows->memberships[x->member].index});
	}
	ADD(w, STATE_USABLE, &usable);
	vec_free(&usable);
}

static bool are_usual(const struct announcement *x)
{
	return x->check.type == STATE_CHECK_NONE && x->stable_for_s == STABLE_FOR_S &&
	       !x->translated;
}

static struct state_terms terms_of(const struct announcement *x, uint32_t approval)
{
	struct state_terms t = {
		.approval = approval,
		.flags = x->translated ? STATE_TERMS_TRANSLATED : 0,
		.stable_ms = x->stable_for_s * 1000,
		.interval_ms = x->check.interval_ms,
		.timeout_ms = x->check.timeout_ms,
		.check = x->check.type,
		.family = x->check.host.family,
		.port = x->check.port,
		.rise = x->check.rise,
		.fall = x->check.fall,
	};

	memcpy(t.address, x->check.host.bytes, sizeof(t.address));
	memcpy(t.target, x->check.target, strnlen(x->check.target, sizeof(t.target) - 1));
	return t;
}

/* In the order of add_approvals(). */
static void add_terms(const struct render *r, size_t member, struct state_writer *w)
{
	const struct span *own = &r->holdings->own[member];
	VEC(struct state_terms) terms = {0};

	for (size_t i = 0; i < own->n; i++) {
		const struct holding *h = &r->holdings->at[r->holdings->by_member[own->first + i]];
		const struct announcement *x = render_announcement(r, h);

		if (!are_usual(x))
			vec_push(&terms, terms_of(x, (uint32_t)i));
	}
	ADD(w, STATE_TERMS, &terms);
	vec_free(&terms);
}

/* An agent of the version before, which does not know the section, goes on as usual. */
static void add_duty(const struct render *r, size_t member, struct state_writer *w)
{
	const struct state_duty duty = {.flags = STATE_DUTY_DRAINED};

	if (r->rows->memberships[member].drained)
		state_writer_section(w, STATE_DUTY, &duty, 1, sizeof(duty));
}

void render_membership(const struct render *r, size_t member, const struct render_image *in,
		       struct buf *body)
{
	struct state_writer *w = state_writer_new(STATE_KIND_MEMBERSHIP);

	add_self(r, member, in, w);
	add_trunks(r, member, w);
	add_approvals(r, member, w);
	add_guard(r, member, w);
	add_speakers(r, member, w);
	add_siblings(r, member, w);
	add_usable(r, member, w);
	add_duty(r, member, w);
	add_terms(r, member, w);
	state_writer_body(w, body);
	state_writer_free(w);
}

void render_image_stamp(struct buf *body, uint64_t view_revision)
{
	struct state_header header;

	memcpy(&header, body->data, sizeof(header));
	for (uint32_t i = 0; i < header.nsections; i++) {
		struct state_section s;

		memcpy(&s, body->data + sizeof(header) + i * sizeof(s), sizeof(s));
		if (s.type == STATE_SELF)
			memcpy(body->data + s.offset + offsetof(struct state_self, view_revision),
			       &view_revision, sizeof(view_revision));
	}
}
