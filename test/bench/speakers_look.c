/* What the sessions have come to. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "test/bench/speakers_parts.h"

#define SETTLE_MS  600000
#define ASK_MS	   60000
#define AGAIN_MS   100
#define SINCE_SLOP 50 /* ms: BIRD reckons it anew each time */

static void ask(const struct speakers *s, const char *socket, const char *command,
		bird_line_fn *each, void *context)
{
	char ctl[256];
	struct fault f = {0};

	if (bird_ask(speakers_path(s, socket, ctl), command, mono_add_ms(mono_now(), ASK_MS), each,
		     context, &f) != 0)
		bench_fail("%s: %s", command, f.text);
}

void speakers_look(const struct speakers *s, struct speakers_look *out)
{
	arena_init(&out->arena);
	bird_protocols_init(&out->protocols, &out->arena);
	ask(s, "bird.ctl", "show protocols", bird_protocols_line, &out->protocols);
	out->established = 0;
	for (size_t i = 0; i < out->protocols.list.n; i++) {
		const struct bird_protocol *p = &out->protocols.list.at[i];

		out->established += strcmp(p->kind, "BGP") == 0 && bird_protocol_is_up(p) &&
				    strncmp(p->info, "Established", 11) == 0;
	}
}

void speakers_look_fini(struct speakers_look *l)
{
	bird_protocols_fini(&l->protocols);
	arena_fini(&l->arena);
}

/* Of the day, in ms. */
static long since_ms(const struct bird_protocol *p)
{
	unsigned hours, minutes, seconds, ms;

	if (sscanf(p->since, "%*u-%*u-%*u %u:%u:%u.%u", &hours, &minutes, &seconds, &ms) != 4)
		bench_fail("BIRD's time '%s'", p->since);
	return ((hours * 60L + minutes) * 60 + seconds) * 1000 + ms;
}

size_t speakers_lost(const struct speakers_look *before, const struct speakers_look *now)
{
	size_t lost = 0;

	for (size_t i = 0, k = 0; i < before->protocols.list.n; i++) {
		const struct bird_protocol *was = &before->protocols.list.at[i], *is = NULL;

		if (strcmp(was->kind, "BGP") != 0)
			continue;
		/* Both lists are in one order, but for what is new. */
		for (size_t n = 0; n < now->protocols.list.n && is == NULL; n++, k++)
			if (strcmp(now->protocols.list.at[k % now->protocols.list.n].name,
				   was->name) == 0)
				is = &now->protocols.list.at[k % now->protocols.list.n];
		lost += is == NULL || !bird_protocol_is_up(is) ||
			labs(since_ms(is) - since_ms(was)) > SINCE_SLOP;
	}
	return lost;
}

/* "Total: 12 of 12 routes for 12 networks in 4 tables" is the last line. */
static int add_routes(void *context, const struct bird_line *line)
{
	unsigned long long routes, n;
	uint64_t *sum = context;

	if (sscanf(line->text, "Total: %llu of %llu routes", &routes, &n) == 2)
		*sum += routes;
	return 0;
}

/* Routes in the crowd, as the one that is measured means them now. */
static uint64_t heard(const struct speakers *s)
{
	const char *command = s->drain ? "show route table all where source = RTS_BGP &&"
					 " (65535, 0) ~ bgp_community count"
				       : "show route table all where source = RTS_BGP count";
	uint64_t sum = 0;
	char socket[32];

	for (unsigned k = 0; k < SPEAKERS_BIRDS; k++) {
		snprintf(socket, sizeof(socket), "crowd-%u.ctl", k);
		ask(s, socket, command, add_routes, &sum);
	}
	return sum;
}

double speakers_settle(struct speakers *s)
{
	struct mono begin = mono_now(), deadline = mono_add_ms(begin, SETTLE_MS);
	uint64_t routes = 0;

	for (size_t established = 0;;) {
		struct mono asked = mono_now();
		struct speakers_look now;
		double ms;

		speakers_look(s, &now);
		established = now.established;
		speakers_look_fini(&now);
		ms = (double)mono_ms_between(asked, mono_now());
		s->slowest_ms = ms > s->slowest_ms ? ms : s->slowest_ms;
		if (established == speakers_sessions(s))
			routes = heard(s);
		if (routes == speakers_routes(s))
			return (double)mono_ms_between(begin, mono_now()) / 1000;
		if (mono_reached(deadline, mono_now()))
			bench_fail("%zu of %zu sessions, %llu of %llu routes", established,
				   speakers_sessions(s), (unsigned long long)routes,
				   (unsigned long long)speakers_routes(s));
		poll(NULL, 0, AGAIN_MS);
	}
}
