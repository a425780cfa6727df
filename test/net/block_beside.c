/* Beside other software: rule sets of others (test/net/rulesets) in the machines' namespaces. */
#include <string.h>
#include <unistd.h>

#include "lab/outage.h"
#include "test/net/block_cases.h"
#include "test/test.h"

#define REACH_MS   5000
#define BACK_MS	   15000
#define SILENCE_MS 300

static const char *const forwarders[] = {"a1", "g1", "g2", "b2"};
#define FORWARDERS (sizeof(forwarders) / sizeof(forwarders[0]))

static void load(struct world *w, const char *machine, const char *ruleset)
{
	char root[400] = "";

	block_sh(w, machine, "nft -f %s/test/net/rulesets/%s.nft", getcwd(root, sizeof(root)),
		 ruleset);
}

static void stop_agent(struct world *w, const char *machine)
{
	struct fault f = {0};

	TEST_STEP(outage_cause(&w->lab, machine, "agent", &f), &f);
}

static void start_agent(struct world *w, const char *machine)
{
	struct fault f = {0};

	TEST_STEP(outage_end(&w->lab, machine, &f), &f);
}

/* `filter` is what jq asks of the status: the words that it prints. */
static const char *status(struct world *w, const char *machine, const char *filter)
{
	return block_sh(w, machine, "%s status --json | jq -r '%s'",
			lab_program(&w->lab, "skein-agent"), filter);
}

static void await_status(struct world *w, const char *machine, const char *filter)
{
	block_await(w, machine, "%s status --json | jq -e '%s'",
		    lab_program(&w->lab, "skein-agent"), filter);
}

static void check_both_ways(struct world *w, const char *what)
{
	if (!block_reaches(w, "attic", NULL, "yard", REACH_MS) ||
	    !block_reaches(w, "yard", NULL, "attic", REACH_MS) ||
	    !block_reaches(w, "m", NULL, "attic", REACH_MS))
		TEST_FAIL("%s: the networks do not reach one another", what);
}

/* ---- Docker ---- */

static const char in_docker[] =
	"nft list chain ip filter DOCKER-USER | grep -q 'comment \"skein\"'";

static void await_docker(struct world *w)
{
	for (size_t i = 0; i < FORWARDERS; i++)
		block_await(w, forwarders[i], "%s", in_docker);
}

/* What is there already is dropped while the agent is away; it is let through when it comes. */
static void start_beside_docker(struct world *w)
{
	for (size_t i = 0; i < FORWARDERS; i++) {
		stop_agent(w, forwarders[i]);
		load(w, forwarders[i], "docker");
	}
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	for (size_t i = 0; i < FORWARDERS; i++)
		start_agent(w, forwarders[i]);
	await_docker(w);
	check_both_ways(w, "Docker");
}

/* Exactly what is forwarded here, before what ends the chain. */
static void check_docker_rules(struct world *w)
{
	TEST_TEXT(block_sh(w, "a1",
			   "nft -s list chain ip filter DOCKER-USER | sed -n 's/^\\t\\t//p'"),
		  "iifname \"wg0\" oifname \"attic\" counter accept comment \"skein\"\n"
		  "iifname \"attic\" oifname \"wg0\" counter accept comment \"skein\"\n"
		  "iifname \"wg0t*\" oifname \"attic\" counter accept comment \"skein\"\n"
		  "iifname \"attic\" oifname \"wg0t*\" counter accept comment \"skein\"\n"
		  "counter return\n");
	TEST_TEXT(block_sh(w, "g1",
			   "nft -s list chain ip filter DOCKER-USER | sed -n 's/^\\t\\t//p'"),
		  "iifname \"wg0\" counter accept comment \"skein\"\n"
		  "iifname \"wg0t*\" counter accept comment \"skein\"\n"
		  "iifname \"wg1\" counter accept comment \"skein\"\n"
		  "iifname \"wg1t*\" counter accept comment \"skein\"\n"
		  "counter return\n");
	TEST_TEXT(status(w, "a1", ".filter.opened[0] | .place, .rule"),
		  "DOCKER-USER\nin on wg0 out on attic\n");
	TEST_TEXT(status(w, "a1", ".filter.in_the_way | length"), "0\n");
}

static void docker_writes_its_chains_anew(struct world *w)
{
	for (size_t i = 0; i < FORWARDERS; i++)
		block_sh(w, forwarders[i],
			 "nft 'flush chain ip filter DOCKER-USER; "
			 "add rule ip filter DOCKER-USER counter return'");
	CU_ASSERT(block_reaches(w, "attic", NULL, "yard", REACH_MS));
	check_docker_rules(w);
}

static void rules_are_taken_up_again(struct world *w)
{
	static const char list[] = "nft -a list chain ip filter DOCKER-USER | grep -o 'handle.*'";
	const char *before = block_sh(w, "a1", list);

	stop_agent(w, "a1");
	start_agent(w, "a1");
	await_status(w, "a1", ".filter.opened | length == 4");
	TEST_TEXT(block_sh(w, "a1", list), before);
}

/* What the user has decided is; and it is told. */
static void the_users_rule_comes_first(struct world *w)
{
	block_sh(w, "a1", "nft insert rule ip filter DOCKER-USER iifname attic drop");
	await_status(w, "a1",
		     ".memberships[0] | .state == \"degraded\" and "
		     "(.error | contains(\"from attic to wg0\"))");
	TEST_TEXT(status(w, "a1", "[.filter.in_the_way[].certain] | unique | .[]"), "true\n");
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	block_sh(w, "a1",
		 "nft delete rule ip filter DOCKER-USER handle $(nft -a list chain ip filter "
		 "DOCKER-USER | sed -n 's/.* drop # handle //p')");
	await_status(w, "a1", ".memberships[0].state == \"up\"");
	check_both_ways(w, "Docker again");
}

void case_beside_docker(struct world *w)
{
	start_beside_docker(w);
	check_docker_rules(w);
	docker_writes_its_chains_anew(w);
	rules_are_taken_up_again(w);
	the_users_rule_comes_first(w);
	/* No longer needed. */
	block_sh(w, "a1", "nft 'chain ip filter FORWARD { policy accept; }'");
	block_await(w, "a1", "! %s", in_docker);
	for (size_t i = 0; i < FORWARDERS; i++)
		block_sh(w, forwarders[i], "nft delete table ip filter");
	check_both_ways(w, "without Docker");
}

/* What is translated is tracked, and Docker lets in no answers but its own. */
void case_exit_beside_docker(struct world *w)
{
	stop_agent(w, "x");
	load(w, "x", "docker");
	CU_ASSERT(!block_reaches(w, "u", NULL, "b1@underlay", SILENCE_MS));
	start_agent(w, "x");
	CU_ASSERT(block_reaches(w, "u", NULL, "b1@underlay", REACH_MS));
	CU_ASSERT(block_try(w, "x",
			    "nft list chain ip filter DOCKER-USER | "
			    "grep -q 'iifname \"eth0\" oifname \"wg0\"'"));
	/* Answers only: the fence says so. */
	CU_ASSERT(!block_reaches(w, "b1", NULL, "u@red", SILENCE_MS));
	block_sh(w, "x", "nft delete table ip filter");
	CU_ASSERT(block_reaches(w, "u", NULL, "b1@underlay", REACH_MS));
}

/* ---- what is not ours to change ---- */

/* What it advises is done, until nothing is in the way any more. */
static void follow_advice(struct world *w, const char *machine)
{
	block_sh(w, machine,
		 "%s status --json | jq -r '.filter.in_the_way[].advice' | sort -u | sh",
		 lab_program(&w->lab, "skein-agent"));
	await_status(w, machine, ".filter.in_the_way == []");
}

void case_in_the_way_is_named(struct world *w)
{
	load(w, "a1", "strict");
	await_status(w, "a1",
		     ".memberships[0].error | tostring | "
		     "startswith(\"chain forward of table inet mine (policy drop)\")");
	TEST_TEXT(status(w, "a1", "[.filter.in_the_way[].what] | unique | .[]"),
		  "bfd\nbgp\nforward\n");
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	block_await(w, "a1",
		    "%s status | grep -A 1 'in the way of mesh red:' | grep -q 'chain forward'",
		    lab_program(&w->lab, "skein-agent"));
	follow_advice(w, "a1");
	check_both_ways(w, "advice");
	block_sh(w, "a1", "nft delete table inet mine");
	load(w, "b2", "firewalld");
	await_status(w, "b2", ".memberships[0].error | tostring | contains(\"firewall-cmd\")");
	CU_ASSERT(!block_reaches(w, "yard", NULL, "attic", SILENCE_MS));
	block_sh(w, "b2", "nft delete table inet firewalld");
	await_status(w, "b2", ".memberships[0].state == \"up\"");
	check_both_ways(w, "without firewalld");
	/* Both have dropped BFD, for long enough perhaps. */
	block_await_sessions(w);
}

/* ---- there one way, back another ---- */

static void leaves_by(struct world *w, const char *at, const char *to, const char *gateway,
		      const char *not_by)
{
	struct letter letter = {.to = block_address(w, to)};

	block_post(w, at, &letter, 1, NULL);
	CU_ASSERT(block_await_leaving(w, w->mark, gateway, "wg*"));
	TEST_NUMBER(block_count_leaving(w, w->mark, not_by, "wg*"), 0);
}

static void bend(struct world *w, const char *machine, const char *verb, const char *to,
		 const char *gateway, const char *mesh)
{
	char trunk[16];

	block_sh(w, machine, "ip route %s %s dev %s table 5200 metric 1", verb, to,
		 block_trunk(w, gateway, mesh, trunk));
}

/* Filters that drop what connection tracking calls invalid, which an answer is to a gateway that
 * never saw what it answers. */
void case_asymmetric_beside_filters(struct world *w)
{
	/* A gateway without a session of its own with the machine goes over its fellow. */
	block_await_sessions(w);
	bend(w, "a1", "add", "172.20.42.0/24", "g1", "red");
	bend(w, "b2", "add", "172.20.31.0/24", "g2", "blue");
	for (size_t i = 0; i < FORWARDERS; i++)
		load(w, forwarders[i], "invalid");
	load(w, "g1", "docker");
	load(w, "g2", "docker");
	block_await(w, "g1", "%s", in_docker);
	block_await(w, "g2", "%s", in_docker);
	tap_forget(w->tap);
	leaves_by(w, "attic", "yard", "g1", "g2");
	leaves_by(w, "yard", "attic", "g2", "g1");
	check_both_ways(w, "asymmetric");
	/* The answer comes by g2's trunk, the way back is by g1's: this one is in the way. */
	block_sh(w, "a1", "nft delete table inet mine");
	load(w, "a1", "wayback");
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	await_status(w, "a1", ".filter.in_the_way | length > 0 and all(.certain == false)");
	follow_advice(w, "a1");
	check_both_ways(w, "asymmetric, with advice");
	block_sh(w, "a1", "nft delete table inet mine");
	load(w, "a1", "invalid");
	/* Without our table the answer is invalid. */
	stop_agent(w, "g2");
	block_sh(w, "g2", "nft delete table inet skein");
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	start_agent(w, "g2");
	check_both_ways(w, "asymmetric again");
	for (size_t i = 0; i < FORWARDERS; i++)
		block_sh(w, forwarders[i], "nft delete table inet mine");
	block_sh(w, "g1", "nft delete table ip filter");
	block_sh(w, "g2", "nft delete table ip filter");
	bend(w, "a1", "del", "172.20.42.0/24", "g1", "red");
	bend(w, "b2", "del", "172.20.31.0/24", "g2", "blue");
}

/* ---- who takes himself for the only one ---- */

/* As systemd-networkd with ManageForeignRoutes and ManageForeignRoutingPolicyRules when it starts,
 * or a NetworkManager that was given the devices: what is not its own or the kernel's goes. */
static const char remove_foreign[] =
	"ip rule | sed -n 's/^\\([0-9]*\\):.*/\\1/p' | while read -r p; do\n"
	"case $p in 0|32766|32767) ;; *) ip rule del pref $p ;; esac; done\n"
	"for t in 5200 5201 5400 5401; do ip route flush table $t 2> /dev/null; done; true";

void case_beside_a_route_manager(struct world *w)
{
	static const char *const machines[] = {"a1", "g1", "g2", "m"};

	for (size_t i = 0; i < 4; i++) {
		stop_agent(w, machines[i]);
		block_sh(w, machines[i], "%s", remove_foreign);
	}
	/* BIRD puts its routes back by itself; without the rules nothing gets there. */
	CU_ASSERT(!block_reaches(w, "attic", NULL, "yard", SILENCE_MS));
	CU_ASSERT(!block_reaches(w, "m", NULL, "barn", SILENCE_MS));
	for (size_t i = 0; i < 4; i++)
		start_agent(w, machines[i]);
	for (size_t i = 0; i < 4; i++)
		block_await(w, machines[i], "ip rule | grep -q ^1900:");
	for (size_t i = 0; i < 4; i++)
		block_sh(w, machines[i], "%s", remove_foreign);
	/* BFD may have noticed, and BGP has to come up again then. */
	CU_ASSERT(block_reaches(w, "attic", NULL, "yard", BACK_MS));
	check_both_ways(w, "rules and routes were removed");
	/* What only BIRD knows. */
	CU_ASSERT(block_reaches(w, "m", NULL, "barn", BACK_MS));
}
