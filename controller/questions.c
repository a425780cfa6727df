#include "controller/questions.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

enum stage { STAGE_ASKED, STAGE_TAKEN, STAGE_ANSWERED };

struct entry {
	struct id id;
	row_t machine, token;
	enum stage stage;
	struct mono since; /* it is at this stage */
	json_t *wire;	   /* until it is taken */
	struct relay *relay;
	TAILQ_ENTRY(entry) at;
};

struct questions {
	pthread_mutex_t lock;
	TAILQ_HEAD(, entry) entries;
	size_t n;
	bool stopped;
};

struct questions *questions_new(void)
{
	struct questions *q = mem_alloc(sizeof(*q));

	pthread_mutex_init(&q->lock, NULL);
	TAILQ_INIT(&q->entries);
	return q;
}

static void drop(struct questions *q, struct entry *e)
{
	TAILQ_REMOVE(&q->entries, e, at);
	q->n--;
	json_decref(e->wire);
	relay_unref(e->relay);
	free(e);
}

void questions_free(struct questions *q)
{
	struct entry *e;

	if (q == NULL)
		return;
	while ((e = TAILQ_FIRST(&q->entries)) != NULL)
		drop(q, e);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* ---- with the lock ---- */

static void drop_ended(struct questions *q)
{
	struct relay_end end;

	for (struct entry *e = TAILQ_FIRST(&q->entries), *next; e != NULL; e = next) {
		next = TAILQ_NEXT(e, at);
		if (relay_has_ended(e->relay, &end))
			drop(q, e);
	}
}

static int check_room(struct questions *q, const struct principal *who, row_t machine,
		      struct fault *f)
{
	size_t of_asker = 0, of_machine = 0;
	struct entry *e;

	drop_ended(q);
	TAILQ_FOREACH(e, &q->entries, at)
	{
		of_asker += e->token == who->token;
		of_machine += e->machine == machine;
	}
	if (q->stopped)
		return fault_set(f, ERR_BUSY, "the controller is stopping");
	if (of_machine >= QUESTIONS_OF_MACHINE)
		return fault_set(f, ERR_BUSY, "the machine is answering %d questions already",
				 QUESTIONS_OF_MACHINE);
	if (of_asker >= QUESTIONS_OF_ASKER)
		return fault_set(f, ERR_BUSY, "%d questions of this token are under way",
				 QUESTIONS_OF_ASKER);
	if (q->n >= QUESTIONS_MAX)
		return fault_set(f, ERR_BUSY, "%d questions are under way", QUESTIONS_MAX);
	return 0;
}

static struct entry *add(struct questions *q, const struct principal *who, row_t machine,
			 const struct question *asked)
{
	struct entry *e = mem_alloc(sizeof(*e));
	struct question wire = *asked;
	char id[ID_TEXT_MAX];

	id_new(&e->id);
	e->machine = machine;
	e->token = who->token;
	e->since = mono_now();
	wire.id = id_format(&e->id, id);
	e->wire = json_encode(question_rows, &wire);
	e->relay = relay_new(QUESTION_ANSWER_MAX);
	TAILQ_INSERT_TAIL(&q->entries, e, at);
	q->n++;
	return e;
}

static void advance(struct entry *e, enum stage stage)
{
	e->stage = stage;
	e->since = mono_now();
}

/* What it waits for, and that for too long, ends it. */
static void look(struct entry *e, struct mono now)
{
	struct mono moved = relay_look(e->relay);
	int64_t waited = mono_ms_between(e->since, now);

	if (e->stage == STAGE_ASKED && waited > QUESTION_TAKE_MS)
		relay_break(
			e->relay, ERR_UNREACHABLE,
			"the machine does not ask for its questions: it is offline, busy, or of "
			"a version that answers none");
	else if (e->stage == STAGE_TAKEN && waited > QUESTION_BEGIN_MS)
		relay_break(e->relay, ERR_UNREACHABLE,
			    "the machine took the question and does not answer");
	else if (e->stage == STAGE_ANSWERED && mono_ms_between(moved, now) > QUESTION_SILENCE_MS)
		relay_break(e->relay, ERR_TIMEOUT, "nothing came of the answer for %d s",
			    QUESTION_SILENCE_MS / 1000);
	else if (e->stage == STAGE_ANSWERED && waited > 1000 * (QUESTION_ANSWER_S + 10))
		relay_break(e->relay, ERR_TIMEOUT, "the answer takes longer than %d s",
			    QUESTION_ANSWER_S);
}

/* ---- questions.h ---- */

int questions_ask(struct questions *q, const struct principal *who, row_t machine,
		  const struct question *asked, struct relay **out, struct fault *f)
{
	int code;

	pthread_mutex_lock(&q->lock);
	code = check_room(q, who, machine, f);
	if (code == 0)
		*out = relay_ref(add(q, who, machine, asked)->relay);
	pthread_mutex_unlock(&q->lock);
	return code;
}

static bool is_waiting(const struct entry *e, row_t machine)
{
	return e->stage == STAGE_ASKED && e->machine == machine;
}

bool questions_wait(struct questions *q, row_t machine)
{
	bool any = false;
	struct entry *e;

	pthread_mutex_lock(&q->lock);
	TAILQ_FOREACH(e, &q->entries, at)
	any = any || is_waiting(e, machine);
	pthread_mutex_unlock(&q->lock);
	return any;
}

json_t *questions_take(struct questions *q, row_t machine)
{
	json_t *list = NULL;
	struct entry *e;

	pthread_mutex_lock(&q->lock);
	TAILQ_FOREACH(e, &q->entries, at)
	{
		if (!is_waiting(e, machine))
			continue;
		if (list == NULL)
			list = json_array();
		json_array_append_new(list, e->wire);
		e->wire = NULL;
		advance(e, STAGE_TAKEN);
	}
	pthread_mutex_unlock(&q->lock);
	return list;
}

int questions_answer(struct questions *q, row_t machine, const struct id *id, struct relay **out,
		     struct fault *f)
{
	struct relay_end end;
	struct entry *e;

	*out = NULL;
	pthread_mutex_lock(&q->lock);
	TAILQ_FOREACH(e, &q->entries, at)
	if (e->machine == machine && e->stage == STAGE_TAKEN && id_equal(&e->id, id) &&
	    !relay_has_ended(e->relay, &end)) {
		advance(e, STAGE_ANSWERED);
		*out = relay_ref(e->relay);
	}
	pthread_mutex_unlock(&q->lock);
	return *out != NULL ? 0 : fault_set(f, ERR_NOT_FOUND, "nobody waits for an answer to this");
}

void questions_look(struct questions *q, struct mono now)
{
	struct entry *e;

	pthread_mutex_lock(&q->lock);
	TAILQ_FOREACH(e, &q->entries, at)
	look(e, now);
	drop_ended(q);
	pthread_mutex_unlock(&q->lock);
}

void questions_stop(struct questions *q)
{
	struct entry *e;

	pthread_mutex_lock(&q->lock);
	q->stopped = true;
	TAILQ_FOREACH(e, &q->entries, at)
	relay_break(e->relay, ERR_BUSY, "the controller is stopping");
	drop_ended(q);
	pthread_mutex_unlock(&q->lock);
}
