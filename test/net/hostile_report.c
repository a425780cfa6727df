/* What is handed out has no secret in it: `skein report` of a gateway and of the controller, with
 * their secrets planted where it looks, in every form. */
#include <jansson.h>
#include <string.h>

#include "lab/machine.h"
#include "lib/base/file.h"
#include "test/net/hostile_world.h"
#include "test/net/json_check.h"
#include "test/test.h"

#define LOG	 "/run/planted.log"
#define ARCHIVE	 "/run/report.tar"
#define UNPACKED "/run/report"
#define PLACES	 256
#define RUN_MS	 30000 /* a busy computer asks seventy commands */

struct scene {
	const char *machine;
	secret_vec secrets;
	size_t forms; /* that were planted */
	size_t read;  /* files that were searched */
	struct buf finds;
	struct fault *fault;
};

/* All forms of all secrets, a line each; of what has no text, its bytes. */
static int plant(void *context)
{
	struct scene *x = context;
	struct buf log;
	int code;

	buf_init(&log);
	for (size_t i = 0; i < x->secrets.n; i++)
		for (size_t n = 0; n < x->secrets.at[i].forms.n; n++) {
			const struct secret_form *form = &x->secrets.at[i].forms.at[n];

			buf_puts(&log, strcmp(form->name, "text") == 0
					       ? "-----BEGIN PRIVATE KEY-----\n"
					       : "<");
			buf_append(&log, form->bytes, form->len);
			buf_puts(&log, strcmp(form->name, "text") == 0
					       ? "\n-----END PRIVATE KEY-----\n"
					       : ">\n");
			x->forms++;
		}
	secrets_search(&x->secrets, LOG, log.data, log.len, &x->finds);
	code = file_write(LOG, log.data, log.len, 0600, x->fault);
	buf_fini(&log);
	return code;
}

static int search(void *context)
{
	struct scene *x = context;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%s:", x->machine);
	x->read = secrets_search_tree(&x->secrets, prefix, UNPACKED, &x->finds);
	secrets_search_tree(&x->secrets, prefix, "/var/lib/skein", &x->finds);
	secrets_search_tree(&x->secrets, prefix, OPERATOR_CONFIG_HOME, &x->finds);
	return 0;
}

static size_t count_lines(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n';
	return n;
}

/* ---- the report ---- */

/* As hostile_shell(), with $1 the program `skein`. */
static int shell(const struct scene *x, const char *command, struct buf *out)
{
	const char *const argv[] = {"sh", "-c", command, "sh", lab_program(hostile_lab(), "skein"),
				    NULL};

	return machine_run(hostile_lab(), x->machine, argv, NULL, RUN_MS, out, x->fault);
}

static void expect(const struct scene *x, const char *command, const char *says)
{
	struct buf out;

	buf_init(&out);
	if (shell(x, command, &out) != 0)
		TEST_FAIL("%s: %s: %s", x->machine, command, x->fault->text);
	else if (says != NULL)
		TEST_TEXT(buf_text(&out), says);
	buf_fini(&out);
}

/* The manifest's part; NULL: none. Borrowed. */
static const json_t *part_of(const json_t *manifest, const char *name)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(manifest, "parts"), i, p) {
		if (strcmp(json_string_value(json_object_get(p, "name")), name) == 0)
			return p;
	}
	return NULL;
}

/* A text within PEM's lines is found twice. */
static void expect_part(const json_t *manifest, const char *name, size_t removed)
{
	const json_t *p = part_of(manifest, name);

	if (p == NULL || !json_is_integer(json_object_get(p, "bytes")))
		TEST_FAIL("no %s in the report", name);
	else if (json_integer_value(json_object_get(p, "secrets_removed")) < (json_int_t)removed)
		TEST_FAIL("%s: fewer than %zu secrets were removed", name, removed);
}

static void make_report(struct scene *x, json_t **manifest)
{
	struct buf out;

	buf_init(&out);
	if (shell(x,
		  "XDG_CONFIG_HOME=" OPERATOR_CONFIG_HOME " \"$1\" report " ARCHIVE " --log " LOG
		  " --json",
		  &out) != 0)
		TEST_FAIL("%s: %s", x->machine, x->fault->text);
	json_check_one("skein-report.v1", "", buf_text(&out));
	*manifest = json_loads(buf_text(&out), 0, NULL);
	buf_fini(&out);
	expect(x, "stat -c %a " ARCHIVE, "600\n");
	expect(x, "mkdir " UNPACKED " && tar -xf " ARCHIVE " --strip-components=1 -C " UNPACKED,
	       "");
}

static void expect_no_secret(struct scene *x)
{
	struct place p;
	json_t *manifest = NULL;

	lab_place(hostile_lab(), x->machine, &p);
	if (hostile_known_secrets(x->machine, &x->secrets, x->fault) != 0 ||
	    place_inside(&p, plant, x, x->fault) != 0) {
		TEST_FAIL("%s", x->fault->text);
		return;
	}
	/* The search finds what was planted, and then nothing of it. */
	TEST_NUMBER(count_lines(&x->finds), x->forms);
	buf_clear(&x->finds);
	make_report(x, &manifest);
	expect_part(manifest, "files" LOG, x->forms);
	expect_part(manifest, "network/wireguard.txt", 0);
	if (place_inside(&p, search, x, x->fault) != 0)
		TEST_FAIL("%s", x->fault->text);
	secrets_list_unmet(&x->secrets, &x->finds);
	TEST_TEXT(buf_text(&x->finds), "");
	CU_ASSERT(x->read > PLACES / 16);
	json_decref(manifest);
}

static void report_of(const char *machine, void (*more)(const struct scene *x))
{
	struct fault f = {0};
	struct scene x = {.machine = machine, .fault = &f};

	buf_init(&x.finds);
	expect_no_secret(&x);
	more(&x);
	expect(&x, "rm -rf " ARCHIVE " " UNPACKED " " LOG, "");
	buf_fini(&x.finds);
	secrets_free(&x.secrets);
}

/* ---- what it does have ---- */

#define IN UNPACKED "/"

static void check_gateway(const struct scene *x)
{
	expect(x,
	       "for d in wg0 wg1; do grep -qF \"$(wg show $d public-key)\" " IN
	       "network/wireguard.txt || echo $d is missing; done",
	       "");
	expect(x, "grep -q 'red: BIRD\\|BIRD 2' " IN "bgp/red/summary.txt || echo none", "");
	expect(x, "grep -q established -i " IN "bgp/red/protocols.txt || echo none", "");
	expect(x, "grep -q '\"records\"' " IN "state/*/view.json || echo none", "");
	expect(x, "ls " IN "files/run/skein/*/now/bird.conf | wc -l", "3\n");
	expect(x, "grep -q 'table inet skein' " IN "network/nftables.txt || echo none", "");
	expect(x, "grep -q '\"memberships\"' " IN "agent/status.json || echo none", "");
	expect(x, "ls " IN "controller 2>&1 | wc -l", "1\n"); /* there is none */
}

static void check_controller(const struct scene *x)
{
	expect(x, "grep -c '^machine  *[1-9]' " IN "controller/database.txt", "1\n");
	expect(x, "cat " IN "controller/check.txt", "The configuration is right.\n");
	expect(x, "cmp /etc/skein/controller.conf " IN "files/etc/skein/controller.conf", "");
}

/* BIRD's user may write beside its configuration; root reads there, and nowhere else. */
static void links_lead_nowhere(const struct scene *x)
{
	expect(x,
	       "d=/run/skein/x/now; mkdir -p $d && cd $d && echo within > own.conf &&"
	       " ln -s own.conf within.conf && ln -s /etc/passwd out.conf &&"
	       " ln -s ../../../../etc/passwd up.conf && mkfifo fifo.conf;"
	       " \"$1\" report " ARCHIVE ".2 > /dev/null;"
	       " tar -tf " ARCHIVE ".2 | sed -n 's,.*/run/skein/x/now/,,p' | sort;"
	       " rm -r /run/skein/x " ARCHIVE ".2",
	       "own.conf\nwithin.conf\n");
}

static void check_refusals(const struct scene *x)
{
	expect(x,
	       "before=$(cksum < " ARCHIVE "); \"$1\" report " ARCHIVE " 2>&1; echo $?;"
	       " [ \"$before\" = \"$(cksum < " ARCHIVE ")\" ] || echo changed",
	       "skein: " ARCHIVE " is there already, and stays as it is\n8\n");
	expect(x, "\"$1\" report /nowhere/x 2>&1; echo $?",
	       "skein: /nowhere/x: No such file or "
	       "directory\n7\n");
	expect(x, "\"$1\" report /run/ 2>&1 | grep -c 'already'", "1\n");
	expect(x, "\"$1\" report - | tar -tf - | grep -c manifest.json", "1\n");
	expect(x, "\"$1\" report - --json 2>&1; echo $?",
	       "skein: - writes the archive to standard output: want a pipe there, and no "
	       "--json\n2\n");
	expect(x,
	       "cp \"$1\" /run/skein-copy; chmod 755 /run/skein-copy;"
	       " setpriv --reuid 65534 --clear-groups /run/skein-copy report /run/x.tar 2>&1;"
	       " echo $?; rm /run/skein-copy",
	       "skein: only root may read what a report is made of; try sudo\n12\n");
}

static void check_gateway_and_refusals(const struct scene *x)
{
	check_gateway(x);
	links_lead_nowhere(x);
	check_refusals(x);
}

void hostile_reports_have_no_secret(void)
{
	report_of("g1", check_gateway_and_refusals);
	report_of(LAB_CONTROLLER, check_controller);
}
