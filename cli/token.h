/* What the two kinds of tokens share. */
#ifndef SKEIN_CLI_TOKEN_H
#define SKEIN_CLI_TOKEN_H

#include "cli/cli.h"

/* body.expires_in, in seconds, from "24h"; nothing for NULL. */
int token_put_expiry(struct cli *c, json_t *body, const char *text);

#endif
