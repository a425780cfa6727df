/* membership.conf: what BIRD has to know of one membership, in the words of bird-templates/. */
#include <stdlib.h>
#include <string.h>

#include "controller/render/bird_define.h"
#include "controller/render/bird_set.h"

#define PRIORITY_STANDARD 100
#define PRIORITY_MAX	  65535
#define IMPORT_ROOM	  16 /* routes beyond the approved ones, before a session blocks them */
#define RECEIVE_FACTOR	  4

static uint32_t priority_of(const struct announcement *x)
{
	return x->priority < PRIORITY_MAX ? x->priority : PRIORITY_MAX;
}

struct approved {
	uint32_t priority;
	struct prefix prefix;
};
typedef VEC(struct approved) approved_vec;

static int compare_approved(const void *a, const void *b)
{
	const struct approved *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return prefix_compare(&x->prefix, &y->prefix);
}

/* What `member` imports at first hand from `other`. A gateway reflects, so it takes all but exits
 * of others, and it is the one that shows parts. */
static void collect_approved(const struct render *r, size_t member, size_t other, bool host,
			     approved_vec *out)
{
	const struct span *own = &r->holdings->own[other];

	if (host)
		vec_push(out, (struct approved){PRIORITY_STANDARD, render_host(r, other)});
	for (size_t i = 0; i < own->n; i++) {
		size_t at = r->holdings->by_member[own->first + i];
		const struct holding *x = &r->holdings->at[at];

		if ((r->rows->memberships[member].gateway && x->prefix.length > 0) ||
		    render_may_use(r, member, at))
			vec_push(out, (struct approved){priority_of(render_announcement(r, x)),
							x->prefix});
	}
	for (size_t i = 0; i < r->nparts && r->rows->memberships[member].gateway; i++) {
		const struct announcement *whole = render_part(r, &r->parts[i], other);

		if (whole != NULL)
			vec_push(out, (struct approved){priority_of(whole), r->parts[i].prefix});
	}
	vec_sort(out, compare_approved);
}

/* "first_hand(100, [ … ])" for each priority, between `before` and `after`. */
static void put_by_priority(const approved_vec *v, const char *before, const char *after,
			    struct buf *out)
{
	for (size_t i = 0; i < v->n;) {
		uint32_t priority = v->at[i].priority;
		struct bird_set set;

		buf_printf(out, "%s(%u, ", before, priority);
		bird_set_begin(&set, out, "", "");
		for (; i < v->n && v->at[i].priority == priority; i++)
			bird_set_add(&set, &v->at[i].prefix, "");
		bird_set_end(&set);
		buf_puts(out, after);
	}
}

/* What of the member's own limited prefixes the other may use; a gateway also passes on. */
static void put_export(const struct render *r, size_t member, size_t other, const char *export,
		       struct buf *out)
{
	const struct span *s = &r->usable_of[other];
	bool gateway = r->plan->role[member] == STATE_ROLE_GATEWAY;
	prefix_vec granted = {0};
	struct prefix_list list;
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < s->n && !gateway; i++) {
		const struct holding *x = &r->holdings->at[r->usable[s->first + i].holding];

		if (x->member == member)
			vec_push(&granted, x->prefix);
	}
	list = gateway ? render_granted(r, other, &arena) : prefix_list_keep(&arena, &granted);
	if (list.n > 0) {
		buf_printf(out, " export where %s", export);
		bird_set_list(out, "", &list, ");");
	}
	vec_free(&granted);
	arena_fini(&arena);
}

/* A row per kind of session. */
static const struct session_kind {
	const char *letter, *template;
	const char *further; /* what is imported beside what is at first hand */
	const char
		*export; /* the template's, to which granted prefixes are given; NULL: not here */
	bool host;	 /* the other's address is announced */
	bool limited;	 /* stops who announces much more than it may */
} kinds[] = {
	{"m", "t_trunk", "reject;", "own_routes(", true, true},
	{"g", "t_gateway", "from_gateway();", NULL, true, false},
	{"m", "t_plain", "reject;", "proto = \"s_own\" && own_routes(", false, true},
	{"m", "t_member", "reject;", "to_member(false, ", true, true},
	{"m", "t_router", "reject;", "to_member(true, ", true, true},
	{"f", "t_fellow", "from_fellow();", NULL, true, false},
};

static const struct session_kind *kind_of(const struct render *r, size_t member, size_t other)
{
	static const uint8_t rows[3][3] = {
		/* with a      member, router, gateway */
		[STATE_ROLE_MEMBER] = {2, 0, 1},
		[STATE_ROLE_ROUTER] = {0, 0, 1},
		[STATE_ROLE_GATEWAY] = {3, 4, 5},
	};

	return &kinds[rows[r->plan->role[member]][r->plan->role[other]]];
}

static void put_session(const struct render *r, size_t member, size_t other, struct buf *out)
{
	const struct session_kind *k = kind_of(r, member, other);
	struct address address = render_address(r, other);
	char text[ADDRESS_TEXT_MAX];
	approved_vec approved = {0};
	size_t room;

	buf_printf(out, "protocol bgp %s_%u from %s { neighbor %s; description \"%s\"; ipv4 {",
		   k->letter, r->rows->memberships[other].index, k->template,
		   address_format(&address, text), r->rows->names[other]);
	collect_approved(r, member, other, k->host, &approved);
	if (approved.n > 0) {
		buf_puts(out, " import filter {");
		put_by_priority(&approved, " if first_hand", ") then accept;", out);
		buf_printf(out, " %s };", k->further);
	}
	if (k->export != NULL)
		put_export(r, member, other, k->export, out);
	room = IMPORT_ROOM + approved.n - k->host;
	if (k->limited && room > IMPORT_ROOM)
		buf_printf(out, " import limit %zu action block; receive limit %zu action disable;",
			   room, RECEIVE_FACTOR * room);
	buf_puts(out, " }; }\n");
	vec_free(&approved);
}

/* ---- siblings ---- */

static void put_shown(const struct shown *s, struct buf *out)
{
	struct bird_set set;

	bird_set_begin(&set, out, "", "");
	bird_set_add_list(&set, &s->parts);
	bird_set_add_hosts(&set, &s->parts);
	bird_set_add_list(&set, &s->routes);
	bird_set_end(&set);
}

static void put_sibling(const struct render *r, size_t member, size_t remote, struct buf *out)
{
	const struct remote_rows *x = &r->rows->remotes[remote];
	const struct membership *me = &r->rows->memberships[member];
	const struct membership *other = render_sibling(r, member, remote);
	struct address there;
	char text[ADDRESS_TEXT_MAX];
	approved_vec own = {0};

	if (other == NULL)
		return;
	there = address_ipv4(prefix_to_ipv4(&x->mesh.cidr) + other->index);
	collect_approved(r, member, member, false, &own);
	buf_printf(out,
		   "protocol bgp e_%u from t_sibling { local 127.83.%u.1; neighbor 127.83.%u.1 as "
		   "%u; description \"%s\"; ipv4 {\n  import filter { from_sibling(%u, ",
		   other->number, me->number, other->number, x->mesh.asn, x->mesh.name,
		   x->mesh.asn);
	put_shown(&r->in[remote], out);
	buf_printf(out, ", DEV_%u, %s); };\n  export filter { if ! to_sibling(", other->number,
		   address_format(&there, text));
	put_shown(&r->out[remote], out);
	buf_puts(out, ") then reject;");
	put_by_priority(&own, " own_priority", ");", out);
	buf_puts(out, " accept; };\n}; }\n");
	vec_free(&own);
}

/* Parts of the CIDR that peerings show: announced by the gateway itself. A single address is not:
 * its machine announces it. */
static void put_aggregates(const struct render *r, size_t member, struct buf *out)
{
	prefix_vec parts = {0};
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < r->rows->nremotes; i++)
		for (size_t k = 0; k < r->out[i].parts.n; k++)
			if (r->out[i].parts.at[k].length < 32 &&
			    render_sibling(r, member, i) != NULL)
				vec_push(&parts, r->out[i].parts.at[k]);
	vec_sort(&parts, prefix_compare);
	if (parts.n > 0)
		buf_puts(out, "protocol static s_agg { ipv4;");
	for (size_t i = 0; i < parts.n; i++)
		if (i == 0 || !prefix_equal(&parts.at[i - 1], &parts.at[i]))
			buf_printf(out, " route %s unreachable;",
				   prefix_format(&parts.at[i], text));
	if (parts.n > 0)
		buf_puts(out, " }\n");
	vec_free(&parts);
}

void render_bird_text(const struct render *r, size_t member, struct buf *text)
{
	const struct mesh_rows *rows = r->rows;
	char host[PREFIX_TEXT_MAX];
	struct prefix me = render_host(r, member);
	struct prefix_list granted;
	const size_t *others;
	struct arena arena;
	size_t n;

	arena_init(&arena);
	granted = render_granted(r, member, &arena);
	buf_printf(text, "# %s in mesh %s\n", rows->names[member], rows->mesh.name);
	render_bird_defines(r, member, &granted, text);
	arena_fini(&arena);
	/* Routes to nowhere: to be announced, not for the kernel. */
	buf_printf(text,
		   "include \"templates.conf\";\n\nprotocol static s_self { ipv4; route %s "
		   "unreachable; }\n",
		   prefix_format(&me, host));
	put_aggregates(r, member, text);
	others = render_neighbours(r, member, &n);
	for (size_t i = 0; i < n; i++)
		if (others[i] != member)
			put_session(r, member, others[i], text);
	for (size_t i = 0; i < rows->nremotes; i++)
		put_sibling(r, member, i, text);
}
