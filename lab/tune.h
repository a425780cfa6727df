/* What a lab changes outside its namespaces while it is up, and puts back after: the limit of
 * inotify instances (each wireguard-go has one, 128 in all by default), and the two directories
 * that its machines mount their own over, where the computer has none. */
#ifndef SKEIN_LAB_TUNE_H
#define SKEIN_LAB_TUNE_H

#include "lab/lab.h"

/* Notes in the lab's record what it is about to change, then changes it. */
int tune_raise(struct lab *lab, struct fault *f);
/* Puts back what the record says, if nobody has changed it since. */
void tune_restore(const struct lab *lab);

#endif
