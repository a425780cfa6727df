/* The machine's own packet filter: what it would do with a packet. Read from nftables, and so from
 * iptables-nft too, which is what Docker and ufw use.
 *
 * Not every condition can be told beforehand (an address, a set, a module of iptables). A rule with
 * such a one is taken as "maybe": one that accepts makes a drop further on uncertain, one that
 * drops is left aside, for it is about some packets only. */
#ifndef SKEIN_NET_FILTER_H
#define SKEIN_NET_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/vec.h"
#include "lib/net/link.h"

struct filter;

struct filter_packet {
	const char *hook;     /* "prerouting", "forward", "input" */
	const char *in, *out; /* devices; out NULL where it is delivered here */
	const char *state;    /* as conntrack has it: "untracked", "new" */
	unsigned protocol;    /* 6, 17; 0: any, so that conditions on it or the port are "maybe" */
	unsigned port;	      /* destination; 0: any */
	const char *without;  /* as if rules with this comment were not there; NULL: all are */
	const char *table;    /* only of family ip, this table; NULL: all */
};

enum filter_verdict { FILTER_PASSES, FILTER_MAY_DROP, FILTER_DROPS };

/* A base chain. */
struct filter_place {
	char family[8], table[64], chain[64], hook[16];
	bool policy; /* its policy, else a rule */
};

/* An empty one; filter_free() accepts NULL. */
struct filter *filter_new(void);
void filter_free(struct filter *p);
/* Adds the tables of families ip and inet that have a base chain of type filter at prerouting,
 * input or forward, but for the one that is named ("inet", "skein"). */
int filter_read(struct filter *p, const char *but_family, const char *but_table, struct fault *f);
/* Adds a table as `nft -j list table` writes it; ERR_INVALID. */
int filter_add(struct filter *p, const char *json, size_t len, struct fault *f);

/* Of all base chains at the hook, for each has to let it pass. `where` (may be NULL) becomes the
 * one that does not. */
enum filter_verdict filter_judge(const struct filter *p, const struct filter_packet *packet,
				 struct filter_place *where);
/* There is a filter of iptables-legacy too, which cannot be looked at. */
bool filter_has_legacy(const struct filter *p);
bool filter_has_chain(const struct filter *p, const char *family, const char *table,
		      const char *chain);

/* A rule that accepts what comes in by one device and leaves by another. */
struct filter_accept {
	uint64_t handle;
	char in[LINK_NAME_MAX], out[LINK_NAME_MAX]; /* "": any; "wg0t*": all that begin so */
	bool dead;				    /* behind a rule that ends the chain */
};
typedef VEC(struct filter_accept) filter_accept_vec;

/* Those of a chain that have the comment. *end: the handle of the rule that ends the chain for
 * every packet, before which others have to go; 0: none does. */
void filter_accepts(const struct filter *p, const char *family, const char *table,
		    const char *chain, const char *comment, filter_accept_vec *out, uint64_t *end);

#endif
