/* The verbs of `skein bgp`; each is a file. */
#include "cli/bgp/bgp.h"

#define CHECK_HELP "exit status 1 when one is not up"

static const struct option_row where_options[] = {BGP_WHERE_ROWS, {0}};

static const struct option_row check_options[] = {BGP_WHERE_ROWS,
						  {"check", 0, OPTION_FLAG,
						   offsetof(struct bgp_check_options, check), NULL,
						   CHECK_HELP, 0, 0},
						  {0}};

const struct verb bgp_verbs[] = {
	VERB_BIRD("bgp summary", "", 0, 0, "the BGP sessions of this machine, or of any BIRD",
		  check_options, struct bgp_check_options, bgp_summary),
	VERB_BIRD("bgp neighbors", "[NAME]", 0, 1,
		  "all about one session, by protocol, address or description; or about each",
		  where_options, struct bgp_where, bgp_neighbors),
	VERB_BIRD("bgp bfd", "", 0, 0, "the BFD sessions, and whose they are", check_options,
		  struct bgp_check_options, bgp_bfd),
	VERB_END,
};
