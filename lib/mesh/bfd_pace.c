#include "lib/mesh/bfd_pace.h"

uint32_t bfd_pace_ms(uint32_t asked_ms, uint64_t sessions)
{
	uint32_t ms = asked_ms;

	while (ms < BFD_INTERVAL_MAX_MS && sessions > (uint64_t)ms * BFD_PACKETS_MAX / 1000)
		ms = ms < BFD_INTERVAL_MAX_MS / 2 ? 2 * ms : BFD_INTERVAL_MAX_MS;
	return ms;
}
