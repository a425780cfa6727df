/* nftables, by libnftables: scripts are applied as one transaction, whole or not at all. */
#ifndef SKEIN_NET_NFT_H
#define SKEIN_NET_NFT_H

#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

/* ERR_INVALID with nft's own words, the place in the script included. To replace a table whole, a
 * script says: `table inet skein {}`, `delete table inet skein`, `table inet skein { … }`. */
int nft_apply(const char *script, struct fault *f);
/* Parses and evaluates only. */
int nft_check(const char *script, struct fault *f);

enum nft_format {
	NFT_TEXT,	/* as `nft list table` writes it, without counts */
	NFT_TEXT_FULL,	/* with counts */
	NFT_JSON,	/* libnftables-json(5), with counts */
	NFT_JSON_TERSE, /* the same, without the elements of named sets */
};
/* Appends the table. `family`: "inet", "ip", …; ERR_NOT_FOUND. */
int nft_list_table(const char *family, const char *table, enum nft_format format, struct buf *out,
		   struct fault *f);
/* Appends all chains of all tables as JSON: what hook and policy they have, not their rules. */
int nft_list_chains(struct buf *out, struct fault *f);
/* Hash of the text without counts: the table is the same as when the hash was taken. */
int nft_table_digest(const char *family, const char *table, struct digest *out, struct fault *f);
/* 0 or ERR_NOT_FOUND, another error if it cannot be told. */
int nft_table_exists(const char *family, const char *table, struct fault *f);

#endif
