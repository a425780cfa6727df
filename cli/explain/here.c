/* Without a controller: names and addresses by this machine's own state, and itself asked. */
#include <string.h>

#include "cli/explain/explain.h"
#include "cli/hop/machine.h"

/* Of a machine in any mesh of this one, the first that has the name. */
static bool find_name(const struct hop_machine *m, const char *name, struct address *out)
{
	for (size_t i = 0; i < m->memberships.n; i++) {
		const struct state_image *view = m->memberships.at[i].view;
		uint64_t n;

		state_records(view, STATE_PEERS, &n);
		for (uint32_t k = 1; k < n; k++)
			if (state_peer_at(view, k) != NULL &&
			    strcmp(state_name_at(view, k), name) == 0) {
				*out = state_peer_address(view, k);
				return true;
			}
	}
	return false;
}

static const char *owner_name(const struct hop_machine *m, const struct address *at,
			      struct arena *a)
{
	const struct hop_membership *x = hop_membership_of(m, at);
	uint32_t index = x != NULL ? hop_peer_index(x, at) : 0;

	return index != 0 ? arena_strdup(a, state_name_at(x->view, index)) : NULL;
}

static int resolve(struct cli *c, const struct hop_machine *m, struct explain_end *e)
{
	if (address_parse(e->text, &e->address, NULL) == 0) {
		e->machine = owner_name(m, &e->address, &c->arena);
		return 0;
	}
	e->named = true;
	e->machine = e->text;
	if (find_name(m, e->text, &e->address))
		return 0;
	return fault_set(&c->fault, ERR_NOT_FOUND,
			 "no mesh of this machine has a machine '%s'; the controller may know it: "
			 "skein login",
			 e->text);
}

/* What starts here, or in a network that this machine announces. */
static bool begins_here(struct cli *c, const struct hop_machine *m, const struct explain_end *e)
{
	struct hop_intent intent;

	hop_intent_find(m, &e->address, &c->arena, &intent);
	return strcmp(intent.kind, "here") == 0;
}

int explain_resolve_here(struct cli *c, struct explain_end *from, struct explain_end *to)
{
	struct hop_machine m;
	int code = hop_machine_open(&m, false, &c->arena, &c->fault);

	if (code == 0)
		code = resolve(c, &m, from);
	if (code == 0)
		code = resolve(c, &m, to);
	if (code == 0 && !begins_here(c, &m, from))
		code = fault_set(&c->fault, ERR_UNREACHABLE,
				 "%s is not this machine (%s): only the controller can ask it: "
				 "skein login",
				 from->text, m.name);
	if (code == 0)
		from->machine = arena_strdup(&c->arena, m.name);
	hop_machine_close(&m);
	return code;
}

int explain_ask_here(void *context, const char *machine, const struct hop_question *q,
		     struct arena *a, struct hop *out, struct fault *f)
{
	struct cli *c = context;
	int code = hop_gather(q, a, out, f);

	(void)c;
	if (code == 0 && strcmp(out->machine, machine) != 0)
		return fault_set(f, ERR_UNREACHABLE,
				 "it is another machine: only the controller can ask it");
	return code;
}
