/* bpf/guard on every mesh device. */
#include "agent/apply/apply.h"

int apply_guard(struct agent *a, const struct desired *d, struct fault *f)
{
	int code = 0;

	if (d->facts.n == 0 && a->guard == NULL)
		return 0;
	if (a->guard == NULL)
		code = guard_open(a->config.guard_dir, &a->guard, f);
	if (code == 0)
		code = guard_apply(a->guard, &d->guard, f);
	for (size_t i = 0; i < d->devices.n && code == 0; i++)
		if (d->devices.at[i].index != 0)
			code = guard_attach(a->guard, (uint32_t)d->devices.at[i].index, f);
	if (code != 0)
		fault_prefix(f, "guard");
	return code;
}
