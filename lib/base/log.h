/* Logging: an event and key=value fields, one line each, to standard error. Under journald (which
 * sets JOURNAL_STREAM) a line starts with its priority, <6>, instead of a time.
 *
 *	log_info("membership added", LOG_S("machine", name), LOG_U("index", i));
 *
 * Values are quoted where needed and cut at 200 bytes; an event is written at most 20 times in 10 s
 * and the suppressed ones are counted. Secrets have no field type, and never come here. */
#ifndef SKEIN_BASE_LOG_H
#define SKEIN_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_field {
	const char *key; /* NULL ends the list */
	const char *text;
	int64_t number;
};

#define LOG_S(k, v)                                                                                \
	{                                                                                          \
		.key = (k), .text = (v)                                                            \
	}
#define LOG_D(k, v)                                                                                \
	{                                                                                          \
		.key = (k), .number = (int64_t)(v)                                                 \
	}
#define LOG_U(k, v) LOG_D(k, v)

/* Thread-safe. `event` is a string literal: its address identifies it for rate limiting. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
/* The default is info. Thread-safe. */
void log_set_level(enum log_level level);
/* "error", "warn", "info", "debug". */
bool log_level_parse(const char *text, enum log_level *out);
/* The same as a check of a configuration's row (schema.h). */
int log_level_check(const char *text, struct fault *f);

/* The first element is there so that a list without fields needs no macro trick beyond "##". */
#define LOG_AT(level, event, ...)                                                                  \
	log_write(level, event, (const struct log_field[]){{.key = event}, ##__VA_ARGS__, {0}} + 1)
#define log_error(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
