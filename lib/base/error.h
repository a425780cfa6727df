/* Error codes, their texts and exit statuses; and `struct fault`, the words for a person.
 *
 * A function that can fail returns 0 or a negative code of the table below. Where the failure is
 * somebody's input, it also takes a `struct fault *` and says there what was wrong, where, and what
 * would have been right. Only the edge (main, an HTTP answer) prints it, once. */
#ifndef SKEIN_BASE_ERROR_H
#define SKEIN_BASE_ERROR_H

/* X(name, code, exit status, text). Exit statuses are documented in skein(1): append only. */
#define ERROR_TABLE(X)                                                                             \
	X(ERR_INTERNAL, -1, 70, "internal error")                                                  \
	X(ERR_USAGE, -2, 2, "wrong usage")                                                         \
	X(ERR_INVALID, -3, 3, "invalid value")                                                     \
	X(ERR_RANGE, -4, 3, "value out of range")                                                  \
	X(ERR_TOO_LARGE, -5, 4, "too large")                                                       \
	X(ERR_TRUNCATED, -6, 5, "truncated")                                                       \
	X(ERR_UNSUPPORTED, -7, 6, "unsupported version or feature")                                \
	X(ERR_NOT_FOUND, -8, 7, "not found")                                                       \
	X(ERR_EXISTS, -9, 8, "exists already")                                                     \
	X(ERR_CONFLICT, -10, 9, "in conflict with what is there")                                  \
	X(ERR_EXHAUSTED, -11, 10, "exhausted")                                                     \
	X(ERR_PRECONDITION, -12, 11, "changed in the meantime")                                    \
	X(ERR_PRIVILEGE, -13, 12, "a privilege of the operating system is missing")                \
	X(ERR_AUTH, -14, 13, "not authenticated")                                                  \
	X(ERR_FORBIDDEN, -15, 14, "not permitted")                                                 \
	X(ERR_EXPIRED, -16, 15, "expired")                                                         \
	X(ERR_REVOKED, -17, 16, "revoked")                                                         \
	X(ERR_USED_UP, -18, 17, "used up")                                                         \
	X(ERR_SIGNATURE, -19, 18, "signature does not verify")                                     \
	X(ERR_STALE, -20, 19, "older than what is known")                                          \
	X(ERR_MISMATCH, -21, 20, "belongs to somebody else")                                       \
	X(ERR_UNREACHABLE, -22, 21, "cannot be reached")                                           \
	X(ERR_TIMEOUT, -23, 22, "took too long")                                                   \
	X(ERR_BUSY, -24, 23, "in use")                                                             \
	X(ERR_MISSING, -25, 24, "a program or kernel feature is missing")                          \
	X(ERR_OVERLAP, -26, 25, "overlaps")                                                        \
	X(ERR_IO, -27, 26, "input/output error")                                                   \
	X(ERR_REMOTE, -28, 27, "the other side refused")                                           \
	X(ERR_CHECK, -29, 1, "a check did not hold")                                               \
	X(ERR_FROZEN, -30, 28, "frozen")

enum error_code {
#define X(name, code, status, text) name = (code),
	ERROR_TABLE(X)
#undef X
};

/* What a fault says is bounded: it may quote input, which is cut. */
#define FAULT_TEXT_MAX 400

struct fault {
	int code; /* 0: nothing happened */
	char text[FAULT_TEXT_MAX];
};

/* Static text of a code; "success" for 0, "unknown error" for what is in no row. */
const char *error_text(int code);
/* The constant's name ("ERR_INVALID"), for tests and problem types. */
const char *error_name(int code);
/* Exit status of a program that ends with `code`; 0 for 0. */
int error_exit_status(int code);
/* The first code with this exit status; ERR_REMOTE for what is in no row. */
int error_from_exit_status(int status);
/* The code that fits an errno value best; ERR_IO for what is in no row. */
int error_from_errno(int errnum);

/* Say what happened; returns `code`. `f` may be NULL. The first fault stays: who calls adds context
 * with fault_prefix(). The words may quote what others chose: of all three, what a terminal would
 * obey is '?' (text_disarm()). */
int fault_set(struct fault *f, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#ifdef __clang_analyzer__ /* it reads one file at a time: here it sees that the code comes back */
#define fault_set(f, code, ...) ((void)(fault_set)(f, code, __VA_ARGS__), (code))
#endif
/* The same with ": " and the text of `errnum` behind; returns error_from_errno(errnum). */
int fault_errno(struct fault *f, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Put "where: " before the text; returns the code that is in `f` (ERR_INTERNAL for NULL). */
int fault_prefix(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The text, or the code's where none was given. */
const char *fault_text(const struct fault *f, int code);

#endif
