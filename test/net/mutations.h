/* The tests are tested: which line of a machine's rule block and nftables table is switched off,
 * and which test has to fail then. A line that no row has is without a test, or needless. */
#ifndef SKEIN_TEST_NET_MUTATIONS_H
#define SKEIN_TEST_NET_MUTATIONS_H

#include "test/net/block_world.h"

enum mutation_kind { MUTATION_RULE, MUTATION_NFT };

enum trial_kind {
	TRIAL_LINE,    /* the row of block_table.c with that name */
	TRIAL_REACHES, /* `at` reaches `to` */
	TRIAL_SHELL,   /* what `at` says, in a line of shell */
	TRIAL_SYN,     /* from the underlay to `to` on `at`: counted by the fence as control */
	TRIAL_PORT,    /* `at` posts to that port of `to`, and it arrives somewhere */
	TRIAL_OTHER, /* the named test does it itself, or stands in another fleet: not tried here */
};

struct mutation {
	enum mutation_kind kind;
	const char *machine; /* or two, with a blank between */
	/* A rule: its priority, membership 0's. nftables: its chain. */
	int priority;
	const char *chain;
	const char *has; /* what the line has in it */
	struct {
		enum trial_kind kind;
		const char *test; /* TRIAL_LINE: the row; else suite/case, or what it is */
		const char *at, *to, *shell;
		uint16_t port, source_port;
	} trial;
};

extern const struct mutation mutations[];
extern const size_t nmutations;

/* A line of that machine's, as `ip rule` (priority first) or nft has it. */
bool mutation_is_of_rule(const struct mutation *m, int priority, const char *line);
bool mutation_is_of_nft(const struct mutation *m, const char *chain, const char *line);

#endif
