/* What other machines say, and what is made of it. */
#include <string.h>

#include "test/test.h"
#include "test/unit/cli/script.h"

#define ONE "01890a5d-ac96-774b-bcce-b302099a8001"
#define TWO "01890a5d-ac96-774b-bcce-b302099a8002"

#define MACHINES                                                                                   \
	{                                                                                          \
		"GET /api/v1/machines?limit=1000",                                                 \
			"{\"items\":[{\"id\":\"" ONE "\",\"name\":\"a1\"},{\"id\":\"" TWO          \
			"\",\"name\":\"a2\"}],\"next\":null}",                                     \
			.body = NULL                                                               \
	}

#define BODY(words) "{\"words\":[" words "],\"width\":100,\"colour\":false}"

#define ASK(id, says, words) ASK_TO(id, says, words, NULL, 0)
#define ASK_TO(id, says, words, error, code)                                                       \
	{                                                                                          \
		"POST /api/v1/machines/" id "/questions", says, words, NULL, error, code           \
	}
#define STOP                                                                                       \
	{                                                                                          \
		NULL, NULL, NULL, NULL, NULL, 0                                                    \
	}

static void the_options_are_the_words(void)
{
	const struct exchange script[] = {
		MACHINES,
		ASK(ONE, "* 10.1.0.0/16\n\033[2J",
		    BODY("\"bgp\",\"routes\",\"--mesh=prod\",\"--as=65001\",\"--best\","
			 "\"10.1.0.0/16\"")),
		STOP};

	TEST_NUMBER(script_run("bgp routes --machine a1 --best 10.1.0.0/16 --as 65001 --mesh prod",
			       script, "* 10.1.0.0/16\n?[2J", ""),
		    0);
}

static void the_status_is_the_machines(void)
{
	const struct exchange script[] = {MACHINES,
					  ASK_TO(TWO, "", BODY("\"bgp\",\"summary\",\"--check\""),
						 "1 of 2 sessions are not up: m_3", ERR_CHECK),
					  STOP};

	TEST_NUMBER(script_run("bgp summary --machine a2 --check", script, "",
			       "a2: 1 of 2 sessions are not up: m_3"),
		    ERR_CHECK);
}

static void what_nobody_is_asked_is_not_sent(void)
{
	const struct exchange nothing[] = {STOP};

	TEST_NUMBER(script_run("bgp watch --machine a1", nothing, "", NULL), ERR_UNSUPPORTED);
	TEST_NUMBER(script_run("bgp summary --machine a1 --socket /x", nothing, "", NULL),
		    ERR_INVALID);
	TEST_NUMBER(script_run("bgp routes --machine a1 --path x;y", nothing, "", NULL),
		    ERR_INVALID);
}

/* ---- diff ---- */

#define BEGIN "{\"schema\": \"skein-bgp.v1\", \"instance\": {}, \"items\": ["
#define END   "\n], \"other\": []}\n"
#define ROUTE(prefix, via, path)                                                                   \
	"\n{\"prefix\":\"" prefix "\",\"type\":\"unicast\",\"hops\":[{\"gateway\":\"" via          \
	"\",\"device\":\"wg0\"}],\"as_path\":\"" path                                              \
	"\",\"origin\":\"IGP\",\"local_pref\":100,\"med\":null,\"communities\":[]}"

#define WORDS BODY("\"bgp\",\"routes\",\"--best\",\"--json\"")

static int diff(const char *line, const char *left, const char *right, const char *printed,
		const char *fault)
{
	const struct exchange script[] = {MACHINES, ASK(ONE, left, WORDS), MACHINES,
					  ASK(TWO, right, WORDS), STOP};

	return script_run(line, script, printed, fault);
}

static void what_differs_is_in_order(void)
{
	static const char left[] = BEGIN ROUTE("10.2.0.0/16", "10.0.0.1", "65001") "," ROUTE(
		"10.1.0.0/16", "10.0.0.1", "65001") "," ROUTE("9.0.0.0/8", "10.0.0.1", "") END;
	static const char right[] = BEGIN ROUTE("2001:db8::/32", "10.0.0.1", "65001") "," ROUTE(
		"10.1.0.0/16", "10.0.0.2", "65001 65002") "," ROUTE("10.2.0.0/16", "10.0.0.1",
								    "65001") END;

	TEST_NUMBER(
		diff("bgp diff a1 a2", left, right,
		     "< only a1, > only a2, ~ both: a1 | a2\n"
		     "< 9.0.0.0/8           via 10.0.0.1\n"
		     "~ 10.1.0.0/16         next hop 10.0.0.1 | 10.0.0.2; AS path 65001 | 65001 "
		     "65002\n"
		     "> 2001:db8::/32       via 10.0.0.1, AS path 65001\n"
		     "1 alike, 1 differ, 1 only a1, 1 only a2\n",
		     "a1 and a2 differ in 3 routes"),
		ERR_CHECK);
}

static void what_is_alike_is_alike(void)
{
	static const char routes[] = BEGIN ROUTE("10.2.0.0/16", "10.0.0.1", "65001") END;

	TEST_NUMBER(diff("bgp diff a1 a2", routes, routes,
			 "< only a1, > only a2, ~ both: a1 | a2\n"
			 "1 alike, 0 differ, 0 only a1, 0 only a2\n",
			 ""),
		    0);
	TEST_NUMBER(diff("bgp diff a1 a2 --json", BEGIN END, BEGIN END,
			 "{\"schema\": \"skein-bgp.v1\", \"machines\": [\"a1\",\"a2\"], \"items\": "
			 "[\n], \"same\": 0}\n",
			 ""),
		    0);
}

static void a_machine_that_says_something_else_is_named(void)
{
	static const struct {
		const char *answer, *fault;
		int code;
	} rows[] = {
		{"", "a1: its answer breaks off", ERR_TRUNCATED},
		{BEGIN "\n", "a1: its answer breaks off", ERR_TRUNCATED},
		{BEGIN ROUTE("10.1.0.0/16", "x", "") "\n", "a1: its answer breaks off",
		 ERR_TRUNCATED},
		{"hello\n", "a1: its answer is no list of routes", ERR_REMOTE},
		{BEGIN "\n[]\n" END, "a1: its answer is no list of routes", ERR_REMOTE},
		{BEGIN "\n{\"prefix\":7}\n" END, "a1: a route of its answer has no prefix",
		 ERR_REMOTE},
		{BEGIN END "\nmore\n", "a1: its answer is no list of routes", ERR_REMOTE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct exchange script[] = {MACHINES, ASK(ONE, rows[i].answer, WORDS), STOP};

		TEST_NUMBER(script_run("bgp diff a1 a2", script, "", rows[i].fault), rows[i].code);
	}
}

/* Tabs, line ends and escapes within texts. */
static void hostile_texts_stay_texts(void)
{
	static const char left[] =
		BEGIN "\n{\"prefix\":\"10.0.0.0/8\\t\\n\\u001b[2J\",\"hops\":7,\"as_path\":[1],"
		      "\"communities\":[null]}" END;

	TEST_NUMBER(diff("bgp diff a1 a2", left, BEGIN END,
			 "< only a1, > only a2, ~ both: a1 | a2\n"
			 "< 10.0.0.0/8???[2J    \n"
			 "0 alike, 0 differ, 1 only a1, 0 only a2\n",
			 NULL),
		    ERR_CHECK);
}

TEST_SUITE(cli_remote, {"the options are the words", the_options_are_the_words},
	   {"the status is the machine's", the_status_is_the_machines},
	   {"what nobody is asked is not sent", what_nobody_is_asked_is_not_sent},
	   {"what differs is in order", what_differs_is_in_order},
	   {"what is alike is alike", what_is_alike_is_alike},
	   {"a machine that says something else is named",
	    a_machine_that_says_something_else_is_named},
	   {"hostile texts stay texts", hostile_texts_stay_texts});
