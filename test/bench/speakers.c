#include "test/bench/speakers_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/net/bird_configure.h"
#include "test/bench/apart.h"
#include "test/test.h"

#define ASK_MS	  60000
#define FIRST_NET 0x0a000000u
#define LATE	  (2 * SPEAKERS_STEP) /* its prefix is not approved at first */
#define FAR_END	  "02:00:00:00:00:01"
#define GATEWAYS  2

/* ---- the mesh ---- */

struct prefix speakers_net(uint32_t index)
{
	return prefix_ipv4(FIRST_NET + (index << 8), 24);
}

bool speakers_has_net(uint32_t index)
{
	return index > GATEWAYS && index % SPEAKERS_STEP == 0;
}

static void approve(struct speakers *s, size_t at)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p = speakers_net(s->fleet.members.at[at].index);

	fleet_approve(&s->fleet, at, prefix_format(&p, text));
}

static void make_fleet(struct speakers *s)
{
	char name[32];

	fleet_init(&s->fleet, "bench", SPEAKERS_CIDR, SPEAKERS_AS);
	s->fleet.rows.mesh.route_reflector = s->reflector;
	for (uint32_t i = 1; i <= s->members; i++) {
		size_t at;

		snprintf(name, sizeof(name), "machine-%u", i);
		at = i <= GATEWAYS ? fleet_gateway(&s->fleet, name, i)
				   : fleet_member(&s->fleet, name, i);
		if (speakers_has_net(i) && i != LATE)
			approve(s, at);
		if (!s->reflector && i == SPEAKERS_STEP)
			s->own = at;
	}
}

void speakers_join(struct speakers *s)
{
	fleet_member(&s->fleet, "one-more", ++s->members);
}

void speakers_leave(struct speakers *s)
{
	s->members--;
	s->fleet.members.n--;
	s->fleet.names.n--;
	s->fleet.machines.n--;
}

void speakers_approve(struct speakers *s, bool approved)
{
	if (approved)
		approve(s, LATE - 1);
	else
		fleet_withdraw(&s->fleet, s->fleet.announcements.n - 1);
}

size_t speakers_sessions(const struct speakers *s)
{
	return s->members - 1;
}

/* A plain member hears the gateways' addresses and others' prefixes; the other gateway all that the
 * members say. Of one plain member in a full mesh others hear its prefix, gateways its address too.
 */
uint64_t speakers_routes(const struct speakers *s)
{
	uint64_t plain = s->members - GATEWAYS, nets = s->fleet.announcements.n;

	if (!s->reflector)
		return plain - 1 + 2 * GATEWAYS;
	return plain * (nets + GATEWAYS) - nets + 1 + plain + nets;
}

/* ---- commands ---- */

static void run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void run(const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (system(line) != 0)
		bench_fail("%s", line);
}

/* BIRD speaks to them without a gateway (SO_DONTROUTE), so each is an entry in the kernel's table
 * of neighbours. That has room for 1,024 of all namespaces together, but for permanent ones. */
static void put_neighbours(const struct speakers *s)
{
	char path[256];
	struct buf b;

	buf_init(&b);
	for (uint32_t i = 1; i <= s->members + 1; i++) {
		struct address a = address_ipv4(prefix_to_ipv4(&s->fleet.rows.mesh.cidr) + i);
		char text[ADDRESS_TEXT_MAX];

		buf_printf(&b, "neighbour add %s lladdr " FAR_END " dev wg0 nud permanent\n",
			   address_format(&a, text));
	}
	speakers_put(s, "neighbours", &b);
	buf_fini(&b);
	run("ip -batch %s", speakers_path(s, "neighbours", path));
}

static void lay_cable(const struct speakers *s)
{
	struct address me = address_ipv4(prefix_to_ipv4(&s->fleet.rows.mesh.cidr) +
					 s->fleet.members.at[s->own].index);
	char own[ADDRESS_TEXT_MAX];

	address_format(&me, own);
	run("ip netns add crowd");
	run("ip link add wg0 type veth peer name v1 address " FAR_END " netns crowd");
	run("ip address add %s/10 dev wg0 noprefixroute", own);
	run("ip address add 169.254.0.1/30 dev wg0");
	run("ip link set wg0 up");
	run("ip -n crowd address add 169.254.0.2/30 dev v1");
	run("ip -n crowd address add 100.127.255.254/10 dev v1 noprefixroute");
	run("ip -n crowd link set v1 up");
	run("ip -n crowd link set lo up");
	run("ip -n crowd route add local " SPEAKERS_CIDR " dev lo");
	run("ip -n crowd route add %s via 169.254.0.1 dev v1 table local", own);
	run("ip route add " SPEAKERS_CIDR " dev wg0");
	put_neighbours(s);
	run("ip route add " SPEAKERS_CIDR " dev wg0 table 5200 metric 1024");
}

/* ---- programs ---- */

static bool is_there(const void *path)
{
	return access(path, F_OK) == 0;
}

static void start_crowd(struct speakers *s)
{
	char conf[256], ctl[256], name[32];

	for (uint32_t k = 0; k < SPEAKERS_BIRDS; k++) {
		const char *argv[] = {"ip", "netns", "exec", "crowd", "bird", "-f",
				      "-c", conf,    "-s",   ctl,     NULL};

		speakers_put_crowd(s, k);
		snprintf(name, sizeof(name), "crowd-%u.conf", k);
		speakers_path(s, name, conf);
		snprintf(name, sizeof(name), "crowd-%u.ctl", k);
		speakers_path(s, name, ctl);
		s->crowd[k] = apart_start(argv);
		apart_await(is_there, ctl, "a BIRD of the crowd");
	}
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

void speakers_init(struct speakers *s, uint32_t members, bool reflector)
{
	*s = (struct speakers){.members = members, .reflector = reflector};
	snprintf(s->dir, sizeof(s->dir), "%s/speakers", test_dir());
	if (file_make_dir(s->dir, 0755, NULL) != 0)
		bench_fail("%s cannot be made", s->dir);
	raise_descriptors();
	make_fleet(s);
	lay_cable(s);
	speakers_put_templates(s);
	start_crowd(s);
}

void speakers_fini(struct speakers *s)
{
	apart_stop(s->bird);
	for (size_t k = 0; k < SPEAKERS_BIRDS; k++)
		apart_stop(s->crowd[k]);
	fleet_fini(&s->fleet);
	if (file_remove(s->dir, NULL) != 0)
		bench_fail("%s cannot be removed", s->dir);
}

void speakers_start(struct speakers *s)
{
	char conf[256], ctl[256];
	const char *argv[] = {"bird", "-f", "-c", conf, "-s", ctl, NULL};

	fleet_plan(&s->fleet);
	speakers_put_text(s);
	speakers_path(s, "bird.conf", conf);
	speakers_path(s, "bird.ctl", ctl);
	s->bird = apart_start(argv);
	apart_await(is_there, ctl, "BIRD");
}

double speakers_configure(struct speakers *s)
{
	char ctl[256];
	enum bird_configured result;
	struct bird *b = NULL;
	struct fault f = {0};
	struct mono begin;
	double ms;

	fleet_plan(&s->fleet);
	speakers_put_text(s);
	begin = mono_now();
	if (bird_open(speakers_path(s, "bird.ctl", ctl), &b, &f) != 0 ||
	    bird_configure(b, BIRD_CONFIGURE, NULL, 0, mono_add_ms(begin, ASK_MS), &result, &f) !=
		    0)
		bench_fail("configure: %s", f.text);
	ms = (double)mono_ms_between(begin, mono_now());
	bird_close(b);
	return ms;
}
