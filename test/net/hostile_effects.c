#include "test/net/hostile_effects.h"

#include <poll.h>
#include <string.h>

#include "lab/machine.h"
#include "test/net/hostile_world.h"
#include "test/test.h"

#define ARRIVE_MS  15000
#define SETTLED_MS 500
#define NAMED_MS   25000 /* two looks of the agent's, ten seconds apart, and a report */

int effects_ask_bird(const char *machine, const char *mesh, const char *command, struct buf *out,
		     struct fault *f)
{
	char path[128];

	snprintf(path, sizeof(path), "/run/skein/%s/bird.ctl", hostile_member(machine, mesh)->id);
	return hostile_shell(machine, command, path, out, f);
}

static const struct place_of_effect {
	const char *machine, *mesh;
	unsigned table;
} effects[] = {{"g1", "red", 5200}, {"g1", "blue", 5201}, {"g1", "green", 5202},
	       {"g2", "red", 5200}, {"g2", "blue", 5201}, {"r1", "red", 5200},
	       {"b1", "blue", 5200}};

/* Kernel tables and BIRDs' routes of all of them, without what changes by the clock, and what every
 * other session's state is, with the time since when. */
static int take_picture(struct buf *out, struct fault *f)
{
	static const char routes[] =
		"birdc -r -s \"$1\" show route | sed 's/ [0-9:.]*\\]/]/' | LC_ALL=C sort";
	int code = 0;

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]) && code == 0; i++) {
		const struct place_of_effect *e = &effects[i];
		char table[16];

		snprintf(table, sizeof(table), "%u", e->table);
		buf_printf(out, "== %s in %s\n", e->machine, e->mesh);
		code = hostile_shell(e->machine, "ip -4 route show table \"$1\" | LC_ALL=C sort",
				     table, out, f);
		if (code == 0)
			code = effects_ask_bird(e->machine, e->mesh, routes, out, f);
	}
	return code;
}

/* BIRD reckons since when from how long, so its milliseconds waver; a session takes a second to
 * come back. */
static int list_sessions(struct buf *out, struct fault *f)
{
	static const char others[] = "birdc -r -s \"$1\" show protocols | grep ' BGP ' |"
				     " grep -v '^" HOSTILE_SESSION " ' |"
				     " sed 's/\\.[0-9][0-9][0-9] / /'";
	int code = 0;

	for (size_t i = 0; i < sizeof(effects) / sizeof(effects[0]) && code == 0; i++)
		code = effects_ask_bird(effects[i].machine, effects[i].mesh, others, out, f);
	return code;
}

/* Asks until the text is in the answer, or, with `absent`, is no longer. */
bool effects_await_text(const char *machine, const char *command, const char *text, bool absent)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	bool found = absent;
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	do {
		out.len = 0;
		if (effects_ask_bird(machine, "red", command, &out, &f) != 0)
			break;
		found = strstr(buf_text(&out), text) != NULL;
	} while (found == absent && !mono_reached(deadline, mono_now()));
	if (found == absent)
		TEST_FAIL("%s: %s '%s' in: %s %s", machine, absent ? "still" : "no", text,
			  buf_text(&out), f.text);
	buf_fini(&out);
	return found != absent;
}

/* The first line that two texts do not share, of the second one. */
static const char *find_difference(const struct buf *a, const struct buf *b, char out[128])
{
	const char *x = buf_text(a), *y = buf_text(b), *line = y;

	while (*x != '\0' && *x == *y) {
		x++;
		if (*y++ == '\n')
			line = y;
	}
	if (*x == *y)
		return NULL;
	snprintf(out, 128, "%.*s", (int)strcspn(line, "\n"), line);
	return out;
}

/* A route that another session's hiccup took may be on its way back. */
void effects_await_picture(const char *what, const struct buf *picture)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	const char *difference = NULL;
	struct fault f = {0};
	char line[128];

	do {
		struct buf now;

		buf_init(&now);
		if (take_picture(&now, &f) == 0)
			difference = find_difference(picture, &now, line);
		buf_fini(&now);
	} while (difference != NULL && f.code == 0 && !mono_reached(deadline, mono_now()));
	if (difference != NULL || f.code != 0)
		TEST_FAIL("%s: now: %s %s", what, difference != NULL ? difference : "", f.text);
	else
		CU_PASS("the same");
}

/* All but the attacker's are up, and have been since the list was taken. On a computer that stalls
 * for longer than BFD waits, sessions go down by themselves: what an attack does, it does again. */
bool effects_sessions_stayed(const struct buf *before, char difference[128])
{
	struct fault f = {0};
	bool same = false;
	struct buf now;

	buf_init(&now);
	if (list_sessions(&now, &f) != 0)
		snprintf(difference, 128, "%.120s", f.text);
	else
		same = find_difference(before, &now, difference) == NULL;
	buf_fini(&now);
	return same;
}

void effects_await_sessions(struct buf *out)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	struct fault f = {0};
	unsigned lines, up;

	do {
		out->len = lines = up = 0;
		if (list_sessions(out, &f) != 0)
			break;
		for (const char *at = buf_text(out); (at = strchr(at, '\n')) != NULL; at++)
			lines++;
		for (const char *at = buf_text(out); (at = strstr(at, "Established")) != NULL; at++)
			up++;
	} while (up < lines && !mono_reached(deadline, mono_now()));
	if (f.code != 0 || up < lines)
		TEST_FAIL("%u of %u sessions: %s", up, lines, f.text);
}

/* Sessions are up before their routes are everywhere: a picture holds when the attacker's address
 * is at both gateways and a second look, half a second later, sees the same. */
int effects_take_picture(struct buf *out, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	const char *difference = "";
	char line[128];
	int code = 0;

	effects_await_text("g1", "birdc -r -s \"$1\" show route protocol " HOSTILE_SESSION,
			   R3 "/32", false);
	effects_await_text("g2", "birdc -r -s \"$1\" show route protocol " HOSTILE_SESSION,
			   R3 "/32", false);
	while (code == 0 && difference != NULL && !mono_reached(deadline, mono_now())) {
		struct buf again;

		buf_init(&again);
		buf_clear(out);
		code = take_picture(out, f);
		poll(NULL, 0, SETTLED_MS);
		if (code == 0)
			code = take_picture(&again, f);
		difference = find_difference(out, &again, line);
		buf_fini(&again);
	}
	return code;
}

/* ---- flows of others ---- */

/* Straight from member to member; to a prefix; over a gateway to the other mesh. */
static const struct flow {
	const char *ends[2], *addresses[2];
} flows[EFFECTS_FLOWS] = {
	{{"r1", "r2"}, {R1, R2}}, {{"r1", "vault"}, {R1, VAULT}}, {{"r1", "b1"}, {R1, B1}}};

int effects_begin_flows(struct effects_flows *x, struct fault *f)
{
	struct mono deadline = mono_add_ms(mono_now(), ARRIVE_MS);
	struct place places[2];
	int code = 0;

	memset(x, 0, sizeof(*x));
	for (size_t i = 0; i < EFFECTS_FLOWS && code == 0; i++) {
		struct probe_plan plan = {
			.port = (uint16_t)(42000 + 16 * i), .flows = 2, .interval_ms = 10};

		for (int k = 0; k < 2; k++) {
			lab_place(hostile_lab(), flows[i].ends[k], &places[k]);
			plan.places[k] = &places[k];
			address_parse(flows[i].addresses[k], &plan.addresses[k], NULL);
		}
		code = probe_start(&plan, &x->probes[i], f);
		if (code == 0)
			code = probe_await_passing(x->probes[i], deadline, f);
		x->before[i] = code == 0 ? probe_missing(x->probes[i]) : 0;
	}
	return code;
}

bool effects_end_flows(struct effects_flows *x, char difference[128])
{
	bool whole = true;

	for (size_t i = 0; i < EFFECTS_FLOWS; i++) {
		struct probe_result r;
		struct fault f = {0};

		if (x->probes[i] == NULL)
			continue;
		if (probe_stop(x->probes[i], &r, &f) != 0 || probe_lost(&r) > x->before[i]) {
			whole = false;
			snprintf(difference, 128, "%s to %s lost %u packets %.60s",
				 flows[i].ends[0], flows[i].ends[1],
				 f.code == 0 ? (unsigned)probe_lost(&r) : 0, f.text);
		}
		x->probes[i] = NULL;
	}
	return whole;
}

/* ---- who is named ---- */

static bool agent_names(const char *kind, struct fault *f)
{
	json_t *status = machine_agent_status(hostile_lab(), "g1", f), *m, *x;
	bool named = false;
	size_t i, k;

	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		json_array_foreach(json_object_get(m, "offences"), k, x) {
			const char *who = json_string_value(json_object_get(x, "machine"));
			const char *what = json_string_value(json_object_get(x, "kind"));

			/* On a stalled computer BFD comes later than BGP. */
			if (strcmp(who, HOSTILE_ATTACKER) != 0 && strcmp(what, "unwatched") != 0)
				TEST_FAIL("g1 names %s, who has done nothing", who);
			named = named || strcmp(what, kind) == 0;
		}
	}
	json_decref(status);
	return named;
}

static bool controller_names(const char *words, struct fault *f)
{
	static const char *const show[] = {"mesh", "show", "red", NULL};
	bool named = false;
	struct buf out;

	buf_init(&out);
	if (operator_skein(hostile_lab(), show, NULL, &out, f) == 0)
		named = strstr(buf_text(&out), words) != NULL;
	buf_fini(&out);
	return named;
}

void effects_await_named(const char *kind, const char *words)
{
	struct mono deadline = mono_add_ms(mono_now(), NAMED_MS);
	bool agent = false, controller = false;
	struct fault f = {0};

	while (!(agent && controller) && !mono_reached(deadline, mono_now())) {
		agent = agent || agent_names(kind, &f);
		controller = controller || controller_names(words, &f);
		if (!(agent && controller))
			poll(NULL, 0, SETTLED_MS);
	}
	if (!agent || !controller)
		TEST_FAIL("%s is not named by %s: %s", HOSTILE_ATTACKER,
			  agent ? "the controller" : "the agent of g1", f.text);
	else
		CU_PASS("named");
}
