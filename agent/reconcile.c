#include "agent/reconcile.h"

#include <stdio.h>
#include <string.h>

#include "agent/apply/apply.h"
#include "agent/bird/bird.h"
#include "agent/health/health.h"
#include "agent/latency/latency.h"
#include "agent/picture.h"
#include "agent/plan/move.h"
#include "agent/plan/offers.h"
#include "agent/ties/look.h"
#include "lib/base/log.h"
#include "lib/net/wg.h"

/* That something moves is seen; its new device is made, set up, gets the peer, then the routes: a
 * pass each. */
#define PASSES 6

static void note(struct agent *a, const struct fault *f, int code)
{
	if (code != 0 && a->error[0] == '\0')
		snprintf(a->error, sizeof(a->error), "%s", fault_text(f, code));
}

/* The first one is what the membership has to report. */
static void note_bird(struct agent *a, struct member *m, const struct fault *f)
{
	char id[ID_TEXT_MAX];

	if (m->error[0] == '\0')
		snprintf(m->error, sizeof(m->error), "%s", f->text);
	if (strcmp(f->text, m->bird_error) != 0) /* that was said when it was refused */
		troubles_note(&a->troubles, "BIRD is not as it should be", id_format(&m->id, id),
			      f->text);
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
		for (size_t k = 0; k < bird->membership->nmoves; k++)
			bird_excuse_peer(m, bird->membership->moves[k].peer);
		if (m->text.len == 0 || m->templates.len == 0)
			fault_set(&f, ERR_NOT_FOUND, "BIRD's configuration is not here yet");
		else
			bird_supervise(a, m, &w, bird->membership->table, &f);
		if (f.code != 0)
			note_bird(a, m, &f);
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

		if (!observation_owner(seen, &seen->links.at[i], &owner))
			continue;
		m = member_find(&a->members, &owner);
		if (m != NULL && !member_is_ready(m))
			return true;
	}
	return false;
}

static void remember_moves(struct agent *a, const struct desired *d)
{
	a->moves.n = 0;
	for (size_t i = 0; i < d->moves.n; i++)
		vec_push(&a->moves, d->moves.at[i]);
}

static void remember_offers(struct agent *a, const struct facts *f)
{
	for (size_t i = 0; i < f->n; i++) {
		struct member *m = member_find(&a->members, &f->memberships[i].id);

		if (m != NULL)
			offers_follow(&m->offers, &f->memberships[i], f->in->clock);
	}
}

static bool has_phase(const struct desired *d, enum move_phase phase)
{
	for (size_t i = 0; i < d->moves.n; i++)
		if (d->moves.at[i].phase == phase)
			return true;
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
	/* Before anything changes, it is seen what leads to those that move. */
	if (p.desired.moves.n > 0 && !p.seen.has_learned) {
		remember_moves(a, &p.desired);
		picture_fini(&p);
		return true;
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
	troubles_clear(&a->troubles);
	note(a, &f, apply_operations(a, &p.desired, &ops, &f));
	out->incomplete = is_incomplete(&p.desired, &p.seen);
	out->wake = p.desired.wake;
	remember_moves(a, &p.desired);
	follow_take(&a->follow, &p.desired);
	idle_follow(a, &p.desired.facts);
	remember_offers(a, &p.desired.facts);
	/* BIRD knows what comes before the routes of a move lead elsewhere. */
	if (!more || last || has_phase(&p.desired, MOVE_MAKE)) {
		supervise_birds(a, &p.desired);
		note_refused(a, &p.desired.facts);
		out->probed = path_probe_round(&a->paths, &p.desired, mono_now());
		latency_follow(a, &p, mono_now());
		out->changed = ties_look(a, &p, mono_now()) || out->changed;
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

		if (strcmp(m->barred, m->barred_told) != 0) {
			r->changed = true;
			memcpy(m->barred_told, m->barred, sizeof(m->barred));
		}
		r->changed = r->changed || m->offences.changes != m->offences_told;
		m->offences_told = m->offences.changes;
		if (m->error[0] == '\0' && a->error[0] != '\0')
			snprintf(m->error, sizeof(m->error), "%s", a->error);
		if (!member_is_ready(m) || m->error[0] != '\0' || m->bird_pending || r->incomplete)
			continue;
		if (m->applied_view != member_revision(&m->view) ||
		    m->applied_membership != member_revision(&m->membership))
			r->changed = true;
		m->applied_view = member_revision(&m->view);
		m->applied_membership = member_revision(&m->membership);
	}
}

/* All of them: what has gone wrong, or right again, is news to the controller. */
static void hash_errors(const struct agent *a, struct digest *out)
{
	struct buf all;

	buf_init(&all);
	for (size_t i = 0; i < a->members.n; i++)
		buf_append(&all, a->members.at[i]->error, strlen(a->members.at[i]->error) + 1);
	digest_of(buf_text(&all), all.len, out);
	buf_fini(&all);
}

static void clear_errors(struct agent *a)
{
	a->error[0] = '\0';
	for (size_t i = 0; i < a->members.n; i++)
		a->members.at[i]->error[0] = '\0';
}

void reconcile(struct agent *a, struct reconcile_result *out)
{
	struct digest before, after;

	memset(out, 0, sizeof(*out));
	hash_errors(a, &before);
	wireguard_go_sweep(&a->wireguard_go, &a->config);
	for (size_t i = 0; i < a->members.n; i++)
		if (member_is_ready(a->members.at[i]))
			seat_follow(&a->members.at[i]->seat,
				    &a->members.at[i]->membership.target.image, mono_now());
	health_follow(a);
	for (int i = 0; i < PASSES; i++) {
		clear_errors(a); /* what failed for want of a device is tried again */
		if (!pass(a, i + 1 == PASSES, out))
			break;
	}
	troubles_say(&a->troubles);
	note_applied(a, out);
	hash_errors(a, &after);
	out->changed = out->changed || !digest_equal(&before, &after);
	a->rounds++;
}
