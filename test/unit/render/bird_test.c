/* Each kind of membership: its text against a golden file, and the real `bird -p` on it. */
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "controller/render/prepared.h"
#include "lib/base/file.h"
#include "test/test.h"
#include "test/unit/render/fleet.h"

extern char **environ;

#define TEMPLATES "bird-templates"
#define EXAMPLE	  "test/golden/bird/bird.conf"

static void put(const char *name, const struct buf *b)
{
	char path[256];
	struct fault f = {0};

	snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
	if (file_write(path, buf_text(b), b->len, 0644, &f) != 0)
		TEST_FAIL("%s", f.text);
}

/* What bird says goes to standard error, as it is silent when all is well. */
static void run_bird(const char *what)
{
	char path[256], program[] = "bird", parse[] = "-p", file[] = "-c";
	char *args[] = {program, parse, file, path, NULL};
	int status = -1;
	pid_t pid;

	snprintf(path, sizeof(path), "%s/bird.conf", test_dir());
	if (posix_spawnp(&pid, program, NULL, NULL, args, environ) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		TEST_FAIL("bird -p refuses %s (%s, status %d)", what, path, status);
}

/* The golden text of a member, and BIRD's opinion of it with the templates of `override` first. */
static void check_with(const struct fleet *f, size_t member, const char *name, const char *override)
{
	const char *const directories[] = {override, TEMPLATES};
	struct buf text, templates, example;
	struct fault fault = {0};
	char golden[128];

	buf_init(&text);
	buf_init(&templates);
	buf_init(&example);
	render_bird_text(f->render, member, &text);
	snprintf(golden, sizeof(golden), "bird/%s.conf", name);
	test_golden(golden, buf_text(&text), text.len);
	TEST_NUMBER(render_bird_templates(directories, 2, &templates, &fault), 0);
	TEST_NUMBER(file_read(EXAMPLE, 65536, &example, &fault), 0);
	put("membership.conf", &text);
	put("templates.conf", &templates);
	put("bird.conf", &example);
	run_bird(name);
	buf_fini(&text);
	buf_fini(&templates);
	buf_fini(&example);
}

static void check_text(const struct fleet *f, size_t member, const char *name)
{
	check_with(f, member, name, "/nonexistent");
}

/* a1, a4 plain with a network each; a2, a3 routers of one prefix, of different priority; two
 * gateways; staging is peered, and gw1 is in it, too. */
enum { A1, A2, A3, A4, GW1, GW2, PLAIN };

static void prod(struct fleet *f)
{
	static const char *const names[] = {"a1", "a2", "a3", "a4"};
	size_t remote;

	fleet_init(f, "prod", "10.100.0.0/16", 4200000001);
	for (uint32_t i = 0; i < 4; i++)
		fleet_member(f, names[i], i + 1);
	fleet_gateway(f, "gw1", 11);
	fleet_gateway(f, "gw2", 12);
	fleet_member(f, "p", 20);
	fleet_approve(f, A1, "172.20.5.0/24");
	fleet_approve(f, A4, "172.20.6.0/24");
	f->announcements.at[fleet_approve(f, A2, "172.20.30.0/24")].priority = 200;
	fleet_approve(f, A3, "172.20.30.0/24");
	remote = fleet_peer(f, "staging", "10.101.0.0/16", 4200000002, "10.100.0.0/16",
			    "172.20.12.0/24");
	fleet_show(f, remote, "172.20.30.0/24", "10.101.0.0/16");
	fleet_remote_approve(f, remote, "172.20.12.0/24");
	fleet_remote_approve(f, remote, "172.20.13.0/24"); /* not in the peering */
	fleet_remote_member(f, remote, GW1, 11, 1);
	fleet_remote_member(f, remote, GW2, 12, 1);
}

static void a_plain_member(void)
{
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	check_text(&f, A1, "member");
	fleet_fini(&f);
}

static void a_router(void)
{
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	check_text(&f, A2, "router");
	fleet_fini(&f);
}

static void a_gateway(void)
{
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	check_text(&f, GW1, "gateway");
	fleet_fini(&f);
}

static void a_member_of_a_full_mesh(void)
{
	struct fleet f;

	prod(&f);
	f.rows.mesh.route_reflector = false;
	fleet_plan(&f);
	check_text(&f, A1, "full-mesh-member");
	fleet_fini(&f);
}

/* Alone in a mesh, with nothing: every set is empty. */
static void the_first_member(void)
{
	struct fleet f;

	fleet_init(&f, "prod", "10.100.0.0/16", 4200000001);
	fleet_member(&f, "a1", 1);
	fleet_plan(&f);
	check_text(&f, 0, "alone");
	fleet_fini(&f);
}

/* a2 and a3 are routers of a prefix for a1 only, a4 an exit for p. */
static void limited_prefixes(void)
{
	struct fleet f;

	prod(&f);
	fleet_limit(&f, fleet_approve(&f, A2, "172.20.40.0/24"), A1);
	fleet_limit(&f, fleet_approve(&f, A3, "172.20.40.0/24"), A1);
	fleet_limit(&f, fleet_approve(&f, A4, "0.0.0.0/0"), PLAIN);
	fleet_plan(&f);
	check_text(&f, A1, "limited-user");
	check_text(&f, PLAIN, "limited-exit-user");
	check_text(&f, A2, "limited-router");
	check_text(&f, GW1, "limited-gateway");
	fleet_fini(&f);
}

static void two_siblings(void)
{
	struct fleet f;
	size_t remote, own;

	prod(&f);
	remote = fleet_peer(&f, "partner", "192.168.64.0/20", 4200000003, "10.100.4.0/22",
			    "192.168.64.9/32");
	fleet_show(&f, remote, "10.100.0.2/32", NULL);
	fleet_remote_member(&f, remote, GW1, 5, 2);
	own = fleet_approve(&f, GW1, "172.20.50.0/24");
	f.announcements.at[own].priority = 300;
	fleet_show(&f, 0, "172.20.50.0/24", NULL);
	fleet_plan(&f);
	check_text(&f, GW1, "two-siblings");
	fleet_fini(&f);
}

/* Of a prefix of two routers, of one of a plain member, and of one that is limited; and what is no
 * part: approved by nobody, shown whole besides, or of an exit. */
static void parts_of(struct fleet *f)
{
	size_t limited;

	prod(f);
	f->announcements.at[fleet_approve(f, A2, "172.21.0.0/16")].priority = 200;
	fleet_approve(f, A3, "172.21.0.0/16");
	fleet_approve(f, A4, "172.21.1.128/25");
	fleet_approve(f, A1, "172.22.0.0/16");
	limited = fleet_approve(f, A1, "172.23.0.0/16");
	fleet_limit(f, limited, A4);
	fleet_limit(f, fleet_approve(f, A4, "0.0.0.0/0"), PLAIN);
	fleet_show(f, 0, "172.21.1.0/24", "172.25.3.0/24");
	fleet_show(f, 0, "172.22.7.0/24", "172.26.3.0/24");
	fleet_show(f, 0, "172.23.7.0/24", NULL);
	fleet_show(f, 0, "172.24.7.0/24", NULL);
	fleet_show(f, 0, "172.20.5.0/24", NULL);
	fleet_show(f, 0, "172.20.5.64/26", NULL);
	fleet_remote_approve(f, 0, "172.25.0.0/16");
	fleet_plan(f);
}

static void parts_of_approved_prefixes(void)
{
	struct fleet f;

	parts_of(&f);
	check_text(&f, A2, "part-router");
	check_text(&f, GW1, "part-gateway");
	check_text(&f, PLAIN, "part-member");
	fleet_fini(&f);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* Named where they are defined; announced by who has the whole, taken in and shown by gateways. */
static void parts_are_for_gateways(void)
{
	static const struct {
		size_t member, named, other;
	} rows[] = {
		{PLAIN, 1, 1}, /* PARTS */
		{A2, 2, 1},    /* and OWN_LIMITED */
		{A3, 2, 1},    {A1, 1, 2},
		{A4, 1, 1},    {GW1, 4, 3}, /* from a2, a3 (a1), and to the sibling */
	};
	struct fleet f;

	parts_of(&f);
	TEST_NUMBER(f.render->nparts, 2);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf text;

		buf_init(&text);
		render_bird_text(f.render, rows[i].member, &text);
		TEST_NUMBER(count(buf_text(&text), "172.21.1.0/24"), rows[i].named);
		TEST_NUMBER(count(buf_text(&text), "172.22.7.0/24"), rows[i].other);
		TEST_NUMBER(count(buf_text(&text), "172.23.7.0/24"), 0);
		TEST_NUMBER(count(buf_text(&text), "172.24.7.0/24"), 0);
		TEST_NUMBER(count(buf_text(&text), "172.20.5.64/26"), 0);
		/* The other mesh's: its whole is there, or is not. */
		CU_ASSERT(count(buf_text(&text), "172.25.3.0/24") > 0);
		TEST_NUMBER(count(buf_text(&text), "172.26.3.0/24"), 0);
		buf_fini(&text);
	}
	fleet_fini(&f);
}

/* Speakers are those with a session; and only they. */
static void sessions_and_speakers_agree(void)
{
	for (int mode = 0; mode < 2; mode++) {
		struct fleet f;

		prod(&f);
		f.rows.mesh.route_reflector = mode == 0;
		f.members.at[A4].has_key = false;
		fleet_plan(&f);
		for (size_t m = 0; m < f.members.n; m++) {
			struct render_image in = {0};
			struct buf text, body;
			struct state_header header;
			struct state_section section;

			buf_init(&text);
			buf_init(&body);
			render_bird_text(f.render, m, &text);
			render_membership(f.render, m, &in, &body);
			memcpy(&header, body.data, sizeof(header));
			for (size_t i = 0; i < header.nsections; i++) {
				memcpy(&section, body.data + sizeof(header) + i * sizeof(section),
				       sizeof(section));
				if (section.type == STATE_SPEAKERS)
					TEST_NUMBER(
						section.count,
						count(buf_text(&text), "protocol bgp") -
							count(buf_text(&text), "protocol bgp e_"));
			}
			TEST_NUMBER(count(buf_text(&text), "neighbor 10.100.0.4;"), 0);
			buf_fini(&text);
			buf_fini(&body);
		}
		fleet_fini(&f);
	}
}

/* A template missing everywhere is named; an override takes the place of what was installed. */
static void templates_are_found_in_order(void)
{
	const char *directories[] = {NULL, TEMPLATES};
	struct buf out;
	struct fault fault = {0};
	char path[256];

	buf_init(&out);
	snprintf(path, sizeof(path), "%s/override", test_dir());
	file_make_dir(path, 0755, NULL);
	directories[0] = path;
	TEST_NUMBER(render_bird_templates(directories, 1, &out, &fault), ERR_NOT_FOUND);
	CU_ASSERT_PTR_NOT_NULL(strstr(fault.text, "BIRD template base.conf"));
	snprintf(path, sizeof(path), "%s/override/member.conf", test_dir());
	file_write(path, "# mine\n", 7, 0644, NULL);
	snprintf(path, sizeof(path), "%s/override", test_dir());
	buf_clear(&out);
	TEST_NUMBER(render_bird_templates(directories, 2, &out, &fault), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), "# mine\n"));
	CU_ASSERT_PTR_NULL(strstr(buf_text(&out), "template bgp t_plain"));
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), "template bgp t_sibling"));
	buf_fini(&out);
}

static void the_example_of_an_override(void)
{
	static const char example[] = "examples/bird-templates";
	const char *const directories[] = {example, TEMPLATES};
	struct buf out;
	struct fleet f;

	prod(&f);
	fleet_plan(&f);
	check_with(&f, A1, "member", example);
	check_with(&f, GW1, "gateway", example);
	fleet_fini(&f);
	buf_init(&out);
	TEST_NUMBER(render_bird_templates(directories, 2, &out, NULL), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&out), "hold time 90;"));
	CU_ASSERT_PTR_NULL(strstr(buf_text(&out), "hold time 30;"));
	buf_fini(&out);
}

TEST_SUITE(render_bird, {"a plain member", a_plain_member}, {"a router", a_router},
	   {"a gateway", a_gateway}, {"a member of a full mesh", a_member_of_a_full_mesh},
	   {"the first member", the_first_member}, {"limited prefixes", limited_prefixes},
	   {"two siblings", two_siblings},
	   {"parts of approved prefixes", parts_of_approved_prefixes},
	   {"parts are for gateways", parts_are_for_gateways},
	   {"sessions and speakers agree", sessions_and_speakers_agree},
	   {"templates are found in order", templates_are_found_in_order},
	   {"the example of an override", the_example_of_an_override});
