/* The parts of the evidence, each read where it lies. */
#ifndef SKEIN_CLI_HOP_PARTS_H
#define SKEIN_CLI_HOP_PARTS_H

#include "cli/hop/machine.h"
#include "lib/net/link.h"
#include "lib/net/netlink.h"

struct hop_context {
	const struct hop_question *question;
	struct hop_machine machine;
	struct arena *arena;
	struct netlink *netlink;
	link_vec links;
	struct address from; /* of the packet; family 0: not known */
	int iif;	     /* that it comes in by; 0: it starts here */
};

/* What BIRD of the membership chose for the destination, and its sessions with `owners`. */
void hop_rib_read(const struct hop_context *x, const struct hop_membership *m,
		  const struct hop_intent *intent, struct hop_rib *out);

/* What the kernel does with it; `m` (may be NULL): in whose table the way should be. Returns the
 * device that it leaves by, 0: none. */
int hop_fib_read(const struct hop_context *x, const struct hop_membership *m, struct hop_fib *out);
/* The source that the kernel would choose. family 0: it has no way. */
struct address hop_fib_source(const struct hop_context *x);
/* The device that packets of this source come in by, when they are not of the mesh; 0: none. */
int hop_fib_device_to(const struct hop_context *x, const struct address *source);

/* The peer of the device whose allowed IPs have the address: whom WireGuard encrypts for, and whom
 * it takes it from. `expected` (may be family 0): a mesh address; where another peer has it, the
 * evidence is about the expected one, and `other` names that one. False: the device has neither. */
bool hop_peer_read(const struct hop_context *x, const struct hop_membership *m, const char *device,
		   const struct address *address, const struct address *expected,
		   struct hop_peer *out);
/* The device of a membership that has this peer; NULL: none has. */
const struct link *hop_peer_device(const struct hop_context *x, const struct hop_membership *m,
				   uint32_t peer);

/* The base chain of the machine's own firewall that drops what goes from one device to another
 * (NULL: to this machine); NULL: none does. */
const char *hop_filter_read(const struct hop_context *x, const char *in, const char *out);

#endif
