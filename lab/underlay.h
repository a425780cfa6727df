/* The underlay: what carries WireGuard. A namespace that routes, and a cable from it to each
 *machine.
 *
 *	machine: eth0 192.0.2.11/32, default via 169.254.0.1 onlink
 *	underlay: a device of the machine's name, 192.0.2.11/32 by it; 169.254.0.1 on lo
 *
 * Routed, not bridged: no broadcast domain joins the machines, and no neighbour table fills up
 * (one shared by all namespaces holds 1024 entries; 50 machines on a bridge never converged).
 *
 * A network's host hangs on a cable of its own, to the machine that it is behind. */
#ifndef SKEIN_LAB_UNDERLAY_H
#define SKEIN_LAB_UNDERLAY_H

#include "lab/lab.h"

/* Cables, addresses, routes; the places must exist. */
int underlay_build(struct lab *lab, struct fault *f);
/* The same for one machine whose place was made anew. ERR_USAGE where networks hang behind it:
 * their hosts' cables went with it. */
int underlay_rebuild(struct lab *lab, const char *machine, struct fault *f);
/* Nothing passes between the two machines any more, in either direction; or again. Cutting twice,
 * or healing what is whole, succeeds. */
int underlay_cut(struct lab *lab, const char *a, const char *b, struct fault *f);
int underlay_heal(struct lab *lab, const char *a, const char *b, struct fault *f);
/* The same for what `from` sends to `to` only; underlay_heal() heals that, too. */
int underlay_cut_way(struct lab *lab, const char *from, const char *to, struct fault *f);
/* The machine's cable, unplugged at the underlay's side, or plugged in again. A network's host:
 * the cable to the machine that it is behind, at the host's side. */
int underlay_plug(struct lab *lab, const char *machine, bool in, struct fault *f);

#endif
