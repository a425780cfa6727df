#include "controller/http/problem.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What is in no row is 500. */
static const struct {
	int code, status;
} statuses[] = {
	{ERR_USAGE, 400},     {ERR_INVALID, 400},     {ERR_RANGE, 400},	       {ERR_TOO_LARGE, 413},
	{ERR_TRUNCATED, 400}, {ERR_UNSUPPORTED, 400}, {ERR_NOT_FOUND, 404},    {ERR_EXISTS, 409},
	{ERR_CONFLICT, 409},  {ERR_EXHAUSTED, 409},   {ERR_PRECONDITION, 412}, {ERR_AUTH, 401},
	{ERR_FORBIDDEN, 403}, {ERR_EXPIRED, 403},     {ERR_REVOKED, 403},      {ERR_USED_UP, 403},
	{ERR_SIGNATURE, 403}, {ERR_STALE, 409},	      {ERR_MISMATCH, 409},     {ERR_TIMEOUT, 408},
	{ERR_FROZEN, 403},    {ERR_BUSY, 503},	      {ERR_OVERLAP, 409},      {ERR_IO, 503},
	{ERR_PRIVILEGE, 503},
};

int problem_status(int code)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return 500;
}

/* "ERR_NOT_FOUND" to "not-found". */
static const char *code_to_name(int code, char out[PROBLEM_NAME_MAX])
{
	const char *name = error_name(code);
	size_t n = 0;

	if (strncmp(name, "ERR_", 4) == 0)
		name += 4;
	for (; *name != '\0' && n < PROBLEM_NAME_MAX - 1; name++)
		out[n++] = *name == '_' ? '-' : (char)tolower((unsigned char)*name);
	out[n] = '\0';
	return out;
}

/* "method-not-allowed" to "method not allowed". */
static void name_to_words(const char *name, char out[PROBLEM_NAME_MAX])
{
	snprintf(out, PROBLEM_NAME_MAX, "%s", name);
	for (char *at = out; *at != '\0'; at++)
		if (*at == '-')
			*at = ' ';
}

/* What broke inside is for the log: it names files. */
static const char *detail_of(int code, int status, const struct fault *f)
{
	if (status == 500)
		return error_text(ERR_INTERNAL);
	if (code == ERR_IO || code == ERR_PRIVILEGE)
		return "the controller has trouble with its database: its log says more";
	return fault_text(f, code);
}

json_t *problem_new(int code, int status, const char *name, const struct fault *f,
		    const json_t *extra)
{
	char title[PROBLEM_NAME_MAX];
	const char *detail = detail_of(code, status, f);
	char by_code[PROBLEM_NAME_MAX], type[PROBLEM_NAME_MAX + sizeof(PROBLEM_BASE)];
	json_t *doc = json_object();

	snprintf(title, sizeof(title), "%s", error_text(status == 500 ? ERR_INTERNAL : code));
	if (name != NULL)
		name_to_words(name, title);
	else
		name = code_to_name(status == 500 ? ERR_INTERNAL : code, by_code);
	snprintf(type, sizeof(type), "%s%s", PROBLEM_BASE, name);
	json_object_set_new(doc, "type", json_string(type));
	json_object_set_new(doc, "title", json_string(title));
	json_object_set_new(doc, "status", json_integer(status));
	json_object_set_new(doc, "detail", json_string(detail));
	if (extra != NULL)
		json_object_update_missing(doc, (json_t *)extra);
	return doc;
}
