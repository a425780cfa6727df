/* BFD between a member and its gateway is dropped, BGP is not: all looks well, and the loss of the
 * gateway would be noticed late. It is said, at both ends and at the controller, as long as it is
 * so.
 *
 *	prod 10.142.0.0/16
 *	a1   a2   g1
 */
#include <poll.h>
#include <string.h>

#include "test/net/modes_world.h"
#include "test/test.h"

#define SAID_MS	 45000 /* two looks, ten seconds apart, and the report */
#define AGAIN_MS 100
#define WORDS	 "is not watched by BFD"

static const char yaml[] = "name: t-unwatched\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.142.0.0/16, default: true}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: a2, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod]}\n";

static struct modes w;

static int set_up(void)
{
	int code = modes_open(&w, yaml);

	if (code == 0 && !modes_rest(&w, MODES_SETTLE_MS)) {
		modes_close(&w);
		code = ERR_TIMEOUT;
	}
	return code;
}

static int tear_down(void)
{
	return modes_close(&w);
}

static const char *status(const char *machine)
{
	return modes_shell(&w, machine,
			   arena_printf(&w.arena, "%s status", lab_program(&w.lab, "skein-agent")));
}

static const char *warnings(void)
{
	const char *said = modes_said(&w, "mesh", "show", "prod", "--json", NULL);

	return said != NULL ? said : "";
}

/* Whether `machine`, and the controller in its name, say so of `of`. */
static void await_warning(const char *machine, const char *of, bool want)
{
	const char *there = arena_printf(&w.arena, "%s (", of);
	const char *by = arena_printf(&w.arena, "says %s", machine);
	const struct mono deadline = mono_add_ms(mono_now(), SAID_MS);
	const char *here, *at_controller;
	bool is, told;

	do {
		here = status(machine);
		at_controller = warnings();
		is = strstr(here, WORDS) != NULL;
		told = strstr(at_controller, WORDS) != NULL && strstr(at_controller, by) != NULL;
		if (is == want && told == want)
			break;
		poll(NULL, 0, AGAIN_MS);
	} while (!mono_reached(deadline, mono_now()));
	if (is != want || told != want)
		TEST_FAIL("%s, want %d of %s: %s\n%s", machine, want, of, here, at_controller);
	else if (want && strstr(here, there) == NULL)
		TEST_FAIL("%s, want %s: %s", machine, of, here);
}

static void a_neighbour_without_bfd_is_named_at_both_ends(void)
{
	const struct address g1 = modes_address(&w, "g1", "prod");
	char text[ADDRESS_TEXT_MAX];

	CU_ASSERT(strstr(status("a1"), WORDS) == NULL);
	CU_ASSERT(strstr(warnings(), WORDS) == NULL);
	modes_shell(&w, "a1",
		    arena_printf(&w.arena,
				 "nft 'table inet drop_bfd { chain input { type filter hook input "
				 "priority 0; ip saddr %s udp dport 3784 drop; }; }'",
				 address_format(&g1, text)));
	await_warning("a1", "g1", true);
	/* All else is as it was. */
	modes_await_session(&w, "a1", "prod", "g_3", true, MODES_SETTLE_MS);
	CU_ASSERT(modes_reaches(&w, "a1", "prod", &g1, MODES_REACH_MS));
	CU_ASSERT(strstr(status("a2"), WORDS) == NULL);
	await_warning("g1", "a1", true);
	CU_ASSERT(strstr(warnings(), "a2 " WORDS) == NULL);
}

static void it_is_said_no_more_when_bfd_is_up(void)
{
	modes_shell(&w, "a1", "nft delete table inet drop_bfd");
	await_warning("a1", "g1", false);
	await_warning("g1", "a1", false);
	modes_rest(&w, MODES_SETTLE_MS);
}

TEST_SUITE_LONG(unwatched, set_up, tear_down,
		{"a neighbour without BFD is named at both ends",
		 a_neighbour_without_bfd_is_named_at_both_ends},
		{"it is said no more when BFD is up", it_is_said_no_more_when_bfd_is_up});
