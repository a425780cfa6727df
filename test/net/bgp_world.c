#include "test/net/bgp_world.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/net/bird_parse_protocols.h"
#include "test/net/child.h"
#include "test/net/space.h"
#include "test/test.h"

#define SETTLE_MS 15000

static const char middle[] =
	"router id 10.0.0.1;\n"
	"timeformat protocol iso long ms;\n"
	"ipv4 table t_beside;\n"
	"protocol device {}\n"
	"protocol static own { ipv4; route 10.9.0.0/16 unreachable; }\n"
	"protocol static spare { ipv4 { preference 50; }; route 10.20.0.0/16 blackhole; }\n"
	"protocol static elsewhere { ipv4 { table t_beside; }; route 10.99.0.0/16 unreachable; }\n"
	"protocol bfd { strict bind; accept ipv4 multihop;\n"
	"  multihop { interval 100 ms; multiplier 5; }; }\n"
	"filter from_a { if net = 10.66.0.0/16 then reject; accept; }\n"
	"template bgp t { local 127.0.0.1 port 1790 as 65000; multihop; strict bind;\n"
	"  connect delay time 1; connect retry time 1; hold time 30; }\n"
	"protocol bgp up_a from t { description \"first upstream\";\n"
	"  neighbor 127.0.0.2 port 1790 as 65001; bfd;\n"
	"  ipv4 { import keep filtered; import filter from_a; export all;\n"
	"    import limit 100 action warn; };\n"
	"  ipv6 { import all; export none; }; }\n"
	"protocol bgp up_b from t { description \"second upstream\";\n"
	"  neighbor 127.0.0.3 port 1790 as 65002;\n"
	"  ipv4 { import keep filtered; import all; export all; import limit 3 action block; }; }\n"
	"protocol bgp down_c from t { neighbor 127.0.0.4 port 1790 as 65003;\n"
	"  ipv4 { import all; export all; }; }\n";

static const char first[] =
	"router id 10.0.0.2;\n"
	"protocol device {}\n"
	"protocol bfd { strict bind; accept ipv4 multihop;\n"
	"  multihop { interval 100 ms; multiplier 5; }; }\n"
	"protocol static s4 { ipv4; route 10.20.0.0/16 unreachable;\n"
	"  route 10.20.5.0/24 unreachable; route 10.66.0.0/16 unreachable; }\n"
	"protocol static s6 { ipv6; route 2001:db8:20::/48 unreachable; }\n"
	"protocol bgp m { local 127.0.0.2 port 1790 as 65001; multihop; strict bind; bfd;\n"
	"  neighbor 127.0.0.1 port 1790 as 65000; connect delay time 1;\n"
	"  ipv4 { import none; export filter { bgp_community.add((65001,7));\n"
	"    bgp_large_community.add((65001,1,2)); accept; }; };\n"
	"  ipv6 { import none; export all; next hop address 2001:db8::2; }; }\n";

static const char second[] =
	"router id 10.0.0.3;\n"
	"protocol device {}\n"
	"protocol static s4 { ipv4; route 10.20.0.0/16 unreachable;\n"
	"  route 10.31.0.0/16 unreachable; route 10.32.0.0/16 unreachable;\n"
	"  route 10.33.0.0/16 unreachable; }\n"
	"protocol bgp m { local 127.0.0.3 port 1790 as 65002; multihop; strict bind;\n"
	"  neighbor 127.0.0.1 port 1790 as 65000; connect delay time 1;\n"
	"  ipv4 { import none; export filter { bgp_path.prepend(65010); accept; }; }; }\n";

static struct bird_program {
	const char *name, *config;
	char socket[200];
	pid_t pid;
} birds[] = {{"middle", middle, "", -1}, {"first", first, "", -1}, {"second", second, "", -1}};

#define BIRDS (sizeof(birds) / sizeof(birds[0]))

const char *bgp_world_socket(void)
{
	return birds[0].socket;
}

const char *bgp_world_upstream(void)
{
	return birds[1].socket;
}

static int start(struct bird_program *b)
{
	char config[200], log[200];
	const char *argv[] = {"bird", "-f", "-c", config, "-s", b->socket, NULL};

	snprintf(config, sizeof(config), "%s/%s.conf", test_dir(), b->name);
	snprintf(log, sizeof(log), "%s/%s.log", test_dir(), b->name);
	snprintf(b->socket, sizeof(b->socket), "%s/%s.ctl", test_dir(), b->name);
	if (file_write(config, b->config, strlen(b->config), 0644, NULL) != 0)
		return -1;
	b->pid = child_start(log, argv);
	return child_wait_socket(b->socket, 5000) ? 0 : -1;
}

/* Two are Established; what they have to say has come, and is too much of one of them. The third
 * has been tried, in vain. */
static bool has_settled(void)
{
	struct bird_protocols p;
	const struct bird_protocol *a, *b, *c;
	struct arena arena;
	bool settled = false;

	arena_init(&arena);
	bird_protocols_init(&p, &arena);
	if (bird_ask(birds[0].socket, "show protocols all", mono_add_ms(mono_now(), 2000),
		     bird_protocols_line, &p, NULL) == 0) {
		a = bird_protocols_find(&p, "up_a");
		b = bird_protocols_find(&p, "up_b");
		c = bird_protocols_find(&p, "down_c");
		settled = a != NULL && b != NULL && c != NULL &&
			  strstr(c->info, "refused") != NULL && a->channels.n == 2 &&
			  b->channels.n == 1 && a->channels.at[0].imported == 2 &&
			  a->channels.at[1].imported == 1 && b->channels.at[0].imported == 3;
	}
	bird_protocols_fini(&p);
	arena_fini(&arena);
	return settled;
}

int bgp_world_make(void)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);

	if (space_enter() != 0)
		return -1;
	for (size_t i = 0; i < BIRDS; i++)
		if (start(&birds[i]) != 0)
			return -1;
	while (!has_settled()) {
		if (mono_reached(deadline, mono_now()))
			return -1;
		poll(NULL, 0, 50);
	}
	return 0;
}

int bgp_world_end(void)
{
	for (size_t i = 0; i < BIRDS; i++) {
		child_stop(&birds[i].pid);
		unlink(birds[i].socket);
	}
	return space_leave();
}
