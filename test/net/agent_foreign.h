/* Things of others on a machine, which an agent must neither change nor lose: WireGuard devices,
 * one of the name that it would take, rules and routes among its numbers, a BIRD, firewalls'
 * tables, settings, ufw. */
#ifndef SKEIN_TEST_NET_AGENT_FOREIGN_H
#define SKEIN_TEST_NET_AGENT_FOREIGN_H

#include "lib/base/buf.h"

/* Makes them, before anything of Skein is there, and remembers what the machine then is. */
int foreign_make(const char *machine);
/* They are as they were made. */
void foreign_check(const char *machine);
/* The whole machine is as it was before it joined. */
void foreign_check_all(const char *machine);
/* While it is in a mesh, what compares the whole shows what is ours: else it would prove nothing.
 */
void foreign_sees_ours(const char *machine);
/* How `ufw` was called, a line per call. */
const char *foreign_ufw_calls(const char *machine);
/* The rules that it has, a line per rule. */
const char *foreign_ufw_rules(const char *machine);

#endif
