/* What a lab changes outside its namespaces while it is up, and puts back after: the limit of
 * inotify instances (each wireguard-go has one, 128 in all by default), and the two directories
 * that its machines mount their own over, where the computer has none. */
#ifndef SKEIN_LAB_TUNE_H
#define SKEIN_LAB_TUNE_H

#include "lab/record.h"

/* Notes in the record what raising for so many machines is about to change. */
void tune_plan(struct record *r, size_t machines);
/* Changes it; the record was saved before. */
int tune_raise(const struct record *r, struct fault *f);
/* Puts back what the record says, if nobody has changed it since; the directories only when no
 * other lab mounts there. */
void tune_restore(const struct record *r, bool others);

#endif
