/* A machine of the fleet is asked by the operator, through the controller. */
#include <string.h>

#include "test/net/fleet_world.h"
#include "test/net/json_check.h"
#include "test/net/settings.h"
#include "test/test.h"

/* What `skein` says; its fault where it fails. Caller buf_fini()s. */
static void ask(const char *const *words, struct buf *said, struct fault *f)
{
	buf_init(said);
	(void)operator_skein(fleets_lab(), words, NULL, said, f);
}

static void expect(const char *const *words, const char *says)
{
	struct fault f = {0};
	struct buf said;

	ask(words, &said, &f);
	if (f.code != 0 || strstr(buf_text(&said), says) == NULL)
		TEST_FAIL("%s %s: want '%s' in: %s%s", words[0], words[1], says, buf_text(&said),
			  f.text);
	buf_fini(&said);
}

#define EXPECT(says, ...) expect((const char *const[]){__VA_ARGS__, NULL}, says)

static void expect_fault(const char *const *words, const char *says)
{
	struct fault f = {0};
	struct buf said;

	ask(words, &said, &f);
	if (f.code == 0 || strstr(f.text, says) == NULL)
		TEST_FAIL("%s %s: want '%s': %s", words[0], words[1], says, f.text);
	buf_fini(&said);
}

#define EXPECT_FAULT(says, ...) expect_fault((const char *const[]){__VA_ARGS__, NULL}, says)

static void expect_schema(const char *name, const char *const *words)
{
	struct fault f = {0};
	struct buf said;

	ask(words, &said, &f);
	/* A guest has no Python, and the same answers. */
	if (TEST_STEP(f.code, &f) && !settings_kernel_wireguard())
		json_check_one("skein-bgp.v1", name, buf_text(&said));
	buf_fini(&said);
}

void fleets_machine_is_asked(void)
{
	EXPECT("prod: BIRD 2.", "bgp", "summary", "--machine", "a1");
	EXPECT("Established", "bgp", "summary", "--machine", "a1", "--check");
	EXPECT("staging: BIRD 2.", "bgp", "summary", "--machine", "g1");
	EXPECT("Established for", "bgp", "neighbors", "--machine", "b2", "--mesh", "staging", "g1");
	EXPECT("10.111.0.0/16", "bgp", "routes", "--machine", "a1", "--best", "--covered",
	       "10.111.0.0/16");
	EXPECT("the longest match for 10.111.0.1", "bgp", "route", "--machine", "a1", "10.111.0.1");
	EXPECT("Up", "bgp", "bfd", "--machine", "a1");
	expect_schema("bgp summary",
		      (const char *const[]){"bgp", "summary", "--machine", "a1", "--json", NULL});
	expect_schema("bgp routes",
		      (const char *const[]){"bgp", "routes", "--machine", "a1", "--json", NULL});
	/* Two plain members of a mesh: each has its own prefix, and the other's. */
	EXPECT_FAULT("differ in", "bgp", "diff", "a1", "a2");
	EXPECT(" alike, 0 differ", "bgp", "diff", "a1", "a1");
	expect_schema("bgp diff", (const char *const[]){"bgp", "diff", "a1", "a1", "--json", NULL});
	/* From a member of one mesh to one of the other, and to what lies behind it. */
	EXPECT("b1 has the destination", "bgp", "trace", "a1", "b1");
	EXPECT("b2 sends it on to a network of its own", "bgp", "trace", "a1", "172.20.21.10");
	EXPECT_FAULT("it does not arrive", "bgp", "trace", "a1", "172.20.22.10");
	expect_schema("bgp trace",
		      (const char *const[]){"bgp", "trace", "a1", "b1", "--json", NULL});
	/* Its program's words, and its status. */
	EXPECT_FAULT("a1: this machine is not in mesh staging, but in: prod", "bgp", "summary",
		     "--machine", "a1", "--mesh", "staging");
	EXPECT_FAULT("is nothing a machine is asked", "bgp", "watch", "--machine", "a1");
	EXPECT_FAULT("no option", "bgp", "summary", "--machine", "a1", "--socket", "/x");
	EXPECT_FAULT("no machine 'z9'", "bgp", "summary", "--machine", "z9");
}
