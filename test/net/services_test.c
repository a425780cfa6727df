/* Twelve service addresses, each of two of six machines, who have them on their loopback: who
 * answers, how many devices it takes, and what is left of them when one machine is gone.
 *
 *	prod 10.139.0.0/16
 *	a1    g1 (gateway)    r1 … r6: 172.30.0.1 … 172.30.0.12
 *
 * The first of an address's two has the higher priority. Each machine has four addresses, with four
 * others. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/outage.h"
#include "lab/reach.h"
#include "test/net/newcomer.h"
#include "test/test.h"

#define MACHINES 6
#define SERVICES 12
#define PARTNERS 4
#define SOON	 20000
#define DEAD	 "r1"

static const char head[] = "name: t-services\n"
			   "meshes:\n"
			   "  - {name: prod, cidr: 10.139.0.0/16, default: true}\n"
			   "machines:\n"
			   "  - {name: a1, meshes: [prod]}\n"
			   "  - {name: g1, meshes: [prod]}\n"
			   "  - {name: r1, meshes: [prod]}\n"
			   "  - {name: r2, meshes: [prod]}\n"
			   "  - {name: r3, meshes: [prod]}\n"
			   "  - {name: r4, meshes: [prod]}\n"
			   "  - {name: r5, meshes: [prod]}\n"
			   "  - {name: r6, meshes: [prod]}\n"
			   "gateways:\n"
			   "  - {machine: g1, meshes: [prod]}\n"
			   "prefixes:\n";

static const char *const routers[MACHINES] = {"r1", "r2", "r3", "r4", "r5", "r6"};
static struct modes w;

/* With the next one, or the one after that. */
static const char *machine_of(size_t service, size_t which)
{
	return routers[(service + which * (1 + service / MACHINES)) % MACHINES];
}

static struct address address_of(size_t service)
{
	return address_ipv4(0xac1e0001 + (uint32_t)service);
}

static int set_up(void)
{
	static const char *const priorities[] = {"200", "100"};
	char text[ADDRESS_TEXT_MAX];
	struct buf yaml;
	int code;

	buf_init(&yaml);
	buf_puts(&yaml, head);
	for (size_t i = 0; i < 2 * SERVICES; i++) {
		const struct address a = address_of(i / 2);

		buf_printf(&yaml, "  - {machine: %s, mesh: prod, prefix: %s/32, priority: %s}\n",
			   machine_of(i / 2, i % 2), address_format(&a, text), priorities[i % 2]);
	}
	code = modes_open(&w, buf_text(&yaml));
	buf_fini(&yaml);
	return code;
}

static int tear_down(void)
{
	return modes_close(&w);
}

static bool has(const char *machine, size_t service)
{
	return strcmp(machine_of(service, 0), machine) == 0 ||
	       strcmp(machine_of(service, 1), machine) == 0;
}

/* "add" or "delete" all that the machine may have. */
static void set_addresses(const char *machine, const char *what)
{
	char text[ADDRESS_TEXT_MAX];
	const char *command = "true";

	for (size_t i = 0; i < SERVICES; i++) {
		const struct address a = address_of(i);

		if (has(machine, i))
			command = arena_printf(&w.arena, "%s && ip address %s %s/32 dev lo",
					       command, what, address_format(&a, text));
	}
	modes_shell(&w, machine, command);
}

/* Every address from every machine but `dead`: how many had no answer. */
static size_t unanswered(const char *dead, int64_t ms)
{
	static struct reach pairs[REACH_MAX];
	struct place *places = arena_array(&w.arena, w.members.n, sizeof(*places));
	struct fault f = {0};
	size_t n = 0;
	int answered;

	for (size_t m = 0; m < w.members.n; m++) {
		if (dead != NULL && strcmp(w.members.at[m].machine, dead) == 0)
			continue;
		lab_place(&w.lab, w.members.at[m].machine, &places[m]);
		for (size_t i = 0; i < SERVICES; i++)
			pairs[n++] = (struct reach){.at = &places[m],
						    .from = w.members.at[m].address,
						    .to = address_of(i)};
	}
	answered = reach_check(pairs, n, ms, &f);
	if (answered < 0)
		TEST_FAIL("%s", f.text);
	return answered < 0 ? n : n - (size_t)answered;
}

/* Whom a1 sends to for it now. */
static bool await_way(size_t service, const char *machine)
{
	const struct mono deadline = mono_add_ms(mono_now(), SOON);
	const struct address to = address_of(service), via = modes_address(&w, machine, "prod");
	char text[ADDRESS_TEXT_MAX], want[ADDRESS_TEXT_MAX + 8];
	const char *line = arena_printf(&w.arena, "ip -4 route get %s", address_format(&to, text));
	const char *said;

	snprintf(want, sizeof(want), "via %s ", address_format(&via, text));
	do {
		said = modes_shell(&w, "a1", line);
		if (strstr(said, want) != NULL)
			return true;
		poll(NULL, 0, 50);
	} while (!mono_reached(deadline, mono_now()));
	TEST_FAIL("want it over %s: %s", machine, said);
	return false;
}

static void nobody_has_them_and_nobody_answers(void)
{
	CU_ASSERT_EQUAL(unanswered(NULL, MODES_BARRED_MS), (2 + MACHINES) * SERVICES);
}

static void every_address_answers_from_every_machine(void)
{
	for (size_t i = 0; i < MACHINES; i++)
		set_addresses(routers[i], "add");
	for (size_t i = 0; i < SERVICES; i++)
		await_way(i, machine_of(i, 0));
	TEST_NUMBER(unanswered(NULL, MODES_REACH_MS), 0);
}

/* ---- devices ---- */

/* Main device, and a trunk for each slot that another machine has. */
static const char *devices_for(const char *machine)
{
	uint64_t slots = 0;
	const char *text = "wg0";

	for (size_t i = 0; i < w.members.n; i++)
		if (strcmp(w.members.at[i].machine, machine) != 0 && w.members.at[i].slot != 0)
			slots |= UINT64_C(1) << w.members.at[i].slot;
	for (unsigned s = 1; s < 10; s++)
		if ((slots >> s & 1) != 0)
			text = arena_printf(&w.arena, "%s wg0t%u", text, s);
	return text;
}

static void devices_are_what_the_colouring_says(void)
{
	modes_settle(&w);
	for (size_t i = 0; i < w.members.n; i++) {
		const struct operator_member *m = &w.members.at[i];

		/* The gateway has a colour for itself, the others have their partners and them. */
		CU_ASSERT(m->slot <= 1 + PARTNERS + 1);
		modes_await_devices(&w, m->machine, devices_for(m->machine), SOON);
	}
	for (size_t i = 0; i < SERVICES; i++)
		CU_ASSERT_NOT_EQUAL(modes_member(&w, machine_of(i, 0), "prod")->slot,
				    modes_member(&w, machine_of(i, 1), "prod")->slot);
}

/* ---- a death ---- */

static void a_machines_death_moves_its_addresses(void)
{
	struct mono since = mono_now();
	struct fault f = {0};

	TEST_STEP(outage_cause(&w.lab, DEAD, "all", &f), &f);
	TEST_NUMBER(unanswered(DEAD, MODES_REACH_MS), 0);
	printf("    all addresses answer everybody %lld ms after a machine's death\n",
	       (long long)mono_ms_between(since, mono_now()));
	for (size_t i = 0; i < SERVICES; i++)
		await_way(i, machine_of(i, strcmp(machine_of(i, 0), DEAD) == 0));
}

static void it_comes_back(void)
{
	struct fault f = {0};

	TEST_STEP(outage_end(&w.lab, DEAD, &f), &f);
	for (size_t i = 0; i < SERVICES; i++)
		await_way(i, machine_of(i, 0));
	TEST_NUMBER(unanswered(NULL, MODES_REACH_MS), 0);
}

/* An address that is taken from its machine is not announced, and the other one serves it. */
static void an_address_that_is_taken_away_moves(void)
{
	set_addresses("r2", "delete");
	for (size_t i = 0; i < SERVICES; i++)
		await_way(i, machine_of(i, strcmp(machine_of(i, 0), "r2") == 0));
	TEST_NUMBER(unanswered(NULL, MODES_REACH_MS), 0);
}

/* ---- a newcomer ---- */

/* What it says takes no service away from anybody, either. */
static void a_newcomer_is_taken_for_what_it_is(void)
{
	newcomer_check(&w, "a1", "g1", "r3");
	TEST_NUMBER(unanswered("a1", MODES_REACH_MS), 0);
}

TEST_SUITE_WITH(services, set_up, tear_down,
		{"nobody has them and nobody answers", nobody_has_them_and_nobody_answers},
		{"every address answers from every machine",
		 every_address_answers_from_every_machine},
		{"devices are what the colouring says", devices_are_what_the_colouring_says},
		{"a machine's death moves its addresses", a_machines_death_moves_its_addresses},
		{"it comes back", it_comes_back},
		{"an address that is taken away moves", an_address_that_is_taken_away_moves},
		{"a newcomer is taken for what it is", a_newcomer_is_taken_for_what_it_is});
