/* A kernel that is a value: operations applied to what a machine case sees. */
#ifndef SKEIN_TEST_UNIT_AGENT_MACHINE_KERNEL_H
#define SKEIN_TEST_UNIT_AGENT_MACHINE_KERNEL_H

#include "test/unit/agent/machines.h"

void machine_apply(struct machine_case *c, const struct desired *d, const struct operations *o);

#endif
