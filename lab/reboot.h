/* A machine's power, off and on: its namespaces are removed, with everything in them, and made
 * anew. Of its disk stays what Skein keeps there. */
#ifndef SKEIN_LAB_REBOOT_H
#define SKEIN_LAB_REBOOT_H

#include "lab/lab.h"

/* /etc/skein and /var/lib/skein are as before; nothing runs, and the cable is in. Not for a machine
 * with networks behind it (ERR_USAGE). */
int reboot_machine(struct lab *lab, const char *machine, struct fault *f);

#endif
