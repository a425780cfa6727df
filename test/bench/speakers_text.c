/* What the BIRDs read: the one that is measured, and the crowd. */
#include <stdio.h>

#include "lib/base/file.h"
#include "test/bench/speakers_parts.h"

#define FIRST_PORT 20000

const char *speakers_path(const struct speakers *s, const char *name, char out[256])
{
	snprintf(out, 256, "%s/%s", s->dir, name);
	return out;
}

void speakers_put(const struct speakers *s, const char *name, struct buf *b)
{
	char path[256];
	struct fault f = {0};

	if (file_write(speakers_path(s, name, path), buf_text(b), b->len, 0644, &f) != 0)
		bench_fail("%s", f.text);
	buf_clear(b);
}

/* As the agent writes it (bird-templates/README.md). */
static void put_local(const struct speakers *s, struct buf *b)
{
	struct prefix own = speakers_net(SPEAKERS_STEP);
	char text[PREFIX_TEXT_MAX];

	buf_printf(b,
		   "log stderr { warning, error, fatal, remote, auth, bug };\n"
		   "router id 100.64.0.%u;\ntimeformat protocol iso long ms;\n"
		   "define BGP_PORT = 179;\ndefine DRAIN = %s;\ndefine HELD = [ 0.0.0.0 ];\n"
		   "include \"membership.conf\";\nprotocol device { scan time 10; }\n"
		   "protocol kernel k_main { kernel table 5200; metric 32; scan time 20;"
		   " merge paths on; persist on; ipv4 { import none; export filter to_kernel; }; "
		   "}\n",
		   s->fleet.members.at[s->own].index, s->drain ? "true" : "false");
	if (!s->reflector)
		buf_printf(b, "protocol static s_own { ipv4; route %s unreachable; }\n",
			   prefix_format(&own, text));
	speakers_put(s, "bird.conf", b);
}

void speakers_put_text(const struct speakers *s)
{
	struct buf b;

	buf_init(&b);
	render_bird_text(s->fleet.render, s->own, &b);
	speakers_put(s, "membership.conf", &b);
	put_local(s, &b);
	buf_fini(&b);
}

/* ---- the crowd ---- */

/* A table each: else every one would say what all of them have heard. BIRD has one session at a
 * time with an address and port: so these wait for the other's connection, and their port for it
 * is one that none of them uses. */
static void put_neighbour(const struct speakers *s, uint32_t index, struct buf *b)
{
	uint32_t base = prefix_to_ipv4(&s->fleet.rows.mesh.cidr);
	struct address me = address_ipv4(base + index);
	struct address there = address_ipv4(base + s->fleet.members.at[s->own].index);
	struct prefix net = speakers_net(index);
	char own[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX], text[PREFIX_TEXT_MAX];

	address_format(&me, own);
	address_format(&there, other);
	buf_printf(b,
		   "ipv4 table t%u;\nprotocol static s%u { ipv4 { table t%u; };"
		   " route %s/32 unreachable;",
		   index, index, index, own);
	if (speakers_has_net(index))
		buf_printf(b, " route %s unreachable;", prefix_format(&net, text));
	buf_printf(b,
		   " }\nprotocol bgp n%u { router id %s; local %s port 179 as %u;"
		   " neighbor %s port %u as %u; strict bind; direct; passive; hold time 30;"
		   " connect delay time 1; connect retry time 2; error wait time 1, 5;"
		   " graceful restart off; ipv4 { table t%u; import all;"
		   " export where source = RTS_STATIC; }; }\n",
		   index, own, own, SPEAKERS_AS, other, FIRST_PORT + index, SPEAKERS_AS, index);
}

void speakers_put_crowd(const struct speakers *s, uint32_t which)
{
	char name[32];
	struct buf b;

	buf_init(&b);
	buf_puts(&b, "log stderr { error, fatal, bug };\nrouter id 100.127.255.254;\n"
		     "protocol device { scan time 60; }\n");
	for (uint32_t i = 1 + which; i <= s->members + 1; i += SPEAKERS_BIRDS)
		if (i != s->fleet.members.at[s->own].index)
			put_neighbour(s, i, &b);
	snprintf(name, sizeof(name), "crowd-%u.conf", which);
	speakers_put(s, name, &b);
	buf_fini(&b);
}

void speakers_put_templates(const struct speakers *s)
{
	static const char *const directories[] = {"bird-templates"};
	struct fault f = {0};
	struct buf b;

	buf_init(&b);
	if (render_bird_templates(directories, 1, &b, &f) != 0)
		bench_fail("%s", f.text);
	speakers_put(s, "templates.conf", &b);
	buf_fini(&b);
}
