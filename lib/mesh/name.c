#include "lib/mesh/name.h"

#include <stdbool.h>
#include <string.h>

/* A view may have millions of them: a table, not comparisons. */
static const bool good[256] = {
	['-'] = true, ['0'] = true, ['1'] = true, ['2'] = true, ['3'] = true, ['4'] = true,
	['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true, ['9'] = true, ['a'] = true,
	['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true, ['f'] = true, ['g'] = true,
	['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true, ['l'] = true, ['m'] = true,
	['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true, ['r'] = true, ['s'] = true,
	['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true, ['x'] = true, ['y'] = true,
	['z'] = true,
};

int name_check(const char *text, const char *what, struct fault *f)
{
	size_t len = strlen(text);

	if (len == 0)
		return fault_set(f, ERR_INVALID, "%s is empty", what);
	if (len > NAME_MAX_LENGTH)
		return fault_set(f, ERR_TOO_LARGE,
				 "%s '%.20s…' has %zu characters, %d are the most", what, text, len,
				 NAME_MAX_LENGTH);
	for (size_t i = 0; i < len; i++)
		if (!good[(unsigned char)text[i]])
			return fault_set(
				f, ERR_INVALID,
				"%s '%s': want a-z, 0-9 and '-' only (it becomes a DNS name)", what,
				text);
	if (text[0] == '-' || text[len - 1] == '-')
		return fault_set(f, ERR_INVALID, "%s '%s': '-' may not be first or last", what,
				 text);
	return 0;
}
