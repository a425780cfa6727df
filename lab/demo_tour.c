/* What an operator types to see what the demo has done: on a machine, and at the controller. */
#include <poll.h>
#include <string.h>

#include "lab/demo.h"
#include "lab/machine.h"
#include "lab/operator.h"

#define COMMAND_MS 30000
#define SETTLE_MS  20000
#define AGAIN_MS   200
#define WORDS_MAX  8
#define INDENT	   "  "

/* A gateway that has come back says so with its routes, for a while (RFC 8326). */
#define DRAINED "65535:0"

/* Each line of it, indented. */
static void print_said(const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		printf("%s%.*s\n", len > 0 ? INDENT : "", (int)len, text);
		text += len + (text[len] == '\n');
	}
	fflush(stdout);
}

/* Where NULL is, the operator asks the controller. A blank ends a word. */
static int run(struct lab *lab, const char *machine, const char *words, struct buf *said,
	       struct fault *f)
{
	char *copy = arena_strdup(&lab->arena, words), *word;
	const char *argv[WORDS_MAX + 2] = {lab_program(lab, "skein")};
	size_t n = 1;

	while ((word = strsep(&copy, " ")) != NULL && n <= WORDS_MAX)
		argv[n++] = word;
	return machine != NULL ? machine_run(lab, machine, argv, NULL, COMMAND_MS, said, f)
			       : operator_skein(lab, argv + 1, NULL, said, f);
}

static int show(struct lab *lab, const char *machine, const char *words, struct fault *f)
{
	struct buf said;
	int code;

	printf("\n" INDENT "%s$ skein %s\n", machine != NULL ? machine : "operator", words);
	buf_init(&said);
	code = run(lab, machine, words, &said, f);
	print_said(buf_text(&said));
	buf_fini(&said);
	return code;
}

/* Until all ways are in service: a tour shows what is, not what has just been. */
static void await_service(struct lab *lab, const char *machine, const char *route)
{
	struct mono deadline = mono_add_ms(mono_now(), SETTLE_MS);
	bool drained = true;

	while (drained && !mono_reached(deadline, mono_now())) {
		struct buf said;

		buf_init(&said);
		drained = run(lab, machine, route, &said, NULL) != 0 ||
			  strstr(buf_text(&said), DRAINED) != NULL;
		buf_fini(&said);
		if (drained)
			poll(NULL, 0, AGAIN_MS);
	}
}

int demo_tour(struct lab *lab, const struct demo_cast *cast, const char *destination,
	      struct fault *f)
{
	const char *from = cast->members[0][0];
	const char *route = arena_printf(&lab->arena, "bgp route %s", destination);
	const struct {
		const char *machine, *words;
	} steps[] = {
		{from, "peers"},
		{from, "bgp summary"},
		{from, route},
		{NULL, arena_printf(&lab->arena, "bgp trace %s %s", from, destination)},
		{NULL, arena_printf(&lab->arena, "explain %s %s", from, destination)},
	};
	int code = 0;

	await_service(lab, from, route);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && code == 0; i++)
		code = show(lab, steps[i].machine, steps[i].words, f);
	return code;
}
