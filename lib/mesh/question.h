/* Questions: what a machine may be asked through the controller. One is the words of a `skein`
 * command that only looks, in a closed form, "--name" or "--name=value", so that no word can be
 * taken for another; which there are is one table, by which the controller and the machine each
 * check for themselves. A machine answers nothing that is not in it, whoever asks. */
#ifndef SKEIN_MESH_QUESTION_H
#define SKEIN_MESH_QUESTION_H

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/json.h"

#define QUESTION_WORDS_MAX 20
#define QUESTION_WORD_MAX  255

/* Of the terminal that asks. */
#define QUESTION_WIDTH_MIN 40
#define QUESTION_WIDTH_MAX 100

/* How many a machine answers at a time; what one may say; how long it may take. */
#define QUESTIONS_OF_MACHINE 4
#define QUESTION_ANSWER_MAX  ((uint64_t)1 << 30)
#define QUESTION_ANSWER_S    300
#define QUESTION_ERROR_MAX   300 /* of its words when it fails */

/* What follows the answer's body: the exit status of the command, and what it said on its standard
 * error, as one line. */
#define QUESTION_TRAILER_EXIT  "Skein-Exit"
#define QUESTION_TRAILER_ERROR "Skein-Error"

/* What the one who answers needs of the operating system. */
enum question_need {
	QUESTION_NEEDS_BIRD, /* to speak to the BIRDs and the agent of the machine */
	QUESTION_NEEDS_NET,  /* to look at its network and state, too, and to send an echo */
};

enum question_value {
	QUESTION_FLAG, /* none */
	QUESTION_MESH,
	QUESTION_PREFIX,
	QUESTION_TARGET, /* prefix or address */
	QUESTION_SYMBOL, /* what names a protocol, table, device or neighbour */
	QUESTION_COMMUNITY,
	QUESTION_NUMBER,
	QUESTION_MASK, /* of an AS path */
};

struct question_option {
	const char *name; /* NULL ends the rows */
	enum question_value value;
};

struct question_kind {
	const char *verb; /* "bgp routes"; NULL ends the table */
	int min_args, max_args;
	enum question_value args;
	const struct question_option *options; /* beside --json, which all have */
	enum question_need need;
};

extern const struct question_kind question_kinds[];

/* The row of a verb; NULL: it is no question. */
const struct question_kind *question_find(const char *verb);
/* ERR_UNSUPPORTED: no question of this table. ERR_INVALID, ERR_TOO_LARGE: a word is not as it has
 * to be. `kind` may be NULL. */
int question_check(const struct json_texts *words, const struct question_kind **kind,
		   struct fault *f);
bool question_is_json(const struct json_texts *words);

/* ---- as it travels ---- */

struct question {
	const char *id; /* from the controller to the machine; NULL before */
	struct json_texts words;
	int64_t width;
	bool colour;
};

extern const struct json_row question_rows[];

#endif
