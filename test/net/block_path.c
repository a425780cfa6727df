/* Packets of full size, and what their senders hear of it, over a peering that names only the
 * networks behind a member: errors come from the member's own address, which it does not name. */
#include <poll.h>
#include <string.h>

#include "lab/reach.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define MESH_MTU  1420
#define DEPOT_MTU 1300
#define TELL_MS	  4000
#define POLL_MS	  20

static bool left_whole(struct world *w, const char *place, const char *device, unsigned length)
{
	size_t n;
	const struct sighting *s = tap_look(w->tap, &n);

	for (size_t i = 0; i < n; i++)
		if (s[i].leaving && s[i].mark == w->mark && s[i].length == length &&
		    strcmp(s[i].place, place) == 0 && strcmp(s[i].device, device) == 0)
			return true;
	return false;
}

static void check_crosses(struct world *w, const char *at, const char *to, uint16_t size)
{
	struct letter letter = {.to = block_address(w, to), .size = size};

	tap_forget(w->tap);
	block_post(w, at, &letter, 1, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, "b2", to));
	if (!left_whole(w, "b2", to, size))
		TEST_FAIL("%s to %s: %u bytes do not cross whole:%s", at, to, size,
			  block_describe(w, w->mark, "*"));
}

void case_full_size_crosses(struct world *w)
{
	check_crosses(w, "a1", "yard", MESH_MTU);
	check_crosses(w, "attic", "yard", MESH_MTU);
	check_crosses(w, "m", "yard", MESH_MTU);
	check_crosses(w, "a1", "depot", DEPOT_MTU);
}

/* Several ways with equal cost learn it one by one: so again, until a packet is refused. */
static bool is_told(struct world *w, const char *at, const char *to, uint16_t size)
{
	struct letter letter = {.to = block_address(w, to), .size = size};
	struct mono deadline = mono_add_ms(mono_now(), TELL_MS);
	unsigned refused = 0;

	while (refused == 0 && !mono_reached(deadline, mono_now())) {
		block_post(w, at, &letter, 1, &refused);
		poll(NULL, 0, POLL_MS);
	}
	return refused > 0;
}

void case_too_large_is_told(struct world *w)
{
	tap_forget(w->tap);
	CU_ASSERT(is_told(w, "a1", "depot", MESH_MTU));
	CU_ASSERT(is_told(w, "attic", "depot", MESH_MTU));
	CU_ASSERT(!left_whole(w, "b2", "depot", MESH_MTU));
	/* Told by the machine itself, for its own mesh device. */
	CU_ASSERT(is_told(w, "attic", "yard", MESH_MTU + 1));
	/* The address that told it is in no peering. */
	CU_ASSERT(!block_reaches(w, "a1", NULL, "b2@blue", 500));
	check_crosses(w, "a1", "depot", DEPOT_MTU);
	check_crosses(w, "attic", "depot", DEPOT_MTU);
}

static void check_trace(struct world *w, const char *at, const char *from, const char *to,
			const char *const *want, int nwant)
{
	const struct address source = block_address(w, from), target = block_address(w, to);
	struct reach_hop hops[REACH_HOPS_MAX];
	struct fault f = {0};
	struct place p;
	int n;

	lab_place(&w->lab, at, &p);
	n = reach_trace(&p, &source, &target, hops, &f);
	TEST_NUMBER(n, nwant);
	for (int i = 0; i < n && i < nwant; i++) {
		struct address hop;
		char text[ADDRESS_TEXT_MAX];

		if (want[i] == NULL)
			continue;
		hop = block_address(w, want[i]);
		if (!address_equal(&hops[i].address, &hop))
			TEST_FAIL("%s to %s: hop %d is %s, want %s", at, to, i + 1,
				  hops[i].address.family == FAMILY_NONE
					  ? "silent"
					  : address_format(&hops[i].address, text),
				  want[i]);
	}
}

void case_trace_shows_hops(struct world *w)
{
	/* NULL: either gateway */
	static const char *const from_member[] = {NULL, "b2@blue", "depot"};
	static const char *const from_host[] = {"172.20.31.1", NULL, "b2@blue", "yard"};
	static const char *const back[] = {"172.20.42.1", NULL, "a1@red", "attic"};

	check_trace(w, "a1", "a1@red", "depot", from_member, 3);
	check_trace(w, "attic", "attic", "yard", from_host, 4);
	check_trace(w, "yard", "yard", "attic", back, 4);
}
