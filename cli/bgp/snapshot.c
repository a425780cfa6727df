#include "cli/bgp/snapshot.h"

#include <string.h>

#include "cli/bgp/routes.h"
#include "lib/net/bird_parse_bfd.h"

void snapshot_init(struct snapshot *s)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
}

void snapshot_fini(struct snapshot *s)
{
	vec_free(&s->things);
	arena_fini(&s->arena);
}

void snapshot_add(struct snapshot *s, const struct thing *t)
{
	struct thing copy = *t;

	copy.name = arena_strdup(&s->arena, t->name);
	copy.table = arena_strdup(&s->arena, t->table);
	copy.protocol = arena_strdup(&s->arena, t->protocol);
	copy.state = arena_strdup(&s->arena, t->state);
	vec_push(&s->things, copy);
}

/* ---- what there is ---- */

static void add_session(struct snapshot *s, const struct bird_protocol *p)
{
	struct thing t = {.kind = THING_SESSION, .name = p->name, .table = "", .protocol = p->name};
	struct buf state;

	buf_init(&state);
	buf_puts(&state, p->bgp_state[0] != '\0' ? p->bgp_state : p->state);
	t.good = bird_protocol_is_up(p);
	if (!t.good && p->last_error[0] != '\0')
		buf_printf(&state, ", %s", p->last_error);
	for (size_t i = 0; i < p->channels.n; i++)
		for (size_t k = 0; k < BIRD_LIMITS; k++)
			if (p->channels.at[i].limits[k].hit)
				buf_printf(&state, ", %s limit of %s is hit",
					   bird_limit_name((enum bird_limit_kind)k),
					   p->channels.at[i].name);
	t.state = buf_text(&state);
	snapshot_add(s, &t);
	buf_fini(&state);
}

static int add_bfd(struct snapshot *s, struct bgp *b)
{
	char address[ADDRESS_TEXT_MAX];
	struct bird_bfd bfd;
	int code;

	bird_bfd_init(&bfd, &b->cli->arena);
	code = bgp_ask(b, "show bfd sessions", bird_bfd_line, &bfd);
	if (code == ERR_NOT_FOUND || code == ERR_REMOTE) { /* a BIRD without it */
		b->cli->fault = (struct fault){0};
		code = 0;
	}
	for (size_t i = 0; code == 0 && i < bfd.list.n; i++) {
		const struct bird_bfd_session *x = &bfd.list.at[i];
		struct thing t = {.kind = THING_BFD,
				  .name = address_format(&x->address, address),
				  .table = x->device,
				  .protocol = x->protocol,
				  .state = x->state,
				  .good = strcmp(x->state, "Up") == 0};

		snapshot_add(s, &t);
	}
	bird_bfd_fini(&bfd);
	return code;
}

struct taking {
	struct snapshot *snapshot;
	size_t routes;
	struct buf state;
};

static int add_route(void *context, const struct bird_route *r)
{
	struct taking *x = context;
	struct thing t = {.kind = THING_ROUTE,
			  .name = r->net,
			  .table = r->table,
			  .protocol = r->protocol,
			  .good = r->primary};
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *local = bird_route_attribute(r, "BGP.local_pref");

	if (++x->routes > SNAPSHOT_ROUTES_MAX)
		return ERR_TOO_LARGE;
	buf_clear(&x->state);
	buf_printf(&x->state, "%s%s", r->primary ? "best, " : "", r->hops.n > 0 ? "via " : "");
	bgp_put_hop(r, &x->state);
	if (path != NULL)
		buf_printf(&x->state, ", AS path %s", path[0] != '\0' ? path : "empty");
	if (local != NULL)
		buf_printf(&x->state, ", local pref %s", local);
	if (r->stale)
		buf_puts(&x->state, ", stale");
	if (r->unsynced)
		buf_puts(&x->state, ", not in the kernel");
	t.state = buf_text(&x->state);
	snapshot_add(x->snapshot, &t);
	return 0;
}

static int add_routes(struct snapshot *s, struct bgp *b, const struct prefix *within)
{
	struct taking x = {.snapshot = s};
	char command[128] = "show route all", text[PREFIX_TEXT_MAX];
	struct bird_routes routes;
	int code;

	if (within->family != FAMILY_NONE)
		snprintf(command, sizeof(command), "show route all where net ~ [ %s+ ]",
			 prefix_format(within, text));
	buf_init(&x.state);
	bird_routes_init(&routes, add_route, &x);
	code = bgp_ask(b, command, bird_routes_line, &routes);
	bird_routes_fini(&routes);
	buf_fini(&x.state);
	return code;
}

int snapshot_take(struct snapshot *s, struct bgp *b, const struct prefix *within)
{
	int code = bgp_read_protocols(b);

	for (size_t i = 0; code == 0 && i < b->protocols.list.n; i++)
		if (bgp_is_session(&b->protocols.list.at[i]))
			add_session(s, &b->protocols.list.at[i]);
	if (code == 0)
		code = add_bfd(s, b);
	if (code == 0)
		code = add_routes(s, b, within);
	snapshot_sort(s);
	return code;
}

/* ---- what is different ---- */

static int compare_names(const struct thing *a, const struct thing *b)
{
	int order = a->kind < b->kind ? -1 : a->kind > b->kind;

	if (order == 0)
		order = strcmp(a->table, b->table);
	if (order == 0)
		order = strcmp(a->name, b->name);
	return order != 0 ? order : strcmp(a->protocol, b->protocol);
}

/* Several of one name, as with ADD-PATH, stand by their states. */
static int compare(const void *a, const void *b)
{
	int order = compare_names(a, b);

	return order != 0
		       ? order
		       : strcmp(((const struct thing *)a)->state, ((const struct thing *)b)->state);
}

void snapshot_sort(struct snapshot *s)
{
	vec_sort(&s->things, compare);
}

void snapshot_compare(const struct snapshot *was, const struct snapshot *is,
		      snapshot_change_fn *each, void *context)
{
	size_t i = 0, k = 0;

	while (i < was->things.n || k < is->things.n) {
		const struct thing *a = i < was->things.n ? &was->things.at[i] : NULL;
		const struct thing *b = k < is->things.n ? &is->things.at[k] : NULL;
		int order = a == NULL ? 1 : b == NULL ? -1 : compare_names(a, b);

		if (order < 0)
			each(context, CHANGE_REMOVED, a, a->state);
		else if (order > 0)
			each(context, CHANGE_ADDED, b, "");
		else if (strcmp(a->state, b->state) != 0)
			each(context, CHANGE_CHANGED, b, a->state);
		i += order <= 0;
		k += order >= 0;
	}
}
