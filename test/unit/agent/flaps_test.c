/* Who is held, look by look. A session is written "g_1+a": name, + established or - not, and since
 * when, as BIRD would say. */
#include "agent/bird/flaps.h"

#include <string.h>

#include "test/test.h"
#include "test/unit/mesh/state_sample.h"

#define STABLE_MS 60000

struct step {
	int64_t at; /* s */
	const char *seen;
	const char *held;   /* a space before each */
	const char *reload; /* the same */
	int64_t due;	    /* s; 0: never */
};

static const struct mono epoch = {INT64_C(1000000000000)};

static void read_seen(const char *seen, struct arena *a, struct bird_protocols *p)
{
	arena_init(a);
	bird_protocols_init(p, a);
	while (*seen != '\0') {
		size_t n = strcspn(seen, "+-");
		bool up = seen[n] == '+';
		struct bird_protocol x = {.name = arena_printf(a, "%.*s", (int)n, seen),
					  .kind = "BGP",
					  .state = up ? "up" : "start",
					  .info = up ? "Established" : "Connect",
					  .since = arena_printf(a, "%.*s",
								(int)strcspn(seen + n + 1, " "),
								seen + n + 1)};

		vec_push(&p->list, x);
		seen += strcspn(seen, " ");
		seen += strspn(seen, " ");
	}
}

static struct mono at(int64_t s)
{
	return mono_add_ms(epoch, s * 1000);
}

static void look(flap_vec *v, const struct step *s, uint32_t stable_ms)
{
	struct bird_protocols p;
	struct arena arena;
	struct buf held, reload, before;
	struct mono due;
	bool changed;

	buf_init(&held);
	buf_init(&reload);
	buf_init(&before);
	for (size_t i = 0; i < v->n; i++)
		if (v->at[i].held)
			buf_printf(&before, " %s", v->at[i].name);
	read_seen(s->seen, &arena, &p);
	changed = flaps_look(v, &p, stable_ms, at(s->at));
	for (size_t i = 0; i < v->n; i++) {
		if (v->at[i].held)
			buf_printf(&held, " %s", v->at[i].name);
		if (v->at[i].reload)
			buf_printf(&reload, " %s", v->at[i].name);
		v->at[i].reload = false;
	}
	due = flaps_due(v, stable_ms);
	if (strcmp(buf_text(&held), s->held) != 0 || strcmp(buf_text(&reload), s->reload) != 0)
		TEST_FAIL("at %lld s, '%s': held '%s', reload '%s'", (long long)s->at, s->seen,
			  buf_text(&held), buf_text(&reload));
	TEST_NUMBER(due.ns == 0 ? 0 : mono_ms_between(epoch, due) / 1000, s->due);
	CU_ASSERT_EQUAL(changed, strcmp(buf_text(&before), buf_text(&held)) != 0);
	bird_protocols_fini(&p);
	arena_fini(&arena);
	buf_fini(&held);
	buf_fini(&reload);
	buf_fini(&before);
}

static void walk(const struct step *steps)
{
	flap_vec v = {0};

	for (; steps->seen != NULL; steps++)
		look(&v, steps, STABLE_MS);
	vec_free(&v);
}

static void the_first_time_nobody_waits(void)
{
	static const struct step steps[] = {{0, "g_1-a", "", "", 0},
					    {2, "g_1-b", "", "", 0},
					    {3, "g_1+c", "", "", 0},
					    {90, "g_1+c", "", "", 0},
					    {0}};

	walk(steps);
}

static void what_was_lost_is_held_until_it_is_stable(void)
{
	static const struct step steps[] = {{0, "g_1+a g_2+a", "", "", 0},
					    {10, "g_1-b g_2+a", " g_1", "", 0},
					    {40, "g_1-c g_2+a", " g_1", "", 0},
					    {50, "g_1+d g_2+a", " g_1", "", 110},
					    {109, "g_1+d g_2+a", " g_1", "", 110},
					    {110, "g_1+d g_2+a", "", " g_1", 0},
					    {300, "g_1+d g_2+a", "", "", 0},
					    {301, "g_1-e g_2+a", " g_1", "", 0},
					    {0}};

	walk(steps);
}

static void who_flaps_begins_to_wait_anew(void)
{
	static const struct step steps[] = {{0, "f_3+a", "", "", 0},
					    {1, "f_3-b", " f_3", "", 0},
					    {2, "f_3+c", " f_3", "", 62},
					    {30, "f_3-d", " f_3", "", 0},
					    {31, "f_3+e", " f_3", "", 91},
					    /* between two looks it was away and came back */
					    {70, "f_3+f", " f_3", "", 130},
					    {129, "f_3+f", " f_3", "", 130},
					    {131, "f_3+f", "", " f_3", 0},
					    {0}};

	walk(steps);
}

/* It has been judged as if nothing had been: it is judged anew. */
static void what_was_away_between_two_looks_is_held(void)
{
	static const struct step steps[] = {{0, "m_7+a m_8+a", "", "", 0},
					    {10, "m_7+b m_8+a", " m_7", " m_7", 70},
					    {70, "m_7+b m_8+a", "", " m_7", 0},
					    {0}};

	walk(steps);
}

static void only_machines_are_held_and_only_while_they_are_neighbours(void)
{
	static const struct step steps[] = {
		{0, "e_1+a m_7+a g_1+a m_x+a m_99999999999+a", "", "", 0},
		{5, "e_1-b m_7-b g_1-b m_x-b m_99999999999-b", " g_1 m_7", "", 0},
		{6, "e_1-b m_7-b", " m_7", "", 0},
		{7, "e_1-b", "", "", 0},
		{8, "m_7+c g_1+c", "", "", 0},
		{0}};

	walk(steps);
}

static void what_is_excused_is_not_lost(void)
{
	static const struct step first = {0, "g_1+a m_2+a m_3+a", "", "", 0};
	static const struct step during = {10, "g_1-b m_2-b m_3-b", " g_1 m_2", "", 0};
	static const struct step peer = {20, "g_1-b m_2-b m_3+c", " g_1 m_2", "", 0};
	static const struct step moves = {21, "g_1-b m_2-b m_3-d", " g_1 m_2", "", 0};
	static const struct step after = {70, "g_1-b m_2-b m_3+e", " g_1 m_2", "", 0};
	static const struct step lost = {80, "g_1-b m_2-b m_3-f", " g_1 m_2 m_3", "", 0};
	struct bird_kept names[] = {{.name = "g_1"}, {.name = "m_2"}};
	const bird_kept_vec kept = {names, 2, 2};
	flap_vec v = {0};

	look(&v, &first, STABLE_MS);
	flaps_excuse(&v, &kept, at(15));
	look(&v, &during, STABLE_MS);
	look(&v, &peer, STABLE_MS);
	flaps_excuse_peer(&v, 3, at(50));
	look(&v, &moves, STABLE_MS);
	look(&v, &after, STABLE_MS);
	look(&v, &lost, STABLE_MS);
	vec_free(&v);
}

static void without_a_time_nobody_is_held(void)
{
	static const struct step steps[] = {
		{0, "g_1+a", "", "", 0}, {1, "g_1-b", "", "", 0}, {2, "g_1+c", "", "", 0}, {0}};
	static const struct step held = {3, "g_1-d", " g_1", "", 0};
	static const struct step off = {4, "g_1+e", "", " g_1", 0};
	flap_vec v = {0};

	for (size_t i = 0; steps[i].seen != NULL; i++)
		look(&v, &steps[i], 0);
	look(&v, &held, STABLE_MS);
	look(&v, &off, 0); /* who is held when it is turned off is free at once */
	vec_free(&v);
}

/* BIRD, and the agent, begin anew: who is held stays so for the whole of the time. */
static void who_is_held_is_so_by_the_next_one(void)
{
	static const struct step lost[] = {
		{0, "g_1+a m_2+a", "", "", 0}, {1, "g_1-b m_2+a", " g_1", "", 0}, {0}};
	static const struct step again = {50, "g_1+x m_2-x", " g_1", "", 110};
	static const struct step stable = {110, "g_1+x m_2+y", "", " g_1", 0};
	struct state_sample sample;
	struct state_image view;
	struct buf text;
	flap_vec v = {0}, other = {0};

	state_sample_make(&sample);
	TEST_NUMBER(state_check(&view, sample.view.data, sample.view.len, NULL), 0);
	buf_init(&text);
	for (size_t i = 0; lost[i].seen != NULL; i++)
		look(&v, &lost[i], STABLE_MS);
	flaps_put(&v, &view, &text);
	TEST_TEXT(buf_text(&text), "define HELD = [ 10.9.0.1 ];\n#  g_1\n");
	flaps_restart(&v);
	look(&v, &again, STABLE_MS);
	flaps_read(&other, buf_text(&text));
	look(&other, &again, STABLE_MS);
	look(&other, &stable, STABLE_MS);
	buf_clear(&text);
	flaps_put(&other, &view, &text);
	TEST_TEXT(buf_text(&text), "define HELD = [ 0.0.0.0 ];\n# \n");
	flaps_read(&other, "define HELD = [ 10.9.0.1 ];\n#  ../x m_ g_3 e_1 \n m_4");
	TEST_NUMBER(other.n, 1);
	CU_ASSERT_PTR_NOT_NULL(flaps_find(&other, "g_3"));
	vec_free(&v);
	vec_free(&other);
	buf_fini(&text);
	state_sample_fini(&sample);
}

TEST_SUITE(agent_flaps, {"the first time nobody waits", the_first_time_nobody_waits},
	   {"what was lost is held until it is stable", what_was_lost_is_held_until_it_is_stable},
	   {"who flaps begins to wait anew", who_flaps_begins_to_wait_anew},
	   {"what was away between two looks is held", what_was_away_between_two_looks_is_held},
	   {"only machines are held, and only while they are neighbours",
	    only_machines_are_held_and_only_while_they_are_neighbours},
	   {"what is excused is not lost", what_is_excused_is_not_lost},
	   {"without a time nobody is held", without_a_time_nobody_is_held},
	   {"who is held is so by the next one", who_is_held_is_so_by_the_next_one});
