/* The verbs of `skein bgp`; each is a file. */
#include "cli/bgp/bgp.h"
#include "cli/bgp/diff.h"
#include "cli/bgp/routes.h"
#include "cli/bgp/trace.h"

#define CHECK_HELP "exit status 1 when one is not up"

static const struct option_row where_options[] = {BGP_WHERE_ROWS, {0}};

static const struct option_row check_options[] = {BGP_WHERE_ROWS,
						  {"check", 0, OPTION_FLAG,
						   offsetof(struct bgp_check_options, check), NULL,
						   CHECK_HELP, 0, 0},
						  {0}};

static const struct option_row table_options[] = {
	BGP_WHERE_ROWS,
	{"table", 't', OPTION_TEXT, offsetof(struct bgp_table_options, table), "TABLE",
	 "of this table; 'all': of every one", 0, 0},
	{0}};

static const struct option_row watch_options[] = {
	BGP_WHERE_ROWS,
	{"interval", 0, OPTION_NUMBER, offsetof(struct bgp_watch_options, interval), "MS",
	 "between two looks; 1000", 50, 3600000},
	{"for", 0, OPTION_NUMBER, offsetof(struct bgp_watch_options, seconds), "SECONDS",
	 "then it ends; otherwise never", 1, 31536000},
	{0}};

static const struct option_row diff_options[] = {
	{"mesh", 'm', OPTION_TEXT, offsetof(struct bgp_diff_options, mesh), "MESH",
	 "which mesh, where a machine is in several", 0, 0},
	{0}};

const struct verb bgp_verbs[] = {
	VERB_BIRD("bgp summary", "", 0, 0, "the BGP sessions of this machine, or of any BIRD",
		  check_options, struct bgp_check_options, bgp_summary),
	VERB_BIRD("bgp neighbors", "[NAME]", 0, 1,
		  "all about one session, by protocol, address or description; or about each",
		  where_options, struct bgp_where, bgp_neighbors),
	VERB_BIRD("bgp routes", "[PREFIX]", 0, 1, "the routes that BIRD has, or those looked for",
		  bgp_routes_options, struct bgp_routes_options, bgp_routes),
	VERB_BIRD("bgp route", "PREFIX|ADDRESS", 1, 1,
		  "the longest match, every way to it, and why one of them is used", table_options,
		  struct bgp_table_options, bgp_route),
	VERB_BIRD("bgp rejected", "", 0, 0, "what import filters and limits rejected, and why",
		  where_options, struct bgp_where, bgp_rejected),
	VERB_BIRD("bgp bfd", "", 0, 0, "the BFD sessions, and whose they are", check_options,
		  struct bgp_check_options, bgp_bfd),
	VERB_BIRD("bgp watch", "[PREFIX]", 0, 1,
		  "sessions, BFD and routes as they change; with a prefix, only the routes in it",
		  watch_options, struct bgp_watch_options, bgp_watch),
	VERB("bgp diff", "MACHINE MACHINE", 2, 2,
	     "what the best routes of two machines differ in; exit status 1 if they do",
	     diff_options, struct bgp_diff_options, bgp_diff),
	VERB("bgp trace", "SRC DST", 2, 2,
	     "a packet's way from a machine or address to another, machine by machine", NULL,
	     struct no_options, bgp_trace),
	VERB_END,
};
