/* The level and the rate table are the program's only mutable globals: a log line may come from any
 * thread and from code that has no context to pass one in. */
#include "lib/base/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#define VALUE_MAX      200
#define RATE_EVENTS    20
#define RATE_WINDOW_MS 10000
#define RATE_ROWS      128

struct rate {
	const char *event;
	struct mono since;
	unsigned count, suppressed;
};

static const struct {
	const char *name;
	int priority; /* of syslog */
} levels[] = {{"error", 3}, {"warn", 4}, {"info", 6}, {"debug", 7}};

static atomic_uint max_level = LOG_LEVEL_INFO;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rate rates[RATE_ROWS];

void log_set_level(enum log_level level)
{
	max_level = level;
}

bool log_level_parse(const char *text, enum log_level *out)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(text, levels[i].name) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

int log_level_check(const char *text, struct fault *f)
{
	enum log_level level;

	if (log_level_parse(text, &level))
		return 0;
	return fault_set(f, ERR_INVALID, "'%.20s' is none of error, warn, info, debug", text);
}

/* True when the line may go out; `dropped` says how many of it did not before. */
static bool admit(const char *event, struct mono now, unsigned *dropped)
{
	struct rate *r = &rates[((uintptr_t)event >> 3) % RATE_ROWS];

	*dropped = 0;
	if (r->event != event || mono_ms_between(r->since, now) >= RATE_WINDOW_MS) {
		*dropped = r->event == event ? r->suppressed : 0;
		*r = (struct rate){.event = event, .since = now};
	}
	if (r->count++ < RATE_EVENTS)
		return true;
	r->suppressed++;
	return false;
}

static void put_escaped(struct buf *b, const char *text, size_t n)
{
	buf_puts(b, "\"");
	for (size_t i = 0; i < n;) {
		size_t len = text_character(&text[i]);

		if (len == 0 || i + len > n) {
			buf_printf(b, "\\x%02x", (unsigned char)text[i++]);
			continue;
		}
		if (text[i] == '"' || text[i] == '\\')
			buf_puts(b, "\\");
		buf_append(b, &text[i], len);
		i += len;
	}
	buf_puts(b, text[n] != '\0' ? "…\"" : "\"");
}

static void put_value(struct buf *b, const char *text)
{
	size_t n = strnlen(text, VALUE_MAX), whole = 0, len;

	while (whole < n && (len = text_character(&text[whole])) > 0)
		whole += len;
	if (n > 0 && whole == n && strcspn(text, " \"=\\") >= n)
		buf_append(b, text, n);
	else
		put_escaped(b, text, n);
}

static void put_head(struct buf *b, enum log_level level)
{
	char now[WALL_TEXT_MAX];

	if (getenv("JOURNAL_STREAM") != NULL)
		buf_printf(b, "<%d>", levels[level].priority);
	else
		buf_printf(b, "%s %-5s ", wall_format(wall_now(), now), levels[level].name);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	struct buf line;
	unsigned dropped;
	bool go;

	if (level > max_level)
		return;
	pthread_mutex_lock(&lock);
	go = admit(event, mono_now(), &dropped);
	pthread_mutex_unlock(&lock);
	if (!go)
		return;
	buf_init(&line);
	put_head(&line, level);
	buf_puts(&line, event);
	for (; fields->key != NULL; fields++) {
		buf_printf(&line, " %s=", fields->key);
		if (fields->text != NULL)
			put_value(&line, fields->text);
		else
			buf_printf(&line, "%lld", (long long)fields->number);
	}
	if (dropped > 0)
		buf_printf(&line, " suppressed=%u", dropped);
	buf_puts(&line, "\n");
	if (write(STDERR_FILENO, line.data, line.len) < 0) {
		/* Nowhere left to say so. */
	}
	buf_fini(&line);
}
