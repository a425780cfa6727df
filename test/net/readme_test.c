/* The five minutes of README, line by line as they stand there, on machines that have nothing of
 * Skein. What builds and installs is test/install's; systemctl is played by this test.
 *
 *	controller    p1    p2    gw1    s1    s3 ── depot (172.20.5.10)
 *	     │         │     │     │      │     │
 *	 ────┴─────────┴─────┴── underlay ┴─────┴──
 */
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lab/fleet.h"
#include "lab/lab_places.h"
#include "lab/machine.h"
#include "lab/operator.h"
#include "lib/base/file.h"
#include "test/test.h"

#define BEGIN	   "## Five minutes on real machines"
#define END	   "\n## "
#define URL	   "https://192.0.2.1:8443"
#define README_MAX 65536
#define RUN_MS	   30000
#define SETTLE_MS  30000
#define AGAIN_MS   100

static const char yaml[] = "name: t-readme\n"
			   "meshes: [{name: prod, cidr: 10.100.0.0/16}, "
			   "{name: staging, cidr: 10.101.0.0/16}]\n"
			   "machines:\n"
			   "  - {name: p1, meshes: [prod]}\n"
			   "  - {name: p2, meshes: [prod]}\n"
			   "  - {name: gw1, meshes: [prod]}\n"
			   "  - {name: s1, meshes: [staging]}\n"
			   "  - {name: s3, meshes: [staging]}\n"
			   "networks: [{name: depot, prefix: 172.20.5.0/24, behind: s3}]\n";

static struct lab lab;
static char api_token[200], pin[200], join_tokens[2][500]; /* of prod, of staging */
static size_t ntokens;

/* ---- the lab ---- */

static int write_configuration(struct fault *f)
{
	char root[2000], text[2200];

	if (getcwd(root, sizeof(root)) == NULL)
		return -1;
	snprintf(text, sizeof(text), "url = " URL "\ntemplates = %s/bird-templates\n", root);
	return machine_write(&lab, LAB_CONTROLLER, "/etc/skein/controller.conf", text, f);
}

static int take_down(void)
{
	struct fault f = {0};
	int code;

	lab_close(&lab);
	code = lab_down("t-readme", &f);
	if (code != 0)
		printf("%s\n", f.text);
	return code;
}

static int bring_up(void)
{
	struct fault f = {0};
	char file[200];
	int code;

	snprintf(file, sizeof(file), "%s/t-readme.yaml", test_dir());
	code = file_write(file, yaml, sizeof(yaml) - 1, 0644, &f);
	if (code == 0)
		code = lab_plan(&lab, file, &f);
	if (code == 0)
		code = fleet_build_underlay(&lab, &f);
	if (code == 0)
		code = write_configuration(&f);
	if (code != 0) {
		printf("%s\n", f.text);
		take_down();
	}
	return code;
}

/* ---- one line ---- */

/* What it says, to both outputs, is appended. */
static int try(const char *machine, const char *line, const char *input, struct buf *said,
	       struct fault *f)
{
	char script[1000];
	const char *const argv[] = {"sh", "-c", script, NULL};

	snprintf(script, sizeof(script),
		 "export PATH=%s:/usr/sbin:/usr/bin:/sbin:/bin XDG_CONFIG_HOME=%s; exec 2>&1; %s",
		 lab.programs, OPERATOR_CONFIG_HOME, line);
	return machine_run(&lab, machine, argv, input, RUN_MS, said, f);
}

static void run(const char *machine, const char *line, const char *input, struct buf *said)
{
	struct fault f = {0};

	if (try(machine, line, input, said, &f) != 0)
		TEST_FAIL("%s: %s: %s: %s", machine, line, f.text, buf_text(said));
	else
		CU_PASS("runs");
}

/* Again until it succeeds and says the words. */
static void await(const char *machine, const char *line, const char *input, const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);
	struct fault f;
	struct buf said;
	bool good = false;

	buf_init(&said);
	while (!good && !mono_reached(deadline, mono_now())) {
		buf_clear(&said);
		f = (struct fault){0};
		good = try(machine, line, input, &said, &f) == 0 &&
		       strstr(buf_text(&said), words) != NULL;
		if (!good)
			poll(NULL, 0, AGAIN_MS);
	}
	if (!good)
		TEST_FAIL("%s: %s: want '%s', says: %s", machine, line, words, buf_text(&said));
	else
		CU_PASS("says it");
	buf_fini(&said);
}

static void word(const char *text, const char *begin, char *out, size_t size)
{
	const char *at = strstr(text, begin);

	snprintf(out, size, "%.*s", at != NULL ? (int)strcspn(at, " \n") : 0, at != NULL ? at : "");
}

static void do_init(const char *line, struct buf *said)
{
	run(LAB_CONTROLLER, line, NULL, said);
	word(buf_text(said), "skein-api.", api_token, sizeof(api_token));
	word(buf_text(said), "sha256//", pin, sizeof(pin));
	CU_ASSERT(api_token[0] != '\0' && pin[0] != '\0');
}

static void do_run_controller(const char *line, struct buf *said)
{
	const char *const argv[] = {lab_program(&lab, "skein-controller"), "run", NULL};
	struct fault f = {0};

	(void)line;
	(void)said;
	TEST_NUMBER(machine_start(&lab, LAB_CONTROLLER, argv, &f), 0);
}

/* README has a name and dots; and systemd has only just started what shall answer. */
static void do_login(const char *line, struct buf *said)
{
	char command[400];

	(void)said;
	CU_ASSERT(strstr(line, " https://skein.example.net:8443 --pin sha256//…") != NULL);
	snprintf(command, sizeof(command), "skein login " URL " --pin %s", pin);
	await(LAB_CONTROLLER, command, api_token, "logged in to " URL);
}

static void do_operator(const char *line, struct buf *said)
{
	run(LAB_CONTROLLER, line, NULL, said);
}

static void do_token(const char *line, struct buf *said)
{
	do_operator(line, said);
	if (ntokens < 2)
		word(buf_text(said), "skein-join.", join_tokens[ntokens], sizeof(join_tokens[0]));
	CU_ASSERT(ntokens < 2 && join_tokens[ntokens][0] != '\0');
	ntokens++;
}

static void do_join(const char *line, struct buf *said)
{
	static const struct {
		const char *name;
		size_t token;
	} machines[] = {{"p1", 0}, {"p2", 0}, {"gw1", 0}, {"s1", 1}, {"s3", 1}};
	struct fault f = {0};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		run(machines[i].name, line, join_tokens[machines[i].token], said);
		TEST_NUMBER(machine_start_agent(&lab, machines[i].name, &f), 0);
	}
}

static void do_status(const char *line, struct buf *said)
{
	(void)said;
	await("p1", line, NULL, "mesh prod  10.100.0.1 in 10.100.0.0/16  member  AS4200000001  up");
	await("p1", "ping -q -c 1 -W 5 10.100.0.2", NULL, "1 received");
}

static void skip(const char *line, struct buf *said)
{
	(void)line;
	(void)said;
}

static const struct line_kind {
	const char *begin;
	void (*run)(const char *line, struct buf *said); /* the line without sudo */
} kinds[] = {
	{"git clone ", skip},
	{"sudo make deps all install", skip},
	{"sudo -u skein skein-controller init", do_init},
	{"sudo systemctl enable --now skein-controller", do_run_controller},
	{"skein login ", do_login},
	{"skein token create ", do_token},
	{"skein ", do_operator},
	{"sudo skein-agent join -", do_join},
	{"sudo skein-agent status", do_status},
};

static void follow(const char *line)
{
	const char *command = line;
	struct buf said;

	buf_init(&said);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(line, kinds[i].begin, strlen(kinds[i].begin)) != 0)
			continue;
		if (strncmp(command, "sudo ", 5) == 0)
			command += strlen("sudo ");
		if (strncmp(command, "-u skein ", 9) == 0)
			command += strlen("-u skein ");
		kinds[i].run(command, &said);
		buf_fini(&said);
		return;
	}
	TEST_FAIL("README has a line that this test does not know: %s", line);
	buf_fini(&said);
}

/* ---- all of them ---- */

static void the_tour_goes_as_it_stands_there(void)
{
	struct fault f = {0};
	struct buf text;
	char *at, *end, *line;
	size_t n = 0;

	buf_init(&text);
	TEST_NUMBER(file_read("README.md", README_MAX, &text, &f), 0);
	at = strstr(buf_text(&text), BEGIN);
	end = at != NULL ? strstr(at + 1, END) : NULL;
	TEST_MUST(end != NULL);
	*end = '\0';
	while ((line = strsep(&at, "\n")) != NULL) {
		if (strncmp(line, "    ", 4) != 0)
			continue;
		follow(line + 4);
		n++;
	}
	CU_ASSERT(n > 10);
	await("p1", "ping -q -c 1 -W 2 172.20.5.10", NULL, "1 received");
	await("gw1", "skein-agent status", NULL, "e_1      staging");
	buf_fini(&text);
}

static void leaving_undoes_it(void)
{
	static const char *const machines[] = {"p1", "p2", "gw1", "s1", "s3"};

	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct buf said;

		buf_init(&said);
		run(machines[i], "skein-agent leave && ! ls /sys/class/net | grep wg", NULL, &said);
		CU_ASSERT(strstr(buf_text(&said), "Left. Nothing of Skein is left") != NULL);
		buf_fini(&said);
	}
}

TEST_SUITE_WITH(net_readme, bring_up, take_down,
		{"the tour goes as it stands there", the_tour_goes_as_it_stands_there},
		{"leaving undoes it", leaving_undoes_it});
