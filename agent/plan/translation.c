#include "agent/plan/translation.h"

#include <string.h>

#include "agent/plan/lans.h"
#include "agent/plan/offers.h"

/* ---- sets: whom an exit serves, and where it does not lead ---- */

static void push_users(prefix_vec *out, const struct membership_facts *m)
{
	uint64_t n;
	const uint32_t *users = state_records(m->from->image, STATE_USERS, &n);

	for (uint64_t i = m->exit_users.first;
	     i < (uint64_t)m->exit_users.first + m->exit_users.count; i++)
		if (state_peer_at(m->from->view, users[i]) != NULL) {
			const struct address a = state_peer_address(m->from->view, users[i]);

			vec_push(out, prefix_of_address(&a));
		}
}

static void push_all(prefix_vec *out, const prefix_vec *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (from->at[i].family == FAMILY_IPV4 && from->at[i].length > 0)
			vec_push(out, from->at[i]);
}

static void push_inside(prefix_vec *out, const struct desired *d)
{
	prefix_vec_push_reserved(out);
	for (size_t i = 0; i < d->facts.nconnected; i++)
		vec_push(out, d->facts.connected[i].prefix);
	for (size_t i = 0; i < d->facts.n; i++)
		for (size_t k = 0; k < d->facts.memberships[i].napproved; k++)
			vec_push(out, d->facts.memberships[i].approved[k].prefix);
}

/* What is announced here and has no way back: a part is within its whole. */
static void push_translated(prefix_vec *out, const struct facts *f)
{
	for (size_t i = 0; i < f->n; i++)
		for (size_t k = 0; k < f->memberships[i].napproved; k++) {
			const struct own_prefix *own = &f->memberships[i].approved[k];

			if (own->lans.n > 0 && !own->part && offers_translated(own))
				vec_push(out, own->prefix);
		}
}

static bool has_translated(const struct facts *f)
{
	prefix_vec all = {0};
	bool has;

	push_translated(&all, f);
	has = all.n > 0;
	vec_free(&all);
	return has;
}

static void put_translated(struct desired *d)
{
	prefix_vec all = {0};

	push_translated(&all, &d->facts);
	prefix_vec_normalize(&all);
	if (all.n > 0)
		fence_put_set(&d->fence, "translated4", &all);
	vec_free(&all);
}

void translation_put_sets(struct desired *d, const prefix_vec *mesh, const prefix_vec *others)
{
	prefix_vec users = {0}, inside = {0};

	put_translated(d);
	if (!facts_has_exit(&d->facts))
		return;
	for (size_t i = 0; i < d->facts.n; i++)
		if (d->facts.memberships[i].exit != NULL)
			push_users(&users, &d->facts.memberships[i]);
	push_inside(&inside, d);
	push_all(&inside, mesh);
	push_all(&inside, others);
	prefix_vec_normalize(&users);
	prefix_vec_normalize(&inside);
	fence_put_set(&d->fence, "exit_users", &users);
	fence_put_set(&d->fence, "inside4", &inside);
	vec_free(&users);
	vec_free(&inside);
}

/* A bridge may have several networks: what goes by device is said once. */
static bool is_first_of_bridge(const struct facts *f, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(f->containers[k].device, f->containers[i].device) == 0)
			return false;
	return true;
}

/* ---- prerouting ---- */

void translation_put_accepts(struct desired *d)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < d->facts.ncontainers; i++)
		buf_printf(&d->fence, "\t\tiifname \"%s\" ip saddr %s accept\n",
			   d->facts.containers[i].device,
			   prefix_format(&d->facts.containers[i].prefix, text));
}

void translation_put_tracked(struct desired *d)
{
	if (facts_has_exit(&d->facts))
		buf_puts(&d->fence, "\t\tip saddr @exit_users ip daddr != @inside4 accept\n");
	if (has_translated(&d->facts))
		buf_puts(&d->fence, "\t\tip daddr @translated4 accept\n");
}

/* ---- forward ---- */

/* What the machine's own firewall sends to a port that it has published there passes as well. */
static void put_containers(struct desired *d)
{
	for (size_t i = 0; i < d->facts.ncontainers; i++)
		if (is_first_of_bridge(&d->facts, i))
			buf_printf(&d->fence,
				   "\t\tiifname @mesh_devices oifname \"%1$s\" ct direction reply "
				   "ct status snat accept\n"
				   "\t\tiifname @mesh_devices oifname \"%1$s\" ct status dnat "
				   "accept\n"
				   "\t\tiifname @mesh_devices oifname \"%1$s\" counter name "
				   "unasked drop\n",
				   d->facts.containers[i].device);
}

/* A network that is announced may be behind the same device. */
static void put_lan(struct desired *d, const struct link *device)
{
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < d->facts.n; i++) {
		const struct membership_facts *m = &d->facts.memberships[i];

		for (size_t k = 0; k < m->napproved; k++)
			if (lans_has(&m->approved[k].lans, device))
				buf_printf(&d->fence,
					   "\t\tiifname \"%s\" oifname @mesh_devices ip saddr %s "
					   "accept\n",
					   device->name,
					   prefix_format(&m->approved[k].prefix, text));
	}
}

static void put_exit(struct desired *d, const struct link *device)
{
	buf_printf(&d->fence,
		   "\t\tiifname \"%s\" oifname @mesh_devices ct direction reply ct status snat "
		   "accept\n",
		   device->name);
	put_lan(d, device);
	buf_printf(&d->fence,
		   "\t\tiifname \"%s\" oifname @mesh_devices counter name unasked drop\n",
		   device->name);
}

void translation_put_answers(struct desired *d)
{
	put_containers(d);
	for (size_t i = 0; i < d->facts.n; i++)
		if (d->facts.memberships[i].exit != NULL) {
			/* There is one default route. */
			put_exit(d, d->facts.memberships[i].exit);
			return;
		}
}

/* ---- postrouting ---- */

/* Before `srcnat`, where Docker has a masquerade of its own: the first one to translate a
 * connection has it. */
void translation_put_chain(struct desired *d)
{
	struct buf *b = &d->fence;
	char text[ADDRESS_TEXT_MAX];

	if (d->facts.ncontainers == 0 && !facts_has_exit(&d->facts) && !has_translated(&d->facts))
		return;
	buf_puts(b, "\tchain translation {\n"
		    "\t\ttype nat hook postrouting priority srcnat - 5; policy accept;\n");
	for (size_t i = 0; i < d->facts.ncontainers; i++)
		for (size_t k = 0; k < d->devices.n && is_first_of_bridge(&d->facts, i); k++)
			buf_printf(b, "\t\tiifname \"%s\" oifname \"%s\" snat ip to %s\n",
				   d->facts.containers[i].device, d->devices.at[k].name,
				   address_format(&d->devices.at[k].membership->own, text));
	if (facts_has_exit(&d->facts))
		buf_puts(b, "\t\tiifname @mesh_devices oifname != @mesh_devices ip saddr "
			    "@exit_users ip daddr != @inside4 masquerade\n");
	if (has_translated(&d->facts))
		buf_puts(b, "\t\tiifname @mesh_devices oifname != @mesh_devices ip daddr "
			    "@translated4 masquerade\n");
	buf_puts(b, "\t}\n");
}
