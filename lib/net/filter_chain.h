/* A filter as it was read (filter.h): chains with their rules, which are nftables' own JSON. */
#ifndef SKEIN_NET_FILTER_CHAIN_H
#define SKEIN_NET_FILTER_CHAIN_H

#include <jansson.h>

#include "lib/net/filter.h"

struct filter_chain { /* all texts and rules live in the documents */
	const char *family, *table, *name;
	const char *hook; /* NULL: no base chain */
	bool drops;	  /* its policy */
	VEC(const json_t *) rules;
};

struct filter {
	VEC(json_t *) documents;
	VEC(struct filter_chain) chains;
	bool legacy;
};

/* NULL: there is none. */
struct filter_chain *filter_find(const struct filter *p, const char *family, const char *table,
				 const char *name);

#endif
