#include "cli/problem.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
	long status;
	int code;
} by_status[] = {
	{400, ERR_INVALID},   {401, ERR_AUTH},	   {403, ERR_FORBIDDEN},
	{404, ERR_NOT_FOUND}, {409, ERR_CONFLICT}, {412, ERR_PRECONDITION},
	{413, ERR_TOO_LARGE}, {429, ERR_BUSY},	   {503, ERR_BUSY},
};

static const struct {
	int code;
	const char *hint;
} hints[] = {
	{ERR_AUTH,
	 "log in with `skein login URL` and a token that is good: `skein token api create` makes "
	 "one, and on the controller `skein-controller token reset-admin`"},
	{ERR_FORBIDDEN, "the token of your login has a role that may not do this"},
	{ERR_PRECONDITION, "somebody changed it meanwhile: look at it, then try again"},
	{ERR_UNREACHABLE, "is skein-controller running there, and its port open?"},
	{ERR_BUSY, "try again in a moment"},
};

#define N(array) (sizeof(array) / sizeof(array)[0])

/* "not-found" and ERR_NOT_FOUND. */
static bool same_name(const char *problem, const char *constant)
{
	constant += strlen("ERR_");
	for (; *problem != '\0' && *constant != '\0'; problem++, constant++)
		if (*problem != (*constant == '_' ? '-' : tolower((unsigned char)*constant)))
			return false;
	return *problem == *constant;
}

static int code_of_type(const char *type)
{
	static const int codes[] = {
#define X(name, code, status, text) name,
		ERROR_TABLE(X)
#undef X
	};
	const char *slash = type != NULL ? strrchr(type, '/') : NULL;

	for (size_t i = 0; slash != NULL && i < N(codes); i++)
		if (same_name(slash + 1, error_name(codes[i])))
			return codes[i];
	return 0;
}

static int code_of_status(long status)
{
	for (size_t i = 0; i < N(by_status); i++)
		if (by_status[i].status == status)
			return by_status[i].code;
	return ERR_REMOTE;
}

int problem_read(long status, const json_t *document, struct fault *f)
{
	int code = code_of_type(json_string_value(json_object_get(document, "type")));
	const char *detail = json_string_value(json_object_get(document, "detail"));
	const char *title = json_string_value(json_object_get(document, "title"));

	if (code == 0)
		code = code_of_status(status);
	if (detail != NULL && detail[0] != '\0')
		return fault_set(f, code, "%s", detail);
	if (title != NULL && title[0] != '\0')
		return fault_set(f, code, "%s", title);
	return fault_set(f, code, "the controller answered with HTTP status %ld", status);
}

const char *problem_hint(int code)
{
	for (size_t i = 0; i < N(hints); i++)
		if (hints[i].code == code)
			return hints[i].hint;
	return NULL;
}
