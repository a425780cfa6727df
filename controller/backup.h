/* `skein-controller backup` and `restore`: database and keys in one file. */
#ifndef SKEIN_CONTROLLER_BACKUP_H
#define SKEIN_CONTROLLER_BACKUP_H

#include "controller/config.h"
#include "lib/base/clock.h"

/* Makes the file, mode 0600, also while the controller runs. ERR_EXISTS; on any error there is no
 * file. */
int backup_make(const struct config *config, const char *file, struct fault *f);
/* Makes a controller of it. ERR_EXISTS where there is one, unless `force`: then what was there is
 * moved into the directory before-restore; ERR_BUSY while it runs. The file is checked before
 * anything is touched. *made_at: when the backup was made. */
int backup_restore(const struct config *config, const char *file, bool force, struct wall *made_at,
		   struct fault *f);

#endif
