/* The parsers on replies that were recorded from BIRD 2.0.12, and on odd ones. */
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"
#include "lib/net/bird_parse_status.h"
#include "test/test.h"

static void feed(const char *name, bird_line_fn *each, void *context)
{
	char path[128], *text, *rest, *line;
	struct fault f = {0};
	struct buf file;
	int code = 0;

	snprintf(path, sizeof(path), "test/fuzz/corpus/bird/%s", name);
	buf_init(&file);
	if (file_read(path, 1 << 20, &file, &f) != 0)
		TEST_FAIL("%s", f.text);
	text = rest = buf_take(&file);
	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		struct bird_line l;

		if (!bird_line_parse(line, code, &l))
			TEST_FAIL("%s: '%s'", name, line);
		else if (each(context, &l) != 0)
			TEST_FAIL("%s: '%s' was refused", name, line);
		code = l.code;
	}
	free(text);
}

static void lines(void)
{
	struct bird_line l;

	CU_ASSERT(bird_line_parse("1002-g_1 BGP", 0, &l) && l.code == 1002 && !l.last);
	TEST_TEXT(l.text, "g_1 BGP");
	CU_ASSERT(bird_line_parse("0000 ", 1002, &l) && l.code == 0 && l.last && l.len == 0);
	CU_ASSERT(bird_line_parse(" more", 1002, &l) && l.code == 1002 && !l.last);
	TEST_TEXT(l.text, "more");
	CU_ASSERT(bird_line_parse(" ", 1002, &l) && l.len == 0);
	CU_ASSERT(!bird_line_parse(" more", 0, &l));
	CU_ASSERT(!bird_line_parse("", 1, &l) && !bird_line_parse("100", 1, &l));
	CU_ASSERT(!bird_line_parse("1000", 1, &l) && !bird_line_parse("1000+x", 1, &l));
	CU_ASSERT(!bird_line_parse("SSH-2.0", 0, &l));
}

static void protocols(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *g;

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	feed("protocols-2.0.12", bird_protocols_line, &p);
	TEST_NUMBER(p.list.n, 10);
	g = bird_protocols_find(&p, "g_2");
	TEST_MUST(g != NULL);
	TEST_TEXT(g->kind, "BGP");
	TEST_TEXT(g->table, "");
	TEST_TEXT(g->state, "start");
	TEST_TEXT(g->since, "2026-11-21 13:48:12.494");
	TEST_TEXT(g->info, "Active        Socket: Connection refused");
	CU_ASSERT(!bird_protocol_is_up(g));
	CU_ASSERT(bird_protocol_is_up(bird_protocols_find(&p, "g_1")));
	TEST_TEXT(bird_protocols_find(&p, "k_main")->table, "master4");
	CU_ASSERT(bird_protocols_find(&p, "nobody") == NULL);
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void protocols_in_full(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *g;
	const struct bird_channel *c;
	char address[ADDRESS_TEXT_MAX];

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	feed("protocols-all-2.0.12", bird_protocols_line, &p);
	g = bird_protocols_find(&p, "g_1");
	TEST_MUST(g != NULL && g->channels.n == 1);
	TEST_TEXT(g->description, "gateway one; with spaces");
	TEST_TEXT(g->bgp_state, "Established");
	TEST_TEXT(address_format(&g->neighbour, address), "127.0.0.2");
	TEST_NUMBER(g->neighbour_as, 4200000002);
	TEST_NUMBER(g->local_as, 4200000001);
	TEST_TEXT(g->neighbour_id, "10.0.0.2");
	TEST_MUST(g->timers.n == 2);
	TEST_TEXT(g->timers.at[0].name, "Hold timer");
	TEST_TEXT(g->timers.at[0].of, "9");
	TEST_TEXT(g->session, "external multihop AS4");
	c = &g->channels.at[0];
	TEST_TEXT(c->name, "ipv4");
	TEST_TEXT(c->state, "UP");
	TEST_TEXT(c->table, "master4");
	TEST_NUMBER(c->imported, 2);
	TEST_NUMBER(c->limits[BIRD_LIMIT_IMPORT].routes, 100);
	TEST_NUMBER(c->limits[BIRD_LIMIT_RECEIVE].routes, 200);
	CU_ASSERT(!c->limits[BIRD_LIMIT_IMPORT].hit);
	TEST_NUMBER(c->changes[BIRD_IMPORT_UPDATES].accepted, 2);
	CU_ASSERT(c->changes[BIRD_IMPORT_WITHDRAWS].filtered == UINT64_MAX);
	TEST_MUST(g->local_capabilities.n == 7 && g->neighbour_capabilities.n > 3);
	TEST_TEXT(g->local_capabilities.at[0].name, "Multiprotocol");
	TEST_TEXT(g->local_capabilities.at[0].detail, "AF announced: ipv4");
	TEST_TEXT(g->local_capabilities.at[4].detail, "RX: ipv4; TX: ipv4");
	TEST_NUMBER(g->other.n, 0);
	TEST_TEXT(bird_protocols_find(&p, "g_2")->last_error, "Socket: Connection refused");
	g = bird_protocols_find(&p, "dyn");
	TEST_TEXT(g->neighbour_text, "127.1.0.0/16");
	TEST_NUMBER(g->neighbour.family, FAMILY_NONE);
	TEST_TEXT(bird_protocols_find(&p, "p1")->channels.at[0].name, "main");
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void odd_protocols(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *m;
	char address[ADDRESS_TEXT_MAX];

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	feed("protocols-odd", bird_protocols_line, &p);
	TEST_MUST(p.list.n == 2);
	m = &p.list.at[0];
	TEST_TEXT(m->since, "13:47:46");
	TEST_TEXT(m->info, "Established");
	TEST_TEXT(address_format(&m->neighbour, address), "fe80::1");
	TEST_MUST(m->channels.n == 2);
	CU_ASSERT(m->channels.at[0].limits[BIRD_LIMIT_RECEIVE].hit);
	TEST_TEXT(m->channels.at[0].limits[BIRD_LIMIT_RECEIVE].action, "disable");
	CU_ASSERT(m->channels.at[0].keeps_filtered);
	TEST_NUMBER(m->channels.at[0].imported, 16);
	TEST_NUMBER(m->channels.at[0].filtered, 2);
	TEST_TEXT(m->channels.at[1].state, "DOWN");
	TEST_NUMBER(m->channels.at[1].limits[BIRD_LIMIT_IMPORT].routes, 7);
	TEST_TEXT(p.list.at[1].info, "Idle          BFD session down");
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void protocols_of_bird_3(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *u;
	const struct bird_channel *c;
	char address[ADDRESS_TEXT_MAX];

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	feed("protocols-all-3", bird_protocols_line, &p);
	TEST_MUST(p.list.n == 1);
	u = &p.list.at[0];
	TEST_TEXT(u->description, "one of BIRD 3");
	TEST_TEXT(address_format(&u->neighbour, address), "192.0.2.1");
	TEST_MUST(u->local_capabilities.n == 4);
	TEST_TEXT(u->local_capabilities.at[2].detail,
		  "Restart time: 120; AF supported: ipv4; AF preserved:");
	TEST_TEXT(u->local_capabilities.at[3].detail, "customer");
	TEST_NUMBER(u->timers.n, 3);
	/* Created, autorestart, bytes to be sent, TCP-AO and its key: new ones are kept. */
	TEST_NUMBER(u->other.n, 5);
	TEST_MUST(u->channels.n == 1);
	c = &u->channels.at[0];
	CU_ASSERT(c->limits[BIRD_LIMIT_IMPORT].hit);
	TEST_NUMBER(c->changes[BIRD_IMPORT_UPDATES].limit, 4);
	TEST_NUMBER(c->changes[BIRD_IMPORT_UPDATES].accepted, 10);
	TEST_NUMBER(c->changes[BIRD_EXPORT_UPDATES].accepted, 5);
	TEST_NUMBER(c->other.n, 3);
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void status(void)
{
	struct bird_line odd = {.code = 1011, .text = "Of a day to come", .len = 16};
	struct bird_status s;
	struct arena arena;

	arena_init(&arena);
	bird_status_init(&s, &arena);
	feed("status-2.0.12", bird_status_line, &s);
	TEST_NUMBER(bird_status_line(&s, &odd), 0);
	TEST_TEXT(s.version, "2.0.12");
	TEST_TEXT(s.router_id, "10.0.0.1");
	TEST_TEXT(s.now, "2026-11-21 13:48:15.610");
	TEST_TEXT(s.started, "2026-11-21 13:48:12.494");
	TEST_TEXT(s.state, "Daemon is up and running");
	TEST_MUST(s.other.n == 1);
	TEST_TEXT(s.other.at[0], "Of a day to come");
	bird_status_fini(&s);
	arena_fini(&arena);
}

/* Of a configuration by hand (test/net/bgp_world.c): there is nothing that would not be understood.
 */
static void a_world_of_others(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *a;

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	feed("protocols-world-2.0.12", bird_protocols_line, &p);
	a = bird_protocols_find(&p, "up_a");
	TEST_MUST(a != NULL && a->channels.n == 2);
	TEST_NUMBER(a->channels.at[0].filtered, 1);
	TEST_TEXT(a->channels.at[0].import_filter, "from_a");
	TEST_TEXT(a->channels.at[0].limits[BIRD_LIMIT_IMPORT].action, "warn");
	CU_ASSERT(!a->channels.at[1].keeps_filtered);
	for (size_t i = 0; i < p.list.n; i++) {
		for (size_t n = 0; n < p.list.at[i].other.n; n++)
			CU_ASSERT(strncmp(p.list.at[i].other.at[n], "Neighbor port", 13) == 0);
		for (size_t k = 0; k < p.list.at[i].channels.n; k++)
			for (size_t n = 0; n < p.list.at[i].channels.at[k].other.n; n++)
				CU_ASSERT(strncmp(p.list.at[i].channels.at[k].other.at[n], "IGP ",
						  4) == 0);
	}
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void bfd_sessions(void)
{
	struct bird_bfd p;
	struct arena arena;
	char address[ADDRESS_TEXT_MAX];

	arena_init(&arena);
	bird_bfd_init(&p, &arena);
	feed("bfd-2.0.12", bird_bfd_line, &p);
	TEST_MUST(p.list.n == 2);
	TEST_TEXT(p.list.at[0].protocol, "f_main");
	TEST_TEXT(p.list.at[0].device, "");
	TEST_TEXT(address_format(&p.list.at[1].address, address), "10.5.0.2");
	TEST_TEXT(p.list.at[1].device, "d0");
	TEST_TEXT(p.list.at[1].state, "Down");
	TEST_TEXT(p.list.at[1].since, "2026-11-21 13:48:12.495");
	TEST_NUMBER(p.list.at[1].interval_us, 1000000);
	TEST_NUMBER(p.list.at[1].timeout_us, 0);
	TEST_NUMBER(p.other.n, 0);
	bird_bfd_fini(&p);
	arena_fini(&arena);
}

/* Each route as a line of text. */
static int describe(void *context, const struct bird_route *r)
{
	struct buf *out = context;
	char text[ADDRESS_TEXT_MAX];
	const char *path = bird_route_attribute(r, "BGP.as_path");
	const char *communities = bird_route_attribute(r, "BGP.community");

	buf_printf(out, "%s %s %s %s%s%s%s%s %d", r->table, r->net, r->type, r->protocol,
		   r->primary ? " best" : "", r->unsynced ? " unsynced" : "",
		   r->stale ? " stale" : "", r->suppressed ? " suppressed" : "", r->preference);
	if (r->metric[0] != '\0')
		buf_printf(out, " metric %s", r->metric);
	if (r->origin[0] != '\0')
		buf_printf(out, " %s", r->origin);
	if (r->from.family != FAMILY_NONE)
		buf_printf(out, " from %s", address_format(&r->from, text));
	for (size_t i = 0; i < r->hops.n; i++)
		buf_printf(out, " hop %s %s%s %u%s%s", address_format(&r->hops.at[i].gateway, text),
			   r->hops.at[i].device, r->hops.at[i].onlink ? " onlink" : "",
			   r->hops.at[i].weight, r->hops.at[i].more[0] != '\0' ? " " : "",
			   r->hops.at[i].more);
	if (path != NULL)
		buf_printf(out, " path %s", path);
	if (communities != NULL)
		buf_printf(out, " communities %s", communities);
	for (size_t i = 0; i < r->other.n; i++)
		buf_printf(out, " other '%s'", r->other.at[i]);
	buf_puts(out, "\n");
	return 0;
}

static void routes(void)
{
	static const char want[] =
		"master4 10.20.0.0/16 unicast g_1 best 100 AS4200000002i from 127.0.0.2 "
		"hop 10.5.0.9 d0 1 path 4200000002\n"
		"master4 10.9.0.0/16 unreachable s_self best 200\n"
		"master4 10.7.0.0/16 unicast s_mp best 200 hop 10.5.0.2 d0 onlink 2 "
		"hop 10.5.0.3 d0 onlink 1\n"
		"master4 10.0.0.1/32 unicast s_self best 200 hop none lo 1\n"
		"master4 10.5.0.0/24 unicast o1 best 150 metric 10 10.0.0.1 hop none d0 1\n"
		"master4 10.8.0.0/16 blackhole s_self best 200\n"
		"master4 10.21.0.0/16 unicast g_1 best 100 AS65010i from 127.0.0.2 "
		"hop 10.5.0.9 d0 1 path 4200000002 65010 communities (65001,7) (65535,0)\n";
	struct bird_routes p;
	struct buf out;

	buf_init(&out);
	bird_routes_init(&p, describe, &out);
	feed("routes-all-2.0.12", bird_routes_line, &p);
	bird_routes_fini(&p);
	TEST_TEXT(buf_text(&out), want);
	buf_fini(&out);
}

static void odd_routes(void)
{
	static const char want[] =
		"master4 10.30.0.0/16 unicast m_1 best unsynced stale 200 metric 20 AS4200000002? "
		"from 10.100.0.1 hop 10.100.0.1 wg0 onlink 3 hop 10.100.0.2 wg0t1 1 mpls 100 "
		"communities (65001,7) (65001,8) (65001,9) (65001,10) other 'what is this'\n"
		"master4 10.30.0.0/16 blackhole m_2 suppressed 100 metric ? i\n";
	struct bird_routes p;
	struct buf out;

	buf_init(&out);
	bird_routes_init(&p, describe, &out);
	feed("routes-odd", bird_routes_line, &p);
	bird_routes_fini(&p);
	if (strncmp(buf_text(&out), want, strlen(want)) != 0)
		TEST_TEXT(buf_text(&out), want);
	CU_ASSERT(strstr(buf_text(&out), "s_flow best 200") != NULL);
	buf_fini(&out);
}

static void routes_of_bird_3(void)
{
	static const char want[] =
		"master4 203.0.113.0/24 unicast up3 best 100 metric ? AS65002i "
		"hop 192.0.2.1 eth0 1 path 65001 65002 communities (65001,1) (65001,2) "
		"other 'Internal route handling values: 0L 2G 0S id 4'\n"
		"master4 198.51.100.0/24 recursive up3 100 AS65001? hop 192.0.2.9  1 table master4 "
		"path 65001\n"
		"master6 2001:db8::/32 unreachable st6 best 200\n";
	struct bird_routes p;
	struct buf out;

	buf_init(&out);
	bird_routes_init(&p, describe, &out);
	feed("routes-all-3", bird_routes_line, &p);
	bird_routes_fini(&p);
	TEST_TEXT(buf_text(&out), want);
	buf_fini(&out);
}

static int keep_stray(void *context, const char *text)
{
	buf_printf(context, "%s\n", text);
	return 0;
}

static int pass_over(void *context, const struct bird_route *r)
{
	(void)context;
	(void)r;
	return 0;
}

static void what_is_no_route_is_not_lost(void)
{
	static const struct bird_line lines_[] = {
		{.code = 1007, .text = "Table master4:"},
		{.code = 1007, .text = "words of a day to come"},
		{.code = 1012, .text = "\tof nothing"},
		{.code = 1007, .text = "10.0.0.0/8 unreachable [s 1:1] * (200)"},
		{.code = 1029, .text = "a new table"},
		{.code = 14, .last = true, .text = "Total: 1"},
	};
	struct bird_routes p;
	struct buf out;

	buf_init(&out);
	bird_routes_init(&p, pass_over, &out);
	p.stray = keep_stray;
	for (size_t i = 0; i < sizeof(lines_) / sizeof(lines_[0]); i++) {
		struct bird_line l = lines_[i];

		l.len = strlen(l.text);
		TEST_NUMBER(bird_routes_line(&p, &l), 0);
	}
	bird_routes_fini(&p);
	TEST_TEXT(buf_text(&out), "words of a day to come\n\tof nothing\na new table\n");
	buf_fini(&out);
}

static int refuse(void *context, const struct bird_route *r)
{
	(void)context;
	(void)r;
	return ERR_CHECK;
}

static void a_reader_may_stop(void)
{
	struct bird_routes p;
	struct bird_line a = {.code = 1007, .text = "10.0.0.0/8 unreachable [s 1:1] * (200)"};
	struct bird_line b = {.code = 0, .last = true, .text = ""};

	a.len = strlen(a.text);
	bird_routes_init(&p, refuse, NULL);
	TEST_NUMBER(bird_routes_line(&p, &a), 0);
	TEST_NUMBER(bird_routes_line(&p, &b), ERR_CHECK);
	bird_routes_fini(&p);
}

TEST_SUITE(net_bird_parse, {"lines", lines}, {"protocols", protocols},
	   {"protocols in full", protocols_in_full}, {"odd protocols", odd_protocols},
	   {"protocols of BIRD 3", protocols_of_bird_3}, {"a world of others", a_world_of_others},
	   {"status", status}, {"BFD sessions", bfd_sessions}, {"routes", routes},
	   {"odd routes", odd_routes}, {"routes of BIRD 3", routes_of_bird_3},
	   {"what is no route is not lost", what_is_no_route_is_not_lost},
	   {"a reader may stop", a_reader_may_stop});
