/* What follows a commit: the writer thread brings memory up to date with what is in the database
 * now, before the requests of the batch are answered. */
#ifndef SKEIN_CONTROLLER_FOLLOW_H
#define SKEIN_CONTROLLER_FOLLOW_H

#include "controller/controller.h"

/* All credentials and machines, at the start. */
int follow_load(struct controller *c, struct store *s, struct fault *f);
void follow_commit(struct controller *c, struct store *s, const struct effects *e);

#endif
