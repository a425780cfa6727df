#include "lab/checksum.h"

uint16_t checksum_of(const void *data, size_t len)
{
	const uint16_t *at = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < len / 2; i++)
		sum += at[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
