/* The defines of membership.conf: who this machine is, and what belongs to whom. */
#include "controller/render/bird_define.h"

#include <stdio.h>

#include "controller/render/bird_set.h"

#define MANY_LEAST  4096 /* routes of a gateway, before its neighbours warn */
#define MANY_FACTOR 4

static void define_hosts(const struct render *r, struct buf *out)
{
	struct bird_set set;

	bird_set_begin(&set, out, "define ROUTERS = ", ";\n");
	for (size_t i = 0; i < r->nrouters; i++) {
		struct prefix host = render_host(r, r->routers[i]);

		bird_set_add(&set, &host, "");
	}
	bird_set_end(&set);
	bird_set_begin(&set, out, "define HOSTS = ", ";\n");
	bird_set_add(&set, &r->rows->mesh.cidr, "{32,32}");
	bird_set_end(&set);
}

/* PLAIN: of one plain member. ROUTED: of routers. LIMITED: some of both. An exit's 0/0 is heard
 * from itself only. */
static void define_prefixes(const struct render *r, struct buf *out)
{
	static const char *const names[] = {"PLAIN", "ROUTED", "LIMITED"};
	const struct holdings *h = r->holdings;

	for (size_t kind = 0; kind < 3; kind++) {
		struct bird_set set;
		char head[32];

		snprintf(head, sizeof(head), "define %s = ", names[kind]);
		bird_set_begin(&set, out, head, ";\n");
		for (size_t g = 0; g < h->ngroups; g++) {
			const struct holding *x = &h->at[h->groups[g].first];
			size_t of = render_is_router(r, x->member) ? 1 : 0;

			if (kind == 2 ? r->limited[g] > 0 : kind == of && x->prefix.length > 0)
				bird_set_add(&set, &x->prefix, "");
		}
		bird_set_end(&set);
	}
}

/* Of approved prefixes, for gateways only. */
static void define_parts(const struct render *r, struct buf *out)
{
	struct bird_set set;

	bird_set_begin(&set, out, "define PARTS = ", ";\n");
	for (size_t i = 0; i < r->nparts; i++)
		bird_set_add(&set, &r->parts[i].prefix, "");
	bird_set_end(&set);
}

static void define_remotes(const struct render *r, struct buf *out)
{
	size_t n = r->rows->nremotes;
	struct bird_set set;

	bird_set_begin(&set, out, "define REMOTE = ", ";\n");
	for (size_t i = 0; i < n; i++) {
		bird_set_add_list(&set, &r->in[i].parts);
		bird_set_add_list(&set, &r->in[i].routes);
	}
	bird_set_end(&set);
	bird_set_begin(&set, out, "define REMOTE_HOSTS = ", ";\n");
	for (size_t i = 0; i < n; i++)
		bird_set_add_hosts(&set, &r->in[i].parts);
	bird_set_end(&set);
	bird_set_begin(&set, out, "define REMOTE_CIDRS = ", ";\n");
	for (size_t i = 0; i < n; i++)
		bird_set_add(&set, &r->rows->remotes[i].mesh.cidr, "+");
	bird_set_end(&set);
	buf_puts(out, "define REMOTE_AS = [ ");
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%u", i > 0 ? ", " : "", r->rows->remotes[i].mesh.asn);
	buf_puts(out, n > 0 ? " ];\n" : "0 ];\n");
}

/* A power of two, so that it stays the same while a mesh grows a little. */
static void define_many(const struct render *r, struct buf *out)
{
	uint64_t n = r->rows->nmemberships + r->rows->nannouncements, many = MANY_LEAST;

	for (size_t i = 0; i < r->rows->nremotes; i++)
		n += r->rows->remotes[i].mesh.nmembers + r->rows->remotes[i].nannouncements;
	while (many < MANY_FACTOR * n)
		many *= 2;
	buf_printf(out, "define MANY = %llu;\n", (unsigned long long)many);
}

void render_prepare_bird(struct render *r, struct arena *a)
{
	const struct mesh *mesh = &r->rows->mesh;
	char cidr[PREFIX_TEXT_MAX];
	struct buf out;

	buf_init(&out);
	buf_printf(&out, "define AS_ME = %u;\ndefine CIDR = %s;\n", mesh->asn,
		   prefix_format(&mesh->cidr, cidr));
	define_hosts(r, &out);
	define_prefixes(r, &out);
	define_parts(r, &out);
	define_remotes(r, &out);
	define_many(r, &out);
	r->defines = arena_strdup(a, buf_text(&out));
	buf_fini(&out);
}

/* A member's own address in each mesh: no neighbour announces these. */
static void define_mine(const struct render *r, size_t member, struct buf *out)
{
	struct prefix me = render_host(r, member);
	struct bird_set set;

	bird_set_begin(&set, out, "define MINE = ", ";\n");
	bird_set_add(&set, &me, "");
	for (size_t i = 0; i < r->rows->nremotes; i++) {
		const struct membership *x = render_elsewhere(r, member, i);
		struct prefix there;

		if (x == NULL)
			continue;
		there = prefix_ipv4(prefix_to_ipv4(&r->rows->remotes[i].mesh.cidr) + x->index, 32);
		bird_set_add(&set, &there, "");
	}
	bird_set_end(&set);
}

void render_bird_defines(const struct render *r, size_t member, const struct prefix_list *granted,
			 struct buf *out)
{
	const struct span *own = &r->holdings->own[member];
	struct address me = render_address(r, member);
	char text[ADDRESS_TEXT_MAX];
	struct bird_set set;

	buf_puts(out, r->defines);
	address_format(&me, text);
	buf_printf(out, "define ME = %s;\ndefine ME_NET = %s/32;\n", text, text);
	define_mine(r, member, out);
	buf_printf(out, "define HEARD = %s;\n", render_is_router(r, member) ? "HOSTS" : "ROUTERS");
	bird_set_list(out, "define USABLE = ", granted, ";\n");
	bird_set_begin(&set, out, "define OWN_LIMITED = ", ";\n");
	for (size_t i = 0; i < own->n; i++) {
		const struct holding *x = &r->holdings->at[r->holdings->by_member[own->first + i]];

		if (render_announcement(r, x)->nusers > 0)
			bird_set_add(&set, &x->prefix, "");
	}
	for (size_t i = 0; i < r->nparts; i++)
		if (render_part(r, &r->parts[i], member) != NULL)
			bird_set_add(&set, &r->parts[i].prefix, "");
	bird_set_end(&set);
}
