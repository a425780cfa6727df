/* Three BIRDs that Skein never saw, with configurations by hand, in one network namespace.
 *
 *	first 127.0.0.2, AS 65001 ──┐       IPv4, IPv6, BFD; one of its prefixes is rejected
 *	                            middle 127.0.0.1, AS 65000
 *	second 127.0.0.3, AS 65002 ─┘       the same prefix over a longer path; more than is wanted
 *
 *	127.0.0.4: the middle one speaks to it, and nobody is there */
#ifndef SKEIN_TEST_NET_BGP_WORLD_H
#define SKEIN_TEST_NET_BGP_WORLD_H

/* As a suite's init and fini: both sessions are Established, and their routes have come. */
int bgp_world_make(void);
int bgp_world_end(void);

/* The control socket of the middle one; of the first. */
const char *bgp_world_socket(void);
const char *bgp_world_upstream(void);

#endif
