#include "agent/reconcile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/bird.h"
#include "agent/observe/observe.h"
#include "lib/base/log.h"

/* New devices get what they need in the pass after the one that made them. */
#define PASSES 3

static int by_number(const void *a, const void *b)
{
	const struct plan_membership *x = a, *y = b;
	uint64_t n;
	const struct state_self *p = state_records(x->image, STATE_SELF, &n);
	const struct state_self *q = state_records(y->image, STATE_SELF, &n);

	return p->number < q->number ? -1 : p->number > q->number;
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
		memcpy(p->mesh.bytes, m->view.image.root->mesh, sizeof(p->mesh.bytes));
		p->view = &m->view.image;
		p->image = &m->membership.image;
		p->public_key = m->public_key;
		p->ports_taken = m->ports_taken;
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

int picture_take(struct agent *a, struct picture *out, struct fault *f)
{
	int code;

	memset(out, 0, sizeof(*out));
	observation_init(&out->seen);
	mark_started(a, &out->seen);
	code = observe_machine(a->rtnl, &a->config, &out->seen, f);
	if (code != 0) {
		observation_fini(&out->seen);
		return code;
	}
	out->seen.fence_stands = apply_fence_stands(a, &out->seen.fence);
	out->memberships = mem_alloc((a->members.n + 1) * sizeof(*out->memberships));
	out->input = (struct plan_input){
		.config = &a->config,
		.memberships = out->memberships,
		.n = plan_members(a, out->memberships),
		.seen = &out->seen,
		.controllers = out->controllers,
		.ncontrollers = plan_controllers(&a->machine.where, out->controllers),
		.opened = (const char(*)[LINK_NAME_MAX])out->opened,
		.nopened = saved_opened(&a->saved, out->opened, 64),
		.now = wall_now(),
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

static void note(struct agent *a, const struct fault *f, int code)
{
	if (code != 0 && a->error[0] == '\0')
		snprintf(a->error, sizeof(a->error), "%s", fault_text(f, code));
}

static void supervise_birds(struct agent *a, const struct desired *d)
{
	for (size_t i = 0; i < d->birds.n; i++) {
		const struct desired_bird *bird = &d->birds.at[i];
		struct member *m = member_find(&a->members, &bird->membership->id);
		struct fault f = {0};
		struct bird_wish w = {.head = bird->head, .tail = bird->tail};

		if (m == NULL)
			continue;
		w.templates = &m->templates;
		w.text = &m->text;
		if (m->text.len == 0 || m->templates.len == 0)
			fault_set(&f, ERR_NOT_FOUND, "BIRD's configuration is not here yet");
		else
			bird_supervise(a, m, &w, bird->membership->table, &f);
		if (f.code != 0 && m->error[0] == '\0') {
			snprintf(m->error, sizeof(m->error), "%s", f.text);
			log_warn("BIRD is not as it should be", LOG_S("why", f.text));
		}
	}
}

/* A membership that overlaps a network of the machine is not begun, and says so. */
static void note_refused(struct agent *a, const struct facts *facts)
{
	for (size_t i = 0; i < facts->nrefused; i++) {
		const struct membership_facts *m = &facts->memberships[facts->n + i];
		struct member *of = member_find(&a->members, &m->id);
		char net[PREFIX_TEXT_MAX], cidr[PREFIX_TEXT_MAX];

		if (of != NULL)
			snprintf(of->error, sizeof(of->error),
				 "the mesh's %s overlaps %s, which this machine is connected to",
				 prefix_format(&m->cidr, cidr), prefix_format(&m->refused, net));
	}
}

static bool is_incomplete(const struct desired *d, const struct observation *seen)
{
	for (size_t i = 0; i < d->devices.n; i++)
		if (observation_wg(seen, d->devices.at[i].name) == NULL)
			return true;
	return false;
}

static bool only_waits(const struct operations *o)
{
	for (size_t i = 0; i < o->devices.n; i++)
		if (o->devices.at[i].kind != DEVICE_OP_CREATE)
			return false;
	return o->devices.n == operations_count(o) && !wg_kernel_supported();
}

/* A membership that runs here, and whose state this agent cannot use: its files were damaged, and
 * the controller has not given others yet. What runs is right; without its state it would be taken
 * for something to be removed. */
static bool is_held(struct agent *a, const struct observation *seen)
{
	for (size_t i = 0; i < seen->links.n; i++) {
		struct member *m;
		struct id owner;

		if (!link_owner(&seen->links.at[i], &owner))
			continue;
		m = member_find(&a->members, &owner);
		if (m != NULL && !member_is_ready(m))
			return true;
	}
	return false;
}

/* One pass; true when another one has something to do. */
static bool pass(struct agent *a, bool last, struct reconcile_result *out)
{
	struct picture p;
	struct operations ops;
	struct fault f = {0};
	bool more = false;
	int code = picture_take(a, &p, &f);

	if (code != 0) {
		note(a, &f, code);
		return false;
	}
	if (is_held(a, &p.seen)) {
		fault_set(&f, ERR_NOT_FOUND,
			  "a membership runs here whose state is not usable: nothing is changed "
			  "until the controller has given it again");
		note(a, &f, ERR_NOT_FOUND);
		picture_fini(&p);
		return false;
	}
	operations_plan(&p.desired, &p.seen, &ops);
	if (operations_count(&ops) > 0) {
		struct buf text;

		buf_init(&text);
		operations_format(&ops, &text);
		log_debug("round", LOG_U("operations", operations_count(&ops)),
			  LOG_S("first", buf_text(&text)));
		buf_fini(&text);
		out->changed = true;
		more = !only_waits(&ops);
	}
	note(a, &f, apply_operations(a, &p.desired, &ops, &f));
	out->incomplete = is_incomplete(&p.desired, &p.seen);
	if (!more || last) {
		supervise_birds(a, &p.desired);
		note_refused(a, &p.desired.facts);
	}
	operations_fini(&ops);
	picture_fini(&p);
	return more;
}

/* A state that needs no operation is news to the controller all the same. */
static void note_applied(struct agent *a, struct reconcile_result *r)
{
	for (size_t i = 0; i < a->members.n; i++) {
		struct member *m = a->members.at[i];

		if (m->error[0] == '\0' && a->error[0] != '\0')
			snprintf(m->error, sizeof(m->error), "%s", a->error);
		if (!member_is_ready(m) || m->error[0] != '\0' || r->incomplete)
			continue;
		if (m->applied_view != member_revision(&m->view) ||
		    m->applied_membership != member_revision(&m->membership))
			r->changed = true;
		m->applied_view = member_revision(&m->view);
		m->applied_membership = member_revision(&m->membership);
	}
}

static void clear_errors(struct agent *a)
{
	a->error[0] = '\0';
	for (size_t i = 0; i < a->members.n; i++)
		a->members.at[i]->error[0] = '\0';
}

void reconcile(struct agent *a, struct reconcile_result *out)
{
	memset(out, 0, sizeof(*out));
	wireguard_go_sweep(&a->wireguard_go, &a->config);
	for (int i = 0; i < PASSES; i++) {
		clear_errors(a); /* what failed for want of a device is tried again */
		if (!pass(a, i + 1 == PASSES, out))
			break;
	}
	note_applied(a, out);
	a->rounds++;
}
