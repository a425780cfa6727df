/* Questions that are under way (lib/mesh/question.h): asked by somebody, waiting for the machine's
 * poll, taken with its answer, answered. Each has a relay, by which its answer goes straight on to
 * who asked. They are in memory only: who asked hears of a controller that ends by his connection.
 *
 * What is kept costs nothing where nobody asks: a machine's poll looks into an empty table. */
#ifndef SKEIN_CONTROLLER_QUESTIONS_H
#define SKEIN_CONTROLLER_QUESTIONS_H

#include "controller/http/relay.h"
#include "controller/model.h"
#include "lib/mesh/question.h"

struct questions;

#define QUESTIONS_OF_ASKER 8
#define QUESTIONS_MAX	   256 /* of all together */

/* A machine that is there takes a question at once, if it is not in the middle of taking a new
 * state; then it starts a program. */
#define QUESTION_TAKE_MS    8000
#define QUESTION_BEGIN_MS   10000
#define QUESTION_SILENCE_MS 60000 /* nothing passes: one of the two is stuck */

struct questions *questions_new(void);
void questions_free(struct questions *q); /* accepts NULL */

/* Checked before, and copied. The relay is the caller's reference, its end says what became of the
 * question. ERR_BUSY: there are as many as may be. */
int questions_ask(struct questions *q, const struct principal *who, row_t machine,
		  const struct question *asked, struct relay **out, struct fault *f);
/* Whether the machine has one to take. */
bool questions_wait(struct questions *q, row_t machine);
/* Those that it has, as they travel: a new array, NULL for none. Each is taken once. */
json_t *questions_take(struct questions *q, row_t machine);
/* The machine begins to answer one that it took: a reference. ERR_NOT_FOUND: there is no such
 * question any more; nobody waits for its answer. */
int questions_answer(struct questions *q, row_t machine, const struct id *id, struct relay **out,
		     struct fault *f);

/* Ends those whose time is over, or whose asker is gone. A few times a second. */
void questions_look(struct questions *q, struct mono now);
/* Ends all; there are none from now on. */
void questions_stop(struct questions *q);

#endif
