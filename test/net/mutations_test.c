/* Each line of the rule block and of the nftables table, switched off alone on a running fleet: the
 * test that mutations.c names has to fail for it, and passes before. The fleet is block_world.c's;
 * u has a container's bridge, too. The agent of the machine stands still meanwhile, or it would
 * mend the line; what it mends afterwards is waited for. */
#include "test/net/mutations.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lab/outage.h"
#include "test/net/block_table.h"
#include "test/test.h"

#define REACH_MS   1500
#define ARRIVE_MS  1500
#define EACH	   4
#define SILENCE_MS 300
#define PARTS	   4

static const char *const machines[] = {"a1", "a2", "a3", "b1", "b2", "m", "g1", "g2", "x", "u"};
#define MACHINES (sizeof(machines) / sizeof(machines[0]))

static struct world world;

/* ---- the lines that there are ---- */

static void note_missing(const char *machine, const char *line)
{
	TEST_FAIL("no test, or needless: %s: %s", machine, line);
}

/* "1300:\tfrom … proto 83": only ours. */
static void check_rule(const char *machine, const char *line)
{
	int priority = atoi(line);

	if (strstr(line, " proto 83") == NULL)
		return;
	for (size_t i = 0; i < nmutations; i++)
		if (mutation_is_of_rule(&mutations[i], priority, line))
			return;
	note_missing(machine, line);
}

static void check_nft(const char *machine, const char *chain, const char *line)
{
	for (size_t i = 0; i < nmutations; i++)
		if (mutation_is_of_nft(&mutations[i], chain, line))
			return;
	note_missing(machine, line);
}

/* Rules have a handle and are in a chain; what else has one opens a block. */
static void check_nft_lines(const char *machine, char *text)
{
	char chain[64] = "", *rest = NULL;

	for (char *l = strtok_r(text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(l, " chain %63s {", chain) == 1 || strstr(l, "# handle") == NULL)
			continue;
		if (chain[0] != '\0' && strstr(l, "{ # handle") == NULL)
			check_nft(machine, chain, l);
	}
}

static void each_line_has_a_row(void)
{
	for (size_t i = 0; i < MACHINES; i++) {
		char *rules = strdup(block_sh(&world, machines[i], "ip rule show"));
		char *table = strdup(block_sh(&world, machines[i], "nft -a list table inet skein"));
		char *rest = NULL;

		for (char *l = strtok_r(rules, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest))
			check_rule(machines[i], l);
		check_nft_lines(machines[i], table);
		free(rules);
		free(table);
	}
}

/* ---- trials ---- */

static bool counts_syn(const struct mutation *m)
{
	static const char count[] =
		"nft list counter inet skein control | sed -n 's/.*packets \\([0-9]*\\) .*/\\1/p'";
	struct forgery syn = {.from = block_address(&world, "g2@underlay"),
			      .to = block_address(&world, m->trial.to),
			      .port = m->trial.port,
			      .source_port = m->trial.source_port,
			      .protocol = IPPROTO_TCP};
	long before = atol(block_sh(&world, m->trial.at, "%s", count));

	block_forge(&world, LAB_UNDERLAY, m->trial.at, m->trial.at, &syn, EACH);
	poll(NULL, 0, SILENCE_MS);
	return atol(block_sh(&world, m->trial.at, "%s", count)) == before + EACH;
}

static bool arrives(const struct mutation *m)
{
	struct letter letter = {.to = block_address(&world, m->trial.to), .port = m->trial.port};

	block_post(&world, m->trial.at, &letter, EACH, NULL);
	return sink_await(world.sink, world.mark, EACH, ARRIVE_MS) == EACH;
}

static bool passes(const struct mutation *m)
{
	switch (m->trial.kind) {
	case TRIAL_LINE:
		return table_try(&world, m->trial.test);
	case TRIAL_REACHES:
		return block_reaches(&world, m->trial.at, NULL, m->trial.to, REACH_MS);
	case TRIAL_SHELL:
		return block_try(&world, m->trial.at, "%s", m->trial.shell);
	case TRIAL_SYN:
		return counts_syn(m);
	case TRIAL_PORT:
		return arrives(m);
	case TRIAL_OTHER:
		break;
	}
	return true;
}

/* ---- mutations ---- */

static const char print[] = " (ip rule show | sort; nft -s list table inet skein) | md5sum";

static void switch_off(const struct mutation *m, const char *machine)
{
	if (m->kind == MUTATION_RULE)
		block_sh(&world, machine,
			 "ip rule show | awk -F: '$1 >= %d && $1 < %d' | grep -F -- '%s' | "
			 "while read -r p r; do ip rule del pref ${p%%:} $r; done",
			 m->priority, m->priority + (m->priority % 100 == 99 ? 1 : 50), m->has);
	else
		block_sh(&world, machine,
			 "nft -a list chain inet skein %s | grep -F -- '%s' | "
			 "sed -n 's/.*# handle //p' | "
			 "while read -r h; do nft delete rule inet skein %s handle $h; done",
			 m->chain, m->has, m->chain);
}

struct off {
	const char *machine, *was; /* how its lines were */
};

/* One machine, or two; returns how many. */
static size_t freeze(const struct mutation *m, struct off out[2])
{
	const char *blank = strchr(m->machine, ' ');
	struct fault f = {0};
	size_t n = blank != NULL ? 2 : 1;

	out[0].machine =
		arena_printf(&world.arena, "%.*s", (int)strcspn(m->machine, " "), m->machine);
	out[1].machine = blank != NULL ? blank + 1 : NULL;
	for (size_t i = 0; i < n; i++) {
		out[i].was = block_sh(&world, out[i].machine, "%s", print);
		TEST_STEP(outage_freeze(&world.lab, out[i].machine, "agent", &f), &f);
	}
	return n;
}

static void mend(const struct off *off, size_t n)
{
	struct fault f = {0};

	for (size_t i = 0; i < n; i++) {
		TEST_STEP(outage_end(&world.lab, off[i].machine, &f), &f);
		block_await(&world, off[i].machine, "test \"$(%s)\" = '%.32s  -'", print,
			    off[i].was);
	}
}

static void run(const struct mutation *m)
{
	const char *what = m->kind == MUTATION_RULE
				   ? arena_printf(&world.arena, "rule %d '%s'", m->priority, m->has)
				   : arena_printf(&world.arena, "%s '%s'", m->chain, m->has);
	struct off off[2];
	size_t n = freeze(m, off);

	if (!passes(m))
		TEST_FAIL("%s on %s: '%s' does not pass before", what, m->machine, m->trial.test);
	for (size_t i = 0; i < n; i++) {
		switch_off(m, off[i].machine);
		if (strcmp(block_sh(&world, off[i].machine, "%s", print), off[i].was) == 0)
			TEST_FAIL("%s on %s: there is no such line", what, off[i].machine);
	}
	if (passes(m))
		TEST_FAIL("%s on %s: '%s' passes without it", what, m->machine, m->trial.test);
	mend(off, n);
}

/* A case has five minutes; each of these has a part of the table. */
static void run_part(size_t part)
{
	for (size_t i = part; i < nmutations; i += PARTS)
		if (mutations[i].trial.kind != TRIAL_OTHER)
			run(&mutations[i]);
}

static void first_part_is_missed(void)
{
	run_part(0);
}

static void second_part_is_missed(void)
{
	run_part(1);
}

static void third_part_is_missed(void)
{
	run_part(2);
}

static void fourth_part_is_missed(void)
{
	run_part(3);
}

/* ---- the fleet ---- */

static int set_up(void)
{
	int code = block_build(&world);

	if (code != 0)
		return code;
	block_sh(&world, "u",
		 "ip link add docker1 type bridge && ip addr add 172.18.0.1/16 dev docker1 && "
		 "ip link set docker1 up && sysctl -qw net.ipv4.conf.docker1.forwarding=1 "
		 "net.ipv4.conf.docker1.rp_filter=0 net.ipv4.conf.all.rp_filter=0");
	block_await(&world, "u", "ip rule show | grep -q 'iif docker1'");
	block_await_sessions(&world);
	return 0;
}

static int tear_down(void)
{
	return block_end(&world);
}

TEST_SUITE_LONG(mutations, set_up, tear_down, {"each line has a row", each_line_has_a_row},
		{"first part is missed", first_part_is_missed},
		{"second part is missed", second_part_is_missed},
		{"third part is missed", third_part_is_missed},
		{"fourth part is missed", fourth_part_is_missed});
