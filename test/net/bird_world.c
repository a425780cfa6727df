#include "test/net/bird_world.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "test/net/child.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

#define PATIENCE_MS 5000
#define TABLE	    5200

static const struct instance {
	enum birds_machine machine;
	enum birds_mesh mesh;
	size_t member;	    /* position in its fleet */
	const char *device; /* main */
	const char *own;    /* s_own: its prefixes */
} instances[BIRDS_INSTANCES] = {
	[A1_A] = {A1, PROD, 0, "wg0", ""},
	[A2_A] = {A2, PROD, 1, "wg0",
		  "route " BIRDS_SHARED " unreachable; route " BIRDS_FORGED " unreachable;"},
	[A3_A] = {A3, PROD, 2, "wg0", "route " BIRDS_SHARED " unreachable;"},
	[GW1_A] = {GW1, PROD, 3, "wg0", ""},
	[GW2_A] = {GW2, PROD, 4, "wg0", ""},
	[B1_B] = {B1, STAGING, 0, "wg1", "route " BIRDS_BEHIND " unreachable;"},
	[GW1_B] = {GW1, STAGING, 1, "wg1", ""},
	[GW2_B] = {GW2, STAGING, 2, "wg1", ""},
};

static struct {
	int home;
	int spaces[BIRDS_MACHINES];
	pid_t birds[BIRDS_INSTANCES];
	struct fleet fleets[2];
} world = {.home = -1};

/* ---- namespaces and cables ---- */

static void enter(int space)
{
	if (setns(space, CLONE_NEWNET) != 0)
		abort();
}

static int run(const char *command, struct buf *out)
{
	char block[1024];
	size_t n;
	FILE *pipe = popen(command, "re");

	while (pipe != NULL && (n = fread(block, 1, sizeof(block), pipe)) > 0)
		if (out != NULL)
			buf_append(out, block, n);
	return pipe == NULL ? -1 : pclose(pipe);
}

/* A failure to build the world is one of the suite's set-up. */
static bool built = true;

static void ip(enum birds_machine at, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void ip(enum birds_machine at, const char *fmt, ...)
{
	char arguments[300], command[320];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(arguments, sizeof(arguments), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command), "ip %s", arguments);
	enter(world.spaces[at]);
	if (run(command, NULL) != 0) {
		fprintf(stderr, "%s failed\n", command);
		built = false;
	}
	enter(world.home);
}

static const char *cable(enum birds_mesh mesh, enum birds_machine to, char out[16])
{
	snprintf(out, 16, "%c%d", mesh == PROD ? 't' : 's', (int)to);
	return out;
}

static const char *address_of(const struct instance *i, char out[ADDRESS_TEXT_MAX])
{
	const struct fleet *f = &world.fleets[i->mesh];
	struct address a =
		address_ipv4(prefix_to_ipv4(&f->rows.mesh.cidr) + f->members.at[i->member].index);

	return address_format(&a, out);
}

static void lay_cable(const struct instance *a, const struct instance *b)
{
	char to_a[16], to_b[16], own[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];

	cable(a->mesh, a->machine, to_a);
	cable(a->mesh, b->machine, to_b);
	address_of(a, own);
	address_of(b, other);
	ip(a->machine, "link add %s type veth peer name %s netns /proc/%d/fd/%d", to_b, to_a,
	   getpid(), world.spaces[b->machine]);
	ip(a->machine, "address add %s peer %s/32 dev %s", own, other, to_b);
	ip(b->machine, "address add %s peer %s/32 dev %s", other, own, to_a);
	ip(a->machine, "link set %s up", to_b);
	ip(b->machine, "link set %s up", to_a);
}

/* The main device: nobody is behind it here, but routes point to it. */
static void make_main(const struct instance *i)
{
	char own[ADDRESS_TEXT_MAX];

	ip(i->machine, "link add %s type veth peer name %sp", i->device, i->device);
	ip(i->machine, "address add %s/16 dev %s noprefixroute", address_of(i, own), i->device);
	ip(i->machine, "link set %s up", i->device);
	ip(i->machine, "link set %sp up", i->device);
}

static void make_spaces(void)
{
	world.home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	for (int m = 0; m < BIRDS_MACHINES; m++) {
		if (unshare(CLONE_NEWNET) != 0)
			abort();
		world.spaces[m] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		ip((enum birds_machine)m, "link set lo up");
	}
	enter(world.home);
	for (size_t i = 0; i < BIRDS_INSTANCES; i++) {
		make_main(&instances[i]);
		for (size_t k = i + 1; k < BIRDS_INSTANCES; k++)
			if (instances[i].mesh == instances[k].mesh)
				lay_cable(&instances[i], &instances[k]);
	}
}

/* ---- the meshes ---- */

static void make_fleets(void)
{
	struct fleet *a = &world.fleets[PROD], *b = &world.fleets[STAGING];
	size_t remote, shared;

	fleet_init(a, "prod", "10.100.0.0/16", 4200000001);
	fleet_member(a, "a1", 1);
	fleet_member(a, "a2", 2);
	fleet_member(a, "a3", 3);
	fleet_gateway(a, "gw1", 11);
	fleet_gateway(a, "gw2", 12);
	shared = fleet_approve(a, 1, BIRDS_SHARED);
	a->announcements.at[shared].priority = 200;
	fleet_approve(a, 2, BIRDS_SHARED);
	remote = fleet_peer(a, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16",
			    "10.101.0.0/16");
	fleet_show(a, remote, BIRDS_SHARED, BIRDS_BEHIND);
	fleet_remote_approve(a, remote, BIRDS_BEHIND);
	fleet_remote_member(a, remote, 3, 11, 1);
	fleet_remote_member(a, remote, 4, 12, 1);
	fleet_plan(a);

	fleet_init(b, "staging", "10.101.0.0/16", 4200000002);
	fleet_member(b, "b1", 1);
	fleet_gateway(b, "gw1", 11);
	fleet_gateway(b, "gw2", 12);
	b->members.at[1].number = b->members.at[2].number = 1;
	fleet_approve(b, 0, BIRDS_BEHIND);
	remote = fleet_peer(b, "prod", "10.100.0.0/16", 4200000001, "10.101.0.0/16",
			    "10.100.0.0/16");
	fleet_show(b, remote, BIRDS_BEHIND, BIRDS_SHARED);
	fleet_remote_approve(b, remote, BIRDS_SHARED);
	fleet_remote_member(b, remote, 1, 11, 0);
	fleet_remote_member(b, remote, 2, 12, 0);
	fleet_plan(b);
}

static void path_of(size_t i, const char *name, char out[256])
{
	snprintf(out, 256, "%s/bird-%zu/%s", test_dir(), i, name);
}

static void put(size_t i, const char *name, const struct buf *b)
{
	char path[256];

	path_of(i, name, path);
	if (file_write(path, buf_text(b), b->len, 0644, NULL) != 0)
		built = false;
}

/* As the agent writes it (bird-templates/README.md). */
static void put_local(size_t i, bool drain)
{
	const struct instance *x = &instances[i];
	char own[ADDRESS_TEXT_MAX];
	struct buf out;

	buf_init(&out);
	buf_printf(
		&out,
		"log stderr all;\nrouter id %s;\ndefine BGP_PORT = 179;\ndefine DRAIN = "
		"%s;\ndefine HELD = [ 0.0.0.0 ];\n"
		"define DEV_0 = \"wg0\";\ndefine DEV_1 = \"wg1\";\n"
		"include \"membership.conf\";\n"
		"protocol device { scan time 10; }\n"
		"protocol kernel k_main { kernel table %d; metric 32; scan time 20;"
		" merge paths on; persist on; ipv4 { import none; export filter to_kernel; }; }\n"
		"protocol bfd f_main { strict bind; accept ipv4 direct; interface \"%s*\""
		" { interval 100 ms; idle tx interval 500 ms; multiplier 5; }; }\n",
		address_of(x, own), drain ? "true" : "false", TABLE + (int)x->mesh,
		x->mesh == PROD ? "t" : "s");
	if (x->own[0] != '\0')
		buf_printf(&out, "protocol static s_own { ipv4; %s }\n", x->own);
	put(i, "bird.conf", &out);
	buf_fini(&out);
}

static void start_bird(size_t i, const struct buf *templates)
{
	static const char *const names[] = {"bird.conf", "ctl", "pid", "log", ""};
	const struct instance *x = &instances[i];
	char paths[5][256];
	const char *const argv[] = {"bird",   "-f", "-c",     paths[0], "-s",
				    paths[1], "-P", paths[2], NULL};
	struct buf text;

	for (size_t k = 0; k < 5; k++)
		path_of(i, names[k], paths[k]);
	file_make_dir(paths[4], 0755, NULL);
	buf_init(&text);
	render_bird_text(world.fleets[x->mesh].render, x->member, &text);
	put(i, "membership.conf", &text);
	put(i, "templates.conf", templates);
	put_local(i, false);
	enter(world.spaces[x->machine]);
	world.birds[i] = child_start(paths[3], argv);
	enter(world.home);
	built = built && child_wait_socket(paths[1], PATIENCE_MS);
	buf_fini(&text);
}

int birds_make(void)
{
	static const char *const directories[] = {"bird-templates"};
	struct buf templates;

	make_fleets();
	make_spaces();
	buf_init(&templates);
	built = built && render_bird_templates(directories, 1, &templates, NULL) == 0;
	for (size_t i = 0; i < BIRDS_INSTANCES && built; i++)
		start_bird(i, &templates);
	buf_fini(&templates);
	return built ? 0 : -1;
}

int birds_end(void)
{
	for (size_t i = 0; i < BIRDS_INSTANCES; i++)
		child_stop(&world.birds[i]);
	for (size_t m = 0; m < BIRDS_MACHINES; m++)
		close(world.spaces[m]);
	close(world.home);
	fleet_fini(&world.fleets[PROD]);
	fleet_fini(&world.fleets[STAGING]);
	return 0;
}

/* ---- what tests do ---- */

static void plug(enum birds_mesh mesh, enum birds_machine a, enum birds_machine b, const char *how)
{
	char name[16];

	ip(a, "link set %s %s", cable(mesh, b, name), how);
	ip(b, "link set %s %s", cable(mesh, a, name), how);
}

void birds_cut(enum birds_mesh mesh, enum birds_machine a, enum birds_machine b)
{
	plug(mesh, a, b, "down");
}

void birds_heal(enum birds_mesh mesh, enum birds_machine a, enum birds_machine b)
{
	plug(mesh, a, b, "up");
}

static int ask(enum birds_instance i, const char *command, struct buf *out)
{
	char path[256], line[512];

	path_of(i, "ctl", path);
	snprintf(line, sizeof(line), "birdc -s %s '%s' 2>&1", path, command);
	return run(line, out);
}

static int ask_kernel(enum birds_instance i, const char *prefix, struct buf *out)
{
	char command[128];
	int code;

	snprintf(command, sizeof(command), "ip route show table %d %s 2>&1",
		 TABLE + (int)instances[i].mesh, prefix);
	enter(world.spaces[instances[i].machine]);
	code = run(command, out);
	enter(world.home);
	return code;
}

static void await(enum birds_instance i,
		  int (*question)(enum birds_instance, const char *, struct buf *),
		  const char *what, const char *want, const char *never)
{
	struct mono deadline = mono_add_ms(mono_now(), PATIENCE_MS);
	struct buf answer;
	bool good = false;

	buf_init(&answer);
	while (!good && !mono_reached(deadline, mono_now())) {
		buf_clear(&answer);
		question(i, what, &answer);
		good = (want == NULL || strstr(buf_text(&answer), want) != NULL) &&
		       (never == NULL || strstr(buf_text(&answer), never) == NULL);
		if (!good)
			poll(NULL, 0, 50);
	}
	if (good) {
		CU_PASS("in time");
	} else
		TEST_FAIL("instance %d, %s: want '%s', never '%s', have:\n%s", (int)i, what,
			  want ? want : "", never ? never : "", buf_text(&answer));
	buf_fini(&answer);
}

void birds_await(enum birds_instance i, const char *command, const char *want, const char *never)
{
	await(i, ask, command, want, never);
}

void birds_await_kernel(enum birds_instance i, const char *prefix, const char *want,
			const char *never)
{
	await(i, ask_kernel, prefix, want, never);
}

void birds_drain(enum birds_instance i, bool drain)
{
	struct buf answer;

	buf_init(&answer);
	put_local(i, drain);
	if (ask(i, "configure", &answer) != 0)
		TEST_FAIL("configure: %s", buf_text(&answer));
	buf_fini(&answer);
}

void birds_await_sessions(void)
{
	static const char *const not_up[] = {"Idle", "Connect", "Active", "OpenSent",
					     "OpenConfirm"};

	for (int i = 0; i < BIRDS_INSTANCES; i++) {
		for (size_t k = 0; k < sizeof(not_up) / sizeof(not_up[0]); k++)
			birds_await((enum birds_instance)i, "show protocols", "Established",
				    not_up[k]);
		birds_await((enum birds_instance)i, "show bfd sessions", "Up", "Down");
	}
}

void birds_check_logs(void)
{
	for (size_t i = 0; i < BIRDS_INSTANCES; i++) {
		char path[256], command[300];
		struct buf found;

		path_of(i, "log", path);
		snprintf(command, sizeof(command), "grep -i -e 'filter' -e '<BUG>' %s", path);
		buf_init(&found);
		run(command, &found);
		TEST_TEXT(buf_text(&found), "");
		buf_fini(&found);
	}
}
