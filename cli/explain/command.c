#include "cli/explain/explain.h"

struct options {
	bool here;
};

static const struct option_row explain_options[] = {
	{"here", 0, OPTION_FLAG, offsetof(struct options, here), NULL,
	 "ask this machine only, and no controller", 0, 0},
	{0}};

static const struct address no_address;

static void go_there(struct cli *c, struct explanation *x, walk_ask *ask)
{
	walk_go(x->from.machine, x->from.named ? &no_address : &x->from.address, &x->to.address,
		ask, c, &c->arena, &x->there);
	/* A machine that is called by its name speaks from the address that its kernel chose. */
	if (x->from.named && x->there.n > 0 && x->there.steps[0].hop.from != NULL)
		address_parse(x->there.steps[0].hop.from, &x->from.address, NULL);
}

static int answer(struct cli *c, const struct explanation *x)
{
	static const int codes[] = {
		[FLOWS_YES] = 0, [FLOWS_NO] = ERR_CHECK, [FLOWS_UNKNOWN] = ERR_UNREACHABLE};
	const enum flows flows = explanation_flows(x);

	if (c->json) {
		json_t *o = explanation_json(x);

		output_json(&c->out, o);
		json_decref(o);
	} else {
		explanation_print(&c->out, x);
	}
	if (flows == FLOWS_YES)
		return 0;
	return fault_set(&c->fault, codes[flows], "%s to %s: %s", x->from.text, x->to.text,
			 flows == FLOWS_NO ? "packets do not flow"
					   : "not all of the way could be asked");
}

static int explain_here(struct cli *c, struct explanation *x)
{
	int code = explain_resolve_here(c, &x->from, &x->to);

	if (code != 0)
		return code;
	go_there(c, x, explain_ask_here);
	x->back_not_asked = "only the controller can ask other machines";
	return answer(c, x);
}

/* Back from the machine that the packet came to, or, where it did not arrive, that it should. */
static void go_back(struct cli *c, struct explanation *x)
{
	const struct step *last = walk_last(&x->there);
	const char *machine = x->there.end == WAY_ARRIVES ? last->machine : x->to.machine;

	if (machine == NULL)
		x->back_not_asked = "no machine has the destination";
	else if (x->from.address.family == FAMILY_NONE)
		x->back_not_asked = "it has no address to answer to";
	else
		walk_go(machine, &x->to.address, &x->from.address, explain_ask_there, c, &c->arena,
			&x->back);
}

static int explain_there(struct cli *c, struct explanation *x)
{
	int code = explain_resolve(c, &x->from, &x->to);

	if (code != 0)
		return code;
	go_there(c, x, explain_ask_there);
	go_back(c, x);
	return answer(c, x);
}

static int explain(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	struct explanation *x = arena_alloc(&c->arena, sizeof(*x));
	int code;

	x->from.text = in->args[0];
	x->to.text = in->args[1];
	code = o->here ? ERR_AUTH : cli_connect(c);
	if (code == 0)
		return explain_there(c, x);
	if (code != ERR_AUTH) /* there is a login, and it is of no use */
		return code;
	c->fault = (struct fault){0};
	return explain_here(c, x);
}

const struct verb explain_verbs[] = {
	VERB_BIRD("explain", "SRC DST", 2, 2,
		  "whether packets flow from a machine or address to another, and if not, what "
		  "stops them",
		  explain_options, struct options, explain),
	VERB_END,
};
