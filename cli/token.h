/* What the two kinds of tokens share. */
#ifndef SKEIN_CLI_TOKEN_H
#define SKEIN_CLI_TOKEN_H

#include "cli/cli.h"

/* body.expires_in, in seconds, from "24h"; nothing for NULL. */
int token_put_expiry(struct cli *c, json_t *body, const char *text);
/* Ends the one of this id in the list at `path`; `what` it is, for people. */
int token_end(struct cli *c, const char *path, const char *what, const char *text);

#endif
