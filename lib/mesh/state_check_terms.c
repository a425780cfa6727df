/* What the terms may say on which a prefix is announced. */
#include <inttypes.h>
#include <string.h>

#include "lib/mesh/state_format.h"

static bool is_none(const struct state_terms *t)
{
	return t->interval_ms == 0 && t->timeout_ms == 0 && t->family == 0 && t->port == 0 &&
	       t->rise == 0 && t->fall == 0 && state_zero(t->address, sizeof(t->address)) &&
	       state_zero(t->target, sizeof(t->target));
}

static bool are_times(const struct state_terms *t)
{
	return t->interval_ms >= STATE_CHECK_MIN_MS && t->interval_ms <= STATE_CHECK_MAX_MS &&
	       t->timeout_ms > 0 && t->timeout_ms <= t->interval_ms && t->rise > 0 &&
	       t->rise <= STATE_CHECK_RESULTS_MAX && t->fall > 0 &&
	       t->fall <= STATE_CHECK_RESULTS_MAX;
}

static bool is_place(const struct state_terms *t)
{
	return t->family == FAMILY_IPV4 && t->port != 0 && !state_zero(t->address, 4) &&
	       state_zero(t->address + 4, sizeof(t->address) - 4);
}

static bool is_nowhere(const struct state_terms *t)
{
	return t->family == 0 && t->port == 0 && state_zero(t->address, sizeof(t->address));
}

/* It becomes a line of a request: no space, no control, nothing that is not ASCII. */
static bool is_path(const char *target)
{
	for (const char *c = target; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			return false;
	return target[0] == '/';
}

static bool is_name(const char *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";

	return target[0] != '\0' && target[strspn(target, letters)] == '\0';
}

static int check_target(const struct state_terms *t, struct fault *f)
{
	size_t len = strnlen(t->target, sizeof(t->target));
	bool good = len < sizeof(t->target) && state_zero(t->target + len, sizeof(t->target) - len);

	switch (t->check) {
	case STATE_CHECK_TCP:
		good = good && is_place(t) && len == 0;
		break;
	case STATE_CHECK_HTTP:
		good = good && is_place(t) && is_path(t->target);
		break;
	case STATE_CHECK_EXEC:
		good = good && is_nowhere(t) && is_name(t->target);
		break;
	default:
		good = false;
	}
	return good ? 0 : WRONG("check %u, its address, port or target", t->check);
}

int state_check_terms(const struct state_image *s, const void *record, uint64_t index,
		      struct fault *f)
{
	const struct state_terms *t = record, *before = index > 0 ? t - 1 : t;
	int code =
		state_check_ascends(index, state_compare_numbers(before->approval, t->approval), f);

	if (code != 0)
		return code;
	if (t->approval >= state_count(s, STATE_APPROVALS))
		return WRONG("approval %" PRIu32, t->approval);
	if ((t->flags & ~(uint32_t)STATE_TERMS_TRANSLATED) != 0 || t->reserved != 0 ||
	    t->stable_ms > STATE_STABLE_MAX_MS)
		return WRONG("flags, or stable for %" PRIu32 " ms", t->stable_ms);
	if (t->check == STATE_CHECK_NONE)
		return is_none(t) ? 0 : WRONG("no check, and something of one");
	if (!are_times(t))
		return WRONG("interval, timeout, rise or fall of its check");
	return check_target(t, f);
}
