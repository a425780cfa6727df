/* A controller that gives out what it should not: another one has taken its place, on la's own
 * loopback. The real one has made two states before, so that one is older than the other. */
#include <inttypes.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lib/base/file.h"
#include "lib/mesh/delta.h"
#include "lib/mesh/state_file.h"
#include "test/net/agent_cases.h"
#include "test/net/agent_world.h"
#include "test/net/false_controller.h"
#include "test/test.h"

#define SOON_MS	 10000
#define AGAIN_MS 20
#define STATE	 "/var/lib/skein/agent"
#define CD	 "cd " STATE "/*-*-*-*-* && " /* of the membership */
#define CHANGED	 "172.20.77.0/24"

/* What a machine has of its membership, both images whole. */
struct state {
	struct buf parts[FALSE_PARTS];
};

static struct state older, now, others, elsewhere; /* la's before and now, lb's, lc's */
static struct buf steps[2];			   /* from `older` to `now` */
static char membership[64];
static struct buf bent; /* the part that is given out */

/* ---- what the real one has made ---- */

static bool read_stored(const char *machine, const char *name, struct buf *out)
{
	char script[200];
	const char *text;
	size_t n = 0;

	snprintf(script, sizeof(script), CD "base64 -w 0 %s", name);
	text = agents_text(machine, script);
	buf_init(out);
	if (text[0] == '\0')
		return false;
	out->data = mem_alloc(strlen(text) + 1);
	out->cap = strlen(text) + 1;
	if (sodium_base642bin((uint8_t *)out->data, out->cap, text, strlen(text), NULL, &n, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		TEST_FAIL("%s of %s: not base64", name, machine);
	out->len = n;
	return true;
}

static void write_copy(const char *path, const struct buf *b)
{
	TEST_NUMBER(file_write(path, buf_text(b), b->len, 0600, NULL), 0);
}

/* The stored image with its steps, as one image. */
static void read_image(const char *machine, const char *name, struct buf *out)
{
	char path[300], log[320], in_log[64];
	struct state_expect expect = {0};
	struct state_file file = {0};
	struct buf image, more;

	snprintf(path, sizeof(path), "%s/copy-%s", test_dir(), name);
	snprintf(log, sizeof(log), "%s.delta", path);
	snprintf(in_log, sizeof(in_log), "%s.delta 2>/dev/null", name);
	file_remove(log, NULL);
	TEST_MUST(read_stored(machine, name, &image) && image.len > STATE_PAGE);
	write_copy(path, &image);
	if (read_stored(machine, in_log, &more))
		write_copy(log, &more);
	expect.signer = ((const struct state_root *)(const void *)image.data)->signer;
	TEST_NUMBER(state_file_open(&file, path, &expect, NULL), 0);
	buf_init(out);
	buf_append(out, file.target.data, file.target.image.size);
	state_file_close(&file);
	buf_fini(&image);
	buf_fini(&more);
}

static void read_state(const char *machine, struct state *out)
{
	read_image(machine, "view", &out->parts[FALSE_VIEW]);
	read_image(machine, "membership", &out->parts[FALSE_MEMBERSHIP]);
	CU_ASSERT(read_stored(machine, "templates.conf", &out->parts[FALSE_TEMPLATES]));
	CU_ASSERT(read_stored(machine, "membership.conf", &out->parts[FALSE_TEXT]));
}

static struct state_root *root_of(struct buf *image)
{
	return (struct state_root *)(void *)image->data;
}

static void approve(const char *verb)
{
	const char *const words[] = {"prefix", verb, "lb", CHANGED, "--mesh", "home", NULL};
	struct fault f = {0};

	TEST_STEP(operator_skein(agents_lab(), words, NULL, NULL, &f), &f);
	agents_settle();
}

static void make_states(void)
{
	read_state("la", &older);
	TEST_NUMBER(agents_sh("la", "rm -rf /run/older && cp -a " STATE " /run/older", NULL), 0);
	approve("add");
	read_state("la", &now);
	read_state("lb", &others);
	read_state("lc", &elsewhere);
	for (int i = 0; i < 2; i++) {
		const struct delta_image from = {older.parts[i].data, older.parts[i].len};
		const struct delta_image to = {now.parts[i].data, now.parts[i].len};

		buf_init(&steps[i]);
		CU_ASSERT(root_of(&older.parts[i])->revision < root_of(&now.parts[i])->revision);
		CU_ASSERT(delta_encode(from, to, SIZE_MAX, &steps[i]));
	}
	snprintf(membership, sizeof(membership), "%s", agents_text("la", CD "basename $(pwd)"));
	TEST_NUMBER(agents_sh("la", "rm -rf /run/newer && cp -a " STATE " /run/newer", NULL), 0);
}

static void free_states(void)
{
	struct state *const all[] = {&older, &now, &others, &elsewhere};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int k = 0; k < FALSE_PARTS; k++)
			buf_fini(&all[i]->parts[k]);
	buf_fini(&steps[0]);
	buf_fini(&steps[1]);
	buf_fini(&bent);
}

/* ---- what the false one makes of it ---- */

static void forge(void)
{
	root_of(&bent)->signature[5] ^= 1;
}

static void sign_itself(void)
{
	const struct state_root *r = root_of(&bent);
	const struct state_identity id = {
		.kind = STATE_KIND_VIEW, .revision = r->revision + 1, .mesh = r->mesh};
	uint8_t signer[crypto_sign_PUBLICKEYBYTES], key[crypto_sign_SECRETKEYBYTES];
	struct buf signed_image;

	crypto_sign_keypair(signer, key);
	buf_init(&signed_image);
	state_sign(&id, bent.data + STATE_PAGE, bent.len - STATE_PAGE, key, &signed_image);
	buf_fini(&bent);
	bent = signed_image;
}

static void raise_version(void)
{
	root_of(&bent)->version = STATE_VERSION + 1;
}

static void raise_revision(void)
{
	root_of(&bent)->revision++;
}

static void cut_root(void)
{
	bent.len = 200;
}

static void cut_body(void)
{
	bent.len -= 1;
}

static void cut_all(void)
{
	bent.len = 0;
}

static void stay(void)
{
}

static const struct {
	const char *what;
	enum false_part part;
	const struct state *from;
	void (*bend)(void);
	const char *said;
	bool steps; /* those that do not start here are offered too, and then the whole */
} rows[] = {
	{"a bad signature", FALSE_VIEW, &now, forge, "signature", false},
	{"another's signature", FALSE_VIEW, &now, sign_itself, "sign", false},
	{"another revision under an old signature", FALSE_VIEW, &now, raise_revision, "signature",
	 false},
	{"a lower revision", FALSE_VIEW, &older, stay, "older", false},
	{"a lower revision of its own", FALSE_MEMBERSHIP, &older, stay, "older", false},
	{"another machine's", FALSE_MEMBERSHIP, &others, stay, "another membership", false},
	{"another mesh's", FALSE_VIEW, &elsewhere, stay, "another mesh", false},
	{"an unknown version", FALSE_VIEW, &now, raise_version, "version", false},
	{"a root that is cut", FALSE_VIEW, &now, cut_root, "two pages are the least", false},
	{"an image that is cut", FALSE_MEMBERSHIP, &now, cut_body, "two pages are the least",
	 false},
	{"nothing", FALSE_VIEW, &now, cut_all, "empty", false},
	{"steps from elsewhere", FALSE_VIEW, &older, stay, "older", true},
};

static uint64_t revision_now(void)
{
	uint64_t view = root_of(&now.parts[FALSE_VIEW])->revision;
	uint64_t own = root_of(&now.parts[FALSE_MEMBERSHIP])->revision;

	return view > own ? view : own;
}

static struct false_offer offer_now(void)
{
	struct false_offer o = {.membership = membership, .revision = revision_now()};

	for (int i = 0; i < FALSE_PARTS; i++)
		o.parts[i] = &now.parts[i];
	return o;
}

/* Anew: one that was refused something asks again ever more rarely. */
static void start_agent(const char *state)
{
	char script[200];
	struct fault f = {0};

	agents_kill("la", "skein-agent");
	snprintf(script, sizeof(script),
		 "rm -rf " STATE " && cp -a %s " STATE " && sed -i '/\"pin\"/d; "
		 "s#\"url\": \"[^\"]*\"#\"url\": \"" FALSE_CONTROLLER_URL "\"#' " STATE
		 "/machine.json",
		 state);
	TEST_NUMBER(agents_sh("la", script, NULL), 0);
	TEST_STEP(machine_start_agent(agents_lab(), "la", &f), &f);
	agents_await("la", "$AGENT status", SOON_MS);
}

static bool await_report(const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), SOON_MS);
	char said[400];

	do {
		false_controller_reported(said, sizeof(said));
		if (strstr(said, "a new state is not used") != NULL && strstr(said, words) != NULL)
			return true;
		poll(NULL, 0, AGAIN_MS);
	} while (!mono_reached(deadline, mono_now()));
	TEST_FAIL("reported \"%s\", want '%s'", said, words);
	return false;
}

/* What runs, and what it runs from. */
static const char *what_runs(void)
{
	return agents_text("la",
			   "wg show all allowed-ips | sort; ip rule; ip route show table 5200 "
			   "| sort; cat /run/skein/*-*/bird.pid; " CD
			   "cat view membership membership.conf | sha256sum");
}

static void refuse_row(size_t row)
{
	struct false_offer offer = offer_now();
	char before[8000], script[300];
	const struct buf *from = &rows[row].from->parts[rows[row].part];

	buf_fini(&bent);
	buf_append(&bent, from->data, from->len);
	rows[row].bend();
	offer.revision++;
	offer.parts[rows[row].part] = &bent;
	for (int i = 0; i < 2 && rows[row].steps; i++)
		offer.steps[i] = &steps[i];
	snprintf(before, sizeof(before), "%s", what_runs());
	false_controller_offer(&offer);
	start_agent("/run/newer");
	if (!await_report(rows[row].said))
		TEST_FAIL("%s: is not reported", rows[row].what);
	snprintf(script, sizeof(script), "$AGENT status | grep -q 'not used: .*%s'",
		 rows[row].said);
	agents_await("la", script, SOON_MS);
	if (strcmp(what_runs(), before) != 0)
		TEST_FAIL("%s: has changed what runs", rows[row].what);
	false_controller_offer(NULL);
}

/* The other way round: what is right, whole and in steps, is taken from whoever gives it. */
static void expect_taken(bool in_steps)
{
	struct false_offer offer = offer_now();
	char script[300];

	for (int i = 0; i < 2 && in_steps; i++)
		offer.steps[i] = &steps[i];
	snprintf(script, sizeof(script),
		 "$AGENT status --json | grep -q '\"applied_view\": \"%" PRIu64 "\"' && "
		 "! $AGENT status | grep -q 'not used'",
		 root_of(&now.parts[FALSE_VIEW])->revision);
	false_controller_offer(&offer);
	start_agent("/run/older");
	agents_await("la", script, SOON_MS);
	TEST_TEXT(agents_text("la", CD "ls view.delta 2>/dev/null"), in_steps ? "view.delta" : "");
	false_controller_offer(NULL);
}

void a_false_controller_changes_nothing(void)
{
	struct place la;

	lab_place(agents_lab(), "la", &la);
	buf_init(&bent);
	make_states();
	agents_kill("controller", "skein-controller");
	TEST_MUST(false_controller_start(&la) == 0);
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++)
		refuse_row(row);
	CU_ASSERT(agents_reach("la", "lc", SOON_MS));
	expect_taken(false);
	expect_taken(true);
	agents_kill("la", "skein-agent");
	false_controller_stop();
	free_states();
	TEST_NUMBER(agents_sh("la",
			      "rm -rf " STATE " && cp -a /run/newer " STATE
			      " && rm -rf /run/newer /run/older",
			      NULL),
		    0);
	agents_start_controller();
	TEST_STEP(machine_start_agent(agents_lab(), "la", NULL), &(struct fault){0});
	approve("withdraw");
}
