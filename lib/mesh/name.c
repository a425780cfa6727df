#include "lib/mesh/name.h"

#include <stdbool.h>
#include <string.h>

static bool alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

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
		if (!alphanumeric(text[i]) && text[i] != '-')
			return fault_set(
				f, ERR_INVALID,
				"%s '%s': want a-z, 0-9 and '-' only (it becomes a DNS name)", what,
				text);
	if (text[0] == '-' || text[len - 1] == '-')
		return fault_set(f, ERR_INVALID, "%s '%s': '-' may not be first or last", what,
				 text);
	return 0;
}
