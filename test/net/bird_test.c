/* A real BIRD, alone in a namespace, over its control socket.
 *
 *	one namespace:   bird   va ==== vb     (a veth pair, for next hops) */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/net/bird_configure.h"
#include "lib/net/bird_parse_bfd.h"
#include "lib/net/bird_parse_protocols.h"
#include "lib/net/bird_parse_routes.h"
#include "lib/net/ifaddr.h"
#include "lib/net/link.h"
#include "test/net/child.h"
#include "test/net/space.h"
#include "test/test.h"

static char control[200], config[200], other[200];
static pid_t bird_pid = -1;
static struct bird *bird;

static const char config_text[] =
	"router id 10.5.0.1;\n"
	"protocol device { scan time 10; }\n"
	"protocol static s_self { ipv4; route 10.0.0.1/32 via \"va\";\n"
	"  route 10.8.0.0/16 unreachable; }\n"
	"protocol static s_spare { ipv4 { preference 50; }; route 10.8.0.0/16 blackhole; }\n"
	"protocol static s_many { ipv4; route 10.7.0.0/16 via 10.5.0.2\n"
	"  via 10.5.0.3 weight 2; }\n"
	"protocol bfd f_main { neighbor 10.5.0.2 dev \"va\" local 10.5.0.1; }\n"
	"protocol bgp m_1 { description \"machine one\"; local 10.5.0.1 port 1790 as 4200000001;\n"
	"  neighbor 10.5.0.2 port 1790 as 4200000001; ipv4 { import all; export none; }; }\n";

static struct mono soon(void)
{
	return mono_add_ms(mono_now(), 5000);
}

static void write_text(const char *path, const char *text)
{
	struct fault f = {0};

	if (file_write(path, text, strlen(text), 0644, &f) != 0)
		TEST_FAIL("%s", f.text);
}

static int make_device(void)
{
	struct ifaddr a = {.local = address_ipv4(0x0a050001), .length = 24};
	struct netlink *n = NULL;
	struct link l;
	int code = netlink_open(NETLINK_ROUTE, &n, NULL);

	if (code == 0)
		code = link_create_veth(n, "va", "vb", -1, NULL);
	if (code == 0 && (code = link_find(n, "vb", &l, NULL)) == 0)
		code = link_set_up(n, l.index, true, NULL);
	if (code == 0 && (code = link_find(n, "va", &l, NULL)) == 0) {
		a.device = l.index;
		code = ifaddr_add(n, &a, NULL);
	}
	if (code == 0)
		code = link_set_up(n, l.index, true, NULL);
	netlink_close(n);
	return code;
}

static int enter(void)
{
	const char *argv[] = {"bird", "-f", "-c", config, "-s", control, NULL};
	char log[200];

	snprintf(control, sizeof(control), "%s/real.ctl", test_dir());
	snprintf(config, sizeof(config), "%s/real.conf", test_dir());
	snprintf(other, sizeof(other), "%s/other.conf", test_dir());
	snprintf(log, sizeof(log), "%s/bird.log", test_dir());
	write_text(config, config_text);
	if (space_enter() != 0 || make_device() != 0)
		return -1;
	bird_pid = child_start(log, argv);
	if (!child_wait_socket(control, 5000))
		return -1;
	return bird_open(control, &bird, NULL);
}

static int leave(void)
{
	bird_close(bird);
	child_stop(&bird_pid);
	unlink(control);
	return space_leave();
}

static int call(const char *command, bird_line_fn *each, void *context)
{
	struct fault f = {0};
	int code = bird_call(bird, command, soon(), each, context, &f);

	if (code != 0)
		TEST_FAIL("%s: %s", command, f.text);
	return code;
}

static void protocols(void)
{
	struct bird_protocols p;
	struct arena arena;
	const struct bird_protocol *m;

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	call("show protocols all", bird_protocols_line, &p);
	TEST_NUMBER(p.list.n, 6);
	m = bird_protocols_find(&p, "m_1");
	TEST_MUST(m != NULL);
	TEST_TEXT(m->description, "machine one");
	TEST_NUMBER(m->neighbour_as, 4200000001);
	TEST_NUMBER(m->channels.n, 1);
	CU_ASSERT(!bird_protocol_is_up(m));
	CU_ASSERT(bird_protocol_is_up(bird_protocols_find(&p, "s_self")));
	bird_protocols_fini(&p);
	arena_fini(&arena);
}

static void bfd(void)
{
	struct bird_bfd p;
	struct arena arena;

	arena_init(&arena);
	bird_bfd_init(&p, &arena);
	call("show bfd sessions", bird_bfd_line, &p);
	TEST_NUMBER(p.other.n, 0);
	TEST_NUMBER(p.list.n, 1);
	TEST_TEXT(p.list.n == 1 ? p.list.at[0].device : "", "va");
	bird_bfd_fini(&p);
	arena_fini(&arena);
}

struct seen {
	int n, second, hops, attributes;
};

static int look(void *context, const struct bird_route *r)
{
	struct seen *s = context;

	s->n++;
	/* The second way to a net comes without it. */
	s->second += strcmp(r->net, "10.8.0.0/16") == 0 && strcmp(r->protocol, "s_spare") == 0 &&
		     !r->primary && r->preference == 50 && strcmp(r->type, "blackhole") == 0;
	if (strcmp(r->protocol, "s_many") == 0)
		s->hops = (int)r->hops.n;
	s->attributes += (int)r->attributes.n;
	return 0;
}

static void routes(void)
{
	struct bird_routes p;
	struct seen s = {0};

	bird_routes_init(&p, look, &s);
	call("show route all", bird_routes_line, &p);
	bird_routes_fini(&p);
	TEST_NUMBER(s.n, 4);
	TEST_NUMBER(s.second, 1);
	TEST_NUMBER(s.hops, 2);
	TEST_NUMBER(s.attributes, 4); /* Type */
	TEST_NUMBER(bird_call(bird, "show route for 198.51.100.1", soon(), NULL, NULL, NULL),
		    ERR_NOT_FOUND);
}

static void configuration(void)
{
	enum bird_configured result;
	struct fault f = {0};

	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE_CHECK, NULL, 0, soon(), &result, NULL), 0);
	TEST_NUMBER(result, BIRD_CONFIG_VALID);
	write_text(other, "router id 1.1.1.1;\nprotocol device { nonsense; }\n");
	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE, other, 0, soon(), &result, &f),
		    ERR_INVALID);
	CU_ASSERT(strstr(f.text, "other.conf:2:") != NULL);
	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE_TIMEOUT, NULL, 60, soon(), &result, NULL),
		    0);
	TEST_NUMBER(result, BIRD_CONFIG_DONE);
	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE_CONFIRM, NULL, 0, soon(), &result, NULL),
		    0);
	TEST_NUMBER(result, BIRD_CONFIG_CONFIRMED);
	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE_CONFIRM, NULL, 0, soon(), &result, NULL),
		    0);
	TEST_NUMBER(result, BIRD_CONFIG_NOTHING);
	TEST_NUMBER(bird_configure(bird, BIRD_CONFIGURE_UNDO, NULL, 0, soon(), &result, NULL), 0);
	TEST_NUMBER(result, BIRD_CONFIG_DONE);
}

static const char *state_of(struct arena *arena, const char *name)
{
	struct bird_protocols p;
	const char *state = "";

	bird_protocols_init(&p, arena);
	call("show protocols", bird_protocols_line, &p);
	if (bird_protocols_find(&p, name) != NULL)
		state = bird_protocols_find(&p, name)->state;
	bird_protocols_fini(&p);
	return state;
}

/* It goes down and comes up in steps. */
static void wait_state(const char *name, const char *want)
{
	struct mono deadline = soon();
	struct arena arena;
	const char *state;

	arena_init(&arena);
	while (strcmp(state = state_of(&arena, name), want) != 0 &&
	       !mono_reached(deadline, mono_now()))
		poll(NULL, 0, 10);
	TEST_TEXT(state, want);
	arena_fini(&arena);
}

static void a_protocol_is_switched(void)
{
	TEST_NUMBER(bird_protocol_do(bird, BIRD_PROTOCOL_DISABLE, "m_1", soon(), NULL), 0);
	wait_state("m_1", "down");
	TEST_NUMBER(bird_protocol_do(bird, BIRD_PROTOCOL_ENABLE, "m_1", soon(), NULL), 0);
	wait_state("m_1", "start");
	TEST_NUMBER(bird_protocol_do(bird, BIRD_PROTOCOL_RELOAD, "s_self", soon(), NULL), 0);
	TEST_NUMBER(bird_protocol_do(bird, BIRD_PROTOCOL_DISABLE, "nobody", soon(), NULL),
		    ERR_NOT_FOUND);
}

static void a_restricted_visitor(void)
{
	struct bird *b = NULL;

	TEST_NUMBER(bird_open(control, &b, NULL), 0);
	TEST_NUMBER(bird_call(b, "restrict", soon(), NULL, NULL, NULL), 0);
	TEST_NUMBER(bird_call(b, "down", soon(), NULL, NULL, NULL), ERR_FORBIDDEN);
	TEST_TEXT(bird_version(b)[0] == '2' ? "2" : "", "2");
	bird_close(b);
	TEST_NUMBER(bird_ask(control, "show status", soon(), NULL, NULL, NULL), 0);
}

static void its_end_is_noticed(void)
{
	child_stop(&bird_pid);
	TEST_NUMBER(bird_call(bird, "show status", soon(), NULL, NULL, NULL), ERR_IO);
	CU_ASSERT(bird_ask(control, "show status", soon(), NULL, NULL, NULL) != 0);
}

TEST_SUITE_WITH(net_bird_control, enter, leave, {"protocols", protocols}, {"BFD", bfd},
		{"routes", routes}, {"configuration", configuration},
		{"a protocol is switched", a_protocol_is_switched},
		{"a restricted visitor", a_restricted_visitor},
		{"its end is noticed", its_end_is_noticed});
