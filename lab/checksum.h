/* The checksum of IPv4, ICMP, TCP and UDP (RFC 1071). */
#ifndef SKEIN_LAB_CHECKSUM_H
#define SKEIN_LAB_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Over an even number of bytes, as it stands in a packet. */
uint16_t checksum_of(const void *data, size_t len);

#endif
