/* What a lab is made of: its namespaces and directories, made and removed. Removal goes by what is
 * there, so that it works after any crash. */
#ifndef SKEIN_LAB_LAB_PLACES_H
#define SKEIN_LAB_LAB_PLACES_H

#include "lab/lab.h"

/* Namespaces and directories of everything in the file; what an earlier one left is removed. */
int lab_make_places(struct lab *lab, struct fault *f);
/* Undoes all that a lab of this name made. Needs no file and no record; absent is success. The
 * caller has the lock. */
int lab_remove(const char *name, struct fault *f);
/* Removes a lab, and closes it. One that is another program's, for this one could not have its
 * lock, is only closed. */
int lab_end(struct lab *lab, struct fault *f);
/* Takes the lock, removes, and leaves no trace. */
int lab_down(const char *name, struct fault *f);

#endif
