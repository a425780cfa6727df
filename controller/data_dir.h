/* The data directory: what is in it, and who has it. */
#ifndef SKEIN_CONTROLLER_DATA_DIR_H
#define SKEIN_CONTROLLER_DATA_DIR_H

#include "controller/config.h"

#define DATABASE_NAME "controller.db"
#define DATA_DIR_LOCK "lock"

/* What makes a controller, the database last: without it there is none. NULL ends the list. */
extern const char *const data_dir_files[];

/* ERR_EXISTS when one of these files is there; `advice` ends the words. */
int data_dir_refuse(const struct config *config, const char *advice, struct fault *f);
/* Moves the files from the directory `stage` into place, root's as those of the directory's owner;
 * on an error those that were moved go again. */
int data_dir_place(const struct config *config, const char *stage, struct fault *f);
/* ERR_NOT_FOUND says that `init` has not run; ERR_PRIVILEGE. */
int data_dir_check(const struct config *config, struct fault *f);
/* Holds the directory until the descriptor is closed. ERR_BUSY names the process that has it,
 * ERR_NOT_FOUND says that `init` has not run. */
int data_dir_lock(const struct config *config, int *fd, struct fault *f);
/* The same, whatever is in it. */
int data_dir_lock_any(const struct config *config, int *fd, struct fault *f);

#endif
