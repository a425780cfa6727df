/* The data directory: made once by `init`, held by one process at a time. */
#ifndef SKEIN_CONTROLLER_INIT_H
#define SKEIN_CONTROLLER_INIT_H

#include "controller/config.h"

#define DATABASE_NAME "controller.db"

/* Database with the organization "default", keys, certificate, and an administrator's token, which
 * is appended to `token` and kept nowhere else. All is made beside and moved into place last: a
 * failure leaves nothing. ERR_EXISTS when there is one, which is not touched. */
int init_make(const struct config *config, struct buf *token, struct fault *f);
/* Revokes the installation's administrator tokens and appends a new one. */
int init_reset_admin(const struct config *config, struct buf *token, struct fault *f);

/* Holds the directory until the descriptor is closed. ERR_BUSY names the process that has it,
 * ERR_NOT_FOUND says that `init` has not run. */
int init_lock(const struct config *config, int *fd, struct fault *f);

#endif
