/* `skein bgp routes [PREFIX]`: what is in BIRD's tables, by what one looks for. BIRD does the
 * looking, in its filter language; only next hops are compared here, for that has the first one
 * alone. What goes into the expression is a number, a prefix that was parsed, or a mask of these.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/bgp/community.h"
#include "cli/bgp/page.h"
#include "cli/bgp/routes.h"
#include "lib/base/json.h"

#define STRAYS_MAX 1000

enum { REPLY_NO_ROUTE = 8001, REPLY_PARSE_ERROR = 9000 };

#define AT(member) offsetof(struct bgp_routes_options, member)

const struct option_row bgp_routes_options[] = {
	BGP_WHERE_ROWS,
	{"covered", 0, OPTION_TEXT, AT(covered), "PREFIX", "the prefix and what lies in it", 0, 0},
	{"covering", 0, OPTION_TEXT, AT(covering), "PREFIX", "the prefix and what it lies in", 0,
	 0},
	{"via", 0, OPTION_TEXT, AT(via), "ADDRESS|DEVICE", "over this next hop, or device", 0, 0},
	{"from", 0, OPTION_TEXT, AT(from), "NEIGHBOR",
	 "heard from it: protocol, address, or description", 0, 0},
	{"community", 0, OPTION_TEXT, AT(community), "A:B|A:B:C|NAME",
	 "with this community, by numbers or a name such as blackhole", 0, 0},
	{"as", 0, OPTION_NUMBER, AT(as), "AS", "whose path has this AS", 1, UINT32_MAX},
	{"path", 0, OPTION_TEXT, AT(path), "MASK",
	 "whose path is this: AS numbers, ? for any one, * for any number of them", 0, 0},
	{"table", 't', OPTION_TEXT, AT(table), "TABLE", "of this table; 'all': of every one", 0, 0},
	{"best", 'b', OPTION_FLAG, AT(best), NULL, "only the best to each prefix", 0, 0},
	{"rejected", 0, OPTION_FLAG, AT(rejected), NULL,
	 "what import filters and limits rejected, where BIRD keeps it", 0, 0},
	{0}};

/* ---- what BIRD is asked ---- */

static void put_term(struct buf *where, const char *term)
{
	buf_printf(where, "%s(%s)", where->len > 0 ? " && " : " where ", term);
}

static int put_prefix_term(struct cli *c, const char *option, const char *given, char sign,
			   struct buf *where)
{
	char text[PREFIX_TEXT_MAX], term[PREFIX_TEXT_MAX + 16];
	struct prefix p;
	int code;

	if (given == NULL)
		return 0;
	code = prefix_parse(given, &p, &c->fault);
	if (code != 0)
		return fault_prefix(&c->fault, "%s", option);
	snprintf(term, sizeof(term), "net ~ [ %s%c ]", prefix_format(&p, text), sign);
	put_term(where, term);
	return 0;
}

/* Numbers, '?' and '*' only: it becomes part of an expression. */
static int put_path_term(struct cli *c, const char *mask, struct buf *where)
{
	char term[BIRD_COMMAND_MAX];

	if (mask == NULL)
		return 0;
	if (strlen(mask) > BIRD_COMMAND_MAX / 2 || strspn(mask, "0123456789?* ") != strlen(mask))
		return fault_set(&c->fault, ERR_INVALID,
				 "--path '%s': want AS numbers, ? and *, with blanks between",
				 mask);
	snprintf(term, sizeof(term), "bgp_path ~ [= %s =]", mask);
	put_term(where, term);
	return 0;
}

static int put_where(struct cli *c, const struct bgp_routes_options *o, struct buf *where)
{
	char term[64];
	int code = put_prefix_term(c, "--covered", o->covered, '+', where);

	if (code == 0)
		code = put_prefix_term(c, "--covering", o->covering, '-', where);
	if (code == 0)
		code = put_path_term(c, o->path, where);
	if (code == 0 && o->community != NULL) {
		code = community_term(o->community, term, sizeof(term), &c->fault);
		put_term(where, code == 0 ? term : "false");
	}
	if (code == 0 && o->as != 0) {
		snprintf(term, sizeof(term), "bgp_path ~ [= * %" PRIi64 " * =]", o->as);
		put_term(where, term);
	}
	return code;
}

static int put_table(struct cli *c, const char *table, struct buf *command)
{
	const char *quoted;
	int code = 0;

	if (table != NULL && strcmp(table, "all") == 0) {
		buf_puts(command, " table all");
	} else if (table != NULL) {
		code = bgp_quote_symbol(c, table, &quoted);
		if (code == 0)
			buf_printf(command, " table %s", quoted);
	}
	return code;
}

static int put_from(struct bgp *b, const char *from, struct buf *command)
{
	const struct bird_protocol *p;
	const char *quoted;
	int code;

	if (from == NULL)
		return 0;
	code = bgp_read_protocols(b);
	if (code == 0)
		code = bgp_find_neighbor(b, from, &p);
	if (code == 0)
		code = bgp_quote_symbol(b->cli, p->name, &quoted);
	if (code == 0)
		buf_printf(command, " protocol %s", quoted);
	return code;
}

static int make_command(struct bgp *b, const struct bgp_routes_options *o, const char *prefix,
			struct buf *command)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p;
	int code = 0;

	buf_puts(command, "show route");
	if (prefix != NULL) {
		code = prefix_parse(prefix, &p, &b->cli->fault);
		if (code == 0)
			buf_printf(command, " %s", prefix_format(&p, text));
	}
	buf_puts(command, " all");
	buf_puts(command, o->best ? " primary" : "");
	buf_puts(command, o->rejected ? " filtered" : "");
	if (code == 0)
		code = put_table(b->cli, o->table, command);
	if (code == 0)
		code = put_from(b, o->from, command);
	if (code == 0) {
		struct buf where;

		buf_init(&where);
		code = put_where(b->cli, o, &where);
		buf_puts(command, buf_text(&where));
		buf_fini(&where);
	}
	return code;
}

/* ---- what it answers ---- */

struct listing {
	const struct bgp_routes_options *o;
	const struct output *out;
	struct address via; /* family 0: a device */
	struct route_rows rows;
	struct route_items items;
	json_t *strays;
};

static bool is_via(const struct listing *l, const struct bird_route *r)
{
	if (l->o->via == NULL)
		return true;
	for (size_t i = 0; i < r->hops.n; i++)
		if (l->via.family != FAMILY_NONE ? address_equal(&r->hops.at[i].gateway, &l->via)
						 : strcmp(r->hops.at[i].device, l->o->via) == 0)
			return true;
	return false;
}

static int on_route(void *context, const struct bird_route *r)
{
	struct listing *l = context;

	if (!is_via(l, r))
		return 0;
	if (l->out->json)
		route_items_put(&l->items, bgp_route_json(r, l->o->rejected));
	else
		route_rows_put(&l->rows, r);
	return ferror(l->out->to) != 0 ? ERR_IO : 0;
}

static int on_stray(void *context, const char *text)
{
	struct listing *l = context;

	if (json_array_size(l->strays) >= STRAYS_MAX)
		return ERR_TOO_LARGE;
	json_array_append_new(l->strays, json_text(text));
	if (!l->out->json)
		page_line(l->out, PAGE_PLAIN, "%s", text);
	return 0;
}

static int list(struct bgp *b, const struct bgp_routes_options *o, const char *command)
{
	struct listing l = {.o = o, .out = &b->cli->out, .strays = json_array()};
	struct bird_routes routes;
	int code;

	if (o->via != NULL)
		(void)address_parse(o->via, &l.via, NULL);
	route_rows_init(&l.rows, l.out, o->rejected);
	bird_routes_init(&routes, on_route, &l);
	routes.stray = on_stray;
	route_items_init(&l.items, b);
	code = bgp_ask(b, command, bird_routes_line, &routes);
	if (code == 0 && !l.out->json)
		route_rows_end(&l.rows);
	if (code == 0 && l.out->json)
		route_items_end(&l.items, l.strays);
	json_decref(l.strays);
	bird_routes_fini(&routes);
	route_rows_fini(&l.rows);
	return code;
}

/* BIRD's words are about its grammar. */
static int explain(struct bgp *b, const struct bgp_routes_options *o, const char *prefix, int code)
{
	struct fault *f = &b->cli->fault;
	const struct fault said = *f;

	if (code == ERR_NOT_FOUND && prefix != NULL && bird_code(b->bird) == REPLY_NO_ROUTE) {
		*f = (struct fault){0};
		return fault_set(f, code, "BIRD at %s has no route to %s", b->at.socket, prefix);
	}
	if (code == ERR_REMOTE && o->table != NULL && bird_code(b->bird) >= REPLY_PARSE_ERROR) {
		*f = (struct fault){0};
		return fault_set(f, ERR_NOT_FOUND, "BIRD at %s has no table '%s' (%s)",
				 b->at.socket, o->table, said.text);
	}
	return code;
}

int bgp_routes(struct cli *c, const struct invocation *in)
{
	const struct bgp_routes_options *o = in->options;
	struct buf command;
	struct bgp b;
	int code = bgp_open_one(&b, c, &o->where);

	buf_init(&command);
	if (code == 0)
		code = make_command(&b, o, in->nargs > 0 ? in->args[0] : NULL, &command);
	if (code == 0 && command.len >= BIRD_COMMAND_MAX)
		code = fault_set(&c->fault, ERR_TOO_LARGE, "too much to ask for at once");
	if (code == 0)
		code = explain(&b, o, in->nargs > 0 ? in->args[0] : NULL,
			       list(&b, o, buf_text(&command)));
	buf_fini(&command);
	bgp_close(&b);
	return code;
}
