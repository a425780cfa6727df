#include "cli/bgp/bgp.h"

#include <poll.h>
#include <string.h>

#define SILENCE_MS 10000

int bgp_ask(struct bgp *b, const char *command, bird_line_fn *each, void *context)
{
	struct fault *f = &b->cli->fault;
	int code = bird_start(b->bird, command, each, context, f);

	while (code == 0 && (code = bird_step(b->bird, f)) == 0) {
		struct pollfd p = {.fd = bird_fd(b->bird), .events = bird_events(b->bird)};

		if (poll(&p, 1, SILENCE_MS) == 0)
			code = fault_set(f, ERR_TIMEOUT, "BIRD at %s says nothing for %d s",
					 b->at.socket, SILENCE_MS / 1000);
	}
	return code < 0 ? code : 0;
}

static int cannot_open(struct bgp *b, int code, const struct fault *why)
{
	struct fault *f = &b->cli->fault;

	if (code == ERR_PRIVILEGE || code == ERR_FORBIDDEN)
		return fault_set(f, ERR_PRIVILEGE,
				 "%s: only root and BIRD's own group may ask it; try sudo",
				 b->at.socket);
	if (code == ERR_NOT_FOUND || code == ERR_UNREACHABLE)
		return fault_set(f, code, "no BIRD answers at %s", b->at.socket);
	return fault_set(f, code, "%s", fault_text(why, code));
}

int bgp_open(struct bgp *b, struct cli *cli, const struct instance *at)
{
	struct fault why = {0};
	int code;

	*b = (struct bgp){.cli = cli, .at = *at};
	bird_status_init(&b->status, &cli->arena);
	bird_protocols_init(&b->protocols, &cli->arena);
	code = bird_open(at->socket, &b->bird, &why);
	if (code != 0)
		return cannot_open(b, code, &why);
	code = bgp_ask(b, "restrict", NULL, NULL);
	return code == 0 ? bgp_ask(b, "show status", bird_status_line, &b->status) : code;
}

int bgp_open_one(struct bgp *b, struct cli *cli, const struct bgp_where *where)
{
	struct instance at = {0};
	int code = instance_find_one(where->socket, where->mesh, &cli->arena, &at, &cli->fault);

	*b = (struct bgp){.cli = cli};
	return code == 0 ? bgp_open(b, cli, &at) : code;
}

void bgp_close(struct bgp *b)
{
	bird_protocols_fini(&b->protocols);
	bird_status_fini(&b->status);
	bird_close(b->bird);
	b->bird = NULL;
}

int bgp_read_protocols(struct bgp *b)
{
	bird_protocols_fini(&b->protocols);
	bird_protocols_init(&b->protocols, &b->cli->arena);
	return bgp_ask(b, "show protocols all", bird_protocols_line, &b->protocols);
}

bool bgp_is_session(const struct bird_protocol *p)
{
	return strcmp(p->kind, "BGP") == 0;
}

static bool is_called(const struct bird_protocol *p, const char *name)
{
	char address[ADDRESS_TEXT_MAX];

	return strcmp(p->name, name) == 0 || strcmp(p->description, name) == 0 ||
	       strcmp(p->neighbour_text, name) == 0 ||
	       (p->neighbour.family != FAMILY_NONE &&
		strcmp(address_format(&p->neighbour, address), name) == 0);
}

int bgp_find_neighbor(struct bgp *b, const char *name, const struct bird_protocol **out)
{
	for (size_t i = 0; i < b->protocols.list.n; i++)
		if (bgp_is_session(&b->protocols.list.at[i]) &&
		    is_called(&b->protocols.list.at[i], name)) {
			*out = &b->protocols.list.at[i];
			return 0;
		}
	return fault_set(
		&b->cli->fault, ERR_NOT_FOUND,
		"BIRD at %s has no BGP neighbour '%s' (by protocol, address or description)",
		b->at.socket, name);
}

int bgp_quote_symbol(struct cli *cli, const char *name, const char **out)
{
	const size_t len = strlen(name);

	if (len == 0 || len > 64 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789_.:-") != len)
		return fault_set(&cli->fault, ERR_INVALID, "'%s' cannot be a name of BIRD's", name);
	*out = arena_printf(&cli->arena, "'%s'", name);
	return 0;
}
