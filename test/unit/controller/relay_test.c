/* Answers on their way, and the questions that they are to, with two ends that only say what became
 * of them. */
#include "controller/http/relay.h"

#include <string.h>

#include "controller/questions.h"
#include "test/test.h"

struct fake {
	struct relay_party party; /* first */
	bool sleeps, gone, may_not;
	int woken, cut;
};

static bool on_sleep(struct relay_party *p)
{
	struct fake *x = (struct fake *)p;

	x->sleeps = !x->may_not;
	return x->sleeps;
}

static void on_wake(struct relay_party *p)
{
	struct fake *x = (struct fake *)p;

	x->sleeps = false;
	x->woken++;
}

static bool on_look(struct relay_party *p)
{
	return ((struct fake *)p)->gone;
}

static void on_cut(struct relay_party *p)
{
	((struct fake *)p)->cut++;
}

static const struct relay_calls calls = {on_sleep, on_wake, on_look, on_cut};

static struct fake reader, writer;

static struct relay *begin(uint64_t most)
{
	struct relay *r = relay_new(most);

	reader = writer = (struct fake){.party = {.calls = &calls}};
	relay_attach(r, RELAY_READER, &reader.party);
	return r;
}

static void end(struct relay *r)
{
	relay_detach(r, RELAY_WRITER, &writer.party);
	relay_detach(r, RELAY_READER, &reader.party);
	relay_unref(r);
}

/* Pieces of many sizes, the reader now faster, now slower than the writer. */
static void bytes_come_out_as_they_went_in(void)
{
	static char in[300000], out[300000];
	struct relay *r = begin(sizeof(in));
	size_t sent = 0, got = 0, step = 1;
	bool over = false;

	for (size_t i = 0; i < sizeof(in); i++)
		in[i] = (char)(i * 7 + i / 251);
	CU_ASSERT_FALSE(relay_await(r));
	CU_ASSERT_TRUE(reader.sleeps);
	relay_attach(r, RELAY_WRITER, &writer.party);
	TEST_NUMBER(reader.woken, 1);
	CU_ASSERT_TRUE(relay_await(r));
	while (!over) {
		size_t taken = 0, size = step % 9973;

		if (sent < sizeof(in) && !writer.sleeps) {
			size = sizeof(in) - sent < size ? sizeof(in) - sent : size;
			CU_ASSERT_TRUE(relay_write(r, in + sent, size, &taken));
			sent += taken;
			CU_ASSERT_TRUE(writer.sleeps == (taken < size));
		} else if (!writer.sleeps) {
			relay_finish(r, &(struct relay_end){.status = 3});
		}
		if (!reader.sleeps)
			got += relay_read(r, out + got, (step * 31) % 4099 + 1, &over);
		step = step * 5 + 3;
	}
	TEST_NUMBER(got, sizeof(in));
	CU_ASSERT_TRUE(memcmp(in, out, sizeof(in)) == 0);
	TEST_NUMBER(writer.cut, 0);
	end(r);
}

static void a_writer_waits_for_a_slow_reader(void)
{
	static const char piece[RELAY_BUFFER + 1];
	struct relay *r = begin(1 << 20);
	char some[100];
	size_t taken;
	bool over;

	relay_attach(r, RELAY_WRITER, &writer.party);
	CU_ASSERT_TRUE(relay_write(r, piece, sizeof(piece), &taken));
	TEST_NUMBER(taken, RELAY_BUFFER);
	CU_ASSERT_TRUE(writer.sleeps);
	TEST_NUMBER(relay_read(r, some, sizeof(some), &over), sizeof(some));
	TEST_NUMBER(writer.woken, 1);
	CU_ASSERT_TRUE(relay_write(r, piece, 1, &taken));
	TEST_NUMBER(taken, 1);
	CU_ASSERT_FALSE(writer.sleeps);
	end(r);
}

static void too_much_ends_it(void)
{
	struct relay *r = begin(10);
	struct relay_end how;
	size_t taken;

	relay_attach(r, RELAY_WRITER, &writer.party);
	CU_ASSERT_TRUE(relay_write(r, "0123456789", 10, &taken));
	CU_ASSERT_FALSE(relay_write(r, "x", 1, &taken));
	CU_ASSERT_TRUE(relay_has_ended(r, &how));
	TEST_NUMBER(how.code, ERR_TOO_LARGE);
	TEST_NUMBER(writer.cut, 1);
	end(r);
}

static void who_goes_away_is_missed_by_the_other(void)
{
	struct relay *r = begin(100);
	struct relay_end how;
	bool over;
	char c;

	/* The machine, in the middle. */
	relay_attach(r, RELAY_WRITER, &writer.party);
	TEST_NUMBER(relay_read(r, &c, 1, &over), 0);
	CU_ASSERT_TRUE(reader.sleeps && !over);
	relay_detach(r, RELAY_WRITER, &writer.party);
	TEST_NUMBER(reader.woken, 1);
	TEST_NUMBER(relay_read(r, &c, 1, &over), 0);
	CU_ASSERT_TRUE(over && relay_has_ended(r, &how));
	TEST_TEXT(how.words, "the machine went away in the middle of its answer");
	end(r);

	/* The asker, who sleeps: its connection is looked at. */
	r = begin(100);
	relay_attach(r, RELAY_WRITER, &writer.party);
	TEST_NUMBER(relay_read(r, &c, 1, &over), 0);
	relay_look(r);
	CU_ASSERT_FALSE(relay_has_ended(r, &how));
	reader.gone = true;
	relay_look(r);
	CU_ASSERT_TRUE(relay_has_ended(r, &how));
	TEST_NUMBER(writer.cut, 1);
	TEST_NUMBER(reader.woken, 1);
	end(r);
}

static void who_may_not_sleep_ends_it(void)
{
	struct relay *r = begin(100);
	struct relay_end how;
	bool over;
	char c;

	relay_attach(r, RELAY_WRITER, &writer.party);
	reader.may_not = true;
	TEST_NUMBER(relay_read(r, &c, 1, &over), 0);
	CU_ASSERT_TRUE(over && relay_has_ended(r, &how));
	TEST_NUMBER(how.code, ERR_BUSY);
	end(r);
}

/* ---- questions ---- */

static const char *const words[] = {"bgp", "summary"};
static const struct question asked = {.words = {(const char **)(uintptr_t)words, 2}, .width = 80};

static int ask(struct questions *q, row_t token, row_t machine, struct relay **out)
{
	const struct principal who = {.role = ROLE_VIEWER, .token = token};

	return questions_ask(q, &who, machine, &asked, out, NULL);
}

static void id_of(const json_t *list, struct id *id)
{
	const char *text = json_string_value(json_object_get(json_array_get(list, 0), "id"));

	CU_ASSERT_TRUE(text != NULL && id_parse(text, id));
}

static void a_question_is_taken_once_and_answered_by_its_machine(void)
{
	struct questions *q = questions_new();
	struct relay *asker = NULL, *answer = NULL;
	json_t *list;
	struct id id;

	TEST_NUMBER(ask(q, 1, 7, &asker), 0);
	CU_ASSERT_TRUE(questions_wait(q, 7));
	CU_ASSERT_FALSE(questions_wait(q, 8));
	CU_ASSERT_PTR_NULL(questions_take(q, 8));
	list = questions_take(q, 7);
	TEST_NUMBER(json_array_size(list), 1);
	id_of(list, &id);
	CU_ASSERT_FALSE(questions_wait(q, 7));
	CU_ASSERT_PTR_NULL(questions_take(q, 7));
	TEST_NUMBER(questions_answer(q, 8, &id, &answer, NULL), ERR_NOT_FOUND);
	TEST_NUMBER(questions_answer(q, 7, &id, &answer, NULL), 0);
	CU_ASSERT_PTR_EQUAL(answer, asker);
	relay_unref(answer);
	TEST_NUMBER(questions_answer(q, 7, &id, &answer, NULL), ERR_NOT_FOUND);
	json_decref(list);
	relay_unref(asker);
	questions_free(q);
}

static void no_more_than_a_few_at_a_time(void)
{
	struct questions *q = questions_new();
	struct relay *r[QUESTIONS_OF_ASKER + 1] = {NULL};
	int i = 0;

	for (; i < QUESTIONS_OF_MACHINE; i++)
		TEST_NUMBER(ask(q, 1, 7, &r[i]), 0);
	TEST_NUMBER(ask(q, 2, 7, &r[i]), ERR_BUSY);
	for (; i < QUESTIONS_OF_ASKER; i++)
		TEST_NUMBER(ask(q, 1, 8, &r[i]), 0);
	TEST_NUMBER(ask(q, 1, 9, &r[i]), ERR_BUSY);
	TEST_NUMBER(ask(q, 2, 9, &r[i]), 0);
	/* One that has ended makes room. */
	relay_break(r[0], ERR_UNREACHABLE, "gone");
	relay_unref(r[0]);
	TEST_NUMBER(ask(q, 1, 7, &r[0]), 0);
	for (i = 0; i <= QUESTIONS_OF_ASKER; i++)
		relay_unref(r[i]);
	questions_free(q);
}

static void expect_end(struct relay *r, int code)
{
	struct relay_end how = {0};

	CU_ASSERT_TRUE(relay_has_ended(r, &how));
	TEST_NUMBER(how.code, code);
}

static void what_takes_too_long_ends(void)
{
	struct questions *q = questions_new();
	struct relay *untaken, *silent, *stuck, *answer;
	struct mono now = mono_now();
	struct relay_end how;
	json_t *list;
	struct id id;

	TEST_NUMBER(ask(q, 1, 7, &silent), 0);
	json_decref(questions_take(q, 7));
	TEST_NUMBER(ask(q, 1, 8, &stuck), 0);
	list = questions_take(q, 8);
	id_of(list, &id);
	json_decref(list);
	TEST_NUMBER(questions_answer(q, 8, &id, &answer, NULL), 0);
	TEST_NUMBER(ask(q, 1, 9, &untaken), 0);
	questions_look(q, mono_add_ms(now, QUESTION_TAKE_MS - 1000));
	CU_ASSERT_FALSE(relay_has_ended(untaken, &how));
	questions_look(q, mono_add_ms(now, QUESTION_TAKE_MS + 1000));
	expect_end(untaken, ERR_UNREACHABLE);
	CU_ASSERT_FALSE(relay_has_ended(silent, &how));
	questions_look(q, mono_add_ms(now, QUESTION_BEGIN_MS + 1000));
	expect_end(silent, ERR_UNREACHABLE);
	CU_ASSERT_FALSE(relay_has_ended(stuck, &how));
	questions_look(q, mono_add_ms(now, QUESTION_SILENCE_MS + 1000));
	expect_end(stuck, ERR_TIMEOUT);
	relay_unref(answer);
	relay_unref(untaken);
	relay_unref(silent);
	relay_unref(stuck);
	questions_free(q);
}

static void a_controller_that_stops_ends_all(void)
{
	struct questions *q = questions_new();
	struct relay *r, *none;

	TEST_NUMBER(ask(q, 1, 7, &r), 0);
	questions_stop(q);
	expect_end(r, ERR_BUSY);
	TEST_NUMBER(ask(q, 1, 7, &none), ERR_BUSY);
	relay_unref(r);
	questions_free(q);
}

TEST_SUITE(controller_relay, {"bytes come out as they went in", bytes_come_out_as_they_went_in},
	   {"a writer waits for a slow reader", a_writer_waits_for_a_slow_reader},
	   {"too much ends it", too_much_ends_it},
	   {"who goes away is missed by the other", who_goes_away_is_missed_by_the_other},
	   {"who may not sleep ends it", who_may_not_sleep_ends_it},
	   {"a question is taken once and answered by its machine",
	    a_question_is_taken_once_and_answered_by_its_machine},
	   {"no more than a few at a time", no_more_than_a_few_at_a_time},
	   {"what takes too long ends", what_takes_too_long_ends},
	   {"a controller that stops ends all", a_controller_that_stops_ends_all});
