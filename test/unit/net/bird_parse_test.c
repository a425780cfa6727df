/* The parsers on replies that were recorded from BIRD 2.0.12, and on odd ones. */
#include <stdio.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"
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
	CU_ASSERT(strstr(g->hold_timer, "/9") != NULL);
	c = &g->channels.at[0];
	TEST_TEXT(c->name, "ipv4");
	TEST_TEXT(c->state, "UP");
	TEST_TEXT(c->table, "master4");
	TEST_NUMBER(c->imported, 2);
	TEST_NUMBER(c->import_limit, 100);
	TEST_NUMBER(c->receive_limit, 200);
	CU_ASSERT(c->limit_hit == NULL);
	TEST_NUMBER(c->changes[BIRD_IMPORT_UPDATES].accepted, 2);
	CU_ASSERT(c->changes[BIRD_IMPORT_WITHDRAWS].filtered == UINT64_MAX);
	CU_ASSERT(g->other.n > 10); /* capabilities */
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
	TEST_TEXT(m->channels.at[0].limit_hit, "receive");
	TEST_NUMBER(m->channels.at[0].imported, 16);
	TEST_NUMBER(m->channels.at[0].filtered, 2);
	TEST_TEXT(m->channels.at[1].state, "DOWN");
	TEST_NUMBER(m->channels.at[1].import_limit, 7);
	TEST_TEXT(p.list.at[1].info, "Idle          BFD session down");
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
		buf_printf(out, " hop %s %s%s %u", address_format(&r->hops.at[i].gateway, text),
			   r->hops.at[i].device, r->hops.at[i].onlink ? " onlink" : "",
			   r->hops.at[i].weight);
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
		"from 10.100.0.1 hop 10.100.0.1 wg0 onlink 3 hop 10.100.0.2 wg0t1 1 "
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
	   {"BFD sessions", bfd_sessions}, {"routes", routes}, {"odd routes", odd_routes},
	   {"a reader may stop", a_reader_may_stop});
