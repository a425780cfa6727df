/* Bringing up what the file describes, from nothing to sessions that are established. */
#ifndef SKEIN_LAB_FLEET_H
#define SKEIN_LAB_FLEET_H

#include "lab/lab.h"

/* Namespaces and underlay, nothing of Skein. What an earlier lab of the name left is removed. */
int fleet_build_underlay(struct lab *lab, struct fault *f);

#endif
