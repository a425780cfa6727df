/* Making a controller, and letting its administrator in again. */
#ifndef SKEIN_CONTROLLER_INIT_H
#define SKEIN_CONTROLLER_INIT_H

#include "controller/config.h"

/* Database with the organization "default", keys, certificate, and an administrator's token, which
 * is appended to `token` and kept nowhere else. All is made beside and moved into place last: a
 * failure leaves nothing. ERR_EXISTS when there is one, which is not touched. */
int init_make(const struct config *config, struct buf *token, struct fault *f);
/* Revokes the installation's administrator tokens and appends a new one. */
int init_reset_admin(const struct config *config, struct buf *token, struct fault *f);

#endif
