#include "agent/health/verdict.h"

bool verdict_add(struct verdict *v, bool good, unsigned rise, unsigned fall)
{
	if (good == v->well) {
		v->against = 0;
		return false;
	}
	if (++v->against < (good ? rise : fall))
		return false;
	v->well = good;
	v->against = 0;
	return true;
}
