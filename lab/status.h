/* What is there: each machine with its namespace, memberships, addresses, control sockets. */
#ifndef SKEIN_LAB_STATUS_H
#define SKEIN_LAB_STATUS_H

#include "lab/operator.h"

/* A lab without a controller (up --bare) has no memberships; one whose controller does not answer
 * says so on standard error and shows the rest. */
int status_print(struct lab *lab, bool json, FILE *to, struct fault *f);
/* The table alone. */
void status_print_members(const struct lab *lab, const operator_member_vec *members, FILE *to);

#endif
