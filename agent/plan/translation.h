/* The lines of the nftables table about what is translated: what containers send into a mesh has
 * the machine's mesh address, what an exit's users send out there has the exit's; what goes to
 * an announced network that has no way back has its router's address there. All of it is tracked;
 * nothing else that is forwarded for a mesh is. */
#ifndef SKEIN_AGENT_PLAN_TRANSLATION_H
#define SKEIN_AGENT_PLAN_TRANSLATION_H

#include "agent/plan/desired.h"

/* Each appends to d->fence. Named sets; what the meshes have (CIDRs) and what others have in them
 * is no exit's business. */
void translation_put_sets(struct desired *d, const prefix_vec *mesh, const prefix_vec *others);
/* In prerouting: containers on their bridges. */
void translation_put_accepts(struct desired *d);
/* In prerouting, of what came from a mesh and is forwarded: what is to be tracked all the same. */
void translation_put_tracked(struct desired *d);
/* In forward: answers pass, the rest of what goes to a container or comes by an exit's device into
 * a mesh does not. */
void translation_put_answers(struct desired *d);
/* The chain that translates. */
void translation_put_chain(struct desired *d);

/* fences.c: a set of IPv4 prefixes, in normal form. */
void fence_put_set(struct buf *b, const char *name, const prefix_vec *v);

#endif
