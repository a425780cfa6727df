/* What BIRD chose. */
#include <stdlib.h>
#include <string.h>

#include "cli/bgp/instance.h"
#include "cli/hop/parts.h"
#include "lib/net/bird.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"

#define ASK_MS 5000

struct best {
	struct arena *arena;
	struct hop_rib *out;
	int length; /* of the prefix; -1: none yet */
};

static const char *text_or_null(struct arena *a, const char *text)
{
	return text[0] != '\0' ? arena_strdup(a, text) : NULL;
}

static int on_route(void *context, const struct bird_route *r)
{
	struct best *b = context;
	char text[ADDRESS_TEXT_MAX];
	struct hop_rib *out = b->out;

	if (!r->primary || r->prefix.length <= b->length)
		return 0;
	b->length = r->prefix.length;
	out->prefix = arena_strdup(b->arena, r->net);
	out->protocol = arena_strdup(b->arena, r->protocol);
	out->type = arena_strdup(b->arena, r->type);
	out->not_in_kernel = r->unsynced;
	out->from = r->from.family != FAMILY_NONE
			    ? arena_strdup(b->arena, address_format(&r->from, text))
			    : NULL;
	out->gateway = out->device = NULL;
	if (r->hops.n == 0)
		return 0;
	out->device = text_or_null(b->arena, r->hops.at[0].device);
	if (r->hops.at[0].gateway.family != FAMILY_NONE)
		out->gateway = arena_strdup(b->arena, address_format(&r->hops.at[0].gateway, text));
	return 0;
}

static bool is_owner(const struct hop_intent *intent, const char *address)
{
	const struct hop_owner *o = intent->owners.at;

	for (size_t i = 0; i < intent->owners.n; i++)
		if (strcmp(o[i].address, address) == 0)
			return true;
	return false;
}

/* With who could tell of the destination, or has told. */
static void keep_sessions(const struct bird_protocols *p, const struct hop_intent *intent,
			  struct arena *a, struct hop_rib *out)
{
	VEC(struct hop_session) list = {0};

	for (size_t i = 0; i < p->list.n; i++) {
		const struct bird_protocol *b = &p->list.at[i];
		char text[ADDRESS_TEXT_MAX] = "";

		if (b->neighbour.family != FAMILY_NONE)
			address_format(&b->neighbour, text);
		if (strcmp(b->kind, "BGP") != 0 ||
		    (!is_owner(intent, text) &&
		     (out->protocol == NULL || strcmp(b->name, out->protocol) != 0)))
			continue;
		vec_push(&list,
			 (struct hop_session){
				 .name = arena_strdup(a, b->name),
				 .neighbor = text_or_null(a, b->description),
				 .address = text_or_null(a, text),
				 .state = arena_strdup(a, b->bgp_state[0] != '\0' ? b->bgp_state
										  : b->state),
				 .error = text_or_null(a, b->message[0] != '\0' ? b->message
										: b->last_error),
				 .up = bird_protocol_is_up(b)});
	}
	out->sessions.n = list.n;
	if (list.n > 0)
		out->sessions.at = arena_copy(a, list.at, list.n * sizeof(list.at[0]));
	vec_free(&list);
}

static int ask_routes(struct bird *bird, const struct hop_context *x, struct mono deadline,
		      struct hop_rib *out, struct fault *f)
{
	struct best best = {x->arena, out, -1};
	char command[128], text[ADDRESS_TEXT_MAX];
	struct bird_routes routes;
	int code;

	snprintf(command, sizeof(command), "show route for %s all",
		 address_format(&x->question->to, text));
	bird_routes_init(&routes, on_route, &best);
	code = bird_call(bird, command, deadline, bird_routes_line, &routes, f);
	bird_routes_fini(&routes);
	return code == ERR_NOT_FOUND ? 0 : code; /* it has none */
}

static int ask_sessions(struct bird *bird, const struct hop_context *x,
			const struct hop_intent *intent, struct mono deadline, struct hop_rib *out,
			struct fault *f)
{
	struct bird_protocols p;
	struct arena arena;
	int code;

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	code = bird_call(bird, "show protocols all", deadline, bird_protocols_line, &p, f);
	if (code == 0)
		keep_sessions(&p, intent, x->arena, out);
	bird_protocols_fini(&p);
	arena_fini(&arena);
	return code;
}

void hop_rib_read(const struct hop_context *x, const struct hop_membership *m,
		  const struct hop_intent *intent, struct hop_rib *out)
{
	const struct mono deadline = mono_add_ms(mono_now(), ASK_MS);
	const char *run = getenv(INSTANCE_RUN_DIR_ENV), *path;
	struct bird *bird = NULL;
	struct fault f = {0};
	int code;

	path = arena_printf(x->arena, "%s/%s/bird.ctl",
			    run != NULL && run[0] != '\0' ? run : INSTANCE_RUN_DIR, m->text);
	out->mesh = arena_strdup(x->arena, m->mesh->name);
	code = bird_open(path, &bird, &f);
	if (code == 0)
		code = bird_call(bird, "restrict", deadline, NULL, NULL, &f);
	if (code == 0)
		code = ask_routes(bird, x, deadline, out, &f);
	if (code == 0)
		code = ask_sessions(bird, x, intent, deadline, out, &f);
	if (code != 0)
		out->error = arena_strdup(x->arena, fault_text(&f, code));
	bird_close(bird);
}
