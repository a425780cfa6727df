/* Routing policy rules, by rtnetlink.
 *
 * Two rules of one priority are looked at in the order of their making; Skein's never depend on
 * that. */
#ifndef SKEIN_NET_RULE_H
#define SKEIN_NET_RULE_H

#include <linux/fib_rules.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/net/link.h"
#include "lib/net/netlink.h"
#include "lib/net/prefix.h"

#define RULE_SUPPRESS_NONE (-1)

struct rule {
	uint32_t priority;
	uint8_t family;		     /* FAMILY_IPV4 or FAMILY_IPV6 */
	uint8_t action;		     /* FR_ACT_TO_TBL, FR_ACT_UNREACHABLE, … */
	uint8_t protocol;	     /* who made it */
	uint8_t ipproto;	     /* IPPROTO_TCP, …; 0: any */
	uint16_t sport, dport;	     /* 0: any */
	uint32_t table;		     /* with FR_ACT_TO_TBL */
	uint32_t mark, mask;	     /* mask 0: any */
	int suppress_prefixlength;   /* RULE_SUPPRESS_NONE: none. Set it: zero means /0 */
	char iifname[LINK_NAME_MAX]; /* "": any */
	struct prefix from, to;	     /* family 0: any */
};

typedef VEC(struct rule) rule_vec;

/* Of `protocol`, or all for 0, sorted by rule_compare(). */
int rule_list(struct netlink *n, uint8_t family, uint8_t protocol, rule_vec *out, struct fault *f);
/* By all members, the priority first: qsort-compatible. */
int rule_compare(const void *a, const void *b);

enum rule_op_kind { RULE_OP_ADD, RULE_OP_DELETE };

struct rule_op {
	enum rule_op_kind kind;
	const struct rule *rule; /* borrowed from desired; from actual for a deletion */
};

typedef VEC(struct rule_op) rule_op_vec;

/* Appends what turns `actual` into `desired`: additions by rising priority, then deletions by
 * falling priority. Both vectors get sorted. */
void rule_plan(rule_vec *desired, rule_vec *actual, rule_op_vec *out);
/* All of them are tried; adding what is there and deleting what is not succeed. Returns the first
 * error, whose fault names the rule. */
int rule_apply(struct netlink *n, const struct rule_op *ops, size_t count, struct fault *f);

#define RULE_TEXT_MAX 256
/* As `ip rule` would write it. Returns `out`. */
const char *rule_format(const struct rule *r, char out[RULE_TEXT_MAX]);

#endif
