#include "cli/api.h"

static const struct column columns[] = {{"AT", "at", COLUMN_TIME, NULL, NULL},
					{"ACTION", "action", COLUMN_TEXT, NULL, NULL},
					{"ACTOR", "actor", COLUMN_FLEX, NULL, NULL},
					{"RESOURCE", "resource", COLUMN_TEXT, NULL, NULL},
					{0}};

#define LIMIT	  50
#define LIMIT_MAX 100000

struct options {
	int64_t limit;
};

static const struct option_row options[] = {{"limit", 'n', OPTION_NUMBER,
					     offsetof(struct options, limit), "N",
					     "how many, the newest first (50)", 1, LIMIT_MAX},
					    {0}};

static int list(struct cli *c, const struct invocation *in)
{
	const struct options *o = in->options;
	json_t *items;
	int code = api_list(c, "/audit", o->limit > 0 ? (size_t)o->limit : LIMIT, &items);

	if (code == 0)
		output_list(&c->out, columns, items, "nothing was changed yet");
	return code;
}

const struct verb audit_verbs[] = {
	VERB("audit", "", 0, 0, "who changed what; --json has before and after", options,
	     struct options, list),
	VERB_END,
};
