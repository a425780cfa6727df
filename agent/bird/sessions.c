#include "agent/bird/sessions.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/log.h"

#define ASK_MS 500

bool bird_sessions_ask(const char *socket, const char *command, struct arena *arena,
		       struct bird_protocols *out)
{
	arena_init(arena);
	bird_protocols_init(out, arena);
	return bird_ask(socket, command, mono_add_ms(mono_now(), ASK_MS), bird_protocols_line, out,
			NULL) == 0;
}

bool bird_sessions_ask_bfd(const char *socket, struct arena *arena, struct bird_bfd *out)
{
	arena_init(arena);
	bird_bfd_init(out, arena);
	return bird_ask(socket, "show bfd sessions", mono_add_ms(mono_now(), ASK_MS), bird_bfd_line,
			out, NULL) == 0;
}

bool bird_sessions_established(const char *socket, uint64_t *heard)
{
	struct bird_protocols p;
	struct arena arena;
	bool all = bird_sessions_ask(socket, "show protocols all", &arena, &p) && p.list.n > 0;

	*heard = 0;
	for (size_t i = 0; i < p.list.n; i++) {
		const struct bird_protocol *s = &p.list.at[i];

		if (strcmp(s->kind, "BGP") != 0)
			continue;
		all = all && bird_protocol_is_up(s);
		for (size_t k = 0; k < s->channels.n; k++)
			*heard += s->channels.at[k].changes[BIRD_IMPORT_UPDATES].received;
	}
	bird_protocols_fini(&p);
	arena_fini(&arena);
	return all;
}

static bool is_down(const struct bird_protocol *s)
{
	return strcmp(s->kind, "BGP") == 0 && strcmp(s->state, "down") == 0;
}

static bool any_down(const struct bird_protocols *p)
{
	for (size_t i = 0; i < p->list.n; i++)
		if (is_down(&p->list.at[i]))
			return true;
	return false;
}

void bird_session_enable(const char *socket, const char *name, const char *what)
{
	char command[96];

	if (!bird_name_valid(name))
		return;
	snprintf(command, sizeof(command), "enable %s", name);
	if (bird_ask(socket, command, mono_add_ms(mono_now(), ASK_MS), NULL, NULL, NULL) == 0)
		log_info(what, LOG_S("session", name));
}

void bird_sessions_revive(const char *socket, const struct bird_protocols *now)
{
	struct bird_protocols p;
	struct arena arena;

	if (!any_down(now))
		return;
	if (bird_sessions_ask(socket, "show protocols all", &arena, &p))
		for (size_t i = 0; i < p.list.n; i++)
			if (is_down(&p.list.at[i]) &&
			    strstr(p.list.at[i].last_error, "No listening socket") != NULL)
				bird_session_enable(
					socket, p.list.at[i].name,
					"a session that could not bind is enabled again");
	bird_protocols_fini(&p);
	arena_fini(&arena);
}
