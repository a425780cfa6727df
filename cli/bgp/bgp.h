/* `skein bgp`: what a BIRD knows, asked over its control socket. It may be one of the agent's, or
 * any other, of 2.0 and later, that Skein never saw before.
 *
 * The connection is restricted before anything else: it can look, and do nothing. A reply is read
 * line by line, so that a table of any size takes no memory; what BIRD says and Skein does not
 * understand is shown as it is. */
#ifndef SKEIN_CLI_BGP_BGP_H
#define SKEIN_CLI_BGP_BGP_H

#include "cli/bgp/instance.h"
#include "cli/cli.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_status.h"

#define BGP_SCHEMA "skein-bgp.v1"

/* The first member of every verb's options. */
struct bgp_where {
	const char *socket, *mesh, *machine;
};

#define BGP_WHERE_ROWS                                                                             \
	{"socket",    's',                                                                         \
	 OPTION_TEXT, offsetof(struct bgp_where, socket),                                          \
	 "PATH",      "control socket of any BIRD, in place of this machine's own",                \
	 0,	      0},                                                                          \
		{"mesh",      'm',                                                                 \
		 OPTION_TEXT, offsetof(struct bgp_where, mesh),                                    \
		 "MESH",      "which mesh of the machine, where it is in several",                 \
		 0,	      0},                                                                  \
	{                                                                                          \
		"machine", 'M', OPTION_TEXT, offsetof(struct bgp_where, machine), "NAME",          \
			"another machine's, asked through the controller", 0, 0                    \
	}

/* Options of verbs that can be asked whether all is up. */
struct bgp_check_options {
	struct bgp_where where;
	bool check;
};

#define BGP_WATCH_INTERVAL_MS 1000

struct bgp_watch_options {
	struct bgp_where where;
	int64_t interval, seconds; /* ms between two looks; when it ends, 0: never */
};

struct bgp {
	struct cli *cli;
	struct bird *bird;
	struct instance at;
	struct bird_status status;
	struct bird_protocols protocols; /* once bgp_read_protocols() was called */
};

/* Connects, restricts, asks for the status. Whatever it returns, bgp_close() follows. */
int bgp_open(struct bgp *b, struct cli *cli, const struct instance *at);
/* The same with the one that the options select. */
int bgp_open_one(struct bgp *b, struct cli *cli, const struct bgp_where *where);
void bgp_close(struct bgp *b);
/* One command, its reply to `each`. A reply may take as long as it goes on: only a BIRD that says
 * nothing for some seconds is ERR_TIMEOUT. */
int bgp_ask(struct bgp *b, const char *command, bird_line_fn *each, void *context);
/* All protocols, with details; anew each time. */
int bgp_read_protocols(struct bgp *b);
/* A BGP session, by protocol, address, or description. ERR_NOT_FOUND names it. */
int bgp_find_neighbor(struct bgp *b, const char *name, const struct bird_protocol **out);
bool bgp_is_session(const struct bird_protocol *p);
/* A protocol's name as BIRD's commands take it, in quotes; ERR_INVALID for what can be none. In the
 * command's arena. */
int bgp_quote_symbol(struct cli *cli, const char *name, const char **out);

/* ---- as JSON: new references ---- */

/* socket, mesh, membership, version, router_id, … */
json_t *bgp_instance_json(const struct bgp *b);
json_t *bgp_neighbor_json(const struct bgp *b, const struct bird_protocol *p);
/* A row of the summary. */
json_t *bgp_summary_json(const struct bgp *b, const struct bird_protocol *p);
/* Texts that are not understood. */
json_t *bgp_texts_json(const bird_text_vec *v);
/* "" becomes null. */
json_t *bgp_text_json(const char *text);
/* Seconds; null where it cannot be told. */
json_t *bgp_age_json(const struct bgp *b, const char *since);
/* A cell of its members "age_s" and "since". */
void bgp_put_age(const json_t *item, struct buf *out);

extern const struct verb bgp_verbs[];
int bgp_summary(struct cli *c, const struct invocation *in);
int bgp_neighbors(struct cli *c, const struct invocation *in);
int bgp_bfd(struct cli *c, const struct invocation *in);
int bgp_watch(struct cli *c, const struct invocation *in);

#endif
