/* `skein-controller census`: how much there is of everything, for who sizes or helps. */
#ifndef SKEIN_CONTROLLER_CENSUS_H
#define SKEIN_CONTROLLER_CENSUS_H

#include <stdio.h>

#include "controller/config.h"

/* Of one moment, also while the controller runs. ERR_NOT_FOUND where there is none. */
int census_print(const struct config *config, FILE *to, struct fault *f);

#endif
