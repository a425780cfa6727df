/* A health check, in words: "tcp://10.1.2.3:5432", "http://10.1.2.3:8080/health", "exec:NAME",
 * "none". */
#ifndef SKEIN_CLI_CHECK_H
#define SKEIN_CLI_CHECK_H

#include "cli/cli.h"

/* As the API has it, a new reference; NULL with c->fault set (ERR_USAGE). */
json_t *check_parse(struct cli *c, const char *words);
/* The same words of what the API says; nothing where there is none. */
void check_format(const json_t *check, struct buf *out);

#endif
