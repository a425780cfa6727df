/* What is there: each machine with its namespace, memberships, addresses, control sockets. */
#ifndef SKEIN_LAB_STATUS_H
#define SKEIN_LAB_STATUS_H

#include "lab/operator.h"

/* A lab without a controller (up --bare) has no memberships; where one does not answer, that is
 * said and the rest is shown. What there is of a lab that is not whole is shown too; then the code
 * of lab_check_whole(). The JSON is that of docs/json/skein-lab-status.v1.json. */
int status_print(struct lab *lab, bool json, FILE *to, struct fault *f);
/* The table alone. */
void status_print_members(const struct lab *lab, const operator_member_vec *members, FILE *to);

#endif
