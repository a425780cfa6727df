#include "cli/hop/command.h"
#include "cli/cli.h"

struct options {
	const char *source, *previous;
	bool probe;
};

static const struct option_row hop_options[] = {
	{"source", 0, OPTION_TEXT, offsetof(struct options, source), "ADDRESS",
	 "of a packet from there; else this machine's own", 0, 0},
	{"previous", 0, OPTION_TEXT, offsetof(struct options, previous), "ADDRESS",
	 "mesh address of the machine that hands it on to this one", 0, 0},
	{"probe", 0, OPTION_FLAG, offsetof(struct options, probe), NULL,
	 "ask the next machine, and the destination, for an echo", 0, 0},
	{0}};

static int parse_option(const char *name, const char *text, struct address *out, struct fault *f)
{
	int code = text != NULL ? address_parse(text, out, f) : 0;

	if (code != 0)
		fault_prefix(f, "--%s", name);
	return code;
}

static int parse_question(const struct invocation *in, struct hop_question *q, struct fault *f)
{
	const struct options *o = in->options;
	int code = address_parse(in->args[0], &q->to, f);

	q->probe = o->probe;
	if (code == 0)
		code = parse_option("source", o->source, &q->from, f);
	if (code == 0)
		code = parse_option("previous", o->previous, &q->previous, f);
	if (code == 0 && q->previous.family != FAMILY_NONE && q->from.family == FAMILY_NONE)
		code = fault_set(f, ERR_USAGE, "--previous: want --source with it");
	if (code == 0 && q->to.family != FAMILY_IPV4)
		code = fault_set(f, ERR_UNSUPPORTED, "%s: meshes carry IPv4 only", in->args[0]);
	return code;
}

static int hop(struct cli *c, const struct invocation *in)
{
	struct hop_question q = {0};
	struct hop h;
	int code = parse_question(in, &q, &c->fault);

	if (code == 0)
		code = hop_gather(&q, &c->arena, &h, &c->fault);
	if (code == 0 && c->json) {
		json_t *o = hop_json(&h);

		output_json(&c->out, o);
		json_decref(o);
	} else if (code == 0) {
		hop_print(&c->out, &h);
	}
	return code;
}

const struct verb hop_verbs[] = {
	VERB_BIRD("hop", "ADDRESS", 1, 1,
		  "where this machine sends a packet to the address: intent, BIRD, kernel, "
		  "WireGuard",
		  hop_options, struct options, hop),
	VERB_END,
};
