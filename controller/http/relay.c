#include "controller/http/relay.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"

struct relay {
	pthread_mutex_t lock;
	unsigned references;
	struct relay_party *party[2];
	bool begun, ended;
	struct relay_end end;
	uint64_t passed, most;
	struct mono moved;
	size_t first, n; /* in the buffer, which is a ring */
	unsigned char *buffer;
};

struct relay *relay_new(uint64_t most)
{
	struct relay *r = mem_alloc(sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	r->references = 1;
	r->most = most;
	r->moved = mono_now();
	return r;
}

struct relay *relay_ref(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->references++;
	pthread_mutex_unlock(&r->lock);
	return r;
}

void relay_unref(struct relay *r)
{
	bool last;

	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	last = --r->references == 0;
	pthread_mutex_unlock(&r->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r->buffer);
	free(r);
}

/* ---- sleeping; with the lock ---- */

static void wake(struct relay *r, enum relay_side side)
{
	struct relay_party *p = r->party[side];

	if (p == NULL || !p->asleep)
		return;
	p->asleep = false;
	p->calls->wake(p);
}

/* False: it has to go on. */
static bool fall_asleep(struct relay *r, enum relay_side side)
{
	struct relay_party *p = r->party[side];

	if (p != NULL && !p->asleep)
		p->asleep = p->calls->sleep(p);
	return p != NULL && p->asleep;
}

/* A writer that does not sleep waits for bytes that nobody wants any more. */
static void end(struct relay *r, const struct relay_end *how)
{
	struct relay_party *writer = r->party[RELAY_WRITER];

	if (r->ended)
		return;
	r->ended = true;
	r->end = *how;
	if (how->code != 0)
		r->n = 0;
	if (how->code != 0 && writer != NULL && !writer->asleep)
		writer->calls->cut(writer);
	wake(r, RELAY_WRITER);
	wake(r, RELAY_READER);
}

static void end_by(struct relay *r, int code, const char *words)
{
	struct relay_end how = {.code = code};

	snprintf(how.words, sizeof(how.words), "%s", words);
	end(r, &how);
}

/* ---- relay.h ---- */

void relay_attach(struct relay *r, enum relay_side side, struct relay_party *p)
{
	pthread_mutex_lock(&r->lock);
	r->party[side] = p;
	if (side == RELAY_WRITER) {
		r->begun = true;
		r->moved = mono_now();
		wake(r, RELAY_READER);
	}
	pthread_mutex_unlock(&r->lock);
}

void relay_detach(struct relay *r, enum relay_side side, struct relay_party *p)
{
	pthread_mutex_lock(&r->lock);
	if (r->party[side] == p) {
		r->party[side] = NULL;
		end_by(r, ERR_UNREACHABLE,
		       side == RELAY_WRITER ? "the machine went away in the middle of its answer"
					    : "who asked went away");
	}
	pthread_mutex_unlock(&r->lock);
}

bool relay_await(struct relay *r)
{
	bool ready;

	pthread_mutex_lock(&r->lock);
	ready = r->begun || r->ended || !fall_asleep(r, RELAY_READER);
	pthread_mutex_unlock(&r->lock);
	return ready;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t relay_read(struct relay *r, void *to, size_t size, bool *over)
{
	size_t n;

	pthread_mutex_lock(&r->lock);
	n = least(least(r->n, size), RELAY_BUFFER - r->first);
	if (n > 0) {
		memcpy(to, r->buffer + r->first, n);
		r->first = (r->first + n) % RELAY_BUFFER;
		r->n -= n;
		r->moved = mono_now();
		wake(r, RELAY_WRITER);
	}
	*over = n == 0 && r->ended;
	if (n == 0 && !r->ended && !fall_asleep(r, RELAY_READER)) {
		end_by(r, ERR_BUSY, "the controller is stopping");
		*over = true;
	}
	pthread_mutex_unlock(&r->lock);
	return n;
}

static void take(struct relay *r, const unsigned char *data, size_t size, size_t *taken)
{
	if (r->buffer == NULL)
		r->buffer = mem_alloc(RELAY_BUFFER);
	while (*taken < size && r->n < RELAY_BUFFER) {
		size_t last = (r->first + r->n) % RELAY_BUFFER;
		size_t n = least(size - *taken, least(RELAY_BUFFER - r->n, RELAY_BUFFER - last));

		memcpy(r->buffer + last, data + *taken, n);
		*taken += n;
		r->n += n;
	}
}

bool relay_write(struct relay *r, const void *data, size_t size, size_t *taken)
{
	bool going;

	*taken = 0;
	pthread_mutex_lock(&r->lock);
	if (!r->ended) {
		take(r, data, size, taken);
		r->passed += *taken;
	}
	if (*taken > 0) {
		r->moved = mono_now();
		wake(r, RELAY_READER);
	}
	if (r->passed > r->most)
		end_by(r, ERR_TOO_LARGE, "the answer is longer than may be: ask for less");
	else if (!r->ended && *taken < size && !fall_asleep(r, RELAY_WRITER))
		end_by(r, ERR_BUSY, "the controller is stopping");
	going = !r->ended;
	pthread_mutex_unlock(&r->lock);
	return going;
}

void relay_finish(struct relay *r, const struct relay_end *how)
{
	pthread_mutex_lock(&r->lock);
	end(r, how);
	pthread_mutex_unlock(&r->lock);
}

void relay_break(struct relay *r, int code, const char *fmt, ...)
{
	struct relay_end how = {.code = code};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(how.words, sizeof(how.words), fmt, ap);
	va_end(ap);
	relay_finish(r, &how);
}

bool relay_has_ended(struct relay *r, struct relay_end *out)
{
	bool ended;

	pthread_mutex_lock(&r->lock);
	ended = r->ended;
	*out = r->end;
	pthread_mutex_unlock(&r->lock);
	return ended;
}

struct mono relay_look(struct relay *r)
{
	struct relay_party *reader;
	struct mono moved;

	pthread_mutex_lock(&r->lock);
	reader = r->party[RELAY_READER];
	if (!r->ended && reader != NULL && reader->asleep && reader->calls->is_gone(reader))
		end_by(r, ERR_UNREACHABLE, "who asked went away");
	moved = r->moved;
	pthread_mutex_unlock(&r->lock);
	return moved;
}
