/* What the controller wants of a destination: in the images, who has it, and who may use it. */
#include <string.h>

#include "cli/hop/machine.h"

/* A way that one membership knows; the longest prefix counts, then the kind that comes first. */
enum kind { KIND_HERE, KIND_MACHINE, KIND_PREFIX, KIND_REMOTE, KIND_NOBODY, KIND_OUTSIDE };

static const char *const kinds[] = {
	[KIND_HERE] = "here",	  [KIND_MACHINE] = "machine", [KIND_PREFIX] = "prefix",
	[KIND_REMOTE] = "remote", [KIND_NOBODY] = "nobody",   [KIND_OUTSIDE] = "outside"};

struct candidate {
	enum kind kind;
	struct hop_membership *of;
	struct prefix prefix;
	uint32_t peer;			   /* KIND_MACHINE */
	const struct state_remote *remote; /* KIND_REMOTE */
	bool permitted, learned;
};

static void consider(struct candidate *best, const struct candidate *c)
{
	if (best->of == NULL || c->prefix.length > best->prefix.length ||
	    (c->prefix.length == best->prefix.length && c->kind < best->kind))
		*best = *c;
}

static void consider_mesh(struct candidate *best, struct hop_membership *m,
			  const struct address *to)
{
	struct candidate c = {.of = m, .prefix = m->cidr, .permitted = true};

	if (!prefix_has(&m->cidr, to))
		return;
	c.peer = hop_peer_index(m, to);
	c.kind = c.peer == 0 ? KIND_NOBODY : c.peer == m->self->peer ? KIND_HERE : KIND_MACHINE;
	c.prefix = prefix_of_address(to);
	consider(best, &c);
}

static bool may_use(const struct hop_membership *m, const struct state_announced *x)
{
	uint64_t n;
	const struct state_allowed *usable = state_records(m->image, STATE_USABLE, &n);
	bool may = (x->flags & STATE_ANNOUNCED_LIMITED) == 0 || x->peer == m->self->peer;

	for (uint64_t i = 0; i < n && !may; i++)
		may = usable[i].peer == x->peer &&
		      memcmp(&usable[i].prefix, &x->prefix, sizeof(x->prefix)) == 0;
	return may;
}

static void consider_prefixes(struct candidate *best, struct hop_membership *m,
			      const struct address *to)
{
	uint64_t n;
	const struct state_announced *x = state_records(m->view, STATE_PREFIXES, &n);

	for (uint64_t i = 0; i < n; i++) {
		struct candidate c = {.of = m,
				      .prefix = state_prefix_get(&x[i].prefix),
				      .kind = KIND_PREFIX,
				      .permitted = may_use(m, &x[i]),
				      .learned = (x[i].flags & STATE_ANNOUNCED_SOLE) == 0};

		if (!prefix_has(&c.prefix, to))
			continue;
		c.learned |= c.prefix.length == 0;
		if (x[i].peer == m->self->peer)
			c.kind = KIND_HERE;
		if (best->of == m && best->kind == KIND_PREFIX && c.kind == KIND_PREFIX &&
		    prefix_equal(&best->prefix, &c.prefix))
			best->permitted |= c.permitted;
		consider(best, &c);
	}
}

static void consider_remotes(struct candidate *best, struct hop_membership *m,
			     const struct address *to)
{
	uint64_t nlet_in, nremotes;
	const struct state_let_in *let_in = state_records(m->view, STATE_LET_IN, &nlet_in);
	const struct state_remote *remotes = state_records(m->view, STATE_REMOTES, &nremotes);

	for (uint64_t i = 0; i < nremotes; i++) {
		struct candidate c = {.of = m,
				      .kind = KIND_REMOTE,
				      .prefix = state_prefix_get(&remotes[i].cidr),
				      .remote = &remotes[i]};

		if (prefix_has(&c.prefix, to))
			consider(best, &c);
	}
	for (uint64_t i = 0; i < nlet_in; i++) {
		struct candidate c = {.of = m,
				      .kind = KIND_REMOTE,
				      .prefix = state_prefix_get(&let_in[i].prefix),
				      .permitted = true};
		struct prefix cidr;

		if (let_in[i].remote >= nremotes || !prefix_has(&c.prefix, to))
			continue;
		c.remote = &remotes[let_in[i].remote];
		cidr = state_prefix_get(&c.remote->cidr);
		c.learned = !prefix_has(&cidr, to); /* that has an aggregate */
		if (best->remote == c.remote && prefix_equal(&best->prefix, &c.prefix))
			best->permitted = true; /* the other mesh as a whole */
		consider(best, &c);
	}
}

/* ---- who has it ---- */

static const char *role_of(const struct state_peer *p)
{
	static const char *const roles[] = {
		[STATE_ROLE_MEMBER] = "member",
		[STATE_ROLE_ROUTER] = "router",
		[STATE_ROLE_GATEWAY] = "gateway",
	};

	return p->role <= STATE_ROLE_GATEWAY ? roles[p->role] : "unknown";
}

typedef VEC(struct hop_owner) owner_vec;

static void push_owner(const struct hop_membership *m, uint32_t index, struct arena *a,
		       owner_vec *out)
{
	const struct state_peer *p = state_peer_at(m->view, index);
	const struct address at = state_peer_address(m->view, index);
	char text[ADDRESS_TEXT_MAX];

	if (p != NULL)
		vec_push(out, (struct hop_owner){arena_strdup(a, state_name_at(m->view, index)),
						 arena_strdup(a, address_format(&at, text)),
						 role_of(p)});
}

static void push_announcers(const struct candidate *c, struct arena *a, owner_vec *out)
{
	uint64_t n;
	const struct state_announced *x = state_records(c->of->view, STATE_PREFIXES, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct prefix p = state_prefix_get(&x[i].prefix);

		if (prefix_equal(&p, &c->prefix))
			push_owner(c->of, x[i].peer, a, out);
	}
}

static void push_gateways(const struct candidate *c, struct arena *a, owner_vec *out)
{
	uint64_t n;
	const struct state_trunk *t = state_records(c->of->image, STATE_TRUNKS, &n);

	for (uint64_t i = 0; i < n; i++) {
		const struct state_peer *p = state_peer_at(c->of->view, t[i].peer);

		if (p != NULL && p->role == STATE_ROLE_GATEWAY)
			push_owner(c->of, t[i].peer, a, out);
	}
}

static void push_owners(const struct candidate *c, struct arena *a, struct hop_intent *out)
{
	owner_vec v = {0};

	if (c->kind == KIND_MACHINE)
		push_owner(c->of, c->peer, a, &v);
	else if (c->kind == KIND_REMOTE)
		push_gateways(c, a, &v);
	else if (c->kind == KIND_PREFIX || (c->kind == KIND_HERE && c->peer == 0))
		push_announcers(c, a, &v);
	else if (c->kind == KIND_HERE)
		push_owner(c->of, c->peer, a, &v);
	out->owners.n = v.n;
	if (v.n > 0)
		out->owners.at = arena_copy(a, v.at, v.n * sizeof(v.at[0]));
	vec_free(&v);
}

static const char *id_text(const uint8_t bytes[16], struct arena *a)
{
	char text[ID_TEXT_MAX];
	struct id id;

	memcpy(id.bytes, bytes, sizeof(id.bytes));
	return id_is_zero(&id) ? NULL : arena_strdup(a, id_format(&id, text));
}

struct hop_membership *hop_intent_find(const struct hop_machine *m, const struct address *to,
				       struct arena *a, struct hop_intent *out)
{
	struct candidate best = {.kind = KIND_OUTSIDE};
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < m->memberships.n; i++) {
		consider_mesh(&best, &m->memberships.at[i], to);
		consider_prefixes(&best, &m->memberships.at[i], to);
		consider_remotes(&best, &m->memberships.at[i], to);
	}
	*out = (struct hop_intent){.kind = kinds[best.kind]};
	if (best.of == NULL)
		return NULL;
	out->mesh = arena_strdup(a, best.of->mesh->name);
	out->membership = arena_strdup(a, best.of->text);
	out->address = arena_strdup(a, address_format(&best.of->own, text));
	out->prefix = arena_strdup(a, prefix_format(&best.prefix, text));
	out->permitted = best.permitted;
	out->learned = best.learned;
	out->peering = best.remote != NULL ? id_text(best.remote->peering, a) : NULL;
	push_owners(&best, a, out);
	return best.of;
}

/* ---- who may send to whom ---- */

static bool set_has(const struct hop_membership *m, uint32_t set, const struct address *address)
{
	uint64_t nsets, n;
	const struct state_range *sets = state_records(m->image, STATE_GUARD_SETS, &nsets);
	const struct state_prefix *p = state_records(m->image, STATE_GUARD_PREFIXES, &n);

	for (uint32_t i = 0; set < nsets && i < sets[set].count; i++) {
		const struct prefix x = state_prefix_get(&p[sets[set].first + i]);

		if (prefix_has(&x, address))
			return true;
	}
	return false;
}

const char *hop_intent_guard(const struct hop_membership *m, const struct address *from,
			     const struct address *to, struct arena *a, const char **peering)
{
	uint64_t n;
	const struct state_guard_pair *pairs = state_records(m->image, STATE_GUARD_PAIRS, &n), *by;
	const char *verdict = "drop";

	*peering = NULL;
	for (uint64_t i = 0; i < n; i++) {
		by = &pairs[i];
		if (!set_has(m, by->from, from) || !set_has(m, by->to, to))
			continue;
		*peering = id_text(by->peering, a);
		if (by->verdict == STATE_GUARD_PASS)
			return "pass";
		verdict = "icmp-error";
	}
	return verdict;
}
