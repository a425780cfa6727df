/* Bytes on their way from the body of one request to the answer of another one. They pass through
 * as they come, through a buffer of one size: where it is full, the writer sleeps, and with it the
 * machine that sends; where it is empty, the reader does. Nobody's thread waits: who sleeps is a
 * connection that is suspended, and is woken from the other side.
 *
 * A relay ends once, and says how: the first end stays. */
#ifndef SKEIN_CONTROLLER_HTTP_RELAY_H
#define SKEIN_CONTROLLER_HTTP_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/error.h"

#define RELAY_BUFFER 65536

struct relay;
struct relay_party;

enum relay_side { RELAY_READER, RELAY_WRITER };

/* What an end of it can do. All are called with the relay locked, from any thread, and must not
 * call it. */
struct relay_calls {
	bool (*sleep)(struct relay_party *p);	/* false: it must not any more */
	void (*wake)(struct relay_party *p);	/* one that sleeps */
	bool (*is_gone)(struct relay_party *p); /* of one that sleeps: nobody is there any more */
	void (*cut)(struct relay_party *p);	/* of one that does not: end its connection */
};

struct relay_party {
	const struct relay_calls *calls;
	bool asleep; /* the relay's */
};

struct relay_end {
	int code;		    /* 0: it is whole */
	int status;		    /* the exit status that the writer says */
	char words[FAULT_TEXT_MAX]; /* what the writer says beside it, or why it is not whole */
};

/* One reference. `most`: more bytes than these end it (ERR_TOO_LARGE). */
struct relay *relay_new(uint64_t most);
struct relay *relay_ref(struct relay *r);
void relay_unref(struct relay *r); /* accepts NULL */

/* The party is borrowed until relay_detach(). */
void relay_attach(struct relay *r, enum relay_side side, struct relay_party *p);
/* Where it has not ended, it ends: nobody is there. Accepts one that is not attached. */
void relay_detach(struct relay *r, enum relay_side side, struct relay_party *p);

/* The reader's. False: nothing has come, nor has it ended; it sleeps, and asks again when woken. */
bool relay_await(struct relay *r);
/* What came, up to `size`. 0: the reader sleeps, or, with *over, there will be nothing more. */
size_t relay_read(struct relay *r, void *to, size_t size, bool *over);
/* The writer's. How much was taken; the writer sleeps if that is not all. False: it has ended. */
bool relay_write(struct relay *r, const void *data, size_t size, size_t *taken);

/* What was written before is still read if it is whole, and not else. */
void relay_finish(struct relay *r, const struct relay_end *how);
void relay_break(struct relay *r, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* True when it has ended, with how. */
bool relay_has_ended(struct relay *r, struct relay_end *out);

/* Breaks it when a reader that sleeps is gone. Returns when something last passed. */
struct mono relay_look(struct relay *r);

#endif
