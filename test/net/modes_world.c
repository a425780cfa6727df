#include "test/net/modes_world.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lab/machine.h"
#include "lab/reach.h"
#include "test/test.h"

#define WORDS_MAX    24
#define DEVICES_MAX  16
#define SHELL_MS     5000
#define AGAIN_MS     50
#define FIRST_PORT   43000
#define CONTROL_PORT 42000
#define PORTS	     40
#define INTERVAL_MS  5
#define TRIP_MS	     10
#define STALL_MS     100 /* of the control, as far as a suite does not say otherwise */

/* ---- the fleet ---- */

int modes_open(struct modes *w, const char *yaml)
{
	static fleet_step *const steps[] = {fleet_up, NULL};
	int code;

	memset(w, 0, sizeof(*w));
	w->port = FIRST_PORT;
	w->flows = 2;
	w->stall_ms = STALL_MS;
	arena_init(&w->arena);
	code = fleet_begin(&w->lab, yaml, steps);
	if (code == 0 && !modes_settle(w)) {
		modes_close(w);
		code = ERR_TIMEOUT;
	}
	return code;
}

int modes_close(struct modes *w)
{
	vec_free(&w->members);
	arena_fini(&w->arena);
	return fleet_end(&w->lab, CU_get_number_of_failures() > 0);
}

static void take_words(const char *first, va_list more, const char *out[WORDS_MAX + 1])
{
	size_t n = 0;

	for (const char *word = first; word != NULL && n < WORDS_MAX;
	     word = va_arg(more, const char *))
		out[n++] = word;
	out[n] = NULL;
}

bool modes_skein(struct modes *w, const char *word, ...)
{
	const char *words[WORDS_MAX + 1];
	struct fault f = {0};
	va_list more;

	va_start(more, word);
	take_words(word, more, words);
	va_end(more);
	return TEST_STEP(operator_skein(&w->lab, words, NULL, NULL, &f), &f);
}

/* False, and a failure of the test, when the command fails. */
static bool say(struct modes *w, const char *const command[], const char **said)
{
	struct fault f = {0};
	struct buf out;
	bool ok;

	buf_init(&out);
	ok = TEST_STEP(operator_skein(&w->lab, command, NULL, &out, &f), &f);
	*said = ok ? arena_strdup(&w->arena, buf_text(&out)) : NULL;
	buf_fini(&out);
	return ok;
}

const char *modes_said(struct modes *w, const char *word, ...)
{
	const char *words[WORDS_MAX + 1], *said;
	va_list more;

	va_start(more, word);
	take_words(word, more, words);
	va_end(more);
	say(w, words, &said);
	return said;
}

bool modes_await_said(struct modes *w, const char *words, int64_t ms, const char *word, ...)
{
	const char *command[WORDS_MAX + 1], *said = "";
	struct mono deadline = mono_add_ms(mono_now(), ms);
	va_list more;
	bool ok;

	va_start(more, word);
	take_words(word, more, command);
	va_end(more);
	for (;;) {
		ok = say(w, command, &said);
		if (!ok || strstr(said, words) != NULL)
			return ok;
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("want '%s' in: %s", words, said);
			return false;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

const char *modes_shell(struct modes *w, const char *machine, const char *command)
{
	const char *const argv[] = {"sh", "-c", command, NULL};
	const char *said = "";
	struct fault f = {0};
	struct buf out;

	buf_init(&out);
	if (machine_run(&w->lab, machine, argv, NULL, SHELL_MS, &out, &f) == 0)
		said = arena_strdup(&w->arena, buf_text(&out));
	buf_fini(&out);
	return said;
}

/* ---- members ---- */

bool modes_settle(struct modes *w)
{
	struct mono deadline = mono_add_ms(mono_now(), MODES_SETTLE_MS);
	const struct operator_member *behind;
	struct fault f = {0};

	do {
		behind = NULL;
		w->members.n = 0;
		if (!TEST_STEP(operator_members(&w->lab, &w->arena, &w->members, &f), &f))
			return false;
		for (size_t i = 0; i < w->members.n && behind == NULL; i++)
			if (!w->members.at[i].current || w->members.at[i].error[0] != '\0')
				behind = &w->members.at[i];
		if (behind != NULL && mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s in %s has not applied the newest state; %s", behind->machine,
				  behind->mesh, behind->error);
			return false;
		}
	} while (behind != NULL);
	return true;
}

static bool is_moving(struct modes *w, const char *machine)
{
	struct fault f = {0};
	json_t *status = machine_agent_status(&w->lab, machine, &f), *m;
	bool moving = status == NULL;
	size_t i;

	json_array_foreach(json_object_get(status, "memberships"), i, m) {
		moving = moving || json_array_size(json_object_get(m, "moving")) > 0;
	}
	json_decref(status);
	return moving;
}

bool modes_rest(struct modes *w, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	struct fault f = {0};

	for (size_t i = 0; i < w->members.n; i++)
		while (is_moving(w, w->members.at[i].machine)) {
			if (mono_reached(deadline, mono_now())) {
				TEST_FAIL("%s still moves a peer", w->members.at[i].machine);
				return false;
			}
			poll(NULL, 0, AGAIN_MS);
		}
	return TEST_STEP(session_await_all(&w->lab, deadline, &f), &f);
}

const struct operator_member *modes_member(struct modes *w, const char *machine, const char *mesh)
{
	return operator_find_member(&w->members, machine, mesh);
}

struct address modes_address(struct modes *w, const char *machine, const char *mesh)
{
	const struct operator_member *m = modes_member(w, machine, mesh);

	if (m == NULL)
		TEST_FAIL("%s is not in %s", machine, mesh);
	return m != NULL ? m->address : (struct address){0};
}

bool modes_reaches(struct modes *w, const char *from, const char *from_mesh,
		   const struct address *to, int64_t ms)
{
	struct reach pair = {.to = *to};
	struct fault f = {0};
	struct place p;

	lab_place(&w->lab, from, &p);
	pair.at = &p;
	if (from_mesh != NULL)
		pair.from = modes_address(w, from, from_mesh);
	return reach_check(&pair, 1, ms, &f) == 1;
}

/* ---- streams ---- */

/* Two of the first link say whether the computer keeps up. */
static void start_control(struct modes *w, const char *from, const char *to)
{
	struct probe_plan plan = {.port = CONTROL_PORT, .flows = 2, .interval_ms = INTERVAL_MS};
	struct place places[2];
	struct fault f = {0};

	lab_place(&w->lab, from, &places[0]);
	lab_place(&w->lab, to, &places[1]);
	for (int i = 0; i < 2; i++)
		plan.places[i] = &places[i];
	plan.addresses[0] = lab_file_node(&w->lab.file, from)->address;
	plan.addresses[1] = lab_file_node(&w->lab.file, to)->address;
	TEST_STEP(probe_start(&plan, &w->control, &f), &f);
}

static struct stream *new_stream(struct modes *w, const char *what)
{
	struct stream *s = &w->streams[w->nstreams++];

	if (w->nstreams > MODES_STREAMS)
		abort();
	memset(s, 0, sizeof(*s));
	s->what = what;
	w->port = (uint16_t)(w->port + PORTS);
	return s;
}

struct stream *modes_probe(struct modes *w, const char *what, const char *from,
			   const char *from_mesh, const char *to, const char *to_mesh)
{
	struct probe_plan plan = {.flows = w->flows, .interval_ms = INTERVAL_MS};
	struct stream *s = new_stream(w, what);
	struct place places[2];
	struct fault f = {0};

	if (w->control == NULL)
		start_control(w, from, to);
	lab_place(&w->lab, from, &places[0]);
	lab_place(&w->lab, to, &places[1]);
	for (int i = 0; i < 2; i++)
		plan.places[i] = &places[i];
	plan.addresses[0] = modes_address(w, from, from_mesh);
	plan.addresses[1] = modes_address(w, to, to_mesh);
	plan.port = w->port;
	TEST_STEP(probe_start(&plan, &s->probe, &f), &f);
	return s;
}

struct stream *modes_trip(struct modes *w, const char *what, const char *from, const char *mesh,
			  const char *const *hosts, unsigned nhosts, unsigned flows)
{
	struct trip_plan plan = {.flows = flows, .interval_ms = TRIP_MS, .nanswerers = nhosts};
	struct place places[TRIP_ANSWERERS_MAX + 1];
	struct stream *s = new_stream(w, what);
	struct fault f = {0};

	for (unsigned i = 0; i < nhosts && i < TRIP_ANSWERERS_MAX; i++) {
		lab_place(&w->lab, hosts[i], &places[i]);
		plan.answerers[i] = &places[i];
	}
	lab_place(&w->lab, from, &places[TRIP_ANSWERERS_MAX]);
	plan.from = &places[TRIP_ANSWERERS_MAX];
	plan.source = modes_address(w, from, mesh);
	plan.to = lab_file_network(&w->lab.file, hosts[0])->host;
	plan.port = w->port;
	TEST_STEP(trip_start(&plan, &s->trip, &f), &f);
	return s;
}

bool modes_await_passing(struct modes *w, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	struct fault f = {0};
	bool all = true;

	if (w->control != NULL)
		all = TEST_STEP(probe_await_passing(w->control, deadline, &f), &f);
	for (size_t i = 0; i < w->nstreams; i++) {
		const struct stream *s = &w->streams[i];
		int code = 0;

		if (s->probe != NULL)
			code = probe_await_passing(s->probe, deadline, &f);
		if (s->trip != NULL)
			code = trip_await_passing(s->trip, deadline, &f);
		if (code != 0)
			TEST_FAIL("%s: %s", s->what, f.text);
		all = all && code == 0;
	}
	return all;
}

static void stop_stream(struct stream *s)
{
	struct probe_result probed;
	struct trip_result tripped;
	struct fault f = {0};

	if (s->probe != NULL && TEST_STEP(probe_stop(s->probe, &probed, &f), &f)) {
		s->sent = probed.ways[0].sent + probed.ways[1].sent;
		s->lost = probe_lost(&probed);
		s->gap_ms = probe_worst_gap(&probed);
	}
	if (s->trip != NULL && TEST_STEP(trip_stop(s->trip, &tripped, &f), &f)) {
		s->sent = tripped.sent;
		s->lost = tripped.lost;
		s->gap_ms = tripped.gap_ms;
		memcpy(s->by, tripped.by, sizeof(s->by));
	}
	s->probe = NULL;
	s->trip = NULL;
}

void modes_stop(struct modes *w)
{
	struct probe_result control;
	struct fault f = {0};

	w->steady = true;
	for (size_t i = 0; i < w->nstreams; i++)
		stop_stream(&w->streams[i]);
	if (w->control != NULL && TEST_STEP(probe_stop(w->control, &control, &f), &f))
		w->steady = probe_lost(&control) == 0 && probe_worst_gap(&control) <= w->stall_ms;
	w->control = NULL;
	for (size_t i = 0; i < w->nstreams; i++)
		printf("    %s: %llu lost, longest gap %lld ms%s\n", w->streams[i].what,
		       (unsigned long long)w->streams[i].lost, (long long)w->streams[i].gap_ms,
		       w->steady ? "" : " (the computer stalled)");
	w->nstreams = 0;
}

/* ---- what a machine has ---- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `wg show all allowed-ips`: device, key, prefixes. */
const char *modes_peer_devices(struct modes *w, const char *machine, const char *allowed)
{
	char *text = arena_strdup(&w->arena, modes_shell(w, machine, "wg show all allowed-ips"));
	const char *devices[DEVICES_MAX] = {NULL}, *said = "";
	char *line, *rest = text;
	size_t n = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *device = strsep(&line, "\t "), *word;

		while (line != NULL && (word = strsep(&line, "\t ")) != NULL)
			if (strcmp(word, allowed) == 0 && n < DEVICES_MAX)
				devices[n++] = device;
	}
	qsort(devices, n, sizeof(devices[0]), compare_words);
	for (size_t i = 0; i < n; i++)
		said = arena_printf(&w->arena, i == 0 ? "%s%s" : "%s %s", said, devices[i]);
	return said;
}

bool modes_await_peer(struct modes *w, const char *machine, const char *allowed,
		      const char *devices, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	const char *now;

	while (strcmp(now = modes_peer_devices(w, machine, allowed), devices) != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s has %s over '%s', want '%s'", machine, allowed, now, devices);
			return false;
		}
		poll(NULL, 0, AGAIN_MS);
	}
	return true;
}

const char *modes_devices(struct modes *w, const char *machine)
{
	return modes_shell(w, machine,
			   "echo $(ip -o link show | sed -n 's/^[0-9]*: \\(wg[^:@]*\\).*/\\1/p' "
			   "| sort)");
}

bool modes_await_devices(struct modes *w, const char *machine, const char *devices, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);
	const char *now, *want = arena_printf(&w->arena, "%s\n", devices);

	while (strcmp(now = modes_devices(w, machine), want) != 0) {
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s has devices %swant %s", machine, now, want);
			return false;
		}
		poll(NULL, 0, AGAIN_MS);
	}
	return true;
}

const struct session *modes_session(struct modes *w, const char *machine, const char *mesh,
				    const char *protocol)
{
	const struct operator_member *m = modes_member(w, machine, mesh);
	const struct session *found = NULL;
	session_vec sessions = {0};
	struct fault f = {0};

	if (m == NULL || session_list(&w->lab, m, &w->arena, &sessions, &f) != 0)
		return NULL;
	for (size_t i = 0; i < sessions.n; i++)
		if (strcmp(sessions.at[i].protocol, protocol) == 0)
			found = arena_copy(&w->arena, &sessions.at[i], sizeof(*found));
	vec_free(&sessions);
	return found;
}

bool modes_await_session(struct modes *w, const char *machine, const char *mesh,
			 const char *protocol, bool there, int64_t ms)
{
	struct mono deadline = mono_add_ms(mono_now(), ms);

	for (;;) {
		const struct session *s = modes_session(w, machine, mesh, protocol);

		if (there ? s != NULL && session_is_established(s) : s == NULL)
			return true;
		if (mono_reached(deadline, mono_now())) {
			TEST_FAIL("%s in %s: session %s is %s", machine, mesh, protocol,
				  s != NULL ? s->state : "not there");
			return false;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}
