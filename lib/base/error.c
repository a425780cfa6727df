#include "lib/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"

static const struct {
	int code;
	int status;
	const char *name;
	const char *text;
} rows[] = {
#define X(name, code, status, text) {code, status, #name, text},
	ERROR_TABLE(X)
#undef X
};

static const struct {
	int errnum;
	int code;
} from_errno[] = {
	{ENOENT, ERR_NOT_FOUND},
	{ESRCH, ERR_NOT_FOUND},
	{ENODEV, ERR_NOT_FOUND},
	{EEXIST, ERR_EXISTS},
	{EPERM, ERR_PRIVILEGE},
	{EACCES, ERR_PRIVILEGE},
	{EADDRINUSE, ERR_BUSY},
	{EBUSY, ERR_BUSY},
	{ETIMEDOUT, ERR_TIMEOUT},
	{EINVAL, ERR_INVALID},
	{ERANGE, ERR_RANGE},
	{EFBIG, ERR_TOO_LARGE},
	{EMSGSIZE, ERR_TOO_LARGE},
	{ENOTSUP, ERR_UNSUPPORTED},
	{ENOSYS, ERR_UNSUPPORTED},
	{ECONNREFUSED, ERR_UNREACHABLE},
	{EHOSTUNREACH, ERR_UNREACHABLE},
	{ENETUNREACH, ERR_UNREACHABLE},
	{ENOSPC, ERR_EXHAUSTED},
};

#define N(array) (sizeof(array) / sizeof(array)[0])

const char *error_text(int code)
{
	if (code == 0)
		return "success";
	for (size_t i = 0; i < N(rows); i++)
		if (rows[i].code == code)
			return rows[i].text;
	return "unknown error";
}

const char *error_name(int code)
{
	for (size_t i = 0; i < N(rows); i++)
		if (rows[i].code == code)
			return rows[i].name;
	return "ERR_UNKNOWN";
}

int error_exit_status(int code)
{
	if (code == 0)
		return 0;
	for (size_t i = 0; i < N(rows); i++)
		if (rows[i].code == code)
			return rows[i].status;
	return 70;
}

int error_from_exit_status(int status)
{
	if (status == 0)
		return 0;
	for (size_t i = 0; i < N(rows); i++)
		if (rows[i].status == status)
			return rows[i].code;
	return ERR_REMOTE;
}

int error_from_errno(int errnum)
{
	for (size_t i = 0; i < N(from_errno); i++)
		if (from_errno[i].errnum == errnum)
			return from_errno[i].code;
	return ERR_IO;
}

int(fault_set)(struct fault *f, int code, const char *fmt, ...)
{
	va_list ap;

	if (f == NULL || f->code != 0)
		return code;
	f->code = code;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	text_disarm(f->text);
	return code;
}

int fault_errno(struct fault *f, int errnum, const char *fmt, ...)
{
	int code = error_from_errno(errnum);
	size_t used, cause = strlen(": ") + strlen(strerror(errnum));
	va_list ap;

	if (f == NULL || f->code != 0)
		return code;
	f->code = code;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	used = strlen(f->text);
	if (used + cause >= sizeof(f->text)) /* a long path is cut, its error is not */
		used = sizeof(f->text) - 1 - cause;
	snprintf(f->text + used, sizeof(f->text) - used, ": %s", strerror(errnum));
	text_disarm(f->text);
	return code;
}

int fault_prefix(struct fault *f, const char *fmt, ...)
{
	char where[FAULT_TEXT_MAX], rest[FAULT_TEXT_MAX];
	size_t used;
	va_list ap;

	if (f == NULL)
		return ERR_INTERNAL;
	va_start(ap, fmt);
	vsnprintf(where, sizeof(where), fmt, ap);
	va_end(ap);
	memcpy(rest, fault_text(f, f->code), strlen(fault_text(f, f->code)) + 1);
	used = strlen(where);
	memcpy(f->text, where, used + 1);
	snprintf(f->text + used, sizeof(f->text) - used, ": %s", rest);
	text_disarm(f->text);
	return f->code;
}

const char *fault_text(const struct fault *f, int code)
{
	return f != NULL && f->text[0] != '\0' ? f->text : error_text(code);
}
