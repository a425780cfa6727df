/* `skein explain SRC DST`: whether packets flow and, if not, the first layer that stops them.
 *
 * On this machine alone it says what this machine knows; with a controller it asks each machine of
 * the way, there and back. */
#ifndef SKEIN_CLI_EXPLAIN_EXPLAIN_H
#define SKEIN_CLI_EXPLAIN_EXPLAIN_H

#include "cli/cli.h"
#include "cli/explain/walk.h"

#define EXPLAIN_SCHEMA "skein-explain.v1"

struct explain_end {
	const char *text;	/* as it was given */
	const char *machine;	/* that has it, or has it behind it; NULL: nobody known */
	struct address address; /* family 0: not known */
	bool named;		/* by its machine's name, which speaks from what it likes */
};

enum flows { FLOWS_YES, FLOWS_NO, FLOWS_UNKNOWN };

struct explanation {
	struct explain_end from, to;
	struct way there, back;
	const char *back_not_asked; /* why; NULL: it was */
};

enum flows explanation_flows(const struct explanation *x);
/* New reference. */
json_t *explanation_json(const struct explanation *x);
void explanation_print(const struct output *o, const struct explanation *x);

/* Both ends by what this machine has in its state. ERR_NOT_FOUND; ERR_UNREACHABLE: the packet does
 * not begin on this machine. */
int explain_resolve_here(struct cli *c, struct explain_end *from, struct explain_end *to);
/* By the controller; its names. */
int explain_resolve(struct cli *c, struct explain_end *from, struct explain_end *to);

/* Context: struct cli *. This machine, whatever it is called. */
walk_ask explain_ask_here;
/* By a question through the controller. */
walk_ask explain_ask_there;

#endif
