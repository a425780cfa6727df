/* Replies of BIRD: every parser sees every line. */
#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"
#include "test/fuzz/fuzz.h"

static int on_route(void *context, const struct bird_route *r)
{
	(void)context;
	FUZZ_HOLDS(r->table != NULL && r->net != NULL && r->type != NULL && r->protocol != NULL);
	FUZZ_HOLDS(r->since != NULL && r->metric != NULL && r->origin != NULL);
	(void)bird_route_attribute(r, "BGP.as_path");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text, *line;
	struct bird_protocols protocols;
	struct bird_routes routes;
	struct bird_bfd bfd;
	struct arena arena;
	int code = 0;

	arena_init(&arena);
	bird_protocols_init(&protocols, &arena);
	bird_bfd_init(&bfd, &arena);
	bird_routes_init(&routes, on_route, NULL);
	while ((line = strsep(&rest, "\n")) != NULL) {
		struct bird_line l;

		if (!bird_line_parse(line, code, &l))
			break;
		code = l.code;
		(void)bird_protocols_line(&protocols, &l);
		(void)bird_bfd_line(&bfd, &l);
		(void)bird_routes_line(&routes, &l);
	}
	for (size_t i = 0; i < protocols.list.n; i++)
		FUZZ_HOLDS(protocols.list.at[i].name != NULL &&
			   protocols.list.at[i].neighbour_text != NULL);
	bird_protocols_fini(&protocols);
	bird_bfd_fini(&bfd);
	bird_routes_fini(&routes);
	arena_fini(&arena);
	free(text);
	return 0;
}
