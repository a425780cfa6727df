/* Files: read whole within a bound, replaced atomically, directories made with a mode. */
#ifndef SKEIN_BASE_FILE_H
#define SKEIN_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/base/error.h"

/* Appends the whole file to `out`; ERR_TOO_LARGE beyond `max` bytes. "-" is standard input. */
int file_read(const char *path, size_t max, struct buf *out, struct fault *f);
/* New file beside, fsync, rename, fsync of the directory: after a crash the old or the new one is
 * there, whole. */
int file_write(const char *path, const void *data, size_t len, mode_t mode, struct fault *f);
/* Appends to the file, which is made if need be, and syncs; on an error it is as long as before. */
int file_append(const char *path, const void *data, size_t len, mode_t mode, struct fault *f);
/* Two files of one directory get each other's name, atomically, and on the disk. ERR_UNSUPPORTED
 * where the file system cannot. */
int file_exchange(const char *a, const char *b, struct fault *f);
/* What was written to it by others is on the disk, and so is its name. */
int file_sync(const char *path, struct fault *f);
/* Makes the directory and its parents; one that exists keeps its mode. */
int file_make_dir(const char *path, mode_t mode, struct fault *f);
/* That a path begins at the root: a check of a configuration's row (schema.h). */
int file_check_absolute(const char *path, struct fault *f);
/* Removes a file, or a directory with all in it, not following links. Absent is success. */
int file_remove(const char *path, struct fault *f);

#endif
