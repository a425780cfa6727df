#include "lab/fleet.h"

#include "lab/underlay.h"

int fleet_build_underlay(struct lab *lab, struct fault *f)
{
	int code;

	lab_say(lab, "underlay: %zu machines, a namespace each", lab->file.nnodes);
	code = lab_make_places(lab, f);
	return code == 0 ? underlay_build(lab, f) : code;
}
